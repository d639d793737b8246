//! Tables of a manifest whose errors say where they are.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest;
use crate::path::is_invisible;

/// What is wrong, at which byte.
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) message: String,
}

pub(super) type Result<T> = std::result::Result<T, Problem>;

pub(super) fn problem<T>(span: Range<usize>, message: impl Into<String>) -> Result<T> {
    Err(Problem {
        at: span.start,
        message: message.into(),
    })
}

/// A table, where it stands, and how messages name it.
pub(super) struct Table<'a, 'i> {
    pub(super) table: &'a DeTable<'i>,
    pub(super) span: Range<usize>,
    pub(super) label: String,
}

pub(super) fn table<'a, 'i>(value: &'a Spanned<DeValue<'i>>, key: &str) -> Result<Table<'a, 'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(Table {
            table,
            span: value.span(),
            label: format!("`[{key}]`"),
        }),
        other => problem(
            value.span(),
            format!("`{key}` must be a table, not {}: write `[{key}]`", a(other)),
        ),
    }
}

impl<'i> Table<'_, 'i> {
    pub(super) fn get(&self, key: &str) -> Option<&Spanned<DeValue<'i>>> {
        self.table.get(key)
    }

    pub(super) fn string(&self, key: &str) -> Result<Option<(&str, Range<usize>)>> {
        self.get(key).map(|value| string(value, key)).transpose()
    }

    pub(super) fn required(&self, key: &str, example: &str) -> Result<(&str, Range<usize>)> {
        match self.string(key)? {
            Some(found) => Ok(found),
            None => problem(
                self.span.clone(),
                format!("{} has no `{key}`; add, say, `{example}`", self.label),
            ),
        }
    }

    /// A line of text for people.
    pub(super) fn line(&self, key: &str, most: usize) -> Result<Option<String>> {
        let Some((text, span)) = self.string(key)? else {
            return Ok(None);
        };
        check_line(text, key, most, span)?;
        Ok(Some(text.to_owned()))
    }
}

fn a(value: &DeValue<'_>) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

pub(super) fn string<'a>(
    value: &'a Spanned<DeValue<'_>>,
    key: &str,
) -> Result<(&'a str, Range<usize>)> {
    match value.get_ref() {
        DeValue::String(text) => Ok((text, value.span())),
        other => problem(
            value.span(),
            format!("`{key}` must be a string in quotes, not {}", a(other)),
        ),
    }
}

pub(super) fn array<'a, 'i>(
    value: &'a Spanned<DeValue<'i>>,
    key: &str,
    most: usize,
    of: &str,
) -> Result<&'a [Spanned<DeValue<'i>>]> {
    let DeValue::Array(array) = value.get_ref() else {
        return problem(
            value.span(),
            format!("`{key}` must be {of}, not {}", a(value.get_ref())),
        );
    };
    if array.len() > most {
        return problem(
            value.span(),
            format!(
                "`{key}` has {} entries and may have at most {most}",
                array.len()
            ),
        );
    }
    Ok(array)
}

pub(super) fn check_line(text: &str, key: &str, most: usize, span: Range<usize>) -> Result<()> {
    if text.trim().is_empty() {
        return problem(
            span,
            format!("`{key}` is empty; write a line, since people will read it"),
        );
    }
    if text.len() > most {
        return problem(
            span,
            format!(
                "`{key}` has {} bytes and may have at most {most}; shorten it",
                text.len()
            ),
        );
    }
    if text.chars().any(char::is_control) {
        return problem(
            span,
            format!("`{key}` must be one line without control characters"),
        );
    }
    if text.chars().any(is_invisible) {
        return problem(
            span,
            format!("`{key}` holds a character that cannot be seen; take it out"),
        );
    }
    Ok(())
}

/// Refuses the first key, in the order of the text, that is not in `known`.
pub(super) fn known_keys(table: &DeTable<'_>, known: &[&str], label: &str) -> Result<()> {
    let unknown = table
        .keys()
        .filter(|key| !known.contains(&key.get_ref().as_ref()));
    match unknown.min_by_key(|key| key.span().start) {
        Some(key) => unknown_key(key, known, label),
        None => Ok(()),
    }
}

pub(super) fn unknown_key(key: &Spanned<Cow<'_, str>>, known: &[&str], label: &str) -> Result<()> {
    let name = key.get_ref();
    let hint = match nearest(name, known.iter().copied()).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", list(known)),
    };
    problem(
        key.span(),
        format!("{label} has no key `{}`; {hint}", name.escape_debug()),
    )
}

pub(super) fn list(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
