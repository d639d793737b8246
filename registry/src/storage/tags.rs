//! Tags of files that are read often, so that a server does not hash a file for each who asks.

use std::collections::HashMap;
use std::fs::Metadata;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::Tag;
use super::folder::tag_of;

/// Most files remembered.
const FILES: usize = 10_000;
/// How long a file has to be as it is: coarser than any clock a file system keeps, so that whatever changed a file since
/// gave it another time.
const SETTLED: Duration = Duration::from_secs(3);

/// What the system says of a file. Files here are replaced and never written to, so another one is another inode as well.
#[derive(PartialEq, Eq)]
struct Seen {
    length: u64,
    modified: SystemTime,
    inode: u64,
}

/// The tags of files, by path.
#[derive(Default)]
pub(super) struct Tags(Mutex<HashMap<String, (Seen, Tag)>>);

impl Tags {
    /// The tag of a file with these bytes, of which the system said `found` when it was open.
    pub(super) fn of(&self, path: &str, bytes: &[u8], found: &Metadata) -> Tag {
        let Some(seen) = seen(found) else {
            return tag_of(bytes);
        };
        if let Some((_, tag)) = self.lock().get(path).filter(|(before, _)| *before == seen) {
            return tag.clone();
        }
        let tag = tag_of(bytes);
        let mut tags = self.lock();
        if tags.len() >= FILES {
            tags.clear();
        }
        tags.insert(path.to_owned(), (seen, tag.clone()));
        tag
    }

    /// Whether a file of which the system says `found` is known to have this tag, without its bytes.
    pub(super) fn is(&self, path: &str, found: &Metadata, tag: &Tag) -> bool {
        let Some(seen) = seen(found) else {
            return false;
        };
        self.lock()
            .get(path)
            .is_some_and(|known| *known == (seen, tag.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Seen, Tag)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// None where it is too new to be told from what may come next.
fn seen(found: &Metadata) -> Option<Seen> {
    let modified = found.modified().ok()?;
    let age = SystemTime::now().duration_since(modified).ok()?;
    (age > SETTLED).then(|| Seen {
        length: found.len(),
        modified,
        inode: inode(found),
    })
}

#[cfg(unix)]
fn inode(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_replaced_has_another_tag() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let old = SystemTime::now() - Duration::from_secs(60);
        let tags = Tags::default();
        let tag = |text: &str, modified: SystemTime| {
            fs::write(&path, text).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(modified).unwrap();
            let found = file.metadata().unwrap();
            let right = tag_of(text.as_bytes());
            // What was remembered of another file is never said of this one.
            let is_known = tags.is("file", &found, &right);
            assert!(!is_known, "{text}");
            let tag = tags.of("file", text.as_bytes(), &found);
            let is_settled = modified < SystemTime::now() - SETTLED;
            assert_eq!(tags.is("file", &found, &right), is_settled, "{text}");
            tag
        };
        assert_eq!(tag("one", old), tag_of(b"one"));
        assert_eq!(tag("longer", old), tag_of(b"longer"));
        let later = old + Duration::from_millis(1);
        assert_eq!(tag("sooner", later), tag_of(b"sooner"));
        // One that is too new is hashed each time, in whatever it differs.
        let now = SystemTime::now();
        assert_eq!(tag("abcdef", now), tag_of(b"abcdef"));
        assert_eq!(tag("fedcba", now), tag_of(b"fedcba"));
    }
}
