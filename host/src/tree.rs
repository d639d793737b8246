//! What a project's files shall be, in memory: the result of replaying a lock file.
//!
//! Pure data. A tree that exists can be written on every system: no two paths that only differ by case or
//! composition, no file where a folder has to be.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use scaffold_registry::{Digest, path};
use thiserror::Error;

use crate::path::ProjectPath;

const HEADER: &str = "scaffold tree 1\n";

/// Who looks after a file once it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Kept up to date, merged with the user's edits.
    Managed,
    /// Made once, then the user's alone.
    Seed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub bytes: Arc<[u8]>,
    pub executable: bool,
    pub ownership: Ownership,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TreeError {
    #[error(
        "{path} and {other} differ only in case or spelling, and many systems cannot keep them apart; rename one"
    )]
    Twin { path: String, other: String },
    #[error("{path} cannot be a file: {inside} needs it to be a folder")]
    FileForFolder { path: String, inside: String },
    #[error("{path} cannot be made: {file} is a file, not a folder")]
    FolderForFile { path: String, file: String },
}

/// Files by path.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    files: BTreeMap<ProjectPath, File>,
    /// Every file and folder by its folded name, so that twins are found without a search.
    names: HashMap<String, Name>,
}

#[derive(Debug, Clone)]
enum Name {
    File(String),
    /// A folder, as it was spelled first, and how many files need it.
    Folder(String, usize),
}

impl Tree {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(&self, path: &ProjectPath) -> Option<&File> {
        self.files.get(path)
    }

    /// Whether a file stands there under any spelling that some system takes for the same.
    pub fn holds(&self, path: &ProjectPath) -> bool {
        matches!(self.names.get(&path.fold()), Some(Name::File(_)))
    }

    /// Puts a file, and hands back the one it replaces. On an error the tree is as it was.
    pub fn insert(&mut self, path: ProjectPath, file: File) -> Result<Option<File>, TreeError> {
        if let Some(place) = self.files.get_mut(&path) {
            return Ok(Some(std::mem::replace(place, file)));
        }
        self.check(&path)?;
        for folder in path.parents() {
            match self
                .names
                .entry(path::fold(folder))
                .or_insert_with(|| Name::Folder(folder.to_owned(), 0))
            {
                Name::Folder(_, files) => *files += 1,
                Name::File(_) => {} // `check` has refused it
            }
        }
        self.names
            .insert(path.fold(), Name::File(path.as_str().to_owned()));
        self.files.insert(path, file);
        Ok(None)
    }

    pub fn remove(&mut self, path: &ProjectPath) -> Option<File> {
        let file = self.files.remove(path)?;
        self.names.remove(&path.fold());
        for folder in path.parents() {
            let key = path::fold(folder);
            if let Some(Name::Folder(_, files)) = self.names.get_mut(&key) {
                *files -= 1;
                if *files == 0 {
                    self.names.remove(&key);
                }
            }
        }
        Some(file)
    }

    fn check(&self, path: &ProjectPath) -> Result<(), TreeError> {
        for folder in path.parents() {
            match self.names.get(&path::fold(folder)) {
                Some(Name::File(file)) => {
                    return Err(TreeError::FolderForFile {
                        path: path.to_string(),
                        file: file.clone(),
                    });
                }
                Some(Name::Folder(spelled, _)) if spelled != folder => {
                    return Err(TreeError::Twin {
                        path: path.to_string(),
                        other: format!("{spelled}/"),
                    });
                }
                _ => {}
            }
        }
        match self.names.get(&path.fold()) {
            Some(Name::File(other)) => Err(TreeError::Twin {
                path: path.to_string(),
                other: other.clone(),
            }),
            Some(Name::Folder(spelled, _)) => {
                let inside = self
                    .files
                    .keys()
                    .find(|file| file.parents().any(|folder| folder == spelled));
                Err(TreeError::FileForFolder {
                    path: path.to_string(),
                    inside: inside.map_or_else(|| format!("{spelled}/"), ToString::to_string),
                })
            }
            None => Ok(()),
        }
    }

    /// Sorted by path, byte by byte.
    pub fn iter(&self) -> impl Iterator<Item = (&ProjectPath, &File)> {
        self.files.iter()
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What the lock file records of a tree: SHA-256 over the text
    ///
    /// ```text
    /// scaffold tree 1
    /// 644 managed sha256:<of the bytes> <path>
    /// 755 seed sha256:<of the bytes> <path>
    /// ```
    ///
    /// one line a file, sorted by the bytes of the path, each line ended by a newline. A project path holds no
    /// newline, so the text is unambiguous. Secrets are placeholders in a tree, so they do not change its digest.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    /// The text [`digest`](Self::digest) is over.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::from(HEADER);
        for (path, file) in &self.files {
            let mode = if file.executable { "755" } else { "644" };
            let ownership = match file.ownership {
                Ownership::Managed => "managed",
                Ownership::Seed => "seed",
            };
            let digest = Digest::of(&file.bytes);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{mode} {ownership} {digest} {path}");
        }
        text
    }
}

/// One line of [`Tree::to_text`]: whether the file is executable, whose it is, the digest of its bytes, its path.
pub(crate) fn parse_line(line: &str) -> Option<(bool, Ownership, Digest, ProjectPath)> {
    let mut words = line.splitn(4, ' ');
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
    let digest = words.next()?.parse().ok()?;
    Some((
        executable,
        ownership,
        digest,
        ProjectPath::parse(words.next()?).ok()?,
    ))
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for Tree {}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    fn file(text: &str) -> File {
        File {
            bytes: text.as_bytes().into(),
            executable: false,
            ownership: Ownership::Managed,
        }
    }

    #[test]
    fn replaces_a_file_and_hands_back_the_old_one() {
        let mut tree = Tree::new();
        assert_eq!(tree.insert(path("a"), file("1")), Ok(None));
        assert_eq!(tree.insert(path("a"), file("2")), Ok(Some(file("1"))));
        assert_eq!(tree.len(), 1);
    }

    #[test]
    fn refuses_twins_of_files_and_folders() {
        let mut tree = Tree::new();
        tree.insert(path("Src/Read.me"), file("")).unwrap();
        assert!(matches!(
            tree.insert(path("Src/read.ME"), file("")),
            Err(TreeError::Twin { .. })
        ));
        assert!(matches!(
            tree.insert(path("src/other"), file("")),
            Err(TreeError::Twin { .. })
        ));
        assert_eq!(tree.len(), 1);
    }

    #[test]
    fn refuses_a_file_where_a_folder_is_and_a_folder_where_a_file_is() {
        let mut tree = Tree::new();
        tree.insert(path("a/b"), file("")).unwrap();
        let error = tree.insert(path("a"), file("")).unwrap_err();
        assert_eq!(
            error,
            TreeError::FileForFolder {
                path: "a".into(),
                inside: "a/b".into()
            }
        );
        assert!(matches!(
            tree.insert(path("a/b/c"), file("")),
            Err(TreeError::FolderForFile { .. })
        ));
        assert!(matches!(
            tree.insert(path("A/B/c"), file("")),
            Err(TreeError::Twin { .. } | TreeError::FolderForFile { .. })
        ));
    }

    #[test]
    fn forgets_folders_that_emptied() {
        let mut tree = Tree::new();
        tree.insert(path("a/b"), file("")).unwrap();
        tree.insert(path("a/c"), file("")).unwrap();
        tree.remove(&path("a/b")).unwrap();
        assert!(tree.insert(path("A"), file("")).is_err());
        tree.remove(&path("a/c")).unwrap();
        tree.insert(path("A"), file("")).unwrap();
        assert_eq!(tree.remove(&path("missing")), None);
    }

    #[test]
    fn digest_sees_path_mode_ownership_and_bytes_and_not_the_order_of_making() {
        let digest = |files: &[(&str, File)]| {
            let mut tree = Tree::new();
            for (at, file) in files {
                tree.insert(path(at), file.clone()).unwrap();
            }
            tree.digest()
        };
        let base = digest(&[("a", file("1")), ("b", file("2"))]);
        assert_eq!(base, digest(&[("b", file("2")), ("a", file("1"))]));
        assert_ne!(base, digest(&[("a", file("1")), ("c", file("2"))]));
        assert_ne!(base, digest(&[("a", file("1")), ("b", file("3"))]));
        assert_ne!(
            base,
            digest(&[
                ("a", file("1")),
                (
                    "b",
                    File {
                        executable: true,
                        ..file("2")
                    }
                )
            ])
        );
        assert_ne!(
            base,
            digest(&[
                ("a", file("1")),
                (
                    "b",
                    File {
                        ownership: Ownership::Seed,
                        ..file("2")
                    }
                )
            ])
        );
        assert_eq!(Tree::new().digest(), Digest::of(b"scaffold tree 1\n"));
    }
}
