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
mod registry;
mod search;

use std::borrow::Cow;

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
#[cfg(all(feature = "http", any(test, fuzzing)))]
pub(crate) use oci::fuzz as oci_fuzz;
#[cfg(feature = "http")]
pub use oci::{Artifacts, Oci, SCHEME as OCI};
pub use registry::Registry;
#[cfg(any(test, fuzzing))]
pub(crate) use search::find_in_shard;
pub use search::{SHARD_BYTES, Summary};
pub(crate) use search::{read_shard, write_shard};

use crate::keys::{Chain, KeySet};
use crate::release::LINE_BYTES;
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

    /// What was said of a version was wrong: where it is kept, it is not any more, and asked for again.
    fn forget(&self, _name: &PackageName, _version: &Version) {}

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

    /// Keeps a file no more that turned out to be wrong.
    fn forget(&self, _object: &Object<'_>) {}

    /// See [`Source::is_copy`].
    fn is_copy(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
