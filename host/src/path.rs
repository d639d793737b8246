//! The only kind of path that can name a file of a project.
//!
//! Decides which spellings may reach the file system; does not touch it. A [`ProjectPath`] that exists is
//! relative, normal, valid on every system and outside git's state. One that came from a generator
//! ([`ProjectPath::parse`]) is outside our own state as well.

use std::borrow::Borrow;
use std::fmt;

use scaffold_registry::Digest;
use scaffold_registry::path::{self, PathError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the user edits: the generators and answers of a project.
pub const MANIFEST: &str = "scaffold.toml";
/// What nobody edits: exact versions, digests, grants.
pub const LOCK: &str = "scaffold.lock";
/// The folder of journal, stage, undo records and recorded inputs.
pub const STATE: &str = ".scaffold";
/// Where the contents of what generators read of the user's files are kept. The only part of [`STATE`] that belongs
/// to the project and is checked in with it.
pub const INPUTS: &str = ".scaffold/inputs";

/// A path below a project's root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectPath(Box<str>);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProjectPathError {
    #[error(transparent)]
    Shape(#[from] PathError),
    #[error("{path:?} is scaffold's own; a generator has to write to another path")]
    Own { path: String },
}

impl ProjectPath {
    /// A path that a generator, a package or a person names.
    pub fn parse(path: &str) -> Result<Self, ProjectPathError> {
        path::check(path)?;
        if is_own(path) {
            return Err(ProjectPathError::Own {
                path: path.to_owned(),
            });
        }
        Ok(Self(path.into()))
    }

    /// `scaffold.toml`; no other way makes this path.
    pub fn manifest() -> Self {
        Self(MANIFEST.into())
    }

    /// `scaffold.lock`; no other way makes this path.
    pub fn lock() -> Self {
        Self(LOCK.into())
    }

    /// Where a recorded content of that digest lies, below [`INPUTS`].
    pub fn input(digest: &Digest) -> Self {
        Self(format!("{INPUTS}/{}", digest.hex()).into())
    }

    /// The digest of the content that lies here by its name; none for any other path.
    pub fn input_digest(&self) -> Option<Digest> {
        let hex = self.0.strip_prefix(INPUTS)?.strip_prefix('/')?;
        format!("sha256:{hex}").parse().ok()
    }

    /// A path out of our own records, where our own files occur beside the generators'. Records lie in the project's
    /// folder, so they are checked like anything else that lies there.
    pub(crate) fn parse_recorded(path: &str) -> Result<Self, ProjectPathError> {
        let own = Self(path.into());
        if own.is_own() {
            return Ok(own);
        }
        Self::parse(path)
    }

    /// The same of a folder.
    pub(crate) fn parse_recorded_folder(path: &str) -> Result<Self, ProjectPathError> {
        if path == INPUTS {
            return Ok(Self(path.into()));
        }
        Self::parse(path)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is one of our own files.
    pub fn is_own(&self) -> bool {
        matches!(&*self.0, MANIFEST | LOCK) || self.input_digest().is_some()
    }

    /// The last component.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// The folder it lies in; none in the root.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// Every folder above it, the outermost first: `a`, `a/b` for `a/b/c`.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }

    /// What two paths have in common that some system cannot keep apart.
    pub fn fold(&self) -> String {
        path::fold(&self.0)
    }

    /// A path beside this one, its name followed by `suffix`.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Result<Self, ProjectPathError> {
        Self::parse(&format!("{}{suffix}", self.0))
    }
}

/// Whether a path names our own files or folder, in any spelling some file system takes for the same.
fn is_own(path: &str) -> bool {
    let first = path.split_once('/').map_or(path, |(first, _)| first);
    // HFS+ ignores some invisible characters in names, so what is not ASCII is left out of the comparison.
    let folded: String = path::fold(first).chars().filter(char::is_ascii).collect();
    matches!(folded.as_str(), STATE | MANIFEST | LOCK) || is_short_name(&folded)
}

/// The 8.3 aliases NTFS gives to names such as ours: `SCAFFO~1`, and `SC1A2B~1` once there are many.
fn is_short_name(folded: &str) -> bool {
    let Some((stem, number)) = folded.split_once('~') else {
        return false;
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let hashed = stem.len() == 6
        && stem.starts_with("sc")
        && stem[2..].bytes().all(|b| b.is_ascii_hexdigit());
    hashed || "scaffo".starts_with(stem) && stem.len() >= 2
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for ProjectPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ProjectPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = ProjectPathError;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        Self::parse(&path)
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0.into()
    }
}

impl std::str::FromStr for ProjectPath {
    type Err = ProjectPathError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        Self::parse(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ordinary_paths() {
        for path in [
            "a",
            "src/main.py",
            "app/[...slug].tsx",
            "docs/scaffold.toml",
            "x/.scaffold/y",
            "scaffold.tom",
            "scaffold",
            "sc~x",
        ] {
            assert!(ProjectPath::parse(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn refuses_our_own_state_in_every_spelling() {
        for path in [
            "scaffold.toml",
            "Scaffold.TOML",
            "scaffold.lock",
            "SCAFFOLD.LOCK",
            ".scaffold/journal",
            ".Scaffold/x",
            ".scaffold",
            "SCAFFO~1",
            "scaffo~2.tom",
            "SCAFFO~1/x",
            "scaffold.lock/x",
            "SC12AB~1/x",
            ".scaf\u{200c}fold/x",
            "scaffold\u{feff}.lock",
        ] {
            assert!(ProjectPath::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn refuses_what_leaves_the_project() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "C:x",
            "a\\b",
            ".git/config",
            "CON",
            "a\0b",
        ] {
            assert!(ProjectPath::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn takes_a_path_apart() {
        let path = ProjectPath::parse("a/b/c.txt").unwrap();
        assert_eq!(path.name(), "c.txt");
        assert_eq!(path.parent(), Some("a/b"));
        assert_eq!(path.parents().collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(ProjectPath::manifest().parent(), None);
    }

    #[test]
    fn records_may_name_our_own_files_but_not_our_folder() {
        assert_eq!(
            ProjectPath::parse_recorded(LOCK).unwrap(),
            ProjectPath::lock()
        );
        let content = ProjectPath::input(&Digest::of(b"x"));
        assert!(content.is_own());
        assert_eq!(content.input_digest(), Some(Digest::of(b"x")));
        assert_eq!(
            ProjectPath::parse_recorded(content.as_str()).unwrap(),
            content
        );
        assert!(ProjectPath::parse(content.as_str()).is_err());
        for no in [
            ".scaffold/journal",
            ".scaffold/inputs",
            ".scaffold/inputs/x",
            ".scaffold/inputs/../journal",
        ] {
            assert!(ProjectPath::parse_recorded(no).is_err(), "{no}");
        }
        assert!(ProjectPath::parse_recorded_folder(INPUTS).is_ok());
        assert!(ProjectPath::parse_recorded_folder(STATE).is_err());
        assert!(ProjectPath::parse_recorded("Scaffold.lock").is_err());
    }

    #[test]
    fn errors_show_what_cannot_be_seen() {
        let error = ProjectPath::parse("a\u{1b}[31m").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
