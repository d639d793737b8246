//! The packages in the cache: `blobs/sha256/<aa>/<hex>`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use scaffold_registry::Digest;

use super::{Store, StoreError, VerifiedPackage, disk};

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob {
    pub digest: Digest,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What a look at everything found.
#[derive(Debug, Default, serde::Serialize)]
pub struct Checked {
    pub blobs: usize,
    pub bytes: u64,
    /// Answers of registries.
    pub answers: usize,
    pub corrupt: Vec<String>,
}

impl Store {
    /// The bytes kept under a digest, not yet believed. A blob that cannot be read is as good as none.
    pub fn read(&self, digest: &Digest) -> Option<Vec<u8>> {
        let path = path(self.used()?, digest);
        let bytes = fs::read(&path).ok()?;
        disk::touch(&path);
        Some(bytes)
    }

    pub fn has(&self, digest: &Digest) -> bool {
        self.used().is_some_and(|root| path(root, digest).exists())
    }

    pub fn remove(&self, digest: &Digest) {
        if let Some(root) = self.used() {
            let _ = disk::remove(&path(root, digest));
        }
    }

    /// Keeps a verified package.
    ///
    /// # Errors
    /// The cache cannot be written; the package can be used all the same.
    pub fn keep(&self, package: &VerifiedPackage) -> Result<(), StoreError> {
        match self.filled()? {
            Some(root) => disk::write(root, &path(root, &package.digest()), &[package.bytes()]),
            None => Ok(()),
        }
    }

    /// Every package, sorted by digest.
    ///
    /// # Errors
    /// The cache cannot be listed.
    pub fn blobs(&self) -> Result<Vec<Blob>, StoreError> {
        let Some(root) = self.used() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for folder in disk::entries(&folder(root))? {
            for file in disk::entries(&folder)? {
                let name = file.file_name().and_then(|name| name.to_str());
                let digest = format!("sha256:{}", name.unwrap_or_default()).parse();
                if let (Ok(digest), Ok(meta)) = (digest, file.metadata()) {
                    let bytes = meta.len();
                    found.push(Blob { digest, bytes });
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Hashes everything that was fetched; what is damaged is removed, to be fetched again when it is needed.
    ///
    /// # Errors
    /// The cache cannot be listed.
    pub fn verify(&self) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        for Blob { digest, bytes } in self.blobs()? {
            checked.blobs += 1;
            checked.bytes += bytes;
            if self.read(&digest).is_none_or(|b| Digest::of(&b) != digest) {
                self.remove(&digest);
                checked.corrupt.push(digest.to_string());
            }
        }
        self.verify_answers(&mut checked)?;
        Ok(checked)
    }
}

pub(super) fn folder(root: &Path) -> PathBuf {
    root.join("blobs").join("sha256")
}

fn path(root: &Path, digest: &Digest) -> PathBuf {
    let hex = digest.hex();
    folder(root).join(&hex[..2]).join(hex)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn a_corrupt_blob_is_found_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::new(Some(&cache.path().join("made/when/needed")));
        assert!(store.read(&Digest::of(b"bytes")).is_none());
        let digest = Digest::of(b"bytes");
        store
            .keep(&VerifiedPackage::new("x", digest, Cow::Borrowed(b"bytes")).unwrap())
            .unwrap();
        assert_eq!(store.blobs().unwrap(), [Blob { digest, bytes: 5 }]);
        assert!(store.verify().unwrap().corrupt.is_empty());
        fs::write(path(store.root.as_deref().unwrap(), &digest), b"byteS").unwrap();
        assert_eq!(store.verify().unwrap().corrupt, [digest.to_string()]);
        assert!(store.read(&digest).is_none());
    }
}
