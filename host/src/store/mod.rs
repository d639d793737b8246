//! The user's cache: what it holds, and who may take something out of it.
//!
//! ```text
//! blobs/sha256/<aa>/<hex>   packages, named by their digest
//! index/<registry>/<hex>    what registries answered, with the tag to ask again with
//! compiled/ trees/ seen/    components and pristine trees: `sandbox::compiled` and `trees` look after those
//! tmp/                      half-written; nothing of it counts
//! .lock                     held shared by whoever uses the cache, alone by whoever clears it up
//! ```
//!
//! A [`VerifiedPackage`] exists only if its bytes hash to the digest that was asked for; that is checked on
//! download and on every open. What is kept is written to a temporary file, brought to the disk and renamed, so any number of
//! processes may keep the same thing at once. Deleting all of it costs time, and the memory of what registries said
//! before ([`Answer`]).

#[cfg(any(test, fuzzing))]
pub use answers::kept;
mod answers;
mod blobs;
mod disk;
mod package;
mod prune;
mod turn;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use answers::Answer;
pub use blobs::{Blob, Checked};
pub(crate) use disk::touch;
pub use package::{DigestMismatch, VerifiedPackage};
pub use prune::{Pruned, Rule};
use turn::Turn;

/// The cache folder; without one nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct Store {
    root: Option<PathBuf>,
    turn: Arc<Turn>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {what} {path}: {source}")]
    Io {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("another scaffold is using the cache in {path}")]
    Busy { path: PathBuf },
}

impl Store {
    pub fn new(cache: Option<&Path>) -> Self {
        Self {
            root: cache.map(Path::to_owned),
            turn: Arc::default(),
        }
    }

    /// The folder, for whoever is about to read in it: nothing is taken out of it until this process ends.
    fn used(&self) -> Option<&Path> {
        let root = self.root.as_deref().filter(|root| root.is_dir())?;
        self.turn.share(root);
        Some(root)
    }

    /// The folder, made where it is missing, for whoever is about to write in it.
    fn filled(&self) -> Result<Option<&Path>, StoreError> {
        let Some(root) = self.root.as_deref() else {
            return Ok(None);
        };
        disk::make_folder(root)?;
        Ok(self.used())
    }
}
