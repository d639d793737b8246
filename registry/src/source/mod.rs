//! Where packages come from.
//!
//! Every source is the same tree of files (drawn in [`layout`]); the sources differ only in how they get one
//! file of it. So the protocol is written once, over [`Fetch`], and a source is a `Fetch` and an [`Registry`].

mod config;
mod embedded;
mod error;
mod folder;
#[cfg(feature = "http")]
mod http;
pub mod layout;
#[cfg(feature = "server")]
mod lines;
mod location;
#[cfg(feature = "http")]
mod oci;
mod search;

use std::borrow::Cow;
use std::sync::OnceLock;

use semver::Version;

pub(crate) use config::MAX_PARTS;
pub use config::{CONFIG_BYTES, Config};
pub use embedded::{Embedded, official};
pub use error::SourceError;
pub use folder::Folder;
#[cfg(test)]
use folder::read_bounded;
#[cfg(feature = "http")]
pub use http::{Access, Address, Http, HttpError, Token, Watch, api};
pub use layout::Object;
#[cfg(feature = "server")]
pub(crate) use lines::{Hits, Lines};
pub use location::Location;
#[cfg(feature = "http")]
pub use oci::{Artifacts, Oci, SCHEME as OCI};
pub use search::{SHARD_BYTES, Summary};
pub(crate) use search::{find_in_shard, read_shard, write_shard};

use crate::keys::{Chain, KeySet};
use crate::release::{self, INDEX_BYTES, LINE_BYTES, ReleaseError};
use crate::{PackageName, Release, Statement, archive};

/// Most bytes in one archive as it is stored.
pub const BLOB_BYTES: u64 = archive::PACKED_BYTES;

/// Most bytes in a statement with its signatures.
pub const NOTE_BYTES: u64 = LINE_BYTES as u64 * 2;

/// A place to get packages from. Nothing it answers is trusted before its digest was checked.
pub trait Source: Send + Sync {
    /// What the source is called in lock files and messages: `official`, `folder:/p`, `https://…/`.
    fn id(&self) -> &str;

    /// The releases of a package from the lowest version to the highest, yanked ones included; empty when the
    /// source does not know the package.
    ///
    /// # Errors
    /// When the source cannot be read, or its index is broken.
    fn releases(&self, name: &PackageName) -> Result<Vec<Release>, SourceError>;

    /// The bytes of a release's archive: exactly as long as the release says, and *not yet trusted*: the caller
    /// compares the digest.
    ///
    /// # Errors
    /// When the source cannot be read, does not have the blob, or has one of another length.
    fn blob(&self, release: &Release) -> Result<Cow<'static, [u8]>, SourceError>;

    /// The author's statement about a version, which decides where the index differs; none if there is none.
    ///
    /// # Errors
    /// When the source cannot be read, or the statement is broken.
    fn statement(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Statement>, SourceError>;

    /// Key set `number` of a namespace; none if there is none.
    ///
    /// # Errors
    /// When the source cannot be read, or the set is none.
    fn keys(&self, namespace: &str, number: u32) -> Result<Option<KeySet>, SourceError>;

    /// All key sets of a namespace, from the first; none where there is no set 1.
    ///
    /// # Errors
    /// As [`Source::keys`], and when a set does not follow the one before it.
    fn chain(&self, namespace: &str) -> Result<Option<Chain>, SourceError> {
        let Some(first) = self.keys(namespace, 1)? else {
            return Ok(None);
        };
        let mut chain = Chain::of(first);
        while let Some(next) = self.keys(namespace, chain.newest().number() + 1)? {
            chain.extend(next).map_err(|source| SourceError::Keys {
                id: self.id().to_owned(),
                source: Box::new(source),
            })?;
        }
        Ok(Some(chain))
    }

    /// What the registry says about itself.
    ///
    /// # Errors
    /// When it is missing, broken or of a later format.
    fn config(&self) -> Result<Config, SourceError>;

    /// A file of the registry as it is, to be copied; none if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, or is longer than `limit` bytes.
    fn file(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError>;

    /// Whether it is a copy of some of a registry's files, as they were once: it answers for the registry, and says nothing of
    /// how new that is.
    fn is_copy(&self) -> bool {
        false
    }

    /// Gets all that a release consists of at the same time, for [`Source::blob`] and [`Source::statement`] to find.
    fn warm(&self, _release: &Release) {}

    /// Every package in a line each, sorted by name.
    ///
    /// # Errors
    /// When the source cannot be read, or its search data is broken.
    fn search(&self) -> Result<Vec<Summary>, SourceError> {
        self.find(&[])
    }

    /// The packages that say every word somewhere, in any case, sorted by name; all without words.
    ///
    /// # Errors
    /// As [`Source::search`].
    fn find(&self, words: &[String]) -> Result<Vec<Summary>, SourceError>;

    /// The names of all packages, sorted.
    ///
    /// # Errors
    /// As [`Source::search`].
    fn names(&self) -> Result<Vec<PackageName>, SourceError> {
        Ok(self
            .search()?
            .into_iter()
            .map(|summary| summary.name)
            .collect())
    }
}

/// A borrowed source is one.
impl<S: Source + ?Sized> Source for &S {
    fn id(&self) -> &str {
        (**self).id()
    }

    fn releases(&self, name: &PackageName) -> Result<Vec<Release>, SourceError> {
        (**self).releases(name)
    }

    fn blob(&self, release: &Release) -> Result<Cow<'static, [u8]>, SourceError> {
        (**self).blob(release)
    }

    fn statement(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Statement>, SourceError> {
        (**self).statement(name, version)
    }

    fn file(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        (**self).file(object, limit)
    }

    fn is_copy(&self) -> bool {
        (**self).is_copy()
    }

    fn warm(&self, release: &Release) {
        (**self).warm(release);
    }

    fn keys(&self, namespace: &str, number: u32) -> Result<Option<KeySet>, SourceError> {
        (**self).keys(namespace, number)
    }

    fn config(&self) -> Result<Config, SourceError> {
        (**self).config()
    }

    fn find(&self, words: &[String]) -> Result<Vec<Summary>, SourceError> {
        (**self).find(words)
    }
}

/// What asking for a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// There is no such file.
    Missing,
    /// It is the one whose tag was named.
    Same,
    /// Its bytes.
    Found {
        /// All of them.
        bytes: Cow<'static, [u8]>,
        /// What names this state of the file, to ask again with: an `ETag`. None where asking again costs nothing.
        tag: Option<String>,
    },
}

impl Fetched {
    /// The bytes, from a source that keeps no tags or was asked without one.
    #[must_use]
    pub fn bytes(self) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Found { bytes, .. } => Some(bytes),
            Self::Missing | Self::Same => None,
        }
    }
}

/// Gets one file of a registry.
pub trait Fetch: Send + Sync {
    /// What the source is called, see [`Source::id`].
    fn id(&self) -> &str;

    /// How messages name a file.
    fn place(&self, object: &Object<'_>) -> String;

    /// The file's bytes. `known` is the tag of the state one has already.
    ///
    /// # Errors
    /// When it cannot be read, or is longer than `limit` bytes ([`SourceError::TooLong`]).
    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        known: Option<&str>,
    ) -> Result<Fetched, SourceError>;

    /// Gets these files, each within its limit, at the same time, where one after the other would cost a round trip each.
    /// Asking for one afterwards costs nothing, and tells what went wrong with it.
    fn warm(&self, _files: &[(Object<'_>, u64)]) {}

    /// See [`Source::is_copy`].
    fn is_copy(&self) -> bool {
        false
    }
}

/// A [`Source`] made of anything that can get files.
pub struct Registry<F> {
    fetch: F,
    config: OnceLock<Config>,
}

impl<F: Fetch> Registry<F> {
    /// A source over `fetch`; reads nothing yet.
    pub const fn over(fetch: F) -> Self {
        Self {
            fetch,
            config: OnceLock::new(),
        }
    }

    /// What the registry says about itself; read once.
    ///
    /// # Errors
    /// When it is missing, broken or of a later format.
    pub fn config(&self) -> Result<&Config, SourceError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let Some(bytes) = self.get(&Object::Config, CONFIG_BYTES)? else {
            return Err(SourceError::NotARegistry {
                place: self.fetch.id().to_owned(),
            });
        };
        let config = Config::parse(&bytes, self.fetch.id(), || {
            self.fetch.place(&Object::Config)
        })?;
        Ok(self.config.get_or_init(|| config))
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        Ok(self.fetch.get(object, limit, None)?.bytes())
    }

    fn text(&self, object: &Object<'_>, limit: u64) -> Result<Option<String>, SourceError> {
        let found = self.get(object, limit);
        // A registry of a later format says so before anything else; offline, what is missing is what was asked for.
        if !matches!(found, Err(SourceError::Offline { .. })) {
            self.config()?;
        }
        let Some(bytes) = found? else {
            return Ok(None);
        };
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(SourceError::Broken {
                place: self.fetch.place(object),
                reason: "it is not UTF-8".to_owned(),
            }),
        }
    }

    /// A part of the search data, unless it is still in the state of this tag.
    pub(crate) fn part(&self, number: u32, known: Option<&str>) -> Result<Fetched, SourceError> {
        self.fetch.get(&Object::Shard(number), SHARD_BYTES, known)
    }

    /// A part of the search data that was read, to be searched often.
    #[cfg(feature = "server")]
    pub(crate) fn lines(&self, number: u32, bytes: &[u8]) -> Result<Lines, SourceError> {
        Lines::read(bytes).map_err(|reason| self.broken_part(number, reason))
    }

    fn broken_part(&self, number: u32, reason: String) -> SourceError {
        SourceError::Broken {
            place: self.fetch.place(&Object::Shard(number)),
            reason,
        }
    }

    fn release_error(&self, source: ReleaseError) -> SourceError {
        SourceError::Release {
            id: self.fetch.id().to_owned(),
            source: Box::new(source),
        }
    }
}

impl<F: Fetch> Source for Registry<F> {
    fn id(&self) -> &str {
        self.fetch.id()
    }

    fn releases(&self, name: &PackageName) -> Result<Vec<Release>, SourceError> {
        if self.config.get().is_none() {
            // Neither says where the other is.
            let config = (Object::Config, CONFIG_BYTES);
            self.fetch
                .warm(&[config, (Object::Index(name), INDEX_BYTES)]);
        }
        let Some(text) = self.text(&Object::Index(name), INDEX_BYTES)? else {
            return Ok(Vec::new());
        };
        release::read_index(name, &text).map_err(|error| self.release_error(error))
    }

    fn blob(&self, release: &Release) -> Result<Cow<'static, [u8]>, SourceError> {
        let object = Object::Blob(&release.blob, &release.name);
        let size_error = |found| SourceError::Size {
            place: self.fetch.place(&object),
            package: format!("{} {}", release.name, release.version),
            expected: release.size,
            found,
        };
        if release.size > BLOB_BYTES {
            return Err(SourceError::TooLong {
                place: self.fetch.place(&object),
                limit: BLOB_BYTES,
            });
        }
        self.config()?;
        match self.get(&object, release.size) {
            Ok(Some(bytes)) if bytes.len() as u64 == release.size => Ok(bytes),
            Ok(Some(bytes)) => Err(size_error(bytes.len() as u64)),
            Ok(None) => Err(SourceError::NoBlob {
                id: self.fetch.id().to_owned(),
                package: format!("{} {}", release.name, release.version),
                blob: release.blob,
            }),
            Err(SourceError::TooLong { limit, .. }) => Err(size_error(limit + 1)),
            Err(error) => Err(error),
        }
    }

    fn statement(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Statement>, SourceError> {
        let Some(text) = self.text(&Object::Note(name, version), NOTE_BYTES)? else {
            return Ok(None);
        };
        Statement::read(name, version, &text)
            .map(Some)
            .map_err(|error| self.release_error(error))
    }

    fn file(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        self.get(object, limit)
    }

    fn is_copy(&self) -> bool {
        self.fetch.is_copy()
    }

    fn warm(&self, release: &Release) {
        // Most namespaces have one set of keys, and that there is no second is worth knowing too.
        let notes = [
            Object::Note(&release.name, &release.version),
            Object::Keys(release.name.namespace(), 1),
            Object::Keys(release.name.namespace(), 2),
        ];
        let mut files = notes.map(|note| (note, NOTE_BYTES)).to_vec();
        if release.size <= BLOB_BYTES {
            let blob = Object::Blob(&release.blob, &release.name);
            files.push((blob, release.size));
        }
        self.fetch.warm(&files);
    }

    fn keys(&self, namespace: &str, number: u32) -> Result<Option<KeySet>, SourceError> {
        let Some(text) = self.text(&Object::Keys(namespace, number), NOTE_BYTES)? else {
            return Ok(None);
        };
        KeySet::read(namespace, number, &text)
            .map(Some)
            .map_err(|source| SourceError::Keys {
                id: self.fetch.id().to_owned(),
                source: Box::new(source),
            })
    }

    fn config(&self) -> Result<Config, SourceError> {
        Self::config(self).cloned()
    }

    fn find(&self, words: &[String]) -> Result<Vec<Summary>, SourceError> {
        let words: Vec<_> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut found = Vec::new();
        for number in self.config()?.parts() {
            let Some(bytes) = self.part(number, None)?.bytes() else {
                continue;
            };
            let lines = find_in_shard(&bytes, &words);
            found.extend(lines.map_err(|reason| self.broken_part(number, reason))?);
        }
        found.sort_by(|one: &Summary, other| one.name.cmp(&other.name));
        Ok(found)
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
