//! Files that change, compressed once for all who take them so.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use super::answer::Refusal;

/// Most bytes of compressed copies kept.
const COPIES_BYTES: usize = 64 * 1024 * 1024;

/// Compressed copies of files that change, named by the tags of what they are of.
#[derive(Default)]
pub(super) struct Copies(Mutex<HashMap<String, (String, Bytes)>>);

impl Copies {
    /// The copy of a file at `path`, in the state of this tag.
    pub(super) fn of(&self, path: &str, tag: &str, bytes: &[u8]) -> Result<Bytes, Refusal> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, copy)) = lock().get(path).filter(|(of, _)| of == tag) {
            return Ok(copy.clone());
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let copy = gzip.write_all(bytes).and_then(|()| gzip.finish());
        let copy = Bytes::from(copy.map_err(|_| Refusal::broken())?);
        let mut copies = lock();
        let kept: usize = copies.values().map(|(_, copy)| copy.len()).sum();
        if kept + copy.len() > COPIES_BYTES {
            copies.clear();
        }
        copies.insert(path.to_owned(), (tag.to_owned(), copy.clone()));
        Ok(copy)
    }
}
