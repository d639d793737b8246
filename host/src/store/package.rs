//! Bytes that are those of their digest.

use std::{
    borrow::Cow,
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

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_bytes_make_a_package() {
        let digest = Digest::of(b"right");
        assert!(VerifiedPackage::new("x", digest, Cow::Borrowed(b"right")).is_ok());
        assert!(VerifiedPackage::new("x", digest, Cow::Borrowed(b"wrong")).is_err());
    }
}
