//! Pristine trees in the user's cache, `trees/<digest of the lock>`: looking at a project need not make them again.
//!
//! A tree is believed only if it has the digest that the lock has recorded, so a file that was damaged, swapped or made up
//! is as good as none: it is removed, and the lock is replayed. Only `status` and `diff` look here. What changes a project
//! and what verifies it always replays.
//!
//! ```text
//! scaffold tree cache 1
//! 644 managed 120 django config/urls.py      mode, whose it is, bytes, who made it first, path
//!                                            an empty line; then the bytes of all files, in this order
//! ```
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of trees"
)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use scaffold_registry::Digest;

use crate::{
    path::ProjectPath,
    project::Lock,
    tree::{File, Ownership, Tree},
};

/// The folder's name in the cache.
pub const FOLDER: &str = "trees";
/// The largest file that is read or written, 64 MiB; larger trees are replayed each time.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How many trees are kept: those of the locks that were looked at last.
const KEEP: usize = 32;
const HEADER: &str = "scaffold tree cache 1\n";

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
        Self(cache.map(|cache| cache.join(FOLDER)))
    }

    /// What is kept for a lock, if it is what the lock has recorded.
    pub fn load(&self, lock: &Lock) -> Option<Pristine> {
        let path = self.path(lock)?;
        let bytes = read(&path)?;
        let pristine = parse(&bytes).filter(|pristine| pristine.tree.digest() == lock.tree);
        if pristine.is_none() {
            let _ = fs::remove_file(&path);
        }
        pristine
    }

    /// Keeps what a replay of the lock gave. Best effort: what cannot be kept is made again.
    pub fn keep(&self, lock: &Lock, pristine: &Pristine) {
        let Some(path) = self.path(lock) else { return };
        let bytes = to_bytes(pristine);
        if bytes.len() as u64 <= MAX_BYTES && write(&path, &bytes).is_ok() {
            self.forget_oldest();
        }
    }

    fn path(&self, lock: &Lock) -> Option<PathBuf> {
        let name = Digest::of(lock.to_text().as_bytes());
        Some(self.0.as_ref()?.join(name.hex()))
    }

    fn forget_oldest(&self) {
        let entries = self.0.iter().filter_map(|folder| fs::read_dir(folder).ok());
        let mut kept: Vec<_> = entries
            .flatten()
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
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_BYTES).then_some(bytes)
}

/// Temporary file, rename. No sync: a torn file has another digest.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

pub(crate) fn to_bytes(pristine: &Pristine) -> Vec<u8> {
    let mut text = HEADER.to_owned();
    for (path, file) in pristine.tree.iter() {
        let mode = if file.executable { "755" } else { "644" };
        let ownership = match file.ownership {
            Ownership::Managed => "managed",
            Ownership::Seed => "seed",
        };
        let maker = pristine.makers.get(path).map_or("-", String::as_str);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{mode} {ownership} {} {maker} {path}",
            file.bytes.len()
        );
    }
    text.push('\n');
    let mut bytes = text.into_bytes();
    for (_, file) in pristine.tree.iter() {
        bytes.extend_from_slice(&file.bytes);
    }
    bytes
}

pub(crate) fn parse(bytes: &[u8]) -> Option<Pristine> {
    let rest = bytes.strip_prefix(HEADER.as_bytes())?;
    let end = if rest.starts_with(b"\n") {
        0
    } else {
        rest.windows(2).position(|two| two == b"\n\n")? + 1
    };
    let (lines, mut contents) = rest.split_at_checked(end)?;
    contents = contents.strip_prefix(b"\n")?;
    let (mut tree, mut makers) = (Tree::new(), BTreeMap::new());
    for line in std::str::from_utf8(lines).ok()?.lines() {
        let mut words = line.splitn(5, ' ');
        let executable = match words.next()? {
            "755" => true,
            "644" => false,
            _ => return None,
        };
        let ownership = match words.next()? {
            "managed" => Ownership::Managed,
            "seed" => Ownership::Seed,
            _ => return None,
        };
        let (bytes, left) = contents.split_at_checked(words.next()?.parse().ok()?)?;
        contents = left;
        let maker = words.next()?;
        let path = ProjectPath::parse(words.next()?).ok()?;
        if maker != "-" {
            makers.insert(path.clone(), maker.to_owned());
        }
        let file = File {
            bytes: bytes.into(),
            executable,
            ownership,
        };
        tree.insert(path, file).ok()?;
    }
    let tree = Arc::new(tree);
    contents.is_empty().then_some(Pristine { tree, makers })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let lock = Lock {
            tree: pristine().tree.digest(),
            ..Lock::empty("shop")
        };
        trees.keep(&lock, &pristine());
        (cache, trees, lock)
    }

    #[test]
    fn what_was_kept_is_found_for_its_lock_alone() {
        let (_cache, trees, lock) = kept();
        assert_eq!(trees.load(&lock), Some(pristine()));
        let other = Lock {
            project: "blog".into(),
            ..lock
        };
        assert_eq!(trees.load(&other), None);
        assert_eq!(Trees::new(None).load(&other), None);
    }

    #[test]
    fn an_empty_tree_is_a_tree() {
        let cache = tempfile::tempdir().unwrap();
        let trees = Trees::new(Some(cache.path()));
        let empty = Pristine {
            tree: Arc::default(),
            makers: BTreeMap::new(),
        };
        trees.keep(&Lock::empty("shop"), &empty);
        assert_eq!(trees.load(&Lock::empty("shop")), Some(empty));
    }

    #[test]
    fn whatever_is_not_what_the_lock_says_is_removed() {
        type Spoil = fn(Vec<u8>) -> Vec<u8>;
        let spoils: [Spoil; 5] = [
            |_| Vec::new(),
            |bytes| bytes[..bytes.len() - 1].to_vec(),
            |mut bytes| {
                bytes.push(b'x');
                bytes
            },
            |bytes| {
                String::from_utf8_lossy(&bytes)
                    .replace("one", "One")
                    .into_bytes()
            },
            |bytes| {
                let text = String::from_utf8_lossy(&bytes).replace("run.sh", "../x.sh");
                text.into_bytes()
            },
        ];
        for spoil in spoils {
            let (_cache, trees, lock) = kept();
            let path = trees.path(&lock).unwrap();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, spoil(bytes)).unwrap();
            assert_eq!(trees.load(&lock), None);
            assert!(!path.exists());
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
        let left = fs::read_dir(cache.path().join(FOLDER)).unwrap().count();
        assert_eq!(left, KEEP);
    }
}
