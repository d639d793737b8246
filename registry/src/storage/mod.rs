//! Where a registry is kept, as its writers see it: a folder or a bucket.
//!
//! A few operations, of which two carry everything: [`Storage::create`] (whoever is second is told) and
//! [`Storage::replace`] (only over what was read). With them any number of publishers on any number of machines need
//! no other lock, see [`crate::publish`].
//!
//! Paths are relative to the registry and have `/`; they come from [`crate::source::layout`] or from lists, never from
//! outside.
#![expect(clippy::disallowed_methods, reason = "the only writer of a registry")]

#[cfg(feature = "server")]
mod bucket;
mod disk;
mod folder;
mod lock;
mod source;
mod tags;

use std::io;
use std::path::Path;
use std::time::SystemTime;

#[cfg(feature = "server")]
pub use bucket::Bucket;
pub use folder::Folder;
#[cfg(feature = "server")]
pub(crate) use folder::tag_of;
pub use source::FromStorage;

use crate::SourceError;

/// A place that keeps a registry's files. Every file appears whole or not at all, and what was written is there for
/// every reader once the call has returned.
pub trait Storage: Send + Sync {
    /// The file at `path`, none if there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is longer than `limit` bytes.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Stored>, StorageError>;

    /// The file at `path`, unless it is still in the state that this tag names.
    ///
    /// # Errors
    /// As [`Storage::read`].
    fn read_unless(&self, path: &str, limit: u64, known: &Tag) -> Result<Since, StorageError> {
        Ok(Since::of(self.read(path, limit)?, known))
    }

    /// At most `most` bytes of a file that never changes, from `start` on; none if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_part(&self, path: &str, start: u64, most: u64) -> Result<Option<Part>, StorageError>;

    /// Writes a file that must not be there; `false`, and nothing is changed, if it is. Of any number of callers
    /// exactly one gets `true`.
    ///
    /// # Errors
    /// When it cannot be written.
    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool, StorageError>;

    /// Writes a file over the one that was read with this tag, or none over nothing; `false`, and nothing is changed,
    /// if it is another one by now.
    ///
    /// # Errors
    /// When it cannot be written.
    fn replace(&self, path: &str, bytes: &[u8], over: Option<&Tag>) -> Result<bool, StorageError>;

    /// The names of files and folders right in a folder, in no order; none if there is no such folder. `""` is the
    /// registry itself.
    ///
    /// # Errors
    /// When it cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError>;

    /// The paths of what writers that were killed have left anywhere below a folder: half-written files, which
    /// [`Storage::list`] does not name. None where a storage keeps no such thing.
    ///
    /// # Errors
    /// When it cannot be read.
    fn half_written(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let _ = folder;
        Ok(Vec::new())
    }

    /// Takes a file away; fine if there is none.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, path: &str) -> Result<(), StorageError>;

    /// When a file was written; none if there is no such file, or this storage does not say.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn modified(&self, path: &str) -> Result<Option<SystemTime>, StorageError> {
        let _ = path;
        Ok(None)
    }

    /// Tries whether it keeps to what is said here, as far as that can be tried.
    ///
    /// # Errors
    /// When it does not, or cannot be written to.
    fn check(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Whether reading takes no more than asking the system for a file.
    fn is_local(&self) -> bool {
        false
    }

    /// How messages name the file at `path`; `""` names the registry.
    fn place(&self, path: &str) -> String;
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Which state of it this is.
    pub tag: Tag,
}

/// What became of a file since it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// There is none any more.
    Gone,
    /// Nothing.
    Same,
    /// It is another one.
    Changed(Stored),
}

impl Since {
    /// What became of a file that is this one now.
    fn of(now: Option<Stored>, known: &Tag) -> Self {
        match now {
            None => Self::Gone,
            Some(stored) if stored.tag == *known => Self::Same,
            Some(stored) => Self::Changed(stored),
        }
    }
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is in it; shorter than was asked for only at the end of the file.
    pub bytes: Vec<u8>,
    /// Length of the whole file.
    pub total: u64,
}

/// One state of a file. Two states with the same bytes may have the same tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(pub(crate) String);

impl Tag {
    /// As an entity tag of HTTP, with its quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a storage could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It could not be read or written.
    #[error("cannot {action} {place}: {source}")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is longer than it may be.
    #[error("{place} is longer than {limit} bytes, more than a registry may hold there")]
    TooLong {
        /// The file.
        place: String,
        /// The most it may have, in bytes.
        limit: u64,
    },
    /// Another process has held the lock for too long.
    #[error(
        "another process is writing to {place} and does not come to an end; try again when it has"
    )]
    Busy {
        /// The folder.
        place: String,
    },
    /// A registry on the network that holds another one could not be asked, or says no.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No storage is known by such an address.
    #[error("{place} cannot hold a registry: {reason}")]
    Address {
        /// What was given.
        place: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

/// The storage at `place`: a folder, or a bucket where this build has the feature `server`. `settings` are a bucket's,
/// named as the environment variables that set them; this library reads no environment.
///
/// # Errors
/// [`StorageError::Address`] when nothing can be kept at such an address.
pub fn open(
    place: &str,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Result<Box<dyn Storage>, StorageError> {
    if !place.contains("://") {
        let folder = place.strip_prefix("folder:").unwrap_or(place);
        return Ok(Box::new(Folder::new(Path::new(folder))));
    }
    #[cfg(feature = "server")]
    return Ok(Box::new(Bucket::open(place, settings)?));
    #[cfg(not(feature = "server"))]
    {
        drop(settings);
        Err(StorageError::Address {
            place: place.to_owned(),
            reason:
                "this build of scaffold knows folders alone; take one with the feature `server`"
                    .to_owned(),
        })
    }
}
