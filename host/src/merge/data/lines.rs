//! Places in a text, by its lines.

use std::ops::Range;

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Its newline not included.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// What the line that holds a place is indented by.
pub(super) fn indent_at(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Whether only spaces stand before a place in its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim().is_empty()
}

/// The signs a place stands behind in its line, as spaces.
pub(super) fn column(text: &str, at: usize) -> String {
    " ".repeat(text[line_start(text, at)..at].chars().count())
}

pub(super) fn spliced(text: &str, place: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..place.start], &text[place.end..])
}

/// The start of the lines right above the line at `start` that hold nothing but a comment, `least` being the end of what
/// is not to be looked at.
pub(super) fn comments_above(text: &str, start: usize, least: usize, signs: &[&str]) -> usize {
    let mut first = line_start(text, start);
    while first > least {
        let above = line_start(text, first - 1);
        let line = text[above..first].trim_start();
        if above < least || !signs.iter().any(|sign| line.starts_with(sign)) {
            break;
        }
        first = above;
    }
    first
}

/// An item on its way from one text into another, with the comments that are about it.
#[derive(Debug)]
pub(super) struct Piece {
    /// Lines of comments above it, without indentation.
    pub(super) above: Vec<String>,
    pub(super) text: String,
    /// What its further lines are indented by.
    pub(super) indent: String,
    /// A comment behind it in its line.
    pub(super) behind: String,
    /// Whether it had lines of its own, with an empty one above.
    pub(super) own_line: bool,
    pub(super) apart: bool,
}

impl Piece {
    /// The piece at `span`; comments start with one of `signs`.
    pub(super) fn cut(text: &str, span: &Range<usize>, signs: &[&str]) -> Self {
        let own_line = starts_line(text, span.start);
        let start = line_start(text, span.start);
        let first = if own_line {
            comments_above(text, span.start, 0, signs)
        } else {
            start
        };
        let is_comment = |text: &str| signs.iter().any(|sign| text.starts_with(sign));
        let rest = text[span.end..line_end(text, span.end)].trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim();
        Self {
            above: text[first..start]
                .lines()
                .map(|line| line.trim().to_owned())
                .collect(),
            text: text[span.clone()].to_owned(),
            indent: indent_at(text, span.start).to_owned(),
            behind: if own_line && is_comment(rest) {
                format!(" {rest}")
            } else {
                String::new()
            },
            own_line,
            apart: own_line
                && first > 0
                && text[line_start(text, first - 1)..first].trim().is_empty(),
        }
    }

    /// Its lines at another indentation, `end` behind the item itself; no newline at either end.
    pub(super) fn lines(&self, indent: &str, end: &str) -> String {
        let mut lines: Vec<String> = self
            .above
            .iter()
            .map(|line| format!("{indent}{line}"))
            .collect();
        lines.push(format!(
            "{indent}{}{end}{}",
            self.moved(indent),
            self.behind
        ));
        lines.join("\n")
    }

    /// The item alone, its further lines at another indentation.
    pub(super) fn moved(&self, indent: &str) -> String {
        let mut lines = self.text.split('\n');
        let mut moved = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            moved.push('\n');
            if let Some(line) = line.strip_prefix(&*self.indent) {
                moved.push_str(indent);
                moved.push_str(line);
            } else if !line.trim().is_empty() {
                moved.push_str(indent);
                moved.push_str(line.trim_start());
            }
        }
        moved
    }
}
