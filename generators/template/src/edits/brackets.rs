//! Adding items to a bracketed, comma-separated list, whatever the language: Python, JSON, YAML in flow style.
//!
//! The list keeps its way: one item a line or all in one, a comma after the last or none, comments where they
//! are. A line that becomes too long is broken, one item a line.

use super::splice::{Splices, indent_at, line_end, line_start, starts_line};

/// A line longer than this is broken. What the formatters of Python agree on.
pub(super) const WIDTH: usize = 88;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    /// Just behind the opening bracket.
    pub open: usize,
    /// The closing bracket.
    pub close: usize,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub start: usize,
    pub end: usize,
    /// The comma behind it.
    pub comma: Option<usize>,
}

impl List {
    /// Whether everything is in order. A parser that reads more than the language allows may report places
    /// that are not.
    fn is_sound(&self, text: &str) -> bool {
        let mut places = vec![self.open];
        for item in &self.items {
            places.extend([item.start, item.end]);
            places.extend(item.comma.into_iter().flat_map(|comma| [comma, comma + 1]));
        }
        places.push(self.close);
        places.is_sorted() && places.iter().all(|place| text.is_char_boundary(*place))
    }
}

pub(super) struct Style<'a> {
    /// What starts a comment that ends with its line.
    pub comments: &'a [&'a str],
    /// One step of indentation.
    pub step: &'a str,
    /// Whether a list that gets one item a line gets a comma behind the last.
    pub trailing_comma: bool,
    /// What stands inside the brackets of a list in one line: JSON's `{ "a": 1 }`.
    pub padding: &'a str,
    /// Python's tuple of one in one line: `(a,)`.
    pub comma_behind_only_one: bool,
}

/// Puts items before the one at `index`; the number of items means the end.
pub(super) fn insert(
    text: &str,
    list: &List,
    index: usize,
    new: &[String],
    style: &Style<'_>,
    out: &mut Splices,
) {
    if new.is_empty() || !list.is_sound(text) {
        return;
    }
    match (list.items.get(index), list.items.last()) {
        (_, None) => fill(text, list, new, style, out),
        (Some(next), _) => before(text, list, index, next, new, style, out),
        (None, Some(last)) => append(text, list, last, new, style, out),
    }
}

/// An item's text, its further lines indented as deep as its first.
fn placed(item: &str, indent: &str) -> String {
    item.replace('\n', &format!("\n{indent}"))
}

fn has_comment(text: &str, style: &Style<'_>) -> bool {
    style.comments.iter().any(|comment| text.contains(comment))
}

/// The first items of an empty list.
fn fill(text: &str, list: &List, new: &[String], style: &Style<'_>, out: &mut Splices) {
    let inside = &text[list.open..list.close];
    if inside.contains('\n') {
        let held = inside.trim_end();
        let indent = match held.rfind('\n') {
            Some(line) if !held.trim().is_empty() => {
                indent_at(text, list.open + line + 1).to_owned()
            }
            _ => format!("{}{}", indent_at(text, list.close), style.step),
        };
        let mut lines = String::new();
        for (at, item) in new.iter().enumerate() {
            let comma = if at + 1 < new.len() || style.trailing_comma {
                ","
            } else {
                ""
            };
            lines.push_str(&format!("\n{indent}{}{comma}", placed(item, &indent)));
        }
        out.insert(list.open + held.len(), lines);
        return;
    }
    let comma = if style.comma_behind_only_one && new.len() == 1 {
        ","
    } else {
        ""
    };
    let one_line = format!("{}{comma}", new.join(", "));
    let line =
        line_end(text, list.close) - line_start(text, list.open) - inside.len() + one_line.len();
    if line + 2 * style.padding.len() <= WIDTH && !one_line.contains('\n') {
        out.replace(
            list.open,
            list.close,
            format!("{0}{one_line}{0}", style.padding),
        );
    } else {
        out.replace(
            list.open,
            list.close,
            one_a_line(text, list, new.iter().map(String::as_str), style),
        );
    }
}

/// Everything between the brackets, one item a line.
fn one_a_line<'a>(
    text: &str,
    list: &List,
    items: impl Iterator<Item = &'a str>,
    style: &Style<'_>,
) -> String {
    let outer = indent_at(text, list.open);
    let indent = format!("{outer}{}", style.step);
    let mut lines: Vec<String> = items
        .map(|item| format!("\n{indent}{}", placed(item, &indent)))
        .collect();
    if style.trailing_comma {
        lines.push(String::new());
    }
    let mut inside = lines.join(",");
    inside.push_str(&format!("\n{outer}"));
    inside
}

/// Whether a list that stands in one line gets too long for it. Only a list without comments is broken.
fn overflows(text: &str, list: &List, new: &[String], style: &Style<'_>) -> bool {
    let inside = &text[list.open..list.close];
    let more: usize = new.iter().map(|item| item.len() + 2).sum();
    let line = line_end(text, list.close) - line_start(text, list.open) + more;
    !inside.contains('\n')
        && !has_comment(inside, style)
        && (line > WIDTH || new.iter().any(|item| item.contains('\n')))
}

fn broken(
    text: &str,
    list: &List,
    index: usize,
    new: &[String],
    style: &Style<'_>,
    out: &mut Splices,
) {
    let mut items: Vec<&str> = list
        .items
        .iter()
        .map(|item| &text[item.start..item.end])
        .collect();
    items.splice(index..index, new.iter().map(String::as_str));
    out.replace(
        list.open,
        list.close,
        one_a_line(text, list, items.into_iter(), style),
    );
}

fn before(
    text: &str,
    list: &List,
    index: usize,
    next: &Item,
    new: &[String],
    style: &Style<'_>,
    out: &mut Splices,
) {
    if !starts_line(text, next.start) {
        if overflows(text, list, new, style) {
            return broken(text, list, index, new, style, out);
        }
        out.insert(
            next.start,
            new.iter()
                .map(|item| format!("{item}, "))
                .collect::<String>(),
        );
        return;
    }
    let indent = indent_at(text, next.start);
    // Comments right above the next item are about it.
    let least = index
        .checked_sub(1)
        .map_or(list.open, |index| list.items[index].end);
    let mut at = line_start(text, next.start);
    while at > 0 && line_start(text, at - 1) > least {
        let above = line_start(text, at - 1);
        if !style
            .comments
            .iter()
            .any(|comment| text[above..at].trim_start().starts_with(comment))
        {
            break;
        }
        at = above;
    }
    out.insert(
        at,
        new.iter()
            .map(|item| format!("{indent}{},\n", placed(item, indent)))
            .collect::<String>(),
    );
}

fn append(
    text: &str,
    list: &List,
    last: &Item,
    new: &[String],
    style: &Style<'_>,
    out: &mut Splices,
) {
    let has_comma = last.comma.is_some();
    let behind = last.comma.map_or(last.end, |comma| comma + 1);
    let inside = &text[list.open..list.close];
    if !inside.contains('\n') {
        if overflows(text, list, new, style) {
            return broken(text, list, list.items.len(), new, style, out);
        }
        let comma = if has_comma { "," } else { "" };
        let lead = if has_comma { " " } else { ", " };
        out.insert(behind, format!("{lead}{}{comma}", new.join(", ")));
        return;
    }
    let first = list
        .items
        .iter()
        .rev()
        .find(|item| starts_line(text, item.start));
    let indent = match first {
        Some(item) => indent_at(text, item.start).to_owned(),
        None => format!("{}{}", indent_at(text, list.close), style.step),
    };
    let end = line_end(text, behind).min(list.close);
    let rest = text[behind..end].trim();
    let own_line = end < list.close
        && (rest.is_empty()
            || style
                .comments
                .iter()
                .any(|comment| rest.starts_with(comment)));
    let lines = |comma_behind: bool| {
        let mut lines = String::new();
        for (at, item) in new.iter().enumerate() {
            let comma = if at + 1 < new.len() || comma_behind {
                ","
            } else {
                ""
            };
            lines.push_str(&format!("\n{indent}{}{comma}", placed(item, &indent)));
        }
        lines
    };
    if !has_comma {
        out.insert(last.end, ",");
    }
    if own_line {
        // Behind the comment at the end of the line, which is about the item before it.
        let end = behind + text[behind..end].trim_end().len();
        out.insert(end, lines(has_comma));
    } else {
        out.insert(behind, lines(has_comma));
    }
}
