//! `scaffold.toml`, the part that this engine reads, and where each thing stands in it.
//!
//! The tables the host reads (`package`, `requires`, `conflicts`, `reads`, `writes`, `migrations`) are checked by
//! the host; only the name and version are taken from them here.

mod edits;
pub(crate) mod read;
mod tables;

pub(crate) use edits::{Anchor, Edit, Format, Op};
pub(crate) use tables::{Delimiters, Each, FileRule, Note, Settings, Step};

use crate::error::Error;
use crate::questions::spec::Question;
use read::{Keys, Source};

/// A string and the line its first character stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub text: String,
    pub line: usize,
}

#[derive(Debug)]
pub(crate) struct Manifest {
    pub name: String,
    pub version: String,
    pub settings: Settings,
    pub questions: Vec<Question>,
    pub files: Vec<FileRule>,
    pub edits: Vec<Edit>,
    pub steps: Vec<Step>,
    pub notes: Vec<Note>,
}

const TABLES: &[&str] = &[
    "package",
    "requires",
    "conflicts",
    "reads",
    "writes",
    "migrations",
    "template",
    "questions",
    "files",
    "edits",
    "steps",
    "notes",
];

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let source = Source::new(text);
        let document = toml_edit::Document::parse(text).map_err(|error| source.syntax(&error))?;
        let root = Keys::new(&source, document.as_table(), 1, "the manifest", TABLES)?;
        let package = root.table("package")?;
        let name = package
            .and_then(|table| table.get("name")?.as_str())
            .unwrap_or_default()
            .to_owned();
        let version = package
            .and_then(|table| table.get("version")?.as_str())
            .unwrap_or_default()
            .to_owned();
        Ok(Manifest {
            name,
            version,
            settings: tables::settings(&root)?,
            questions: crate::questions::spec::read(&root)?,
            files: root.each("files", tables::FILE_KEYS, tables::file_rule)?,
            edits: root.each("edits", edits::KEYS, edits::edit)?,
            steps: root.each("steps", &["why", "command", "when"], tables::step)?,
            notes: root.each("notes", &["text", "when"], tables::note)?,
        })
    }
}

#[cfg(test)]
mod tests;
