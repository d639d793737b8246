//! YAML: what stands in lines is moved by its lines, what stands in brackets by its place; a real parser says what stands
//! where.

use super::flow::{self, Comments};
use super::lines::{Piece, column, comments_above, line_end, line_start, spliced, starts_line};
use super::node::{Edit, Kind, New, Node};
pub(super) use super::yaml_tree::parse;

const COMMENTS: Comments = Comments {
    line: &["#"],
    stars: false,
};

/// Carries an edit out; `source` is the text new items are taken from.
pub(super) fn edit(text: &str, source: &str, edit: &Edit<'_>) -> Option<String> {
    match edit {
        Edit::Insert { into, index, new } if into.block => {
            insert(text, into, *index, &lines(source, new)?)
        }
        Edit::Insert { into, index, new } => Some(flow::insert(
            text,
            into,
            *index,
            &in_brackets(source, new)?,
            COMMENTS,
        )),
        Edit::Remove { from, index } if from.block => remove(text, from, *index),
        Edit::Remove { from, index } => Some(flow::remove(text, from, *index, COMMENTS)),
        Edit::Replace { inside, index, new } => replace(text, source, inside, *index, new),
    }
}

fn is_in_one_line(text: &str, node: &Node) -> bool {
    let text = &text[node.span.clone()];
    !node.block && !text.is_empty() && !text.contains('\n') && !text.starts_with(['|', '>'])
}

/// A new item for a place in lines.
fn lines(source: &str, new: &New<'_>) -> Option<Piece> {
    let mut piece = Piece::cut(source, &new.item().span, COMMENTS.line);
    if new.inside.block {
        // An item behind a dash stands deeper than its line.
        piece.indent = column(source, new.item().span.start);
        return Some(piece);
    }
    if piece.text.contains('\n') {
        return None;
    }
    if new.inside.is_list() {
        piece.text.insert_str(0, "- ");
    }
    Some(piece)
}

/// A new item for a place in brackets.
fn in_brackets(source: &str, new: &New<'_>) -> Option<Piece> {
    let item = new.item();
    if !is_in_one_line(source, &item.node) {
        return None;
    }
    let span = match item.key {
        Some(_) => item.span.clone(),
        None => item.node.span.clone(),
    };
    let mut piece = Piece::cut(source, &span, COMMENTS.line);
    // Out of lines of their own into one line of several.
    piece.own_line &= !new.inside.block;
    let is_plain = !source[item.node.span.clone()].starts_with(['"', '\'', '[', '{']);
    let breaks = is_plain && source[item.node.span.clone()].contains([',', '[', ']', '{', '}']);
    (!(new.inside.block && breaks)).then_some(piece)
}

fn insert(text: &str, into: &Node, index: usize, piece: &Piece) -> Option<String> {
    let first = &into.items().first()?.span;
    let indent = column(text, first.start);
    let gap = if piece.apart { "\n" } else { "" };
    let lines = piece.lines(&indent, "");
    if index == 0 && starts_line(text, first.start) {
        let at = comments_above(text, first.start, 0, COMMENTS.line);
        return Some(spliced(text, at..at, &format!("{lines}\n{gap}")));
    }
    // The first entry of an item stands behind its dash; what goes before it may as well go behind it.
    let previous = &into.items()[index.max(1) - 1].span;
    let mut at = line_end(text, previous.end);
    // Comments that stand deeper are still about what was before.
    while at < text.len() {
        let next = at + 1;
        let line = &text[next..line_end(text, next)];
        let deeper = line.len() - line.trim_start().len() > indent.len();
        if !deeper || !line.trim_start().starts_with('#') {
            break;
        }
        at = line_end(text, next);
    }
    Some(spliced(text, at..at, &format!("\n{gap}{lines}")))
}

fn remove(text: &str, from: &Node, index: usize) -> Option<String> {
    let span = &from.items()[index].span;
    // Without its last item it would be no collection any more.
    if from.items().len() == 1 || !starts_line(text, span.start) {
        return None;
    }
    let mut first = comments_above(text, span.start, 0, COMMENTS.line);
    let end = line_end(text, span.end);
    let last = index + 1 == from.items().len();
    // The empty line that set it apart goes with it.
    while last && first > 0 && text[line_start(text, first - 1)..first].trim().is_empty() {
        first = line_start(text, first - 1);
    }
    Some(spliced(text, first..(end + 1).min(text.len()), ""))
}

fn replace(text: &str, source: &str, inside: &Node, index: usize, new: &New<'_>) -> Option<String> {
    let item = &inside.items()[index];
    if is_in_one_line(text, &item.node) && is_in_one_line(source, &new.item().node) {
        let piece = Piece::cut(source, &new.item().node.span, COMMENTS.line);
        return (inside.block
            || !new.inside.block
            || matches!(new.item().node.kind, Kind::Scalar(_)))
        .then(|| flow::replace(text, &item.node.span, &piece));
    }
    if !inside.block {
        return None;
    }
    let piece = lines(source, new)?;
    let indent = column(text, item.span.start);
    let moved = piece.moved(&indent);
    // A comment behind a value of one line would end up behind another one.
    let end = line_end(text, item.span.end);
    let behind = text[item.span.end..end].trim();
    if !behind.is_empty() && moved.contains('\n') {
        return None;
    }
    Some(spliced(text, item.span.clone(), &moved))
}
