//! `yaml`: a document merged into another by adding lines, so that everything else stays as it is.
//!
//! A real parser says what stands where; the lines to add are taken from the document to merge, as they are
//! written there. The result is parsed again and has to mean what merging the two documents means; if it does
//! not, nothing is changed. What is not supported is refused: several documents in a file, anchors in the
//! document to merge, a merge into an alias.

mod text;
mod tree;

use super::super::Problem;
use super::super::brackets::{self, Item, List, Style};
use super::super::splice::{Splices, line_end};
use tree::{Kind, Node, parse};

pub(in crate::edits) fn merge(source: &str, patch: &str, overwrite: bool) -> Result<String, Problem> {
    let base = parse(source).map_err(|error| Problem::place(format!("it is not YAML ({error}).")))?;
    let new = parse(patch).map_err(|error| Problem::content(format!("`merge` is not YAML ({error})")))?;
    let Some(new) = new else { return Ok(source.to_owned()) };
    if new.has_anchors() {
        return Err(Problem::content("`merge` uses anchors or aliases, which cannot be moved between documents"));
    }
    let Some(base) = base else {
        let before = source.trim_end();
        let separator = if before.is_empty() { "" } else { "\n" };
        let patch = patch.trim_start_matches('\n').trim_end();
        return Ok(format!("{before}{separator}{patch}\n"));
    };
    let merger = Merger { source, patch, overwrite };
    let mut out = Splices::default();
    merger.node(&base, &new, "", &mut out)?;
    let result = out.apply(source);
    if result == source {
        return Ok(result);
    }
    let after = parse(&result).ok().flatten();
    if !after.is_some_and(|after| merger.is_merged(&base, &new, &after)) {
        return Err(Problem::place(
            "merging into it would not give what it should, since it is laid out in a way that is not understood. \
             Use `insert` instead.",
        ));
    }
    Ok(result)
}

struct Merger<'a> {
    source: &'a str,
    patch: &'a str,
    overwrite: bool,
}

const STYLE: Style<'static> =
    Style { comments: &["#"], step: "  ", trailing_comma: false, padding: "", comma_behind_only_one: false };

impl Merger<'_> {
    fn node(&self, base: &Node, new: &Node, path: &str, out: &mut Splices) -> Result<(), Problem> {
        match (&base.kind, &new.kind) {
            (Kind::Mapping { flow, entries }, Kind::Mapping { entries: wanted, .. }) => {
                let mut missing = Vec::new();
                for (key, value) in wanted {
                    let Some(name) = key.key() else {
                        return Err(Problem::content("`merge` has a key that is a collection, which is not supported"));
                    };
                    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                    match base.entry(name) {
                        Some(there) if there.is_nothing() && !value.is_scalar() => {
                            self.fill(entries, name, base.column, value, out);
                        }
                        Some(there) => self.node(there, value, &path, out)?,
                        None => missing.push((key, value)),
                    }
                }
                if *flow {
                    let items = entries.iter().map(|(key, value)| (key.start, value.end)).collect();
                    let new: Vec<String> =
                        missing.iter().map(|(key, value)| text::entry(self.patch, key, value)).collect();
                    self.in_brackets(base, items, &new, out);
                } else {
                    let starts: Vec<usize> = entries.iter().map(|(key, _)| key.start).collect();
                    for (key, value) in missing {
                        let lines = self.entry_lines(new, key, value, base.column);
                        self.add_lines(base, &starts, &lines, out);
                    }
                }
                Ok(())
            }
            (Kind::Sequence { flow, items }, Kind::Sequence { items: wanted, .. }) => {
                let missing = wanted
                    .iter()
                    .enumerate()
                    .filter(|(at, item)| !items.iter().chain(&wanted[..*at]).any(|there| there.is_same(item)))
                    .map(|(_, item)| item);
                if *flow {
                    let new: Vec<String> = missing.map(|item| text::flow(self.patch, item)).collect();
                    self.in_brackets(base, items.iter().map(|item| (item.start, item.end)).collect(), &new, out);
                } else {
                    let starts: Vec<usize> = items.iter().map(|item| item.start).collect();
                    for item in missing {
                        self.add_lines(base, &starts, &self.item_lines(new, item, base.column), out);
                    }
                }
                Ok(())
            }
            (Kind::Scalar { .. }, Kind::Scalar { .. }) => {
                if !self.overwrite || base.is_same(new) {
                    return Ok(());
                }
                if base.is_block_scalar() || new.is_block_scalar() || base.has_anchor || base.is_nothing() || new.is_nothing() {
                    return Err(Problem::place(format!(
                        "`{path}` is empty, a block of text or has an anchor, so its value cannot be overwritten."
                    )));
                }
                out.replace(base.start, base.end, &self.patch[new.start..new.end]);
                Ok(())
            }
            _ => Err(Problem::place(format!(
                "`{path}` is {} there and {} in `merge`, so the two cannot be merged.",
                base.name(),
                new.name()
            ))),
        }
    }

    /// A key that is there without a value gets the collection.
    fn fill(&self, entries: &[(Node, Node)], name: &str, column: usize, value: &Node, out: &mut Splices) {
        let Some((_, there)) = entries.iter().find(|(key, _)| key.key() == Some(name)) else { return };
        if value.is_block() {
            let end = line_end(self.source, there.end);
            let lines = match &value.kind {
                Kind::Sequence { items, .. } => {
                    items.iter().map(|item| self.item_lines(value, item, column + 2)).collect::<Vec<_>>()
                }
                Kind::Mapping { entries, .. } => {
                    entries.iter().map(|(key, inner)| self.entry_lines(value, key, inner, column + 2)).collect()
                }
                _ => Vec::new(),
            };
            out.insert(end, format!("\n{}", lines.join("\n")));
        } else {
            out.insert(there.end, format!(" {}", text::flow(self.patch, value)));
        }
    }

    fn in_brackets(&self, base: &Node, items: Vec<(usize, usize)>, new: &[String], out: &mut Splices) {
        let ends: Vec<usize> =
            items.iter().skip(1).map(|(start, _)| *start).chain([base.end.saturating_sub(1)]).collect();
        let items = items
            .into_iter()
            .zip(ends)
            .map(|((start, end), next)| {
                let comma = self.source[end..next.max(end)].find(',').map(|at| end + at);
                Item { start, end, comma }
            })
            .collect();
        let open = base.start + self.source[base.start..base.end].find(['[', '{']).map_or(0, |at| at + 1);
        let list = List { open, close: base.end.saturating_sub(1), items };
        brackets::insert(self.source, &list, list.items.len(), new, &STYLE, out);
    }

    /// Lines behind the last of a block collection, apart from it if its items are apart from each other.
    fn add_lines(&self, base: &Node, starts: &[usize], lines: &str, out: &mut Splices) {
        let apart = match starts {
            [.., before, last] => self.source[*before..*last].contains("\n\n"),
            _ => false,
        };
        let mut end = line_end(self.source, base.end);
        // Comments that are indented deeper belong to what is there.
        for line in self.source.get(end + 1..).unwrap_or_default().split('\n') {
            let text = line.trim_start_matches(' ');
            if !text.starts_with('#') || line.len() - text.len() <= base.column {
                break;
            }
            end += 1 + line.len();
        }
        out.insert(end, format!("\n{}{lines}", if apart { "\n" } else { "" }));
    }

    fn entry_lines(&self, mapping: &Node, key: &Node, value: &Node, column: usize) -> String {
        if mapping.is_block() {
            text::moved(self.patch, key.start, value.end.max(key.end), mapping.column, column)
        } else {
            format!("{}{}", " ".repeat(column), text::entry(self.patch, key, value))
        }
    }

    fn item_lines(&self, sequence: &Node, item: &Node, column: usize) -> String {
        if sequence.is_block() {
            let dash = self.patch[..item.start].rfind('-').unwrap_or(item.start);
            text::moved(self.patch, dash, item.end, sequence.column, column)
        } else {
            format!("{}- {}", " ".repeat(column), text::flow(self.patch, item))
        }
    }

    /// Whether a node is what merging the other two means.
    fn is_merged(&self, base: &Node, new: &Node, after: &Node) -> bool {
        match (&base.kind, &new.kind, &after.kind) {
            (
                Kind::Mapping { entries: base, .. },
                Kind::Mapping { entries: wanted, .. },
                Kind::Mapping { entries: got, .. },
            ) => {
                let find = |entries: &'_ [(Node, Node)], key: &Node| {
                    entries.iter().position(|(other, _)| other.is_same(key))
                };
                let added = wanted.iter().filter(|(key, _)| find(base, key).is_none()).count();
                got.len() == base.len() + added
                    && got.iter().all(|(key, got)| {
                        match (find(base, key).map(|at| &base[at].1), find(wanted, key).map(|at| &wanted[at].1)) {
                            (Some(base), Some(wanted)) if base.is_nothing() && !wanted.is_scalar() => {
                                wanted.is_same(got)
                            }
                            (Some(base), Some(wanted)) => self.is_merged(base, wanted, got),
                            (Some(only), None) | (None, Some(only)) => only.is_same(got),
                            (None, None) => false,
                        }
                    })
            }
            (
                Kind::Sequence { items: base, .. },
                Kind::Sequence { items: wanted, .. },
                Kind::Sequence { items: got, .. },
            ) => {
                let kept = got.len() >= base.len() && base.iter().zip(got).all(|(base, got)| base.is_same(got));
                kept && wanted.iter().all(|item| got.iter().any(|there| there.is_same(item)))
                    && got[base.len()..].iter().all(|item| wanted.iter().any(|wanted| wanted.is_same(item)))
            }
            _ => after.is_same(if self.overwrite { new } else { base }),
        }
    }
}

#[cfg(test)]
mod tests;
