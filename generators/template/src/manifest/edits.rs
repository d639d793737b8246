//! `[[edits]]`

use super::Text;
use super::read::Keys;
use super::tables::{Each, each};
use crate::error::Error;
use crate::names;

/// A change to a file that is there already.
#[derive(Debug)]
pub(crate) struct Edit {
    pub line: usize,
    pub file: Text,
    pub when: Option<Text>,
    /// Made once for each item of a list.
    pub each: Option<Each>,
    /// A missing file is no error.
    pub optional: bool,
    /// A missing file is made.
    pub create: bool,
    /// The strings that go into the file are not templates.
    pub verbatim: bool,
    pub op: Op,
}

#[derive(Debug)]
pub(crate) enum Op {
    PythonList {
        list: Text,
        items: Vec<Text>,
        anchor: Option<Anchor>,
    },
    PythonImport {
        lines: Vec<Text>,
    },
    PythonAppend {
        lines: Vec<Text>,
    },
    Merge {
        format: Format,
        merge: Text,
        overwrite: bool,
    },
    Lines {
        lines: Vec<Text>,
        under: Option<Text>,
    },
    Insert {
        anchor: Anchor,
        text: Text,
    },
}

#[derive(Debug)]
pub(crate) enum Anchor {
    After(Text),
    Before(Text),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Json,
    Yaml,
}

const OPS: &[&str] = &[
    "python-list",
    "python-import",
    "python-append",
    "toml",
    "json",
    "yaml",
    "lines",
    "insert",
];

pub(crate) const KEYS: &[&str] = &[
    "file",
    "when",
    "each",
    "op",
    "optional",
    "create",
    "verbatim",
    "list",
    "items",
    "lines",
    "after",
    "before",
    "under",
    "merge",
    "overwrite",
    "text",
];

pub(crate) fn edit(keys: &Keys<'_>) -> Result<Edit, Error> {
    let name = keys.needed("op")?.text;
    let (op, own): (Op, &[&str]) = match name.as_str() {
        "python-list" => (
            Op::PythonList {
                list: keys.needed("list")?,
                items: list(keys, "items")?,
                anchor: anchor(keys)?,
            },
            &["list", "items", "after", "before"],
        ),
        "python-import" => (
            Op::PythonImport {
                lines: list(keys, "lines")?,
            },
            &["lines"],
        ),
        "python-append" => (
            Op::PythonAppend {
                lines: list(keys, "lines")?,
            },
            &["lines"],
        ),
        "toml" => (
            merge(keys, Format::Toml)?,
            &["merge", "overwrite", "create"],
        ),
        "json" => (
            merge(keys, Format::Json)?,
            &["merge", "overwrite", "create"],
        ),
        "yaml" => (
            merge(keys, Format::Yaml)?,
            &["merge", "overwrite", "create"],
        ),
        "lines" => (
            Op::Lines {
                lines: list(keys, "lines")?,
                under: keys.text("under")?,
            },
            &["lines", "under", "create"],
        ),
        "insert" => {
            let anchor = anchor(keys)?.ok_or_else(|| {
                Error::manifest(keys.line, "`insert` needs a place: `after` or `before`.")
            })?;
            (
                Op::Insert {
                    anchor,
                    text: keys.needed("text")?,
                },
                &["after", "before", "text"],
            )
        }
        other => {
            let hint = names::hint(other, OPS.iter().copied());
            return Err(keys.error("op", format!("`{other}` is not an edit. {hint}")));
        }
    };
    let common = ["file", "when", "each", "op", "optional", "verbatim"];
    if let Some(key) = KEYS
        .iter()
        .find(|key| keys.has(key) && !own.contains(key) && !common.contains(key))
    {
        let takes = names::quoted(&[&common[..], own].concat());
        return Err(keys.error(
            key,
            format!("The edit `{name}` has no `{key}`; it takes {takes}."),
        ));
    }
    Ok(Edit {
        line: keys.line,
        file: keys.needed("file")?,
        when: keys.text("when")?,
        each: each(keys)?,
        optional: keys.flag("optional")?.unwrap_or(false),
        create: keys.flag("create")?.unwrap_or(false),
        verbatim: keys.flag("verbatim")?.unwrap_or(false),
        op,
    })
}

fn list(keys: &Keys<'_>, key: &str) -> Result<Vec<Text>, Error> {
    keys.texts(key)?.ok_or_else(|| keys.missing(key))
}

fn merge(keys: &Keys<'_>, format: Format) -> Result<Op, Error> {
    Ok(Op::Merge {
        format,
        merge: keys.needed("merge")?,
        overwrite: keys.flag("overwrite")?.unwrap_or(false),
    })
}

fn anchor(keys: &Keys<'_>) -> Result<Option<Anchor>, Error> {
    match (keys.text("after")?, keys.text("before")?) {
        (Some(_), Some(_)) => Err(keys.error("before", "Give `after` or `before`, not both.")),
        (Some(after), None) => Ok(Some(Anchor::After(after))),
        (None, Some(before)) => Ok(Some(Anchor::Before(before))),
        (None, None) => Ok(None),
    }
}
