//! What goes out of the cache: decided here as a value, then done.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{Store, StoreError, answers, blobs, disk, turn};

/// What is to go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rule {
    /// What was not used for that long.
    pub older_than: Option<Duration>,
    /// What was not used for longest, until the rest has no more bytes than that.
    pub larger_than: Option<u64>,
}

/// What went, or with a dry run would go.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    pub files: usize,
    pub bytes: u64,
    /// Bytes that stay.
    pub left: u64,
}

/// A file that can be had again, by fetching or by working it out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Store {
    /// Removes packages, compiled components and trees by a rule. What registries said stays: it is small, and says what they
    /// may not take back. Nobody uses the cache meanwhile.
    ///
    /// # Errors
    /// Others use the cache, or a file cannot be removed.
    pub fn prune(&self, rule: Rule, dry_run: bool, no_wait: bool) -> Result<Pruned, StoreError> {
        let Some(root) = self.root.as_deref().filter(|root| root.is_dir()) else {
            return Ok(Pruned::default());
        };
        let _alone = match dry_run {
            true => None,
            false => turn::alone(root, no_wait)?,
        };
        let (go, left) = decide(entries(root)?, rule, SystemTime::now());
        if !dry_run {
            go.iter().try_for_each(|entry| disk::remove(&entry.path))?;
            disk::remove_folder(&root.join(disk::TMP))?;
        }
        Ok(Pruned {
            files: go.len(),
            bytes: go.iter().map(|entry| entry.bytes).sum(),
            left,
        })
    }

    /// Removes everything this program keeps in its cache folder, and nothing else that may be there.
    ///
    /// # Errors
    /// Others use the cache, or a file cannot be removed.
    pub fn clean(&self, no_wait: bool) -> Result<(), StoreError> {
        let Some(root) = self.root.as_deref().filter(|root| root.is_dir()) else {
            return Ok(());
        };
        let _alone = turn::alone(root, no_wait)?;
        ["blobs", "index", "compiled", disk::TMP]
            .into_iter()
            .chain(crate::trees::FOLDERS)
            .try_for_each(|name| disk::remove_folder(&root.join(name)))
    }

    /// Forgets what one registry said.
    ///
    /// # Errors
    /// Others use the cache, or a file cannot be removed.
    pub fn forget(&self, registry: &str, no_wait: bool) -> Result<(), StoreError> {
        let Some(root) = self.root.as_deref().filter(|root| root.is_dir()) else {
            return Ok(());
        };
        let _alone = turn::alone(root, no_wait)?;
        disk::remove_folder(&answers::of_registry(root, registry))
    }
}

/// Everything that may go.
fn entries(root: &Path) -> Result<Vec<Entry>, StoreError> {
    let mut folders = disk::entries(&blobs::folder(root))?;
    folders.push(root.join("compiled"));
    folders.extend(crate::trees::FOLDERS.map(|name| root.join(name)));
    let mut found = Vec::new();
    for folder in folders {
        for path in disk::entries(&folder)? {
            if let Ok(meta) = path.symlink_metadata()
                && meta.is_file()
            {
                found.push(Entry {
                    bytes: meta.len(),
                    used: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    path,
                });
            }
        }
    }
    Ok(found)
}

/// What goes, and how many bytes stay.
fn decide(mut all: Vec<Entry>, rule: Rule, now: SystemTime) -> (Vec<Entry>, u64) {
    all.sort_by(|one, other| (one.used, &one.path).cmp(&(other.used, &other.path)));
    let mut left: u64 = all.iter().map(|entry| entry.bytes).sum();
    all.retain(|entry| {
        // A time in the future is now.
        let age = now.duration_since(entry.used).unwrap_or_default();
        let goes = rule.older_than.is_some_and(|most| age > most)
            || rule.larger_than.is_some_and(|most| left > most);
        if goes {
            left -= entry.bytes;
        }
        goes
    });
    (all, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn pruned(rule: Rule) -> (Vec<String>, u64) {
        let now = SystemTime::UNIX_EPOCH + 100 * DAY;
        let entry = |name: &str, days, bytes| Entry {
            path: name.into(),
            bytes,
            used: SystemTime::UNIX_EPOCH + days * DAY,
        };
        let all = vec![
            entry("old", 10, 5),
            entry("new", 99, 7),
            entry("future", 200, 1),
            entry("older", 1, 3),
        ];
        let (go, left) = decide(all, rule, now);
        let names = go.iter().map(|entry| entry.path.display().to_string());
        (names.collect(), left)
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let older = |days| Rule {
            older_than: Some(days * DAY),
            ..Rule::default()
        };
        let larger = |bytes| Rule {
            larger_than: Some(bytes),
            ..Rule::default()
        };
        assert_eq!(pruned(Rule::default()), (vec![], 16));
        assert_eq!(pruned(older(30)), (names(&["older", "old"]), 8));
        assert_eq!(pruned(older(95)), (names(&["older"]), 13));
        assert_eq!(pruned(larger(16)), (vec![], 16));
        assert_eq!(pruned(larger(13)), (names(&["older"]), 13));
        assert_eq!(pruned(larger(12)), (names(&["older", "old"]), 8));
        assert_eq!(
            pruned(larger(0)),
            (names(&["older", "old", "new", "future"]), 0)
        );
        let both = Rule {
            older_than: Some(95 * DAY),
            larger_than: Some(8),
        };
        assert_eq!(pruned(both), (names(&["older", "old"]), 8));
    }

    #[test]
    fn what_is_used_stays_and_what_registries_said_as_well() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::new(Some(cache.path()));
        let bytes: &[u8] = b"bytes";
        let digest = scaffold_registry::Digest::of(bytes);
        let package = super::super::VerifiedPackage::new("x", digest, bytes.into()).unwrap();
        store.keep(&package).unwrap();
        let answer = super::super::Answer {
            bytes: Some(b"x".to_vec()),
            tag: None,
        };
        store.keep_answer("https://a/", "v1/x", &answer).unwrap();
        let all = Rule {
            larger_than: Some(0),
            ..Rule::default()
        };
        let other = Store::new(Some(cache.path()));
        assert!(matches!(
            other.prune(all, false, true),
            Err(StoreError::Busy { .. })
        ));
        assert!(store.has(&digest));
        drop(store);
        let would = other.prune(all, true, true).unwrap();
        assert_eq!(other.prune(all, false, true).unwrap(), would);
        assert_eq!((would.files, would.bytes, would.left), (1, 5, 0));
        assert!(!other.has(&digest));
        assert!(other.answer("https://a/", "v1/x").is_some());
        let another = Store::new(Some(cache.path()));
        drop(other);
        another.forget("https://a/", true).unwrap();
        assert!(another.answer("https://a/", "v1/x").is_none());
    }
}
