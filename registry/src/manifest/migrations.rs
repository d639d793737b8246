//! `[[migrations]]`: what a version of the package renamed, so that projects made with an older one follow.

use std::collections::BTreeSet;
use std::ops::Range;

use semver::Version;
use toml::de::{DeTable, DeValue};

use super::table::{Result, Table, array, known_keys, problem};
use super::{MIGRATIONS, QUESTION_BYTES, is_question_name};
use crate::path;

const KEYS: &[&str] = &["version", "rename-file", "rename-answer"];
const RENAME: &[&str] = &["from", "to"];

/// One thing that a version of the package renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The version that brought it.
    pub version: Version,
    /// What was renamed.
    pub rename: Rename,
}

/// What was renamed. `from` and `to` differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A file of the project; both paths pass [`path::check`].
    File {
        /// Its path before.
        from: String,
        /// Its path since.
        to: String,
    },
    /// A question, and with it the answer that projects have recorded.
    Answer {
        /// Its name before.
        from: String,
        /// Its name since.
        to: String,
    },
}

/// The migrations from the oldest version to the newest; those of one version in the manifest's order.
pub(super) fn migrations(top: &DeTable<'_>, package: &Version) -> Result<Vec<Migration>> {
    const LABEL: &str = "`[[migrations]]`";
    let Some(value) = top.get("migrations") else {
        return Ok(Vec::new());
    };
    let of = format!("a list of tables ({LABEL})");
    let mut migrations = Vec::new();
    let mut names = BTreeSet::new();
    for item in array(value, "migrations", MIGRATIONS, &of)? {
        let DeValue::Table(fields) = item.get_ref() else {
            return problem(item.span(), format!("`migrations` must be {of}"));
        };
        known_keys(fields, KEYS, LABEL)?;
        let entry = Table {
            table: fields,
            span: item.span(),
            label: LABEL.to_owned(),
        };
        let version = version(&entry, package)?;
        let rename = rename(&entry)?;
        let (file, from, to) = match &rename {
            Rename::File { from, to } => (true, from, to),
            Rename::Answer { from, to } => (false, from, to),
        };
        // What one version renames happens at once, so a name has one meaning in it.
        for name in [from, to] {
            if !names.insert((version.clone(), file, name.clone())) {
                let message = format!(
                    "{name:?} is renamed twice in {version}; one version renames a thing once, from its old name to its last"
                );
                return problem(item.span(), message);
            }
        }
        migrations.push(Migration { version, rename });
    }
    migrations.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(migrations)
}

fn version(entry: &Table<'_, '_>, package: &Version) -> Result<Version> {
    let (text, span) = entry.required("version", "version = \"1.1.0\"")?;
    let version: Version = text.parse().or_else(|error: semver::Error| {
        problem(
            span.clone(),
            format!("{text:?} is not a version: {error}; write three numbers, like \"1.1.0\""),
        )
    })?;
    if version > *package {
        let message = format!(
            "the package is {package}, which is older than {version}; a migration names the version that brought it"
        );
        return problem(span, message);
    }
    Ok(version)
}

fn rename(entry: &Table<'_, '_>) -> Result<Rename> {
    match (entry.get("rename-file"), entry.get("rename-answer")) {
        (Some(value), None) => {
            let (from, to) = pair(value, "rename-file", &|name| {
                path::check(name).map_err(|error| error.to_string())
            })?;
            Ok(Rename::File { from, to })
        }
        (None, Some(value)) => {
            let (from, to) = pair(value, "rename-answer", &check_answer)?;
            Ok(Rename::Answer { from, to })
        }
        (None, None) => problem(
            entry.span.clone(),
            format!(
                "{} has neither `rename-file` nor `rename-answer`; add, say, `rename-file = {{ from = \"a.py\", to = \"b.py\" }}`",
                entry.label
            ),
        ),
        (Some(_), Some(second)) => problem(
            second.span(),
            format!(
                "{} renames two things; write one table for each",
                entry.label
            ),
        ),
    }
}

type Check<'c> = &'c dyn Fn(&str) -> std::result::Result<(), String>;

/// `{ from = "…", to = "…" }`
fn pair(
    value: &toml::Spanned<DeValue<'_>>,
    key: &str,
    check: Check<'_>,
) -> Result<(String, String)> {
    let DeValue::Table(fields) = value.get_ref() else {
        return problem(
            value.span(),
            format!("`{key}` must be a table: write `{key} = {{ from = \"…\", to = \"…\" }}`"),
        );
    };
    let label = format!("`{key}`");
    known_keys(fields, RENAME, &label)?;
    let entry = Table {
        table: fields,
        span: value.span(),
        label,
    };
    let name = |key: &str| -> Result<(String, Range<usize>)> {
        let (text, span) = entry.required(key, &format!("{key} = \"…\""))?;
        match check(text) {
            Ok(()) => Ok((text.to_owned(), span)),
            Err(message) => problem(span, message),
        }
    };
    let (from, _) = name("from")?;
    let (to, span) = name("to")?;
    if from == to {
        return problem(span, format!("`{key}` renames {from:?} to itself"));
    }
    Ok((from, to))
}

fn check_answer(name: &str) -> std::result::Result<(), String> {
    if is_question_name(name) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name of a question; it has lower-case letters, digits and single dashes, at most {QUESTION_BYTES}"
    ))
}
