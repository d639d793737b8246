//! A registry in a folder.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Fetch, Fetched, Object, Registry, SourceError, layout};

/// Gets files of a registry in a folder.
pub struct Folder {
    id: String,
    root: PathBuf,
}

impl Folder {
    /// The source over the registry in `root`.
    ///
    /// # Errors
    /// [`SourceError::NotARegistry`] when there is none.
    pub fn open(root: impl AsRef<Path>) -> Result<Registry<Self>, SourceError> {
        let root = std::path::absolute(root.as_ref()).map_err(|source| SourceError::Io {
            place: root.as_ref().display().to_string(),
            source,
        })?;
        if !root.join(layout::CONFIG).is_file() {
            return Err(SourceError::NotARegistry {
                place: root.display().to_string(),
            });
        }
        Ok(Registry::over(Self {
            id: format!("folder:{}", root.display()),
            root,
        }))
    }

    /// The folder, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Fetch for Folder {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self, object: &Object<'_>) -> String {
        self.root.join(object.path()).display().to_string()
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        _known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        match read_bounded(&self.root.join(object.path()), limit) {
            Ok(Some(bytes)) => Ok(Fetched::Found {
                bytes: Cow::Owned(bytes),
                tag: None,
            }),
            Ok(None) => Err(SourceError::TooLong {
                place: self.place(object),
                limit,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Fetched::Missing),
            Err(source) => Err(SourceError::Io {
                place: self.place(object),
                source,
            }),
        }
    }
}

/// The bytes of a regular file, or none when it has more than `limit`.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // Asked before opening, since opening a pipe would wait for whoever writes it.
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    // As much as there is, and one to see the end by: the system need not be asked for more memory on the way.
    let mut bytes = Vec::with_capacity(found.len().min(limit) as usize + 1);
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
