//! Publishing into a folder: the only place of this crate that writes.
//!
//! The order makes every crash harmless:
//!
//! 1. the blob, named by its digest, so that it is right or not there;
//! 2. the author's statement, *created, never replaced*: this is the commit point, and the loser of a race is told
//!    that the version exists;
//! 3. the package's index, made anew from all its statements;
//! 4. the search data.
//!
//! After a crash before 2 nothing was published; after it only derived files are behind, and publishing the same
//! package again, or [`repair`], brings them up. A lock file keeps two publishers apart; readers need no lock,
//! since every file appears whole.
#![expect(clippy::disallowed_methods, reason = "the only writer of a registry")]

mod disk;
mod lock;
mod writer;

use std::io;
use std::path::{Path, PathBuf};

use crate::keys::{KeySet, KeySetError};
use crate::release::ReleaseError;
use crate::source::{Summary, layout};
use crate::{Digest, Package, PackageError, PackageName, Release, SourceError, Statement};
use writer::{Writer, index_text};

/// What a registry made by publishing into an empty folder calls itself.
const NEW_ORIGIN: &str = "local";

/// Why something was not published. Unless it says otherwise, the registry is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bytes are no package.
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
    /// The folder holds something that is no registry.
    #[error("{} is not empty and holds no registry (no {}); publish into a registry or an empty folder", dir.display(), layout::CONFIG)]
    NotARegistry {
        /// The folder.
        dir: PathBuf,
    },
    /// Another publisher has held the lock for too long.
    #[error("another process is publishing to {} and does not come to an end; try again when it has", dir.display())]
    Busy {
        /// The folder.
        dir: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The registry's `config.json` cannot be used.
    #[error(transparent)]
    Config(#[from] SourceError),
    /// A statement already in the registry cannot be used.
    #[error("the registry in {} is broken: {source}", dir.display())]
    Statement {
        /// The folder.
        dir: PathBuf,
        /// What is wrong.
        source: ReleaseError,
    },
    /// A key set that does not follow those that are there.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// A later key set, of a namespace that has none.
    #[error(
        "set {number} of the keys of {namespace} cannot be the first one in a registry; publish set 1 first"
    )]
    FirstKeys {
        /// Whose keys.
        namespace: String,
        /// The set.
        number: u32,
    },
    /// The package has too much to say about itself for an index.
    #[error("{name} cannot be listed: {reason}")]
    Unlistable {
        /// The package.
        name: PackageName,
        /// What is too long, and what to do.
        reason: String,
    },
}

/// Publishes an archive into the registry in `dir`, which is made if the folder is empty or not there. `imports` are
/// what the package's component imports, as read from it; empty for a package run by an engine.
///
/// Publishing the same archive again changes nothing, mends what a crash left behind, and gives the same release.
///
/// # Errors
/// [`PublishError::VersionExists`] when the version is taken by other contents; else see [`PublishError`].
pub fn to_folder(
    dir: &Path,
    package_bytes: &[u8],
    imports: &[String],
) -> Result<Release, PublishError> {
    let release = Package::read(package_bytes)?.release(imports);
    let name = release.name.clone();
    let statement =
        Statement::unsigned(release).map_err(|reason| PublishError::Unlistable { name, reason })?;
    release_to_folder(dir, &statement, package_bytes)
}

/// As [`to_folder`], with a statement that its author made, signed or not. Who may sign what is not looked at: whoever
/// takes releases from strangers asks [`Chain::accept`](crate::keys::Chain::accept) first.
///
/// # Errors
/// As [`to_folder`], and when the statement is about another package.
pub fn release_to_folder(
    dir: &Path,
    statement: &Statement,
    package_bytes: &[u8],
) -> Result<Release, PublishError> {
    let release = &statement.release;
    Package::read(package_bytes)?.check(release)?;
    let unlistable = |reason| PublishError::Unlistable {
        name: release.name.clone(),
        reason,
    };

    let registry = Writer::lock(dir)?;
    // Before anything is written: what is there must be readable, or the index could not be made afterwards.
    let mut statements = registry.statements(&release.name)?;
    match statements.get(&release.version) {
        Some(there) if there.release.blob != release.blob => {
            return Err(PublishError::VersionExists {
                package: format!("{} {}", release.name, release.version),
                published: there.release.blob,
                yours: release.blob,
            });
        }
        Some(_) => registry.blob(release, package_bytes)?,
        None => {
            let mut listed: Vec<_> = statements
                .values()
                .map(|statement| statement.release.clone())
                .collect();
            listed.push(release.clone());
            index_text(&listed).map_err(unlistable)?;
            registry.blob(release, package_bytes)?;
            registry.commit(release, &statement.to_note())?;
            statements.insert(release.version.clone(), statement.clone());
        }
    }
    let listed = registry.index(&release.name, statements)?;
    registry.search(&release.name, Summary::of(&listed))?;
    let published = listed
        .into_iter()
        .find(|listed| listed.version == release.version);
    Ok(published.unwrap_or_else(|| release.clone()))
}

/// Puts the next key set of a namespace into the registry in `dir`, which is made if the folder is empty or not there. One
/// that is there already changes nothing.
///
/// # Errors
/// It does not follow the sets that are there; else see [`PublishError`].
pub fn keys_to_folder(dir: &Path, set: &KeySet) -> Result<(), PublishError> {
    let registry = Writer::lock(dir)?;
    let there = registry.keys(set.namespace())?;
    let there = there.as_ref();
    if there.is_some_and(|chain| chain.sets().contains(set)) {
        return Ok(());
    }
    match there {
        Some(chain) => chain.clone().extend(set.clone())?,
        None if set.number() == 1 => {}
        None => {
            return Err(PublishError::FirstKeys {
                namespace: set.namespace().to_owned(),
                number: set.number(),
            });
        }
    }
    registry.put_keys(set)
}

/// Makes all derived files of the registry in `dir` anew from the statements; gives the number of packages.
///
/// # Errors
/// When there is no registry, or a statement in it cannot be used.
pub fn repair(dir: &Path) -> Result<usize, PublishError> {
    if !dir.join(layout::CONFIG).is_file() {
        return Err(PublishError::NotARegistry {
            dir: dir.to_owned(),
        });
    }
    let registry = Writer::lock(dir)?;
    for shard in 0..registry.config.shards {
        let summaries = registry.summaries(shard)?;
        registry.write_shard(shard, summaries)?;
    }
    Ok(registry.packages()?.len())
}

#[cfg(test)]
mod tests;
