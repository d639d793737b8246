//! Key sets of namespaces.

use super::{PublishError, Tree};
use crate::source::{NOTE_BYTES, layout};
use crate::storage::Storage;

/// Puts key set `number` of a namespace, whose note is `note`; the same once more is fine. Whether it is signed as it
/// has to be is for the caller to have checked. A storage with nothing in it becomes a registry.
///
/// # Errors
/// [`PublishError::KeysExist`] when another set has the number, [`PublishError::KeysGap`] when the one before it is
/// not there.
pub fn put_keys(
    storage: &dyn Storage,
    namespace: &str,
    number: u32,
    note: &str,
) -> Result<(), PublishError> {
    Tree::open_or_make(storage)?;
    let is_there = |number| {
        let stored = storage.read(&layout::keys(namespace, number), NOTE_BYTES);
        stored.map(|stored| stored.is_some())
    };
    if number == 0 || (number > 1 && !is_there(number - 1)?) {
        return Err(PublishError::KeysGap {
            namespace: namespace.to_owned(),
            number,
        });
    }
    let path = layout::keys(namespace, number);
    if storage.create(&path, note.as_bytes())? {
        return Ok(());
    }
    match storage.read(&path, NOTE_BYTES)? {
        Some(there) if there.bytes == note.as_bytes() => Ok(()),
        _ => Err(PublishError::KeysExist {
            namespace: namespace.to_owned(),
            number,
        }),
    }
}
