//! A release: what the registry says about one version of one package.
//!
//! The same record stands in two places of a registry:
//!
//! * one line of `v1/index/<namespace>/<name>` (JSON, one line a version, oldest first): derived, for reading;
//! * the author's statement, `v1/releases/<namespace>/<name>/<version>.note`: authoritative, see [`crate::Statement`].
//!
//! Lines whose `v` is unknown are skipped, so that a later format can join the file; unknown fields of a known
//! `v` are ignored, so that a field can be added. Anything else that cannot be read is an error that names the
//! line, since an index with holes would quietly offer other versions.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::{Digest, PackageName, PackageRef, path};

/// The format of index lines and statements written here, and the only one read.
pub const FORMAT: u64 = 1;

/// Most bytes in one index line or statement.
pub const LINE_BYTES: usize = 64 * 1024;

/// Most bytes in one package's index.
pub const INDEX_BYTES: u64 = 4 * 1024 * 1024;

/// Most bytes in a version's text; it is a file name.
pub const VERSION_BYTES: usize = 64;

/// What a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Makes a whole project.
    Project,
    /// Joins a project.
    Module,
    /// Gives a project its looks.
    Theme,
    /// Runs other packages' data and makes nothing by itself.
    Engine,
}

impl Kind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Project, Self::Module, Self::Theme, Self::Engine];

    /// The word in manifests and indexes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Module => "module",
            Self::Theme => "theme",
            Self::Engine => "engine",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Files a package asks to read or to write, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// A glob on project paths; `**` is anywhere.
    pub pattern: String,
    /// Shown to the person who is asked.
    pub reason: String,
}

/// One version of one package, as an index line says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The package.
    pub name: PackageName,
    /// Its version, without build metadata.
    pub version: Version,
    /// Digest of the archive's bytes; its address.
    pub blob: Digest,
    /// Length of the archive in bytes.
    pub size: u64,
    /// Digest of what the archive holds, see [`crate::archive::tree_digest`].
    pub tree: Digest,
    /// What it is for.
    pub kind: Kind,
    /// One line about it.
    pub summary: String,
    /// Words to find it by.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The contract its component was built for, `scaffold:generator@0.1.0`; none for data run by an engine.
    #[serde(default)]
    pub world: Option<String>,
    /// What its component imports, sorted: its permissions. Read the binary to be sure.
    #[serde(default)]
    pub imports: Vec<String>,
    /// What it asks to read.
    #[serde(default)]
    pub reads: Vec<Pattern>,
    /// What it may write.
    #[serde(default)]
    pub writes: Vec<Pattern>,
    /// Packages that must be in the project with it.
    #[serde(default)]
    pub requires: BTreeMap<PackageName, VersionReq>,
    /// Packages that must not be in the project with it.
    #[serde(default)]
    pub conflicts: BTreeMap<PackageName, VersionReq>,
    /// The package that runs this one's data.
    #[serde(default)]
    pub engine: Option<PackageRef>,
    /// Why it was taken back, if it was: hidden from new resolutions, still there for projects that locked it.
    #[serde(default)]
    pub yanked: Option<String>,
    /// Whether it was taken back because it is dangerous to go on using it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security: bool,
}

/// A line with its format number in front.
#[derive(Serialize)]
struct Line<'a> {
    v: u64,
    #[serde(flatten)]
    release: &'a Release,
}

#[derive(Deserialize)]
struct Format {
    v: u64,
}

/// A line of an index, or a statement, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// A line that is not a release.
    #[error("line {line} of the index of {name} is not a release: {reason}")]
    Line {
        /// Whose index.
        name: PackageName,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A statement that is not one.
    #[error("the release statement of {package} cannot be read: {reason}")]
    Statement {
        /// The package and the version, `acme/web 1.0.0`.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// A statement that says something else than the index.
    #[error(
        "the index and the author's statement disagree about the {field} of {package}: the index says {listed}, the statement {stated}"
    )]
    Disagrees {
        /// The package and the version, `acme/web 1.0.0`.
        package: String,
        /// What they disagree about.
        field: String,
        /// What the index says.
        listed: String,
        /// What the statement says.
        stated: String,
    },
}

impl Release {
    /// The index line: JSON without line breaks, no newline at the end.
    ///
    /// # Errors
    /// Past [`LINE_BYTES`], since no reader would take it.
    pub fn to_line(&self) -> Result<String, String> {
        let line = serde_json::to_string(&Line {
            v: FORMAT,
            release: self,
        })
        .map_err(|error| error.to_string())?;
        if line.len() > LINE_BYTES {
            return Err(format!(
                "its index line would take {} bytes and at most {LINE_BYTES} are allowed; shorten the manifest",
                line.len()
            ));
        }
        Ok(line)
    }

    /// Whether `version` may name a release: bounded, no build metadata, lower case.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub fn check_version(version: &Version) -> Result<(), String> {
        let text = version.to_string();
        if text.len() > VERSION_BYTES {
            return Err(format!(
                "the version is longer than {VERSION_BYTES} characters"
            ));
        }
        if !version.build.is_empty() {
            return Err(
                "build metadata does not make another version; take the `+…` off".to_owned(),
            );
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err("the version holds upper-case letters; write it in lower case".to_owned());
        }
        path::check(&text).map_err(|error| error.reason.to_string())
    }

    /// Reads one line; `Ok(None)` when its format is a later one.
    pub(crate) fn parse(text: &str, name: &PackageName) -> Result<Option<Self>, String> {
        if text.len() > LINE_BYTES {
            return Err(format!("it is longer than {LINE_BYTES} bytes"));
        }
        let Format { v } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if v != FORMAT {
            return Ok(None);
        }
        let release: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if release.name != *name {
            return Err(format!("it is about {}", release.name));
        }
        Self::check_version(&release.version)?;
        Ok(Some(release))
    }
}

/// Reads a package's index: its releases from the lowest version to the highest.
///
/// # Errors
/// [`ReleaseError::Line`] at the first line that is junk, about another package, or a second one for a version.
pub fn read_index(name: &PackageName, text: &str) -> Result<Vec<Release>, ReleaseError> {
    let mut releases: BTreeMap<Version, Release> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let failed = |reason| ReleaseError::Line {
            name: name.clone(),
            line: index + 1,
            reason,
        };
        let Some(release) = Release::parse(line, name).map_err(failed)? else {
            continue;
        };
        let version = release.version.clone();
        if releases.insert(version.clone(), release).is_some() {
            return Err(failed(format!("{version} stands in it a second time")));
        }
    }
    Ok(releases.into_values().collect())
}

/// Writes a package's index; the order of `releases` does not matter.
///
/// # Errors
/// A release whose line is too long.
pub fn write_index(releases: &[Release]) -> Result<String, String> {
    let mut sorted: Vec<_> = releases.iter().collect();
    sorted.sort_by(|one, other| one.version.cmp(&other.version));
    let mut text = String::new();
    for release in sorted {
        text.push_str(&release.to_line()?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
