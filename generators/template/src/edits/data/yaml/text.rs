//! Pieces of YAML moved from one document into another.

use saphyr_parser::ScalarStyle;

use super::super::super::splice::{line_end, line_start};
use super::tree::{Kind, Node};
use crate::words;

/// Lines of a document, from a place to the end of the line another place is in, indented anew. The first
/// line starts at `start` itself; comments right above it come along.
pub(super) fn moved(source: &str, start: usize, end: usize, from: usize, to: usize) -> String {
    let indent = " ".repeat(to);
    let mut first = line_start(source, start);
    let alone = source[first..start].trim().is_empty();
    while alone && first > 0 {
        let above = line_start(source, first - 1);
        if !source[above..first].trim_start().starts_with('#') {
            break;
        }
        first = above;
    }
    let mut lines: Vec<&str> = source[first..line_start(source, start)]
        .lines()
        .map(str::trim)
        .collect();
    let body = &source[start..line_end(source, end)];
    let mut body_lines = body.split('\n');
    lines.extend(body_lines.next().map(str::trim_end));
    lines.extend(body_lines.map(|line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces.min(from)..].trim_end_matches('\r')
    }));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{indent}{line}")
            }
        })
        .collect();
    lines.join("\n")
}

/// A node in one line, for a place in brackets.
pub(super) fn flow(source: &str, node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { text, style } => match style {
            ScalarStyle::Plain if is_plain_in_flow(text) => text.clone(),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted
                if !source[node.start..node.end].contains('\n') =>
            {
                source[node.start..node.end].to_owned()
            }
            _ => words::quote(text),
        },
        Kind::Alias(_) => source[node.start..node.end].to_owned(),
        Kind::Sequence { items, .. } => {
            format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| flow(source, item))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Kind::Mapping { entries, .. } => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| entry(source, key, value))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

pub(super) fn entry(source: &str, key: &Node, value: &Node) -> String {
    if value.is_nothing() {
        format!("{}:", flow(source, key))
    } else {
        format!("{}: {}", flow(source, key), flow(source, value))
    }
}

fn is_plain_in_flow(text: &str) -> bool {
    !text.contains([',', '[', ']', '{', '}', '\n'])
}
