//! The files of a registry, as a publisher sees them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::Deserialize;

use super::{NEW_ORIGIN, PublishError, disk, lock};
use crate::keys::{Chain, KeySet};
use crate::release::{INDEX_BYTES, ReleaseError, write_index};
use crate::source::{CONFIG_BYTES, Config, NOTE_BYTES, SHARD_BYTES, Summary, layout, read_bounded};
use crate::source::{read_shard, shard_of, write_shard};
use crate::{Digest, PackageName, Release, SourceError, Statement};

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

/// A registry nobody else writes to as long as this lives.
pub(super) struct Writer {
    dir: PathBuf,
    pub(super) config: Config,
    _lock: lock::Lock,
}

impl Writer {
    pub(super) fn lock(dir: &Path) -> Result<Self, PublishError> {
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
    pub(super) fn blob(&self, release: &Release, bytes: &[u8]) -> Result<(), PublishError> {
        let path = layout::blob(&release.blob);
        let there = self.read(&path, release.size)?;
        if there.is_some_and(|there| Digest::of(&there) == release.blob) {
            return Ok(());
        }
        self.replace(&path, bytes)
    }

    /// Creates the statement; with it the version is published.
    pub(super) fn commit(&self, release: &Release, note: &str) -> Result<(), PublishError> {
        let path = self.path(&layout::note(&release.name, &release.version));
        match disk::create(&path, note.as_bytes()) {
            Ok(()) => Ok(()),
            // Not seen a moment ago under the lock: somebody who does not take it was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = self.statements(&release.name)?;
                match there.get(&release.version) {
                    Some(there) if there.release.blob == release.blob => Ok(()),
                    Some(there) => Err(PublishError::VersionExists {
                        package: format!("{} {}", release.name, release.version),
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

    /// All key sets of a namespace; none where it has no set 1.
    pub(super) fn keys(&self, namespace: &str) -> Result<Option<Chain>, PublishError> {
        Chain::read(namespace, |number| {
            let bytes = self.read(&layout::keys(namespace, number), NOTE_BYTES)?;
            Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        })
    }

    /// Creates a key set; the next one of its namespace.
    pub(super) fn put_keys(&self, set: &KeySet) -> Result<(), PublishError> {
        let path = self.path(&layout::keys(set.namespace(), set.number()));
        disk::create(&path, set.to_note().as_bytes()).map_err(|source| PublishError::Io {
            action: "write",
            path,
            source,
        })
    }

    /// All statements about a package.
    pub(super) fn statements(
        &self,
        name: &PackageName,
    ) -> Result<BTreeMap<Version, Statement>, PublishError> {
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
                    package: format!("{name} {version}"),
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
    pub(super) fn index(
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
    pub(super) fn search(
        &self,
        name: &PackageName,
        line: Option<Summary>,
    ) -> Result<(), PublishError> {
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

    pub(super) fn write_shard(
        &self,
        shard: u32,
        packages: Vec<Summary>,
    ) -> Result<(), PublishError> {
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
    pub(super) fn summaries(&self, shard: u32) -> Result<Vec<Summary>, PublishError> {
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
    pub(super) fn packages(&self) -> Result<Vec<PackageName>, PublishError> {
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
