//! The user's cache of packages: `blobs/sha256/<aa>/<hex>`.
//!
//! A [`VerifiedPackage`] exists only if its bytes hash to the digest that was asked for; that is checked on
//! download and on every open. Only this file writes there: temporary file, sync, rename.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of packages"
)]

use std::{
    borrow::Cow,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use scaffold_registry::{Digest, Package, PackageError};

/// A package whose bytes are those of its digest.
#[derive(Debug)]
pub struct VerifiedPackage {
    digest: Digest,
    bytes: Cow<'static, [u8]>,
    package: OnceLock<Arc<Package>>,
}

/// The bytes are not those that were asked for.
#[derive(Debug, thiserror::Error)]
#[error("{what} has the digest {found}, not {expected}")]
pub struct DigestMismatch {
    pub what: String,
    pub expected: Digest,
    pub found: Digest,
}

impl VerifiedPackage {
    /// # Errors
    /// The bytes are not those of the digest.
    pub fn new(
        what: &str,
        expected: Digest,
        bytes: Cow<'static, [u8]>,
    ) -> Result<Self, DigestMismatch> {
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(DigestMismatch {
                what: what.to_owned(),
                expected,
                found,
            });
        }
        Ok(Self {
            digest: expected,
            bytes,
            package: OnceLock::new(),
        })
    }

    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the package holds, unpacked when first asked for.
    ///
    /// # Errors
    /// The archive or the manifest breaks a rule of the format.
    pub fn package(&self) -> Result<Arc<Package>, PackageError> {
        if let Some(package) = self.package.get() {
            return Ok(Arc::clone(package));
        }
        let package = Arc::new(Package::read(&self.bytes)?);
        Ok(Arc::clone(self.package.get_or_init(|| package)))
    }
}

/// The cache folder; without one nothing is kept.
#[derive(Debug, Clone)]
pub struct Store {
    blobs: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}: {source}")]
pub struct StoreError {
    what: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// What a look at every blob found.
#[derive(Debug, Default, serde::Serialize)]
pub struct Checked {
    pub blobs: usize,
    pub bytes: u64,
    pub corrupt: Vec<String>,
}

impl Store {
    pub fn new(cache: Option<&Path>) -> Self {
        Self {
            blobs: cache.map(|c| c.join("blobs").join("sha256")),
        }
    }

    /// The bytes kept under a digest, not yet believed. A blob that cannot be read is as good as none.
    pub fn read(&self, digest: &Digest) -> Option<Vec<u8>> {
        fs::read(self.path(digest)?).ok()
    }

    pub fn has(&self, digest: &Digest) -> bool {
        self.path(digest).is_some_and(|path| path.exists())
    }

    pub fn remove(&self, digest: &Digest) {
        if let Some(path) = self.path(digest) {
            let _ = fs::remove_file(path);
        }
    }

    /// Keeps a verified package.
    ///
    /// # Errors
    /// The cache cannot be written; the package can be used all the same.
    pub fn keep(&self, package: &VerifiedPackage) -> Result<(), StoreError> {
        let Some(path) = self.path(&package.digest) else {
            return Ok(());
        };
        let error = |what, source| StoreError {
            what,
            path: path.clone(),
            source,
        };
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|e| error("make the folder of", e))?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| error("write", e))?;
        file.write_all(&package.bytes)
            .and_then(|()| file.as_file().sync_all())
            .map_err(|e| error("write", e))?;
        file.persist(&path)
            .map_err(|e| error("put in place", e.error))?;
        Ok(())
    }

    /// Every blob as (digest, bytes on disk).
    ///
    /// # Errors
    /// The cache cannot be listed.
    pub fn list(&self) -> Result<Vec<(Digest, u64)>, StoreError> {
        let Some(root) = &self.blobs else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for folder in entries(root)? {
            for file in entries(&folder)? {
                let name = file
                    .file_name()
                    .and_then(|n| n.to_str())
                    .unwrap_or_default();
                if let (Ok(digest), Ok(meta)) = (format!("sha256:{name}").parse(), file.metadata())
                {
                    found.push((digest, meta.len()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Hashes every blob; corrupt ones are removed, to be fetched again when needed.
    ///
    /// # Errors
    /// The cache cannot be listed.
    pub fn verify(&self) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        for (digest, bytes) in self.list()? {
            checked.blobs += 1;
            checked.bytes += bytes;
            if self.read(&digest).is_none_or(|b| Digest::of(&b) != digest) {
                self.remove(&digest);
                checked.corrupt.push(digest.to_string());
            }
        }
        Ok(checked)
    }

    /// Removes everything this program keeps in its cache folder, and nothing else that may be there.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn clean(&self, root: &Path) -> Result<(), StoreError> {
        for name in ["blobs", "index", "compiled"]
            .into_iter()
            .chain(crate::trees::FOLDERS)
        {
            let path = root.join(name);
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError {
                        what: "remove",
                        path,
                        source: e,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        let hex = digest.hex();
        Some(self.blobs.as_ref()?.join(&hex[..2]).join(hex))
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.filter_map(|e| e.ok().map(|e| e.path())).collect()),
        Err(e)
            if matches!(
                e.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Vec::new())
        }
        Err(source) => Err(StoreError {
            what: "list",
            path: folder.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_bytes_make_a_package() {
        let digest = Digest::of(b"right");
        assert!(VerifiedPackage::new("x", digest, Cow::Borrowed(b"right")).is_ok());
        assert!(VerifiedPackage::new("x", digest, Cow::Borrowed(b"wrong")).is_err());
    }

    #[test]
    fn a_corrupt_blob_is_found_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::new(Some(cache.path()));
        let digest = Digest::of(b"bytes");
        store
            .keep(&VerifiedPackage::new("x", digest, Cow::Borrowed(b"bytes")).unwrap())
            .unwrap();
        assert_eq!(store.list().unwrap(), [(digest, 5)]);
        assert!(store.verify().unwrap().corrupt.is_empty());
        fs::write(store.path(&digest).unwrap(), b"byteS").unwrap();
        assert_eq!(store.verify().unwrap().corrupt, [digest.to_string()]);
        assert!(store.read(&digest).is_none());
    }
}
