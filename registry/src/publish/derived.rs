//! What is derived from the statements: each package's index.

use std::collections::BTreeMap;

use semver::Version;

use super::yank::{self, Yank};
use super::{PublishError, Tree};
use crate::release::{INDEX_BYTES, ReleaseError, read_index, write_index};
use crate::source::{CONFIG_BYTES, Config, layout};
use crate::storage::{Stored, Tag};
use crate::{PackageName, Release};

/// How often a derived file is made again because somebody else was faster.
pub(super) const ATTEMPTS: usize = 500;

/// The text of a package's index, of a length readers take.
pub(super) fn index_text(releases: &[Release]) -> Result<String, String> {
    let text = write_index(releases)?;
    if text.len() as u64 > INDEX_BYTES {
        return Err(format!(
            "its index would be longer than {INDEX_BYTES} bytes; publish under another name"
        ));
    }
    Ok(text)
}

/// What an index should say, and the one that is there.
pub(super) struct Listed {
    pub(super) releases: Vec<Release>,
    pub(super) old: Option<Stored>,
}

/// What is made of the lines of an index that is there.
#[derive(Clone, Copy)]
pub(super) enum Lines {
    /// They are what was stated, which saves reading the statements again.
    Believed,
    /// They may be wrong.
    MadeAnew,
}

impl Tree<'_> {
    /// What the registry says about itself; none if there is no registry.
    pub(super) fn config(&self) -> Result<Option<(Config, Tag)>, PublishError> {
        let Some(stored) = self.storage.read(layout::CONFIG, CONFIG_BYTES)? else {
            return Ok(None);
        };
        let id = self.storage.place("");
        let config = Config::parse(&stored.bytes, &id, || self.storage.place(layout::CONFIG))?;
        Ok(Some((config, stored.tag)))
    }

    /// Brings up what is derived from a package's statements and yanks; gives its index.
    pub(super) fn derive(&self, name: &PackageName) -> Result<Vec<Release>, PublishError> {
        let listed = self.index(name, Lines::Believed)?;
        self.search(name)?;
        Ok(listed)
    }

    /// Brings up a package's index.
    pub(super) fn index(
        &self,
        name: &PackageName,
        lines: Lines,
    ) -> Result<Vec<Release>, PublishError> {
        let path = layout::index(name);
        for _ in 0..ATTEMPTS {
            let Listed { releases, old } = self.listed(name, lines)?;
            let text = index_text(&releases).map_err(|reason| PublishError::Unlistable {
                name: name.clone(),
                reason,
            })?;
            let there = old.as_ref().map_or(&[][..], |old| &old.bytes);
            if text.as_bytes() == there {
                return Ok(releases);
            }
            let over = old.as_ref().map(|old| &old.tag);
            self.storage.replace(&path, text.as_bytes(), over)?;
        }
        Err(PublishError::Contended {
            place: self.storage.place(&path),
        })
    }

    /// What a package's index should say. The old index is read *before* the names of statements and yanks, so whoever
    /// writes over it has seen all that it was made of.
    pub(super) fn listed(&self, name: &PackageName, lines: Lines) -> Result<Listed, PublishError> {
        let old = self.storage.read(&layout::index(name), INDEX_BYTES)?;
        let mut known = BTreeMap::new();
        if let (Some(old), Lines::Believed) = (&old, lines) {
            // One that is broken is made anew, as it can be at any time.
            let read = read_index(name, &String::from_utf8_lossy(&old.bytes)).unwrap_or_default();
            known.extend(
                read.into_iter()
                    .map(|release| (release.version.clone(), release)),
            );
        }
        let versions = self.versions(&layout::notes(name), layout::NOTE_SUFFIX)?;
        let yanked = self.versions(&layout::yanks(name), layout::YANK_SUFFIX)?;
        let mut releases = Vec::new();
        for version in versions {
            let release = match known.remove(&version) {
                Some(release) => release,
                // There a moment ago, and nobody removes statements but a person.
                None => match self.statement(name, &version)? {
                    Some(statement) => statement.release,
                    None => continue,
                },
            };
            let yank = match yanked.contains(&version) {
                true => yank::read(self.storage, name, &version)?,
                false => None,
            };
            releases.push(marked(release, yank));
        }
        releases.sort_by(|one, other| one.version.cmp(&other.version));
        Ok(Listed { releases, old })
    }

    /// The versions that have a file in a folder.
    pub(super) fn versions(
        &self,
        folder: &str,
        suffix: &str,
    ) -> Result<Vec<Version>, PublishError> {
        let names = self.storage.list(folder)?;
        let versions = names.iter().filter_map(|name| {
            let version: Version = name.strip_suffix(suffix)?.parse().ok()?;
            // Whatever else lies there is nobody's release.
            (version.to_string() == name.strip_suffix(suffix)?).then_some(version)
        });
        Ok(versions.collect())
    }

    /// The names of all packages with a statement, sorted.
    pub(super) fn packages(&self) -> Result<Vec<PackageName>, PublishError> {
        let mut names = Vec::new();
        for namespace in self.storage.list(layout::RELEASES)? {
            for name in self
                .storage
                .list(&format!("{}/{namespace}", layout::RELEASES))?
            {
                names.extend(format!("{namespace}/{name}").parse::<PackageName>().ok());
            }
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn broken(&self, package: String, reason: String) -> PublishError {
        PublishError::Statement {
            place: self.storage.place(""),
            source: ReleaseError::Statement { package, reason },
        }
    }
}

/// A release with what its yank says, or as it was published.
fn marked(release: Release, yank: Option<Yank>) -> Release {
    let security = yank.as_ref().is_some_and(|yank| yank.security);
    Release {
        yanked: yank.map(|yank| yank.reason),
        security,
        ..release
    }
}
