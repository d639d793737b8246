//! `[template]`, `[[files]]`, `[[steps]]`, `[[notes]]`.

use super::Text;
use super::read::Keys;
use crate::error::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delimiters {
    pub block: [String; 2],
    pub variable: [String; 2],
    pub comment: [String; 2],
}

impl Default for Delimiters {
    fn default() -> Self {
        let pair = |open: &str, close: &str| [open.to_owned(), close.to_owned()];
        Delimiters {
            block: pair("{%", "%}"),
            variable: pair("{{", "}}"),
            comment: pair("{#", "#}"),
        }
    }
}

/// `[template]`: how this package's files are rendered.
#[derive(Debug)]
pub(crate) struct Settings {
    pub root: String,
    pub suffix: String,
    pub includes: String,
    pub delimiters: Delimiters,
    /// For errors about the delimiters.
    pub line: usize,
}

pub(crate) fn settings(root: &Keys<'_>) -> Result<Settings, Error> {
    let mut settings = Settings {
        root: "template".to_owned(),
        suffix: ".jinja".to_owned(),
        includes: "include".to_owned(),
        delimiters: Delimiters::default(),
        line: root.line,
    };
    let Some(keys) = root.child(
        "template",
        "`[template]`",
        &["root", "suffix", "delimiters", "includes"],
    )?
    else {
        return Ok(settings);
    };
    settings.line = keys.line_at("delimiters");
    if let Some(folder) = keys.string("root")? {
        settings.root = folder.trim_end_matches('/').to_owned();
    }
    if let Some(folder) = keys.string("includes")? {
        settings.includes = folder.trim_end_matches('/').to_owned();
    }
    if let Some(suffix) = keys.string("suffix")? {
        settings.suffix = suffix;
    }
    if let Some(delimiters) = keys.child(
        "delimiters",
        "`delimiters`",
        &["block", "variable", "comment"],
    )? {
        let defaults = Delimiters::default();
        settings.delimiters = Delimiters {
            block: pair(&delimiters, "block")?.unwrap_or(defaults.block),
            variable: pair(&delimiters, "variable")?.unwrap_or(defaults.variable),
            comment: pair(&delimiters, "comment")?.unwrap_or(defaults.comment),
        };
    }
    Ok(settings)
}

fn pair(keys: &Keys<'_>, key: &str) -> Result<Option<[String; 2]>, Error> {
    let Some(texts) = keys.texts(key)? else {
        return Ok(None);
    };
    let mut texts = texts
        .into_iter()
        .map(|text| text.text)
        .filter(|text| !text.is_empty());
    match (texts.next(), texts.next(), texts.next()) {
        (Some(open), Some(close), None) => Ok(Some([open, close])),
        _ => Err(keys.error(
            key,
            format!("`{key}` takes two strings, what opens and what closes: [\"<%\", \"%>\"]."),
        )),
    }
}

/// A rule on the files whose path below the root matches.
#[derive(Debug, Clone)]
pub(crate) struct FileRule {
    pub pattern: String,
    pub when: Option<Text>,
    pub verbatim: Option<bool>,
    pub each: Option<Each>,
    pub executable: Option<bool>,
    pub seed: Option<bool>,
    /// Nobody may have made it before.
    pub new: Option<bool>,
    pub to: Option<Text>,
}

/// `app in apps`
#[derive(Debug, Clone)]
pub(crate) struct Each {
    pub name: String,
    pub list: Text,
}

pub(crate) const FILE_KEYS: &[&str] = &[
    "match",
    "when",
    "verbatim",
    "each",
    "executable",
    "seed",
    "new",
    "to",
];

pub(crate) fn file_rule(keys: &Keys<'_>) -> Result<FileRule, Error> {
    Ok(FileRule {
        pattern: keys.needed("match")?.text,
        when: keys.text("when")?,
        verbatim: keys.flag("verbatim")?,
        each: each(keys)?,
        executable: keys.flag("executable")?,
        seed: keys.flag("seed")?,
        new: keys.flag("new")?,
        to: keys.text("to")?,
    })
}

pub(super) fn each(keys: &Keys<'_>) -> Result<Option<Each>, Error> {
    let Some(text) = keys.text("each")? else {
        return Ok(None);
    };
    let (name, list) = text
        .text
        .split_once(" in ")
        .map(|(name, list)| (name.trim(), list.trim()))
        .filter(|(name, list)| is_identifier(name) && !list.is_empty())
        .ok_or_else(|| keys.error("each", "`each` is a name and a list, as in `app in apps`."))?;
    Ok(Some(Each {
        name: name.to_owned(),
        list: Text {
            text: list.to_owned(),
            line: text.line,
        },
    }))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[derive(Debug)]
pub(crate) struct Step {
    pub why: Text,
    pub command: Text,
    pub when: Option<Text>,
}

pub(crate) fn step(keys: &Keys<'_>) -> Result<Step, Error> {
    Ok(Step {
        why: keys.needed("why")?,
        command: keys.needed("command")?,
        when: keys.text("when")?,
    })
}

#[derive(Debug)]
pub(crate) struct Note {
    pub text: Text,
    pub when: Option<Text>,
}

pub(crate) fn note(keys: &Keys<'_>) -> Result<Note, Error> {
    Ok(Note {
        text: keys.needed("text")?,
        when: keys.text("when")?,
    })
}
