//! What registries answered: `index/<registry>/<hex>`, a line about the answer, then its bytes.
//!
//! The line says which file of which registry it is, the tag to ask again with, and the digest of what follows, so that a
//! file that was damaged, cut or swapped is as good as none.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use scaffold_registry::Digest;
use serde::{Deserialize, Serialize};

use super::{Checked, Store, StoreError, disk};

/// The only format of such a file there is.
const FORMAT: u32 = 1;
/// Most bytes in the first line.
const LINE: u64 = 4096;
/// Most bytes in any answer that is kept; no registry may send more.
const MOST: u64 = 64 * 1024 * 1024;

/// What a registry answered when it was asked for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The file; none: there is no such file.
    pub bytes: Option<Vec<u8>>,
    /// The tag to ask again with.
    pub tag: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct About {
    v: u32,
    registry: String,
    path: String,
    tag: Option<String>,
    /// None: there is no such file.
    digest: Option<Digest>,
}

impl Store {
    /// What is kept of a registry's answer for a file.
    pub fn answer(&self, registry: &str, path: &str) -> Option<Answer> {
        let file = place(self.used()?, registry, path);
        let (about, answer) = read(&file)?;
        (about.registry == registry && about.path == path).then_some(answer)
    }

    /// Keeps an answer, in the place of an earlier one.
    ///
    /// # Errors
    /// The cache cannot be written; the answer can be used all the same.
    pub fn keep_answer(
        &self,
        registry: &str,
        path: &str,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let Some(root) = self.filled()? else {
            return Ok(());
        };
        let line = line(registry, path, answer);
        let bytes = answer.bytes.as_deref().unwrap_or_default();
        let file = place(root, registry, path);
        disk::write(root, &file, &[line.as_bytes(), bytes])
    }

    /// Keeps an answer no more.
    pub fn forget_answer(&self, registry: &str, path: &str) {
        if let Some(root) = self.used() {
            // Best effort: what cannot be removed will be found wrong again.
            let _ = disk::remove(&place(root, registry, path));
        }
    }

    /// Every registry something is kept of, with how many answers those are, and their bytes on disk.
    ///
    /// # Errors
    /// The cache cannot be listed.
    pub fn registries(&self) -> Result<Vec<(String, usize, u64)>, StoreError> {
        let mut found = Vec::new();
        for folder in disk::entries(&self.used().map(folder).unwrap_or_default())? {
            let files = disk::entries(&folder)?;
            let bytes = files.iter().filter_map(|file| file.metadata().ok());
            let bytes = bytes.map(|meta| meta.len()).sum();
            let mut abouts = files.iter().filter_map(|file| read(file));
            if let Some((about, _)) = abouts.next() {
                found.push((about.registry, files.len(), bytes));
            }
        }
        found.sort();
        Ok(found)
    }

    pub(super) fn verify_answers(&self, checked: &mut Checked) -> Result<(), StoreError> {
        for folder in disk::entries(&self.used().map(folder).unwrap_or_default())? {
            for file in disk::entries(&folder)? {
                checked.answers += 1;
                if read(&file).is_none() {
                    disk::remove(&file)?;
                    checked.corrupt.push(file.display().to_string());
                }
            }
        }
        Ok(())
    }
}

/// What stands before an answer's bytes.
fn line(registry: &str, path: &str, answer: &Answer) -> String {
    let about = About {
        v: FORMAT,
        registry: registry.to_owned(),
        path: path.to_owned(),
        tag: answer.tag.clone(),
        digest: answer.bytes.as_deref().map(Digest::of),
    };
    // Strings and numbers only: serialising them cannot fail.
    serde_json::to_string(&about).unwrap_or_default() + "\n"
}

/// For the fuzzer: a file of the cache, behind a byte that says whether its digest is made right first. What was read is
/// written, and reads the same.
#[cfg(any(test, fuzzing))]
#[allow(
    clippy::expect_used,
    reason = "a panic is how a fuzz target says that something does not hold"
)]
pub fn kept(data: &[u8]) {
    let Some((how, file)) = data.split_first() else {
        return;
    };
    let mut file = file.to_vec();
    let end = file.iter().position(|byte| *byte == b'\n');
    let body = end.map_or(file.len(), |end| end + 1);
    if how % 2 == 1
        && let Ok(mut about) = serde_json::from_slice::<About>(&file[..body])
    {
        about.digest = about.digest.map(|_| Digest::of(&file[body..]));
        let line = serde_json::to_vec(&about).expect("texts") as Vec<u8>;
        file.splice(..body.saturating_sub(1), line);
    }
    let Some((about, answer)) = parse(&file[..]) else {
        return;
    };
    let line = line(&about.registry, &about.path, &answer);
    if line.len() as u64 <= LINE {
        let again = [line.as_bytes(), answer.bytes.as_deref().unwrap_or_default()].concat();
        let (_, same) = parse(&again[..]).expect("what was written");
        assert_eq!(same, answer);
    }
}

fn folder(root: &Path) -> PathBuf {
    root.join("index")
}

/// The folder of one registry's answers.
pub(super) fn of_registry(root: &Path, registry: &str) -> PathBuf {
    folder(root).join(&Digest::of(registry.as_bytes()).hex()[..16])
}

/// Named by a digest, since two paths of a registry may be one to a file system.
fn place(root: &Path, registry: &str, path: &str) -> PathBuf {
    of_registry(root, registry).join(Digest::of(path.as_bytes()).hex())
}

fn read(file: &Path) -> Option<(About, Answer)> {
    parse(BufReader::new(File::open(file).ok()?))
}

fn parse(mut reader: impl BufRead) -> Option<(About, Answer)> {
    let mut line = Vec::new();
    reader
        .by_ref()
        .take(LINE)
        .read_until(b'\n', &mut line)
        .ok()?;
    let about: About = serde_json::from_slice(&line).ok()?;
    let mut bytes = Vec::new();
    reader.take(MOST + 1).read_to_end(&mut bytes).ok()?;
    let right = match about.digest {
        Some(digest) => Digest::of(&bytes) == digest,
        None => bytes.is_empty(),
    };
    let answer = Answer {
        bytes: about.digest.map(|_| bytes),
        tag: about.tag.clone(),
    };
    (right && about.v == FORMAT).then_some((about, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer {
            bytes: Some(text.into()),
            tag: Some("\"7\"".into()),
        }
    }

    #[test]
    fn answers_are_kept_for_each_registry() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::new(Some(cache.path()));
        store
            .keep_answer("https://a/", "v1/x", &answer("a\nb"))
            .unwrap();
        let absent = Answer {
            bytes: None,
            tag: None,
        };
        store.keep_answer("https://b/", "v1/x", &absent).unwrap();
        assert_eq!(store.answer("https://a/", "v1/x"), Some(answer("a\nb")));
        assert_eq!(store.answer("https://b/", "v1/x"), Some(absent));
        assert_eq!(store.answer("https://a/", "v1/y"), None);
        let registries = store.registries().unwrap();
        let names: Vec<_> = registries
            .iter()
            .map(|(name, many, _)| (&**name, *many))
            .collect();
        assert_eq!(names.len(), 2);
        assert_eq!(names[0], ("https://a/", 1));
    }

    #[test]
    fn a_damaged_answer_is_none() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::new(Some(cache.path()));
        let keep = |text| {
            store
                .keep_answer("https://a/", "v1/x", &answer(text))
                .unwrap()
        };
        let file = place(cache.path(), "https://a/", "v1/x");
        keep("whole");
        let good = std::fs::read(&file).unwrap();
        for bad in [
            &good[..good.len() - 1],
            &[&good[..], b"x"].concat(),
            &good[..10],
            b"",
        ] {
            std::fs::write(&file, bad).unwrap();
            assert_eq!(store.answer("https://a/", "v1/x"), None);
        }
        // A good one in the place of another.
        std::fs::write(place(cache.path(), "https://a/", "v1/y"), &good).unwrap();
        assert_eq!(store.answer("https://a/", "v1/y"), None);
        let checked = store.verify().unwrap();
        assert_eq!((checked.answers, checked.corrupt.len()), (2, 1));
    }
}
