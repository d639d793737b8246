//! The search data as pages search it: kept in memory, and asked for again before each search, so that nobody sees an
//! answer from before somebody published.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::SourceError;
use crate::source::{Fetched, Hits, Lines, Summary};
use crate::storage::{FromStorage, Storage};

/// Most bytes of it kept, of some seven hundred thousand packages. What is beyond is read for each search.
const KEPT_BYTES: usize = 256 * 1024 * 1024;

/// The parts that were read, by their numbers, each with the tag that names its state.
#[derive(Default)]
pub(super) struct Catalog(Mutex<HashMap<u32, (String, Arc<Lines>)>>);

/// What a search found.
pub(super) struct Found {
    /// How many packages there are in all.
    pub(super) count: usize,
    /// Those that were to be shown.
    pub(super) shown: Vec<Summary>,
}

impl Catalog {
    /// The packages that say every word somewhere, in any case: how many, and those in `range` of all by name.
    ///
    /// # Errors
    /// As [`Source::find`](crate::Source::find).
    pub(super) fn find(
        &self,
        storage: Arc<dyn Storage>,
        words: &[String],
        range: Range<usize>,
    ) -> Result<Found, SourceError> {
        let registry = FromStorage::open(storage);
        let parts = registry.config()?.parts();
        // Numbers of a registry that was cut less fine are never asked for again.
        self.lock().retain(|number, _| parts.contains(number));
        let mut hits = Hits::new(words, range);
        for number in parts {
            let kept = self.lock().get(&number).cloned();
            let known = kept.as_ref().map(|(tag, _)| tag.as_str());
            let lines = match registry.part(number, known)? {
                Fetched::Missing => continue,
                Fetched::Same => kept.map(|(_, lines)| lines),
                Fetched::Found { bytes, tag } => {
                    let lines = registry.lines(number, &bytes)?;
                    let lines = Arc::new(lines);
                    self.keep(number, tag, &lines);
                    Some(lines)
                }
            };
            if let Some(lines) = lines {
                hits.search(&lines);
            }
        }
        Ok(Found {
            count: hits.count(),
            shown: hits.shown(),
        })
    }

    fn keep(&self, number: u32, tag: Option<String>, lines: &Arc<Lines>) {
        let mut kept = self.lock();
        kept.remove(&number);
        let bytes: usize = kept.values().map(|(_, lines)| lines.bytes()).sum();
        if let Some(tag) = tag.filter(|_| bytes + lines.bytes() <= KEPT_BYTES) {
            kept.insert(number, (tag, Arc::clone(lines)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, (String, Arc<Lines>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixtures::{name, package};
    use crate::publish::{self, Yank};
    use crate::source::layout;
    use crate::storage::Folder;

    struct Scene {
        dir: tempfile::TempDir,
        catalog: Catalog,
    }

    impl Scene {
        fn publish(&self, name: &str) {
            publish::to_folder(self.dir.path(), &package(name, "1.0.0", ""), &[]).unwrap();
        }

        fn find(&self, words: &str) -> Vec<String> {
            let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
            let storage = Arc::new(Folder::new(self.dir.path()));
            let found = self.catalog.find(storage, &words, 0..40).unwrap();
            assert_eq!(found.count, found.shown.len());
            let names = found.shown.iter().map(|summary| summary.name.to_string());
            names.collect()
        }
    }

    #[test]
    fn nobody_sees_an_answer_from_before() {
        let scene = Scene {
            dir: tempfile::tempdir().unwrap(),
            catalog: Catalog::default(),
        };
        scene.publish("acme/web");
        assert_eq!(scene.find("ABOUT"), ["acme/web"]);
        scene.publish("acme/api");
        assert_eq!(scene.find("about"), ["acme/api", "acme/web"]);
        let folder = Folder::new(scene.dir.path());
        let version = "1.0.0".parse().unwrap();
        publish::yank(
            &folder,
            &name("acme/web"),
            &version,
            &Yank::new("Old.", false),
        )
        .unwrap();
        assert_eq!(scene.find("about"), ["acme/api"]);
        // Cut finer, its parts have other numbers; those that were kept are let go.
        let config = folder.read(layout::CONFIG, 1000).unwrap().unwrap();
        let text = String::from_utf8(config.bytes).unwrap();
        let finer = text.replace("\"shards\":1", "\"shards\":4");
        assert!(
            folder
                .replace(layout::CONFIG, finer.as_bytes(), Some(&config.tag))
                .unwrap()
        );
        assert_eq!(scene.find("about"), [""; 0]);
        assert!(scene.catalog.lock().is_empty());
        publish::repair(&folder).unwrap();
        assert_eq!(scene.find("about"), ["acme/api"]);
    }

    #[test]
    fn what_did_not_change_is_not_read_again() {
        let scene = Scene {
            dir: tempfile::tempdir().unwrap(),
            catalog: Catalog::default(),
        };
        scene.publish("acme/web");
        scene.find("");
        let kept = || {
            scene
                .catalog
                .lock()
                .get(&0)
                .map(|(_, lines)| Arc::clone(lines))
                .unwrap()
        };
        let first = kept();
        scene.find("about");
        assert!(Arc::ptr_eq(&first, &kept()));
        scene.publish("acme/api");
        scene.find("about");
        assert!(!Arc::ptr_eq(&first, &kept()));
    }
}
