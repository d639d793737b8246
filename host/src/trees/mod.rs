//! Pristine trees in the user's cache, `trees/<digest of the lock>`: looking at a project need not make them again.
//!
//! A tree is believed only if it has the digest that the lock has recorded, so a file that was damaged, swapped or made up
//! is as good as none: it is removed, and the lock is replayed. Only `status` and `diff` look here. What changes a project
//! and what verifies it always replays.
//!
//! What a look at a project found is noted down as well ([`Seen`]), so that the next one need not read every file again.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of trees"
)]

mod kept;
mod seen;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

pub use kept::Kept;
use scaffold_registry::Digest;
pub use seen::{Look, Seen};

use crate::{path::ProjectPath, project::Lock, tree::Tree};

/// The folders in the cache: of the trees, and of what was seen of them in projects.
pub const FOLDERS: [&str; 2] = [TREES, SEEN];
const TREES: &str = "trees";
const SEEN: &str = "seen";
/// The largest tree that is kept, 256 MiB; larger ones are replayed each time.
const MAX_TREE: u64 = 256 * 1024 * 1024;
/// The most that is read of what was seen: a million files.
const MAX_SEEN: u64 = 48 * 1024 * 1024;
/// How many files are kept in each folder: those that were written last.
const KEEP: usize = 32;

/// What a lock stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pristine {
    pub tree: Arc<Tree>,
    /// Every generated file and the instance that made it first; others may have added to it.
    pub makers: BTreeMap<ProjectPath, String>,
}

/// The cache; without a folder nothing is kept.
#[derive(Debug, Clone)]
pub struct Trees(Option<PathBuf>);

impl Trees {
    pub fn new(cache: Option<&Path>) -> Self {
        Self(cache.map(Path::to_owned))
    }

    /// What is kept for a lock, if it is what the lock has recorded.
    pub fn load(&self, lock: &Lock) -> Option<Kept> {
        let path = self.tree(lock)?;
        let kept = Kept::open(&path, lock.tree);
        if kept.is_none() {
            let _ = fs::remove_file(&path);
        }
        kept
    }

    /// Keeps what a replay of the lock gave. Best effort: what cannot be kept is made again.
    pub fn keep(&self, lock: &Lock, pristine: &Pristine) {
        if let Some(path) = self.tree(lock)
            && let Some(bytes) = kept::to_bytes(pristine, MAX_TREE)
        {
            write(&path, &bytes);
        }
    }

    /// What was seen of a lock's tree of that many files in the project at `root`; nothing if nobody looked.
    pub fn seen(&self, lock: &Lock, root: &Path, files: usize) -> Seen {
        let bytes = self.note(lock, root).and_then(|path| read(&path));
        bytes
            .and_then(|bytes| Seen::parse(bytes, files))
            .unwrap_or_default()
    }

    /// Notes it down for the next look. Best effort.
    pub fn note_seen(&self, lock: &Lock, root: &Path, seen: &Seen) {
        if let Some(path) = self.note(lock, root) {
            write(&path, &seen.to_bytes());
        }
    }

    fn tree(&self, lock: &Lock) -> Option<PathBuf> {
        let name = Digest::of(lock.to_text().as_bytes());
        Some(self.0.as_ref()?.join(TREES).join(name.hex()))
    }

    fn note(&self, lock: &Lock, root: &Path) -> Option<PathBuf> {
        let mut name = lock.to_text().into_bytes();
        name.push(0);
        name.extend_from_slice(root.as_os_str().as_encoded_bytes());
        Some(self.0.as_ref()?.join(SEEN).join(Digest::of(&name).hex()))
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_SEEN)).ok()?);
    file.take(MAX_SEEN + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_SEEN).then_some(bytes)
}

/// Temporary file, rename; then the oldest go. No sync: a torn tree has another digest, a torn note another length.
fn write(path: &Path, bytes: &[u8]) {
    let folder = path.parent().unwrap_or(path);
    let write = || {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(std::io::Error::from)
    };
    if write().is_ok() {
        forget_oldest(folder);
    }
}

fn forget_oldest(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut kept: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    kept.sort();
    for (_, path) in kept.iter().take(kept.len().saturating_sub(KEEP)) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{File, Ownership};

    fn pristine() -> Pristine {
        let mut tree = Tree::new();
        let mut makers = BTreeMap::new();
        for (name, bytes, executable, ownership) in [
            ("a b/ü.txt", &b"one\n\ntwo"[..], false, Ownership::Managed),
            ("empty", b"", false, Ownership::Seed),
            ("run.sh", b"\0\xff\n\n", true, Ownership::Managed),
        ] {
            let path = ProjectPath::parse(name).unwrap();
            makers.insert(path.clone(), "django".to_owned());
            let file = File {
                bytes: bytes.into(),
                executable,
                ownership,
            };
            tree.insert(path, file).unwrap();
        }
        Pristine {
            tree: Arc::new(tree),
            makers,
        }
    }

    fn kept() -> (tempfile::TempDir, Trees, Lock) {
        let cache = tempfile::tempdir().unwrap();
        let trees = Trees::new(Some(cache.path()));
        let lock = lock_of(&pristine());
        trees.keep(&lock, &pristine());
        (cache, trees, lock)
    }

    fn lock_of(pristine: &Pristine) -> Lock {
        Lock {
            tree: pristine.tree.digest(),
            ..Lock::empty("shop")
        }
    }

    /// All that is kept.
    fn whole(mut kept: Kept) -> Option<Pristine> {
        let numbers: Vec<usize> = (0..kept.paths().count()).collect();
        let mut tree = Tree::new();
        for (path, file) in kept.read(&numbers)? {
            tree.insert(path, file).unwrap();
        }
        Some(Pristine {
            tree: Arc::new(tree),
            makers: kept.into_makers(),
        })
    }

    #[test]
    fn what_was_kept_is_found_for_its_lock_alone() {
        let (_cache, trees, lock) = kept();
        assert_eq!(trees.load(&lock).and_then(whole), Some(pristine()));
        let other = Lock {
            project: "blog".into(),
            ..lock
        };
        assert!(trees.load(&other).is_none());
        assert!(Trees::new(None).load(&other).is_none());
    }

    #[test]
    fn some_of_the_contents_are_read_alone() {
        let (_cache, trees, lock) = kept();
        let mut kept = trees.load(&lock).unwrap();
        let last = kept.read(&[2]).unwrap();
        assert_eq!(&*last[0].1.bytes, b"\0\xff\n\n");
        let two = kept.read(&[0, 2]).unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(&*two[0].1.bytes, b"one\n\ntwo");
        assert!(kept.read(&[3]).is_none());
    }

    #[test]
    fn an_empty_tree_is_a_tree() {
        let cache = tempfile::tempdir().unwrap();
        let trees = Trees::new(Some(cache.path()));
        let empty = Pristine {
            tree: Arc::default(),
            makers: BTreeMap::new(),
        };
        trees.keep(&lock_of(&empty), &empty);
        assert_eq!(trees.load(&lock_of(&empty)).and_then(whole), Some(empty));
    }

    #[test]
    fn whatever_is_not_what_the_lock_says_is_not_believed() {
        type Spoil = fn(Vec<u8>) -> Vec<u8>;
        fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(from));
            text.replace(from, to).into_bytes()
        }
        let spoils: [(Spoil, bool); 8] = [
            (|_| Vec::new(), true),
            (|bytes| bytes[..bytes.len() - 1].to_vec(), false),
            (|bytes| bytes[..200].to_vec(), true),
            (|bytes| replaced(bytes, "one", "One"), false),
            (|bytes| replaced(bytes, "run.sh", "../x.s"), true),
            (|bytes| replaced(bytes, "\n8 ", "\n9 "), false),
            (|bytes| replaced(bytes, "\n8 ", "\n-8 "), true),
            (|bytes| replaced(bytes, "trees 2 ", "trees 2 9"), true),
        ];
        for (number, (spoil, at_once)) in spoils.into_iter().enumerate() {
            let (_cache, trees, lock) = kept();
            let path = trees.tree(&lock).unwrap();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, spoil(bytes)).unwrap();
            let found = trees.load(&lock);
            assert_eq!(found.is_none(), at_once, "{number}");
            assert_eq!(path.exists(), !at_once, "{number}");
            assert_eq!(found.and_then(whole), None, "{number}");
        }
    }

    #[test]
    fn only_the_last_are_kept() {
        let (cache, trees, lock) = kept();
        for number in 0..KEEP + 3 {
            let lock = Lock {
                project: format!("shop{number}"),
                ..lock.clone()
            };
            trees.keep(&lock, &pristine());
        }
        let left = fs::read_dir(cache.path().join(TREES)).unwrap().count();
        assert_eq!(left, KEEP);
    }

    #[cfg(unix)]
    mod seen {
        use super::*;
        use crate::workspace::Workspace;
        use std::time::{Duration, SystemTime};

        const FILES: [&str; 3] = ["a/one", "a/two", "three"];

        fn paths() -> Vec<ProjectPath> {
            FILES.map(|path| ProjectPath::parse(path).unwrap()).into()
        }

        fn project() -> tempfile::TempDir {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("a")).unwrap();
            for file in FILES {
                fs::write(root.path().join(file), file).unwrap();
            }
            root
        }

        /// As if it were looked at that much later.
        fn look(root: &tempfile::TempDir, later: u64) -> Look {
            let workspace = Workspace::open(root.path()).unwrap();
            let now = SystemTime::now() + Duration::from_secs(later);
            Look::take(&workspace, paths().iter(), now)
        }

        #[test]
        fn what_was_not_touched_is_no_suspect() {
            let root = project();
            let first = look(&root, 10);
            assert_eq!(first.suspects(&Seen::default()), [0, 1, 2]);
            let seen = first.seen(&[0, 1, 2], &[true, false, true]).unwrap();
            assert_eq!(look(&root, 10).suspects(&seen), [1]);
            // Again nothing new: it is not noted down again.
            assert_eq!(look(&root, 10).seen(&[1], &[false]), None);
        }

        #[test]
        fn whatever_happens_to_a_file_makes_it_a_suspect() {
            use std::os::unix::fs::PermissionsExt as _;

            type Touch = fn(&Path);
            let touches: [Touch; 6] = [
                |file| fs::write(file, "more").unwrap(),
                // The same size, and the time of writing set back.
                |file| {
                    let written = fs::metadata(file).unwrap().modified().unwrap();
                    fs::write(file, "five!").unwrap();
                    let file = fs::File::options().write(true).open(file).unwrap();
                    file.set_modified(written).unwrap();
                },
                |file| fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap(),
                |file| fs::remove_file(file).unwrap(),
                |file| {
                    fs::remove_file(file).unwrap();
                    std::os::unix::fs::symlink("a/one", file).unwrap();
                },
                |file| {
                    fs::copy(file, file.with_extension("x")).unwrap();
                    fs::rename(file.with_extension("x"), file).unwrap();
                },
            ];
            for touch in touches {
                let root = project();
                let seen = look(&root, 10).seen(&[0, 1, 2], &[true; 3]).unwrap();
                // The clock that stamps files does not tick for every write.
                std::thread::sleep(Duration::from_millis(20));
                touch(&root.path().join("three"));
                assert_eq!(look(&root, 10).suspects(&seen), [2]);
            }
        }

        #[test]
        fn many_files_are_looked_at_in_their_order() {
            let root = tempfile::tempdir().unwrap();
            let number = |number: usize| ProjectPath::parse(&format!("{number:04}")).unwrap();
            let paths: Vec<ProjectPath> = (0..1234).map(number).collect();
            for path in &paths {
                fs::write(root.path().join(path.as_str()), "").unwrap();
            }
            let look = || {
                let workspace = Workspace::open(root.path()).unwrap();
                let now = SystemTime::now() + Duration::from_secs(10);
                Look::take(&workspace, paths.iter(), now)
            };
            let all: Vec<usize> = (0..paths.len()).collect();
            let seen = look().seen(&all, &vec![true; paths.len()]).unwrap();
            std::thread::sleep(Duration::from_millis(20));
            for touched in [0, 250, 777, 1233] {
                fs::write(root.path().join(paths[touched].as_str()), "x").unwrap();
            }
            assert_eq!(look().suspects(&seen), [0, 250, 777, 1233]);
        }

        #[test]
        fn a_file_just_written_is_not_believed_yet() {
            let root = project();
            assert_eq!(look(&root, 0).seen(&[0, 1, 2], &[true; 3]), None);
        }

        #[test]
        fn a_note_is_of_one_project_and_of_as_many_files() {
            let (_cache, trees, lock) = kept();
            let root = project();
            let seen = look(&root, 10).seen(&[0, 1, 2], &[true; 3]).unwrap();
            trees.note_seen(&lock, root.path(), &seen);
            assert_eq!(trees.seen(&lock, root.path(), 3), seen);
            assert_eq!(trees.seen(&lock, root.path(), 2), Seen::default());
            assert_eq!(trees.seen(&lock, Path::new("/"), 3), Seen::default());
        }
    }
}
