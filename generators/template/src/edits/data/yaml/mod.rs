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
use super::{NOT_UNDERSTOOD, in_passes};
use tree::{Kind, Node, dash_before, parse};

pub(in crate::edits) fn merge(
    source: &str,
    patch: &str,
    overwrite: bool,
) -> Result<String, Problem> {
    let base =
        parse(source).map_err(|error| Problem::place(format!("it is not YAML ({error}).")))?;
    // Its last line ends like the others: in a block of text that is a part of the value.
    let patch = &format!("{}\n", patch.trim_matches('\n'));
    let new =
        parse(patch).map_err(|error| Problem::content(format!("`merge` is not YAML ({error})")))?;
    let Some(new) = new else {
        return Ok(source.to_owned());
    };
    if new.has_anchors() {
        return Err(Problem::content(
            "`merge` uses anchors or aliases, which cannot be moved between documents",
        ));
    }
    let Some(base) = base else {
        let before = source.trim_end();
        let separator = if before.is_empty() { "" } else { "\n" };
        let result = format!("{before}{separator}{patch}");
        return match parse(&result) {
            Ok(Some(after)) if after.is_same(&new) => Ok(result),
            _ => Err(Problem::place(NOT_UNDERSTOOD)),
        };
    };
    let result = in_passes(source, patch.len(), |source, out| {
        let base = parse(source).ok().flatten();
        let base = base.ok_or_else(|| Problem::place(NOT_UNDERSTOOD))?;
        let merger = Merger {
            source,
            patch,
            overwrite,
        };
        merger.node(&base, &new, "", out)
    })?;
    let after = parse(&result).ok().flatten();
    if !after.is_some_and(|after| is_merged(&base, &new, &after, overwrite)) {
        return Err(Problem::place(NOT_UNDERSTOOD));
    }
    Ok(result)
}

struct Merger<'a> {
    source: &'a str,
    patch: &'a str,
    overwrite: bool,
}

const STYLE: Style<'static> = Style {
    comments: &["#"],
    step: "  ",
    trailing_comma: false,
    padding: "",
    comma_behind_only_one: false,
};

impl Merger<'_> {
    fn node(&self, base: &Node, new: &Node, path: &str, out: &mut Splices) -> Result<(), Problem> {
        if !out.is_empty() {
            return Ok(());
        }
        match (&base.kind, &new.kind) {
            (Kind::Mapping { .. }, Kind::Mapping { .. }) => self.mapping(base, new, path, out),
            (Kind::Sequence { .. }, Kind::Sequence { .. }) => {
                self.sequence(base, new, out);
                Ok(())
            }
            (Kind::Scalar { .. }, Kind::Scalar { .. }) => self.scalar(base, new, path, out),
            _ => Err(Problem::place(format!(
                "`{path}` is {} there and {} in `merge`, so the two cannot be merged.",
                base.name(),
                new.name()
            ))),
        }
    }

    fn mapping(
        &self,
        base: &Node,
        new: &Node,
        path: &str,
        out: &mut Splices,
    ) -> Result<(), Problem> {
        let mut missing = Vec::new();
        for (key, value) in new.entries() {
            let Some(name) = key.key() else {
                return Err(Problem::content(
                    "`merge` has a key that is a collection, which is not supported",
                ));
            };
            let path = match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            match base.entry(name) {
                Some(there) if there.is_nothing() && !value.is_scalar() => {
                    if out.is_empty() {
                        self.fill(there, base.column, value, out);
                    }
                }
                Some(there) => self.node(there, value, &path, out)?,
                None => missing.push((key, value)),
            }
        }
        if !out.is_empty() {
            return Ok(());
        }
        let entries = base.entries();
        if base.is_block() {
            let starts: Vec<usize> = entries.iter().map(|(key, _)| key.start).collect();
            for (key, value) in missing {
                let lines = self.entry_lines(new, key, value, base.column);
                self.add_lines(base, &starts, &lines, out);
            }
        } else {
            let places = entries.iter().map(|(key, value)| (key.start, value.end));
            let new: Vec<String> = missing
                .iter()
                .map(|(key, value)| text::entry(self.patch, key, value))
                .collect();
            self.in_brackets(base, places.collect(), &new, out);
        }
        Ok(())
    }

    fn sequence(&self, base: &Node, new: &Node, out: &mut Splices) {
        let (items, wanted) = (base.items(), new.items());
        let mut missing: Vec<&Node> = Vec::new();
        for item in wanted {
            let there = items.iter().chain(missing.iter().copied());
            if !there.into_iter().any(|there| there.is_same(item)) {
                missing.push(item);
            }
        }
        if base.is_block() {
            let starts: Vec<usize> = items.iter().map(|item| item.start).collect();
            for item in missing {
                let lines = self.item_lines(new, item, base.column);
                self.add_lines(base, &starts, &lines, out);
            }
        } else {
            let places = items.iter().map(|item| (item.start, item.end)).collect();
            let new: Vec<String> = missing
                .iter()
                .map(|item| text::flow(self.patch, item))
                .collect();
            self.in_brackets(base, places, &new, out);
        }
    }

    fn scalar(
        &self,
        base: &Node,
        new: &Node,
        path: &str,
        out: &mut Splices,
    ) -> Result<(), Problem> {
        if !self.overwrite || base.is_same(new) {
            return Ok(());
        }
        let is_plain = |node: &Node| !node.is_block_scalar() && !node.is_nothing();
        if !is_plain(base) || !is_plain(new) || base.has_anchor {
            return Err(Problem::place(format!(
                "`{path}` is empty, a block of text or has an anchor, so its value cannot be overwritten."
            )));
        }
        out.replace(base.start, base.end, &self.patch[new.start..new.end]);
        Ok(())
    }

    /// A key that is there without a value gets the collection.
    fn fill(&self, there: &Node, column: usize, value: &Node, out: &mut Splices) {
        if !value.is_block() {
            out.insert(there.end, format!(" {}", text::flow(self.patch, value)));
            return;
        }
        let items = value.items().iter();
        let lines = items.map(|item| self.item_lines(value, item, column + 2));
        let entries = value.entries().iter();
        let lines = lines
            .chain(entries.map(|(key, inner)| self.entry_lines(value, key, inner, column + 2)));
        let lines: String = lines.map(|lines| format!("\n{lines}")).collect();
        out.insert(line_end(self.source, there.end), lines);
    }

    fn in_brackets(
        &self,
        base: &Node,
        places: Vec<(usize, usize)>,
        new: &[String],
        out: &mut Splices,
    ) {
        let item = |(start, end): (usize, usize)| {
            let rest = self.source[end..].trim_start();
            let comma = rest
                .starts_with(',')
                .then_some(self.source.len() - rest.len());
            Item { start, end, comma }
        };
        let bracket = self.source[base.start..base.end].find(['[', '{']);
        let list = List {
            open: base.start + bracket.map_or(0, |at| at + 1),
            close: base.end.saturating_sub(1),
            items: places.into_iter().map(item).collect(),
        };
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
            text::moved(
                self.patch,
                key.start,
                value.end.max(key.end),
                mapping.column,
                column,
            )
        } else {
            format!(
                "{}{}",
                " ".repeat(column),
                text::entry(self.patch, key, value)
            )
        }
    }

    fn item_lines(&self, sequence: &Node, item: &Node, column: usize) -> String {
        if sequence.is_block() {
            let dash = dash_before(self.patch, item.start).unwrap_or(item.start);
            text::moved(self.patch, dash, item.end, sequence.column, column)
        } else {
            format!("{}- {}", " ".repeat(column), text::flow(self.patch, item))
        }
    }
}

/// Whether a node is what merging the other two means.
fn is_merged(base: &Node, new: &Node, after: &Node, overwrite: bool) -> bool {
    match (&base.kind, &new.kind, &after.kind) {
        (Kind::Mapping { .. }, Kind::Mapping { .. }, Kind::Mapping { .. }) => {
            fn find<'a>(node: &'a Node, key: &Node) -> Option<&'a Node> {
                let mut entries = node.entries().iter();
                entries
                    .find(|(other, _)| other.is_same(key))
                    .map(|(_, value)| value)
            }
            let new_keys = new
                .entries()
                .iter()
                .filter(|(key, _)| find(base, key).is_none());
            after.entries().len() == base.entries().len() + new_keys.count()
                && after.entries().iter().all(|(key, got)| {
                    match (find(base, key), find(new, key)) {
                        (Some(there), Some(wanted))
                            if there.is_nothing() && !wanted.is_scalar() =>
                        {
                            wanted.is_same(got)
                        }
                        (Some(there), Some(wanted)) => is_merged(there, wanted, got, overwrite),
                        (Some(only), None) | (None, Some(only)) => only.is_same(got),
                        (None, None) => false,
                    }
                })
        }
        (Kind::Sequence { .. }, Kind::Sequence { .. }, Kind::Sequence { .. }) => {
            let (base, wanted, got) = (base.items(), new.items(), after.items());
            let is_in = |item: &Node, all: &[Node]| all.iter().any(|other| other.is_same(item));
            got.len() >= base.len()
                && base.iter().zip(got).all(|(base, got)| base.is_same(got))
                && wanted.iter().all(|item| is_in(item, got))
                && got[base.len()..].iter().all(|item| is_in(item, wanted))
        }
        _ => after.is_same(if overwrite { new } else { base }),
    }
}

#[cfg(test)]
mod tests;
