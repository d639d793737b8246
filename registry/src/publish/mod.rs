//! Publishing: what is written to a registry, and in which order.
//!
//! The order makes every crash and every race harmless, whatever [`Storage`] the registry is in:
//!
//! 1. the blob, named by its digest, so that it is right or not there;
//! 2. the author's statement, *created, never replaced*: this is the commit point, and the loser of a race is told
//!    that the version exists;
//! 3. the package's index, derived from the names of its statements and yanks;
//! 4. the search data, derived from the index.
//!
//! After a crash before 2 nothing was published; after it only derived files are behind, and publishing the same
//! package again, or [`repair`], brings them up. Derived files are written in a loop: read, derive, write only over what
//! was read, until there is nothing to write. Whoever looked before another's statement was there loses the comparison
//! or sees the difference when looking again, so the last to write has seen every statement.

mod derived;
mod keys;
mod search;
pub mod upkeep;
mod yank;

use std::io;
use std::path::Path;

use semver::Version;

use crate::keys::KeySetError;
use crate::release::ReleaseError;
use crate::source::{BLOB_BYTES, Config, NOTE_BYTES, layout};
use crate::storage::{Folder, Storage, StorageError};
use crate::{Digest, Package, PackageError, PackageName, Release, SourceError, Statement};
use derived::{Lines, index_text};

pub use keys::{chain, put_keys};
pub use yank::{Yank, unyank, yank};

/// How often a file is tried to be created that is said to be there and cannot be read.
const CREATIONS: usize = 10;
/// What a registry made by publishing into an empty folder calls itself.
const NEW_ORIGIN: &str = "local";

/// Why something was not published. Unless it says otherwise, the registry is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bytes are no package, or not the one that is stated.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The version was published before with other contents.
    #[error(
        "{package} is already published with other contents, and a published version is immutable; raise `version` in scaffold.toml\n  published: {published}\n  yours:     {yours}"
    )]
    VersionExists {
        /// The package and the version, `acme/web 1.0.0`.
        package: String,
        /// The archive that is published.
        published: Digest,
        /// The archive that was to be.
        yours: Digest,
    },
    /// Nobody published it.
    #[error("{package} is not published here")]
    NoVersion {
        /// The package and the version.
        package: String,
    },
    /// The key set is there, and it is another one.
    #[error(
        "key set {number} of `{namespace}` is there already, and it is another one; a key set is never replaced: make number {next} of it",
        next = number + 1
    )]
    KeysExist {
        /// The namespace.
        namespace: String,
        /// The number.
        number: u32,
    },
    /// The key set does not follow the one before it.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// Key sets are numbered without a gap.
    #[error("key set {number} of `{namespace}` cannot come before number {}", number.saturating_sub(1))]
    KeysGap {
        /// The namespace.
        namespace: String,
        /// The number.
        number: u32,
    },
    /// The place holds something that is no registry.
    #[error(
        "{place} holds no registry (no {}); name one that does, or begin one in an empty folder",
        layout::CONFIG
    )]
    NotARegistry {
        /// The place.
        place: String,
    },
    /// It could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The registry's `config.json` cannot be used.
    #[error(transparent)]
    Config(#[from] SourceError),
    /// A statement already in the registry cannot be used.
    #[error("the registry in {place} is broken: {source}")]
    Statement {
        /// The registry.
        place: String,
        /// What is wrong.
        source: ReleaseError,
    },
    /// The package has too much to say about itself for an index.
    #[error("{name} cannot be listed: {reason}")]
    Unlistable {
        /// The package.
        name: PackageName,
        /// What is too long, and what to do.
        reason: String,
    },
    /// The registry's own statement about itself could not be signed.
    #[error("the registry's state cannot be signed: {0}")]
    State(String),
    /// Everything was written but what is derived: others were faster each time.
    #[error(
        "what was published is in {place}, but so many others are publishing that its index could not be brought up; run the command again"
    )]
    Contended {
        /// The derived file.
        place: String,
    },
}

/// Publishes an archive under its author's statement. A storage with nothing in it becomes a registry.
///
/// Publishing the same archive again changes nothing, mends what a crash left behind, and gives the same release.
/// Whether the statement is signed, and by whom, is for the caller to have checked: whoever takes releases from strangers
/// asks [`Chain::accept`](crate::keys::Chain::accept) first.
///
/// # Errors
/// [`PublishError::VersionExists`] when the version is taken by other contents; else see [`PublishError`].
pub fn publish(
    storage: &dyn Storage,
    statement: &Statement,
    archive: &[u8],
) -> Result<Release, PublishError> {
    let release = &statement.release;
    Package::read(archive)?.check(release)?;
    let unlistable = |reason| PublishError::Unlistable {
        name: release.name.clone(),
        reason,
    };
    let note = statement.to_note();

    let tree = Tree::open_or_make(storage)?;
    let is_published = tree.is_published(release)?;
    if !is_published {
        // Before anything is written: what is there must be readable, or the index could not be made afterwards.
        let mut listed = tree.listed(&release.name, Lines::Believed)?.releases;
        listed.push(release.clone());
        index_text(&listed).map_err(unlistable)?;
    }
    tree.put_blob(release, archive)?;
    if !is_published {
        let path = layout::note(&release.name, &release.version);
        // Somebody may have been faster since it was looked for.
        tree.create(&path, note.as_bytes(), || tree.is_published(release))?;
    }
    let listed = tree.derive(&release.name)?;
    let published = listed
        .into_iter()
        .find(|listed| listed.version == release.version);
    Ok(published.unwrap_or_else(|| release.clone()))
}

/// Publishes an archive without a signature into the registry in `dir`, which is made if the folder is empty or not
/// there. `imports` are what the package's component imports, as read from it; empty for a package run by an engine.
///
/// # Errors
/// As [`publish`].
pub fn to_folder(dir: &Path, archive: &[u8], imports: &[String]) -> Result<Release, PublishError> {
    let release = Package::read(archive)?.release(imports);
    let name = release.name.clone();
    let statement =
        Statement::unsigned(release).map_err(|reason| PublishError::Unlistable { name, reason })?;
    publish(&Folder::new(dir), &statement, archive)
}

/// Makes an empty storage a registry; fine if it is one.
///
/// # Errors
/// [`PublishError::NotARegistry`] when it holds something else.
pub fn open_or_make(storage: &dyn Storage) -> Result<(), PublishError> {
    Tree::open_or_make(storage).map(drop)
}

/// Makes all derived files anew from the statements and yanks, cuts the search data as fine as it has to be, and gives
/// the number of packages. Others may publish meanwhile.
///
/// # Errors
/// When there is no registry, or a statement in it cannot be used.
pub fn repair(storage: &dyn Storage) -> Result<usize, PublishError> {
    let tree = Tree::open(storage)?;
    let names = tree.packages()?;
    for name in &names {
        tree.index(name, Lines::MadeAnew)?;
    }
    tree.search_anew(&names)?;
    Ok(names.len())
}

/// A registry, as its writers see it.
struct Tree<'a> {
    storage: &'a dyn Storage,
}

impl<'a> Tree<'a> {
    /// The registry that is there.
    fn open(storage: &'a dyn Storage) -> Result<Self, PublishError> {
        let tree = Self { storage };
        match tree.config()? {
            Some(_) => Ok(tree),
            None => Err(PublishError::NotARegistry {
                place: storage.place(""),
            }),
        }
    }

    /// The registry that is there, or a new one where nothing is.
    fn open_or_make(storage: &'a dyn Storage) -> Result<Self, PublishError> {
        let tree = Self { storage };
        if tree.config()?.is_none() {
            tree.check_empty()?;
            // Whoever was faster made the same one.
            let config = Config::new(NEW_ORIGIN).to_json();
            storage.create(layout::CONFIG, config.as_bytes())?;
        }
        Ok(tree)
    }

    /// Whether a registry may begin there.
    fn check_empty(&self) -> Result<(), PublishError> {
        // The folder that is to hold the first file may be there: somebody is making a registry, or could not.
        let mut others = self.storage.list("")?.into_iter();
        match others.any(|name| name != layout::ROOT) {
            false => Ok(()),
            true => Err(PublishError::NotARegistry {
                place: self.storage.place(""),
            }),
        }
    }

    /// Whether this very archive is published under its version.
    fn is_published(&self, release: &Release) -> Result<bool, PublishError> {
        match self.statement(&release.name, &release.version)? {
            None => Ok(false),
            Some(there) if there.release.blob == release.blob => Ok(true),
            Some(there) => Err(PublishError::VersionExists {
                package: format!("{} {}", release.name, release.version),
                published: there.release.blob,
                yours: release.blob,
            }),
        }
    }

    /// The statement about a version.
    fn statement(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Statement>, PublishError> {
        let broken = |source| PublishError::Statement {
            place: self.storage.place(""),
            source,
        };
        let Some(stored) = self
            .storage
            .read(&layout::note(name, version), NOTE_BYTES)?
        else {
            return Ok(None);
        };
        let text = String::from_utf8(stored.bytes).map_err(|_| {
            broken(ReleaseError::Statement {
                package: format!("{name} {version}"),
                reason: "it is not UTF-8".to_owned(),
            })
        })?;
        Statement::read(name, version, &text)
            .map(Some)
            .map_err(broken)
    }

    /// Puts the archive in its place, unless it is there and whole.
    fn put_blob(&self, release: &Release, archive: &[u8]) -> Result<(), PublishError> {
        let path = layout::blob(&release.blob);
        self.create(&path, archive, || {
            let Some(there) = self.storage.read(&path, BLOB_BYTES)? else {
                return Ok(false);
            };
            let is_whole = Digest::of(&there.bytes) == release.blob;
            Ok(is_whole || self.storage.replace(&path, archive, Some(&there.tag))?)
        })
    }

    /// Creates a file, or finds by `will_do` that the one that is there will do. What is there may be gone a moment later; what
    /// is neither there nor can be created, as a link that leads nowhere, is not tried for ever.
    fn create(
        &self,
        path: &str,
        bytes: &[u8],
        will_do: impl Fn() -> Result<bool, PublishError>,
    ) -> Result<(), PublishError> {
        for _ in 0..CREATIONS {
            if self.storage.create(path, bytes)? || will_do()? {
                return Ok(());
            }
        }
        let source = io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something is in its place that cannot be read; take it away",
        );
        Err(PublishError::Storage(StorageError::Io {
            action: "write",
            place: self.storage.place(path),
            source,
        }))
    }

    fn no_version(&self, name: &PackageName, version: &Version) -> PublishError {
        PublishError::NoVersion {
            package: format!("{name} {version}"),
        }
    }
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;
