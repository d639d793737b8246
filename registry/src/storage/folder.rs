//! A registry in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::tags::Tags;
use super::{Part, Since, Storage, StorageError, Stored, Tag, disk, lock};
use crate::Digest;

/// Keeps a registry in a folder, which is made when something is written.
///
/// Compare-and-swap is a lock file, held from the comparison until the file is in its place. Tags are digests, so a file
/// has the same one in every copy of the registry.
pub struct Folder {
    root: PathBuf,
    tags: Tags,
}

impl Folder {
    /// The storage in `root`, which need not be there.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            tags: Tags::default(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn failed(&self, action: &'static str, path: &str) -> impl Fn(io::Error) -> StorageError {
        let place = self.place(path);
        move |source| StorageError::Io {
            action,
            place: place.clone(),
            source,
        }
    }
}

/// The tag of a file in a folder.
pub(crate) fn tag_of(bytes: &[u8]) -> Tag {
    Tag(format!("\"{}\"", &Digest::of(bytes).hex()[..32]))
}

impl Storage for Folder {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Stored>, StorageError> {
        match disk::read(&self.path(path), limit) {
            Ok(Some((bytes, found))) => {
                let tag = self.tags.of(path, &bytes, &found);
                Ok(Some(Stored { bytes, tag }))
            }
            Ok(None) => Err(StorageError::TooLong {
                place: self.place(path),
                limit,
            }),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed("read", path)(error)),
        }
    }

    fn read_unless(&self, path: &str, limit: u64, known: &Tag) -> Result<Since, StorageError> {
        let found = fs::metadata(self.path(path));
        if found.is_ok_and(|found| self.tags.is(path, &found, known)) {
            return Ok(Since::Same);
        }
        Ok(Since::of(self.read(path, limit)?, known))
    }

    fn read_part(&self, path: &str, start: u64, most: u64) -> Result<Option<Part>, StorageError> {
        match disk::read_part(&self.path(path), start, most) {
            Ok(part) => Ok(Some(part)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed("read", path)(error)),
        }
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool, StorageError> {
        match disk::create(&self.path(path), bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(self.failed("write", path)(error)),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8], over: Option<&Tag>) -> Result<bool, StorageError> {
        let Some(over) = over else {
            return self.create(path, bytes);
        };
        let _lock = lock::Lock::take(&self.root)?;
        let failed = self.failed("write", path);
        let there = match fs::read(self.path(path)) {
            Ok(there) => there,
            Err(error) if is_missing(&error) => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        if tag_of(&there) != *over {
            return Ok(false);
        }
        disk::replace(&self.path(path), bytes).map_err(failed)?;
        Ok(true)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let failed = self.failed("read", folder);
        let entries = match fs::read_dir(self.path(folder)) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(&failed)?.file_name().into_string().ok());
        }
        // What a crash left and the lock are nobody's files.
        names.retain(|name| name != lock::FILE && !name.starts_with(disk::HALF_WRITTEN));
        Ok(names)
    }

    fn half_written(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let failed = self.failed("read", &folder);
            let entries = match fs::read_dir(self.path(&folder)) {
                Ok(entries) => entries,
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(failed(error)),
            };
            for entry in entries {
                let entry = entry.map_err(&failed)?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                // Links are none of ours: nothing here is one.
                let kind = entry.file_type().map_err(&failed)?;
                let path = format!("{folder}/{name}");
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() && name.starts_with(disk::HALF_WRITTEN) {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        match disk::remove(&self.path(path)) {
            Err(error) if !is_missing(&error) => Err(self.failed("write", path)(error)),
            _ => Ok(()),
        }
    }

    fn modified(&self, path: &str) -> Result<Option<SystemTime>, StorageError> {
        match fs::metadata(self.path(path)).and_then(|file| file.modified()) {
            Ok(since) => Ok(Some(since)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.failed("read", path)(error)),
        }
    }

    fn is_local(&self) -> bool {
        true
    }

    fn place(&self, path: &str) -> String {
        match path {
            "" => self.root.display().to_string(),
            path => self.path(path).display().to_string(),
        }
    }
}

/// Nothing there; also below something that is a file.
fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_create_a_file_one_does() {
        let dir = tempfile::tempdir().unwrap();
        let folder = &Folder::new(dir.path());
        let won: Vec<bool> = std::thread::scope(|scope| {
            let create = |n| scope.spawn(move || folder.create("a/b", &[n]).unwrap());
            let all: Vec<_> = (0..8).map(create).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(won.into_iter().filter(|&won| won).count(), 1);
        assert_eq!(folder.list("a").unwrap(), ["b"]);
    }

    #[test]
    fn nothing_that_others_added_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let folder = &Folder::new(dir.path());
        std::thread::scope(|scope| {
            for n in 0..8 {
                scope.spawn(move || {
                    loop {
                        let old = folder.read("list", 1000).unwrap();
                        let (mut text, tag) =
                            old.map_or((Vec::new(), None), |old| (old.bytes, Some(old.tag)));
                        text.extend(format!("{n}\n").bytes());
                        if folder.replace("list", &text, tag.as_ref()).unwrap() {
                            return;
                        }
                    }
                });
            }
        });
        let text = folder.read("list", 1000).unwrap().unwrap().bytes;
        let mut lines: Vec<_> = text.split(|&b| b == b'\n').collect();
        lines.sort_unstable();
        assert_eq!(lines.concat(), b"01234567");
    }

    #[test]
    fn only_what_was_read_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(&dir.path().join("new"));
        assert_eq!(folder.read("a", 10).unwrap(), None);
        assert!(folder.replace("a", b"one", None).unwrap());
        assert!(!folder.replace("a", b"two", None).unwrap());
        let one = folder.read("a", 10).unwrap().unwrap();
        assert!(folder.replace("a", b"two", Some(&one.tag)).unwrap());
        assert!(!folder.replace("a", b"three", Some(&one.tag)).unwrap());
        assert_eq!(folder.read("a", 10).unwrap().unwrap().bytes, b"two");
        assert!(matches!(
            folder.read("a", 2),
            Err(StorageError::TooLong { limit: 2, .. })
        ));
        let two = folder.read("a", 10).unwrap().unwrap();
        assert_eq!(folder.read_unless("a", 10, &two.tag).unwrap(), Since::Same);
        let changed = folder.read_unless("a", 10, &one.tag).unwrap();
        assert_eq!(changed, Since::Changed(two));
        let gone = folder.read_unless("b", 10, &one.tag).unwrap();
        assert_eq!(gone, Since::Gone);
        let part = folder.read_part("a", 1, 100).unwrap().unwrap();
        assert_eq!((part.bytes.as_slice(), part.total), (&b"wo"[..], 3));
        assert_eq!(folder.read_part("b", 0, 100).unwrap(), None);
        folder.remove("a").unwrap();
        folder.remove("a").unwrap();
        assert!(!folder.replace("a", b"three", Some(&one.tag)).unwrap());
        assert_eq!(folder.list("").unwrap(), [""; 0]);
    }
}
