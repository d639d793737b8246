//! `json`: a document merged into another, comments and order kept. Comments and trailing commas are read as
//! editors' own configuration files have them.

mod tree;

use super::super::Problem;
use super::super::brackets::{self, List, Style};
use super::super::splice::{Splices, indent_at};
use super::{NOT_UNDERSTOOD, in_passes};
use tree::{Kind, Node, parse};

pub(in crate::edits) fn merge(
    source: &str,
    patch: &str,
    overwrite: bool,
) -> Result<String, Problem> {
    let source = if source.trim().is_empty() {
        "{}\n"
    } else {
        source
    };
    parse(source).map_err(|error| Problem::place(format!("it is not JSON ({error}).")))?;
    let new =
        parse(patch).map_err(|error| Problem::content(format!("`merge` is not JSON ({error})")))?;
    in_passes(source, patch.len(), |source, out| {
        let base = parse(source).map_err(|_| Problem::place(NOT_UNDERSTOOD))?;
        let merger = Merger {
            source,
            patch,
            overwrite,
            step: step(source),
        };
        merger.node(&base, &new, "", out)
    })
}

/// One step of indentation, as the file has it.
fn step(source: &str) -> String {
    let indent = source
        .lines()
        .map(|line| indent_at(line, 0))
        .find(|indent| !indent.is_empty());
    indent.unwrap_or("  ").to_owned()
}

struct Merger<'a> {
    source: &'a str,
    patch: &'a str,
    overwrite: bool,
    step: String,
}

impl Merger<'_> {
    fn style(&self, object: bool) -> Style<'_> {
        Style {
            comments: &["//", "/*"],
            step: &self.step,
            trailing_comma: false,
            padding: if object { " " } else { "" },
            comma_behind_only_one: false,
        }
    }

    fn node(&self, base: &Node, new: &Node, path: &str, out: &mut Splices) -> Result<(), Problem> {
        if !out.is_empty() {
            return Ok(());
        }
        match (&base.kind, &new.kind) {
            (Kind::Object(list, _), Kind::Object(_, wanted)) => {
                let mut missing = Vec::new();
                for (key, value) in wanted {
                    let Kind::Text(name) = &key.kind else {
                        continue;
                    };
                    let path = if path.is_empty() {
                        name.clone()
                    } else {
                        format!("{path}.{name}")
                    };
                    match base.member(name) {
                        Some(there) => self.node(there, value, &path, out)?,
                        None => missing.push(format!(
                            "{}: {}",
                            &self.patch[key.start..key.end],
                            self.written(value)
                        )),
                    }
                }
                if out.is_empty() {
                    self.insert(list, &missing, true, out);
                }
                Ok(())
            }
            (Kind::Array(list, items), Kind::Array(_, wanted)) => {
                let missing: Vec<String> = wanted
                    .iter()
                    .enumerate()
                    .filter(|(at, value)| {
                        !items
                            .iter()
                            .chain(&wanted[..*at])
                            .any(|there| there.is_same(value))
                    })
                    .map(|(_, value)| self.written(value))
                    .collect();
                self.insert(list, &missing, false, out);
                Ok(())
            }
            _ if base.is_scalar() && new.is_scalar() => {
                if self.overwrite && !base.is_same(new) {
                    out.replace(base.start, base.end, &self.patch[new.start..new.end]);
                }
                Ok(())
            }
            _ => Err(Problem::place(format!(
                "`{path}` is {} there and {} in `merge`, so the two cannot be merged.",
                base.name(),
                new.name()
            ))),
        }
    }

    fn insert(&self, list: &List, new: &[String], is_object: bool, out: &mut Splices) {
        let is_bare = self.source[list.open..list.close].trim().is_empty();
        if is_bare && is_object && !new.is_empty() {
            // An empty object is opened up, the way every formatter writes one.
            let outer = indent_at(self.source, list.open);
            let indent = format!("{outer}{}", self.step);
            let lines: Vec<String> = new
                .iter()
                .map(|item| format!("\n{indent}{}", item.replace('\n', &format!("\n{indent}"))))
                .collect();
            out.replace(
                list.open,
                list.close,
                format!("{}\n{outer}", lines.join(",")),
            );
            return;
        }
        let style = self.style(is_object);
        brackets::insert(self.source, list, list.items.len(), new, &style, out);
    }

    /// A value of the patch in the file's indentation; its comments stay behind.
    fn written(&self, node: &Node) -> String {
        let nested = |lines: Vec<String>, open: char, close: char| {
            let lines: Vec<String> = lines
                .iter()
                .map(|line| {
                    format!(
                        "\n{}{}",
                        self.step,
                        line.replace('\n', &format!("\n{}", self.step))
                    )
                })
                .collect();
            format!("{open}{}\n{close}", lines.join(","))
        };
        match &node.kind {
            Kind::Text(_) | Kind::Word(_) => self.patch[node.start..node.end].to_owned(),
            Kind::Array(_, items) if items.is_empty() => "[]".to_owned(),
            Kind::Array(_, items) if items.iter().all(Node::is_scalar) => {
                format!(
                    "[{}]",
                    items
                        .iter()
                        .map(|item| self.written(item))
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
            Kind::Array(_, items) => nested(
                items.iter().map(|item| self.written(item)).collect(),
                '[',
                ']',
            ),
            Kind::Object(_, members) if members.is_empty() => "{}".to_owned(),
            Kind::Object(_, members) => {
                let member = |(key, value): &(Node, Node)| {
                    format!(
                        "{}: {}",
                        &self.patch[key.start..key.end],
                        self.written(value)
                    )
                };
                nested(members.iter().map(member).collect(), '{', '}')
            }
        }
    }
}

#[cfg(test)]
mod tests;
