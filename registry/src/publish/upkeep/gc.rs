//! Clearing away archives that nothing names, and what writers that were killed left behind.

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
    /// How many half-written files, of writers that were killed, were old enough.
    pub half_written: usize,
}

/// Where writers write.
const FOLDERS: [&str; 2] = [layout::ROOT, "private"];

/// Removes archives that no statement names, and half-written files, that are older than `grace`: a publication puts its
/// archive first and its statement second, and has to come to its end in between. With `dry_run` they are only found.
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
    let is_old = |path: &str| -> Result<bool, PublishError> {
        let since = storage.modified(path)?;
        let age = since.and_then(|since| SystemTime::now().duration_since(since).ok());
        Ok(age.is_some_and(|age| age > grace))
    };
    let remove = |path: &str| match dry_run {
        true => Ok(()),
        false => storage.remove(path),
    };
    for digest in unnamed {
        let path = layout::blob(&digest);
        if is_old(&path)? {
            remove(&path)?;
            done.removed.push(digest);
        } else {
            done.kept += 1;
        }
    }
    for folder in FOLDERS {
        for path in storage.half_written(folder)? {
            if is_old(&path)? {
                remove(&path)?;
                done.half_written += 1;
            }
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
