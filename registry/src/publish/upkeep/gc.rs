//! Clearing away archives that nothing names.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::super::{PublishError, Tree};
use crate::Digest;
use crate::source::{Location, layout};
use crate::storage::Storage;

/// What was cleared away.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Collected {
    /// Archives that no statement names, and that were old enough.
    pub removed: Vec<Digest>,
    /// Archives that no statement names yet: somebody may be about to publish them.
    pub kept: usize,
}

/// Removes archives that no statement names and that are older than `grace`: a publication puts its archive first and its
/// statement second, and has to come to its end in between. With `dry_run` they are only found.
///
/// # Errors
/// There is no registry, or a statement in it cannot be used: what that one names is not known.
pub fn gc(
    storage: &dyn Storage,
    grace: Duration,
    dry_run: bool,
) -> Result<Collected, PublishError> {
    let tree = Tree::open(storage)?;
    // The archives first: one that is put there afterwards is not looked at.
    let mut unnamed = archives(storage)?;
    for name in tree.packages()? {
        for version in tree.versions(&layout::notes(&name), layout::NOTE_SUFFIX)? {
            if let Some(statement) = tree.statement(&name, &version)? {
                unnamed.remove(&statement.release.blob);
            }
        }
    }
    let mut done = Collected::default();
    for digest in unnamed {
        let path = layout::blob(&digest);
        let since = storage.modified(&path)?;
        let age = since.and_then(|since| SystemTime::now().duration_since(since).ok());
        if age.is_some_and(|age| age > grace) {
            if !dry_run {
                storage.remove(&path)?;
            }
            done.removed.push(digest);
        } else {
            done.kept += 1;
        }
    }
    Ok(done)
}

fn archives(storage: &dyn Storage) -> Result<BTreeSet<Digest>, PublishError> {
    const FOLDER: &str = "v1/blobs/sha256";
    let mut found = BTreeSet::new();
    for short in storage.list(FOLDER)? {
        for hex in storage.list(&format!("{FOLDER}/{short}"))? {
            if let Some(Location::Blob(digest)) =
                Location::parse(&format!("{FOLDER}/{short}/{hex}"))
            {
                found.insert(digest);
            }
        }
    }
    Ok(found)
}
