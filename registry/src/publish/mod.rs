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

mod disk;
mod lock;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::Deserialize;

use crate::release::{INDEX_BYTES, ReleaseError, Statement, write_index};
use crate::source::{CONFIG_BYTES, Config, NOTE_BYTES, SHARD_BYTES, Summary, layout, read_bounded};
use crate::source::{read_shard, shard_of, write_shard};
use crate::{Digest, Package, PackageError, PackageName, Release, SourceError};

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
        "{name} {version} is already published with other contents, and a published version is immutable; raise `version` in scaffold.toml\n  published: {published}\n  yours:     {yours}"
    )]
    VersionExists {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
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
    let statement = Statement::unsigned(release);
    let release = &statement.release;
    let unlistable = |reason| PublishError::Unlistable {
        name: release.name.clone(),
        reason,
    };
    let note = statement.to_note().map_err(unlistable)?;

    let registry = Writer::lock(dir)?;
    // Before anything is written: what is there must be readable, or the index could not be made afterwards.
    let mut statements = registry.statements(&release.name)?;
    match statements.get(&release.version) {
        Some(there) if there.release.blob != release.blob => {
            return Err(PublishError::VersionExists {
                name: release.name.clone(),
                version: release.version.clone(),
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
            registry.commit(release, &note)?;
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

fn index_text(releases: &[Release]) -> Result<String, String> {
    let text = write_index(releases)?;
    if text.len() as u64 > INDEX_BYTES {
        return Err(format!(
            "its index would be longer than {INDEX_BYTES} bytes; publish under another name"
        ));
    }
    Ok(text)
}

/// A registry nobody else writes to as long as this lives.
struct Writer {
    dir: PathBuf,
    config: Config,
    _lock: lock::Lock,
}

impl Writer {
    fn lock(dir: &Path) -> Result<Self, PublishError> {
        let lock = lock::Lock::take(dir)?;
        let path = dir.join(layout::CONFIG);
        let place = || path.display().to_string();
        let config = match read_bounded(&path, CONFIG_BYTES) {
            Ok(Some(bytes)) => Config::parse(&bytes, &format!("folder:{}", dir.display()), place)?,
            Ok(None) => {
                return Err(SourceError::TooLong {
                    place: place(),
                    limit: CONFIG_BYTES,
                }
                .into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let config = Config::new(NEW_ORIGIN);
                disk::replace(&path, config.to_json().as_bytes()).map_err(|source| {
                    PublishError::Io {
                        action: "write",
                        path,
                        source,
                    }
                })?;
                config
            }
            Err(source) => {
                return Err(PublishError::Io {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        Ok(Self {
            dir: dir.to_owned(),
            config,
            _lock: lock,
        })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// The bytes of a file, none if it is not there or longer than it may be.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, PublishError> {
        let path = self.path(path);
        match read_bounded(&path, limit) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PublishError::Io {
                action: "read",
                path,
                source,
            }),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let path = self.path(path);
        disk::replace(&path, bytes).map_err(|source| PublishError::Io {
            action: "write",
            path,
            source,
        })
    }

    /// Puts the archive in its place, unless it is there and whole.
    fn blob(&self, release: &Release, bytes: &[u8]) -> Result<(), PublishError> {
        let path = layout::blob(&release.blob);
        let there = self.read(&path, release.size)?;
        if there.is_some_and(|there| Digest::of(&there) == release.blob) {
            return Ok(());
        }
        self.replace(&path, bytes)
    }

    /// Creates the statement; with it the version is published.
    fn commit(&self, release: &Release, note: &str) -> Result<(), PublishError> {
        let path = self.path(&layout::note(&release.name, &release.version));
        match disk::create(&path, note.as_bytes()) {
            Ok(()) => Ok(()),
            // Not seen a moment ago under the lock: somebody who does not take it was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = self.statements(&release.name)?;
                match there.get(&release.version) {
                    Some(there) if there.release.blob == release.blob => Ok(()),
                    Some(there) => Err(PublishError::VersionExists {
                        name: release.name.clone(),
                        version: release.version.clone(),
                        published: there.release.blob,
                        yours: release.blob,
                    }),
                    None => Err(PublishError::Io {
                        action: "write",
                        path,
                        source: error,
                    }),
                }
            }
            Err(source) => Err(PublishError::Io {
                action: "write",
                path,
                source,
            }),
        }
    }

    /// All statements about a package.
    fn statements(&self, name: &PackageName) -> Result<BTreeMap<Version, Statement>, PublishError> {
        let mut statements = BTreeMap::new();
        for file in self.list(&layout::notes(name))? {
            let Some(version) = file
                .strip_suffix(layout::NOTE_SUFFIX)
                .and_then(|text| text.parse::<Version>().ok())
            else {
                // Half-written files of a crash, and whatever else lies there.
                continue;
            };
            let failed = |reason: &str| PublishError::Statement {
                dir: self.dir.clone(),
                source: ReleaseError::Statement {
                    name: name.clone(),
                    version: version.clone(),
                    reason: reason.to_owned(),
                },
            };
            let bytes = self
                .read(&layout::note(name, &version), NOTE_BYTES)?
                .ok_or_else(|| failed("it is too long"))?;
            let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8"))?;
            let statement = Statement::read(name, &version, &text).map_err(|source| {
                PublishError::Statement {
                    dir: self.dir.clone(),
                    source,
                }
            })?;
            statements.insert(version, statement);
        }
        Ok(statements)
    }

    /// Makes the package's index from its statements. Only the index says what is yanked, so that is kept.
    fn index(
        &self,
        name: &PackageName,
        statements: BTreeMap<Version, Statement>,
    ) -> Result<Vec<Release>, PublishError> {
        let path = layout::index(name);
        let old = self.read(&path, INDEX_BYTES)?.unwrap_or_default();
        let mut yanked = yanked(&String::from_utf8_lossy(&old));
        let listed: Vec<Release> = statements
            .into_iter()
            .map(|(version, statement)| Release {
                yanked: yanked.remove(&version),
                ..statement.release
            })
            .collect();
        let text = index_text(&listed).map_err(|reason| PublishError::Unlistable {
            name: name.clone(),
            reason,
        })?;
        if text.as_bytes() != old {
            self.replace(&path, text.as_bytes())?;
        }
        Ok(listed)
    }

    /// Puts a package's line into the search data, or takes it out.
    fn search(&self, name: &PackageName, line: Option<Summary>) -> Result<(), PublishError> {
        let shard = shard_of(name, self.config.shards);
        let old = self.read(&layout::shard(shard), SHARD_BYTES)?;
        let mut packages = match old.as_deref().map(read_shard) {
            Some(Ok(packages)) => packages,
            // Not there or broken: made anew, as it can be at any time.
            _ => self.summaries(shard)?,
        };
        packages.retain(|summary| summary.name != *name);
        packages.extend(line);
        self.write_shard(shard, packages)
    }

    fn write_shard(&self, shard: u32, packages: Vec<Summary>) -> Result<(), PublishError> {
        let path = layout::shard(shard);
        let text = write_shard(packages).map_err(|error| PublishError::Io {
            action: "write",
            path: self.path(&path),
            source: error.into(),
        })?;
        if self.read(&path, SHARD_BYTES)?.as_deref() != Some(text.as_bytes()) {
            self.replace(&path, text.as_bytes())?;
        }
        Ok(())
    }

    /// The lines of all packages that belong to a shard, from the statements; makes their indexes anew as well.
    fn summaries(&self, shard: u32) -> Result<Vec<Summary>, PublishError> {
        let mut summaries = Vec::new();
        for name in self.packages()? {
            if shard_of(&name, self.config.shards) == shard {
                let listed = self.index(&name, self.statements(&name)?)?;
                summaries.extend(Summary::of(&listed));
            }
        }
        Ok(summaries)
    }

    /// The names of all packages with a folder of statements, sorted.
    fn packages(&self) -> Result<Vec<PackageName>, PublishError> {
        let mut names = Vec::new();
        for namespace in self.list(layout::RELEASES)? {
            for name in self.list(&format!("{}/{namespace}", layout::RELEASES))? {
                names.extend(format!("{namespace}/{name}").parse::<PackageName>().ok());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The names in a folder, empty if there is none.
    fn list(&self, path: &str) -> Result<Vec<String>, PublishError> {
        let path = self.path(path);
        let failed = |source| PublishError::Io {
            action: "read",
            path: path.clone(),
            source,
        };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(failed)?.file_name().into_string().ok());
        }
        Ok(names)
    }
}

/// Which versions an index says are yanked, and why; lines that cannot be read say nothing.
fn yanked(index: &str) -> BTreeMap<Version, String> {
    #[derive(Deserialize)]
    struct Yanked {
        version: Version,
        yanked: Option<String>,
    }
    let lines = index
        .lines()
        .filter_map(|line| serde_json::from_str::<Yanked>(line).ok());
    lines
        .filter_map(|line| Some((line.version, line.yanked?)))
        .collect()
}

#[cfg(test)]
mod tests;
