//! Git's index under git's own lock, changed in a copy.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use git2::{
    AttrCheckFlags, AttrValue, ErrorCode, Index, IndexEntry, IndexTime, Oid, Repository,
    RepositoryOpenFlags,
};

use super::super::fault::{Probe, Step};
use crate::path::ProjectPath;
use crate::workspace::KEEPS_MODE;

const FILE_MODE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;

/// Why the index was left alone.
pub(super) enum Trouble {
    Locked,
    Failed(String),
}

impl From<git2::Error> for Trouble {
    fn from(error: git2::Error) -> Self {
        match error.code() {
            ErrorCode::Locked => Self::Locked,
            _ => Self::Failed(error.message().to_owned()),
        }
    }
}

/// Changes the index under git's own lock; it is written if `change` says that anything changed.
pub(super) fn edit(
    root: &Path,
    probe: Probe<'_>,
    change: impl FnOnce(&mut Git<'_>) -> Result<bool, Trouble>,
) -> Result<(), Trouble> {
    let Some((repository, folder)) = find(root)? else {
        return Ok(());
    };
    let path = repository.path().join("index");
    match path.symlink_metadata() {
        // Nothing was ever added, so nothing is tracked.
        Err(_) => return Ok(()),
        // A pipe would be waited for, and a device never ends.
        Ok(found) if !found.is_file() => {
            return Err(Trouble::Failed("it is no plain file".to_owned()));
        }
        Ok(_) => {}
    }
    // Held from before the index is read until it is replaced: git takes no turn in between.
    let lock = Lock::take(&path)?;
    let failed = |error: std::io::Error| Trouble::Failed(error.to_string());
    probe
        .step(Step::Index)
        .and_then(|()| copy(&path, &lock.copy))
        .map_err(failed)?;
    let mut index = Index::open(&lock.copy)?;
    // What asks the repository for its index gets this one.
    repository.set_index(&mut index)?;
    let mut git = Git {
        repository: &repository,
        index,
        folder,
    };
    if change(&mut git)? {
        git.index.write()?;
        probe
            .step(Step::Index)
            .and_then(|()| std::fs::rename(&lock.copy, &path))
            .map_err(failed)?;
    }
    Ok(())
}

/// Copies an index with the time of its last change: of files that are not older, size and time are not to be trusted, and
/// the library looks at them before it writes. In whole seconds, since that is as closely as many a git looks.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    // What lies there, be it a link that leads elsewhere, is taken away and not written into.
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut from = std::fs::File::open(from)?;
    let mut to = std::fs::File::create_new(to)?;
    std::io::copy(&mut from, &mut to)?;
    let time = from.metadata()?.modified()?;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = UNIX_EPOCH + Duration::from_secs(since.as_secs());
    to.set_modified(time)
}

/// The repository the project is in, and the project's folder in it.
fn find(root: &Path) -> Result<Option<(Repository, PathBuf)>, Trouble> {
    let none: [&std::ffi::OsStr; 0] = [];
    let repository = match Repository::open_ext(root, RepositoryOpenFlags::empty(), none) {
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        repository => repository?,
    };
    let real = |path: &Path| path.canonicalize().ok();
    let folder = repository.workdir().and_then(real).zip(real(root));
    // A repository may say that its files lie elsewhere: then the project is none of them.
    let folder = folder.and_then(|(work, root)| Some(root.strip_prefix(work).ok()?.to_owned()));
    if folder.is_some() && !says_so_itself(&repository) {
        let reason = "the repository lies elsewhere and does not say that its files are here";
        return Err(Trouble::Failed(reason.to_owned()));
    }
    Ok(folder.map(|folder| (repository, folder)))
}

/// Whether a repository is its folder's own: in it, or, as that of a submodule or of a further worktree is, one that names the
/// folder. A link or a file that points at somebody else's is put into an archive quickly.
fn says_so_itself(repository: &Repository) -> bool {
    let inside = || repository.workdir()?.join(".git").symlink_metadata().ok();
    let names_it = || {
        let config = repository.config();
        config.is_ok_and(|config| config.get_path("core.worktree").is_ok())
    };
    inside().is_some_and(|found| found.is_dir()) || repository.is_worktree() || names_it()
}

/// `index.lock`, as git makes it, and the copy that is worked on. Killed in between, it stays, as one of git's own would, and git
/// says what to do about it.
struct Lock {
    path: PathBuf,
    copy: PathBuf,
}

impl Lock {
    fn take(index: &Path) -> Result<Self, Trouble> {
        let path = index.with_extension("lock");
        match std::fs::File::create_new(&path) {
            Ok(_) => Ok(Self {
                path,
                copy: index.with_extension("scaffold"),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(Trouble::Locked),
            Err(error) => Err(Trouble::Failed(error.to_string())),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.copy);
        let _ = std::fs::remove_file(&self.path);
    }
}

/// An index that is being changed.
pub(super) struct Git<'r> {
    repository: &'r Repository,
    pub(super) index: Index,
    /// The project's folder in the repository.
    folder: PathBuf,
}

impl Git<'_> {
    pub(super) fn path(&self, path: &ProjectPath) -> PathBuf {
        self.folder.join(path.as_str())
    }

    /// The file's name in the index.
    pub(super) fn name(&self, path: &ProjectPath) -> Vec<u8> {
        let path = self.path(path);
        path.to_string_lossy().replace('\\', "/").into_bytes()
    }

    pub(super) fn entry(&self, path: &ProjectPath, stage: i32) -> Option<IndexEntry> {
        self.index.get_path(&self.path(path), stage)
    }

    /// Whether what git keeps of the file comes from a program.
    pub(super) fn is_filtered(&self, path: &ProjectPath) -> Result<bool, Trouble> {
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let path = self.path(path);
        let value = self.repository.get_attr(&path, "filter", flags)?;
        Ok(matches!(
            AttrValue::from_string(value),
            AttrValue::String(_)
        ))
    }

    /// The mode of a version; where git or the system keeps none, that of the file as git has it.
    pub(super) fn mode(&self, executable: bool, before: u32) -> u32 {
        let kept = self
            .repository
            .config()
            .and_then(|config| config.get_bool("core.filemode"))
            .unwrap_or(true);
        match (KEEPS_MODE && kept, executable) {
            (false, _) => before,
            (true, true) => EXECUTABLE,
            (true, false) => FILE_MODE,
        }
    }

    /// Puts a version of a file into the object store, as git would take it from the folder, and into the index.
    pub(super) fn put(
        &mut self,
        path: &ProjectPath,
        stage: u16,
        bytes: &[u8],
        mode: u32,
    ) -> Result<(), Trouble> {
        let mut writer = self.repository.blob_writer(Some(&self.path(path)))?;
        writer
            .write_all(bytes)
            .map_err(|error| Trouble::Failed(error.to_string()))?;
        let id = writer.commit()?;
        Ok(self.index.add(&entry(self.name(path), stage, id, mode))?)
    }
}

/// An entry that git looks at again before it believes that the file is as it says.
pub(super) fn entry(path: Vec<u8>, stage: u16, id: Oid, mode: u32) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: stage << 12,
        flags_extended: 0,
        path,
    }
}
