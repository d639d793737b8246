//! `scaffold.toml` in a package's root: what a package says about itself.
//!
//! ```toml
//! [package]
//! name = "acme/web"                 # with its namespace
//! version = "1.0.0"
//! kind = "module"                   # project | module | theme | engine
//! summary = "One line."
//! license = "MIT"                   # optional
//! keywords = ["web"]                # optional
//! engine = "scaffold/template@^1"   # optional: the package that runs this one's data
//!
//! [requires]                        # must be in the project with it
//! "scaffold/django" = "^1"
//! [conflicts]                       # must not be
//! "other/thing" = "*"
//!
//! [[reads]]                         # files of the user's it asks to read
//! pattern = "docs/**"
//! reason = "Shown to a person."
//! [[writes]]                        # what it may write; anything outside is refused
//! pattern = "**"
//! reason = "It makes the whole project."
//!
//! [[migrations]]                    # what a version renamed; projects that come from an older one follow
//! version = "1.0.0"                 # the version that brought it
//! rename-file = { from = "old.py", to = "new.py" }
//! [[migrations]]
//! version = "1.0.0"
//! rename-answer = { from = "db", to = "database" }
//! ```
//!
//! A key that is not known is an error, since a misspelt key would be a rule that silently does not hold. With an
//! `engine`, other top-level tables belong to the engine and are left to it.

mod migrations;
mod read;
mod table;

use std::collections::BTreeMap;

use semver::{Version, VersionReq};

use crate::{Kind, PackageName, PackageRef, Pattern};

pub use migrations::{Migration, Rename};

/// The manifest's name in a package.
pub const FILE: &str = "scaffold.toml";
/// Most bytes in a manifest: 1 MiB.
pub const MANIFEST_BYTES: usize = 1024 * 1024;
/// Most bytes in the summary.
pub const SUMMARY_BYTES: usize = 200;
/// Most bytes in the licence expression.
pub const LICENSE_BYTES: usize = 200;
/// Most keywords.
pub const KEYWORDS: usize = 16;
/// Most bytes in a keyword.
pub const KEYWORD_BYTES: usize = 32;
/// Most entries in each of `requires` and `conflicts`.
pub const RELATIONS: usize = 64;
/// Most entries in each of `reads` and `writes`.
pub const PATTERNS: usize = 64;
/// Most bytes in a pattern, and in its reason.
pub const PATTERN_BYTES: usize = 300;
/// Most migrations.
pub const MIGRATIONS: usize = 256;
/// Most bytes in the name of a question.
pub const QUESTION_BYTES: usize = 64;

/// What a package says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its name, always written with the namespace.
    pub name: PackageName,
    /// Its version, without build metadata.
    pub version: Version,
    /// What it is for.
    pub kind: Kind,
    /// One line about it, without control or invisible characters.
    pub summary: String,
    /// An SPDX expression, unchecked.
    pub license: Option<String>,
    /// Words to find it by: lower-case letters, digits and dashes.
    pub keywords: Vec<String>,
    /// The package that runs this one's data; none when it holds its own component.
    pub engine: Option<PackageRef>,
    /// Packages that must be in the project with it.
    pub requires: BTreeMap<PackageName, VersionReq>,
    /// Packages that must not be in the project with it.
    pub conflicts: BTreeMap<PackageName, VersionReq>,
    /// What it asks to read, in the manifest's order.
    pub reads: Vec<Pattern>,
    /// What it may write, in the manifest's order.
    pub writes: Vec<Pattern>,
    /// What its versions renamed, from the oldest version to the newest.
    pub migrations: Vec<Migration>,
}

/// A manifest that cannot be used: where and why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{FILE}:{line}:{column}: {message}")]
pub struct ManifestError {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The first thing wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        read::manifest(text).map_err(|error| {
            let (line, column) = place(text, error.at);
            ManifestError {
                line,
                column,
                message: error.message,
            }
        })
    }
}

/// Whether a question may be called that: lower-case letters, digits and single dashes, a letter first, at most
/// [`QUESTION_BYTES`]. It becomes a flag and a key of files.
#[must_use]
pub fn is_question_name(name: &str) -> bool {
    let clean = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= QUESTION_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(clean))
}

/// Line and column of a byte of the text, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
