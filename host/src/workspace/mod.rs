//! The user's project as it stands on disk, read only.
//!
//! Reads go through one held directory handle, follow no link in any component, wait for no pipe and take no more than
//! [`MAX_FILE`] bytes. A project that does not exist yet is an empty one. Writing is `apply`'s alone.

mod error;
pub mod extra;
pub(crate) mod folders;
mod listing;
mod stat;
#[cfg(test)]
mod tests;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata};

pub use self::error::WorkspaceError;
use self::folders::{Folders, open_regular};
pub use self::stat::Stat;
use crate::path::ProjectPath;

/// The most that is read of one file.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Whether this system keeps an executable bit. Where it does not, what the generator asked for is trusted.
pub const KEEPS_MODE: bool = cfg!(unix);

/// A project's folder.
pub struct Workspace {
    root: PathBuf,
    /// None: the folder does not exist.
    folders: Option<Mutex<Folders>>,
}

/// A file of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub bytes: Arc<[u8]>,
    /// Whether its owner may run it; false where the system keeps no such bit ([`KEEPS_MODE`]).
    pub executable: bool,
}

impl Workspace {
    /// Holds the folder at `root`, which may itself be reached through links: the user named it.
    pub fn open(root: &Path) -> Result<Self, WorkspaceError> {
        let folders = match Dir::open_ambient_dir(root, ambient_authority()) {
            Ok(dir) => Some(Mutex::new(Folders::new(dir))),
            // A link to nothing is something: making a project in its place would not end where the user sees it.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && root.symlink_metadata().is_err() =>
            {
                None
            }
            Err(source) => {
                return Err(WorkspaceError::Open {
                    root: root.to_owned(),
                    source,
                });
            }
        };
        Ok(Self {
            root: root.to_owned(),
            folders,
        })
    }

    /// A project's folder with nothing in it, wherever.
    pub fn empty() -> Self {
        Self {
            root: PathBuf::new(),
            folders: None,
        }
    }

    pub(crate) fn of(root: &Path, dir: Dir) -> Self {
        Self {
            root: root.to_owned(),
            folders: Some(Mutex::new(Folders::new(dir))),
        }
    }

    /// The same folder, held once more.
    ///
    /// # Errors
    /// There are no more handles to be had.
    pub fn again(&self) -> Result<Self, WorkspaceError> {
        let failed = |source| WorkspaceError::Open {
            root: self.root.clone(),
            source,
        };
        let folders = self.folders().map(|folders| {
            let dir = folders.root().try_clone().map_err(failed)?;
            Ok(Mutex::new(Folders::new(dir)))
        });
        Ok(Self {
            root: self.root.clone(),
            folders: folders.transpose()?,
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its folders as they are open now; none if it is not there. Guests run in a thread of their own.
    fn folders(&self) -> Option<MutexGuard<'_, Folders>> {
        let folders = self.folders.as_ref()?.lock();
        // Whoever panicked, which folders are open is still true.
        Some(folders.unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the folder is there.
    pub fn exists(&self) -> bool {
        self.folders.is_some()
    }

    /// The file at `path`; none if there is none. What is there and is no regular file is an error that names it.
    pub fn read(&self, path: &ProjectPath) -> Result<Option<Found>, WorkspaceError> {
        let Some(mut folders) = self.folders() else {
            return Ok(None);
        };
        let error = |obstacle| WorkspaceError::obstacle(path, obstacle);
        let Some(dir) = folders.parent_of(path).map_err(error)? else {
            return Ok(None);
        };
        let Some((file, metadata)) =
            open_regular(dir, path.name(), path.as_str()).map_err(error)?
        else {
            return Ok(None);
        };
        let bytes = read_bounded(path, file, &metadata)?;
        Ok(Some(Found {
            bytes: bytes.into(),
            executable: is_executable(&metadata),
        }))
    }
}

fn read_bounded(
    path: &ProjectPath,
    file: File,
    metadata: &Metadata,
) -> Result<Vec<u8>, WorkspaceError> {
    let too_large = || WorkspaceError::TooLarge {
        path: path.clone(),
        limit: MAX_FILE,
    };
    let io = |source| WorkspaceError::Io {
        path: path.to_string(),
        source,
    };
    if metadata.len() > MAX_FILE {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    // It may have grown since its size was taken.
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Whether the owner may run a file.
#[cfg(unix)]
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    use cap_std::fs::MetadataExt;
    metadata.mode() & 0o100 != 0
}

/// Whether the owner may run a file.
#[cfg(not(unix))]
pub(crate) fn is_executable(_: &Metadata) -> bool {
    false
}
