//! Items in brackets, separated by commas: JSON, and the lists in one line of TOML and YAML.
//!
//! A list keeps its way: one item a line or all in one, a comma after the last or none, comments where they are.

use std::ops::Range;

use super::lines::{Piece, comments_above, indent_at, line_end, spliced, starts_line};
use super::node::Node;

/// What a language has for people alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comments {
    /// What starts one that ends with its line.
    pub(super) line: &'static [&'static str],
    /// Whether there are `/* … */`.
    pub(super) stars: bool,
}

impl Comments {
    /// The first place from `at` on that is neither blank nor in a comment.
    fn skip(self, text: &str, mut at: usize) -> usize {
        loop {
            let rest = &text[at..];
            let blank = rest.len() - rest.trim_start().len();
            let rest = &rest[blank..];
            at += blank;
            if self.line.iter().any(|sign| rest.starts_with(sign)) {
                at = line_end(text, at);
            } else if self.stars && rest.starts_with("/*") {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return at;
            }
        }
    }

    fn comma(self, text: &str, end: usize) -> Option<usize> {
        let at = self.skip(text, end);
        text[at..].starts_with(',').then_some(at)
    }
}

/// Puts a piece before the item at `index`; the number of items means the end.
pub(super) fn insert(
    text: &str,
    list: &Node,
    index: usize,
    piece: &Piece,
    comments: Comments,
) -> String {
    let items = list.items();
    match (
        index.checked_sub(1).map(|at| &items[at].span),
        items.first(),
    ) {
        (_, None) => fill(text, list, piece),
        (Some(previous), _) => {
            let last = index == items.len();
            behind(text, previous, last, piece, comments)
        }
        (None, Some(first)) => before(text, list, &first.span, piece, comments),
    }
}

fn fill(text: &str, list: &Node, piece: &Piece) -> String {
    let (open, close) = (list.span.start + 1, list.span.end - 1);
    let outer = indent_at(text, list.span.start);
    let held = open + text[open..close].trim_end().len();
    if !piece.own_line && held == open {
        return spliced(text, open..close, &piece.moved(outer));
    }
    let lines = piece.lines(&format!("{outer}  "), "");
    spliced(text, held..close, &format!("\n{lines}\n{outer}"))
}

fn behind(
    text: &str,
    previous: &Range<usize>,
    last: bool,
    piece: &Piece,
    comments: Comments,
) -> String {
    let comma = comments.comma(text, previous.end);
    if !starts_line(text, previous.start) {
        let item = piece.moved(indent_at(text, previous.start));
        return spliced(text, previous.end..previous.end, &format!(", {item}"));
    }
    let end = if last && comma.is_none() { "" } else { "," };
    let lines = piece.lines(indent_at(text, previous.start), end);
    // Behind the comment at the end of the line, which is about the item before.
    let after = comma.map_or(previous.end, |comma| comma + 1);
    let rest = text[after..line_end(text, after)].trim_start();
    let free = rest.is_empty() || comments.line.iter().any(|sign| rest.starts_with(sign));
    let at = if free { line_end(text, after) } else { after };
    let gap = if free { "" } else { "\n" };
    let done = spliced(text, at..at, &format!("\n{lines}{gap}"));
    match comma {
        Some(_) => done,
        None => spliced(&done, previous.end..previous.end, ","),
    }
}

fn before(
    text: &str,
    list: &Node,
    first: &Range<usize>,
    piece: &Piece,
    comments: Comments,
) -> String {
    if !starts_line(text, first.start) {
        let item = piece.moved(indent_at(text, first.start));
        return spliced(text, first.start..first.start, &format!("{item}, "));
    }
    let at = comments_above(text, first.start, list.span.start + 1, comments.line);
    let lines = piece.lines(indent_at(text, first.start), ",");
    spliced(text, at..at, &format!("{lines}\n"))
}

/// Takes the item at `index` out, with the comments that are about it.
pub(super) fn remove(text: &str, list: &Node, index: usize, comments: Comments) -> String {
    let items = list.items();
    let span = &items[index].span;
    let comma = comments.comma(text, span.end);
    let previous = index.checked_sub(1).map(|at| items[at].span.end);
    let after = comma.map_or(span.end, |comma| comma + 1);
    let rest = text[after..line_end(text, after)].trim_start();
    let alone = rest.is_empty() || comments.line.iter().any(|sign| rest.starts_with(sign));
    if starts_line(text, span.start) && alone {
        let least = previous.unwrap_or(list.span.start + 1);
        let first = comments_above(text, span.start, least, comments.line);
        let end = (line_end(text, after) + 1).min(text.len());
        let done = spliced(text, first..end, "");
        // Where no comma stands behind the last item, none may be left behind the one before.
        let left = previous.and_then(|end| comments.comma(&done, end));
        return match left {
            Some(left) if index + 1 == items.len() && comma.is_none() => {
                spliced(&done, left..left + 1, "")
            }
            _ => done,
        };
    }
    match (previous, items.get(index + 1)) {
        (Some(previous), _) => spliced(text, previous..span.end, ""),
        (None, Some(next)) => spliced(text, span.start..next.span.start, ""),
        (None, None) => spliced(text, span.start..after, ""),
    }
}

/// Puts a piece in the place of a value.
pub(super) fn replace(text: &str, span: &Range<usize>, piece: &Piece) -> String {
    let indent = indent_at(text, span.start);
    spliced(text, span.clone(), &piece.moved(indent))
}
