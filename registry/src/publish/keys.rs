//! Key sets of namespaces.

use super::{PublishError, Tree};
use crate::keys::{Chain, KeySet};
use crate::source::{NOTE_BYTES, layout};
use crate::storage::Storage;

/// All key sets of a namespace, from the first; none where there is no set 1.
///
/// # Errors
/// A set cannot be read, or does not follow the one before it.
pub fn chain(storage: &dyn Storage, namespace: &str) -> Result<Option<Chain>, PublishError> {
    Chain::read(namespace, |number| {
        let stored = storage.read(&layout::keys(namespace, number), NOTE_BYTES)?;
        Ok(stored.map(|stored| String::from_utf8_lossy(&stored.bytes).into_owned()))
    })
}

/// Puts the next key set of a namespace; the same once more is fine. Who may put the first one is for the caller to know;
/// every later one has to be signed by the one before it. A storage with nothing in it becomes a registry.
///
/// # Errors
/// [`PublishError::KeysExist`] when another set has the number, [`PublishError::KeysGap`] when the one before it is
/// not there, [`PublishError::Keys`] when that one has not signed it.
pub fn put_keys(storage: &dyn Storage, set: &KeySet) -> Result<(), PublishError> {
    Tree::open_or_make(storage)?;
    let (namespace, number) = (set.namespace(), set.number());
    let there = chain(storage, namespace)?;
    let newest = there.as_ref().map_or(0, |chain| chain.newest().number());
    if number > newest + 1 {
        return Err(PublishError::KeysGap {
            namespace: namespace.to_owned(),
            number,
        });
    }
    if let Some(mut chain) = there.filter(|_| number == newest + 1) {
        chain.extend(set.clone())?;
    }
    let (path, note) = (layout::keys(namespace, number), set.to_note());
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
