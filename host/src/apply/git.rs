//! Tells git of conflicts, where the project is in a repository: its index gets the three versions of a file that is in
//! conflict, as after a merge of git's own, so that `git status`, `git diff`, `git checkout --ours` and editors show it.
//!
//! Only files git tracks: of any other git has nothing to merge, and shows it as untracked before and after. What the index
//! said is noted in the record first, so that giving the merge up puts it back. The project never depends on any of this:
//! whatever is wrong with the repository is told and left alone. Line ends are converted as git would; programs that a
//! repository names (hooks, filters) are never run, so a file under such a filter is left alone too.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use git2::{
    AttrCheckFlags, AttrValue, ErrorCode, Index, IndexEntry, IndexTime, Oid, Repository,
    RepositoryOpenFlags,
};
use serde::{Deserialize, Serialize};

use super::disk;
use super::fault::{Probe, Step};
use crate::path::ProjectPath;
use crate::plan::Content;
use crate::workspace::KEEPS_MODE;

/// What the index said before, in the record.
const FILE: &str = "index";
const AT: &str = ".scaffold/undo/…/index";
const FILE_MODE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;

/// What a conflict is between.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) path: ProjectPath,
    pub(super) base: Option<Content>,
    pub(super) ours: Option<Content>,
    pub(super) theirs: Option<Content>,
}

/// Puts the versions of files in conflict into the index; why not, where that cannot be done.
pub(super) fn mark(
    record: &Dir,
    root: &Path,
    sides: &[&Sides],
    probe: Probe<'_>,
) -> Option<String> {
    told(edit(root, probe, |git| {
        let mut before = Vec::new();
        for side in sides {
            // Not tracked, or in conflict already, which is git's own affair.
            if let Some(entry) = git.entry(&side.path, 0)
                && !git.is_filtered(&side.path)?
            {
                before.push(Noted::of(&side.path, &entry));
            }
        }
        if before.is_empty() {
            return Ok(false);
        }
        let text = serde_json::to_string(&before).unwrap_or_default();
        probe
            .step(Step::Index)
            .and_then(|()| disk::replace(record, FILE, text.as_bytes()))
            .map_err(|error| Trouble::Failed(format!("cannot write {AT}: {error}")))?;
        for side in sides {
            let Some(noted) = before.iter().find(|noted| noted.path == side.path.as_str()) else {
                continue;
            };
            git.index.remove_path(&git.path(&side.path))?;
            for (stage, content) in [(1, &side.base), (2, &side.ours), (3, &side.theirs)] {
                if let Some(content) = content {
                    let mode = git.mode(content.executable, noted.mode);
                    git.put(&side.path, stage, &content.bytes, mode)?;
                }
            }
        }
        Ok(true)
    }))
}

/// Puts files whose conflicts were settled back, as `git add` would; those still in conflict in the index only.
pub(super) fn settle(
    record: &Dir,
    root: &Path,
    paths: &[ProjectPath],
    probe: Probe<'_>,
) -> Option<String> {
    let noted = noted(record);
    let paths: Vec<&ProjectPath> = paths
        .iter()
        .filter(|path| noted.iter().any(|noted| noted.path == path.as_str()))
        .collect();
    if paths.is_empty() {
        return None;
    }
    told(edit(root, probe, |git| {
        let mut changed = false;
        for path in paths {
            if (1..=3).all(|stage| git.entry(path, stage).is_none()) {
                continue;
            }
            let at = git.path(path);
            git.index.remove_path(&at)?;
            if root.join(path.as_str()).symlink_metadata().is_ok() {
                git.index.add_path(&at)?;
            }
            changed = true;
        }
        Ok(changed)
    }))
}

/// Puts back what the index said before the conflicts.
pub(super) fn restore(record: &Dir, root: &Path, probe: Probe<'_>) -> Option<String> {
    let noted = noted(record);
    if noted.is_empty() {
        return None;
    }
    told(edit(root, probe, |git| {
        for noted in &noted {
            let Ok(path) = ProjectPath::parse_recorded(&noted.path) else {
                continue;
            };
            let id = Oid::from_str(&noted.id)?;
            git.index.remove_path(&git.path(&path))?;
            let entry = entry(git.name(&path), 0, id, noted.mode);
            git.index.add(&IndexEntry {
                flags_extended: noted.extended & EXTENDED,
                ..entry
            })?;
        }
        Ok(true)
    }))
}

/// Of a file's flags, those that are the user's: not to be written out, and to be added.
const EXTENDED: u16 = (1 << 13) | (1 << 14);

/// What the index said of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    path: String,
    id: String,
    mode: u32,
    extended: u16,
}

impl Noted {
    fn of(path: &ProjectPath, entry: &IndexEntry) -> Self {
        Self {
            path: path.to_string(),
            id: entry.id.to_string(),
            mode: entry.mode,
            extended: entry.flags_extended,
        }
    }
}

/// What was noted; nothing, where it cannot be understood.
fn noted(record: &Dir) -> Vec<Noted> {
    let found = disk::read_regular(record, FILE, AT).ok().flatten();
    found
        .and_then(|found| serde_json::from_slice(&found.bytes).ok())
        .unwrap_or_default()
}

/// Why the index was left alone.
enum Trouble {
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

fn told(result: Result<(), Trouble>) -> Option<String> {
    const LEFT: &str =
        "git's index was left as it is, so git does not know how the conflicts stand";
    match result {
        Ok(()) => None,
        Err(Trouble::Locked) => Some(format!(
            "{LEFT}: another git command is at work in this repository"
        )),
        Err(Trouble::Failed(reason)) => Some(format!("{LEFT}: {reason}")),
    }
}

/// Changes the index under git's own lock; it is written if `change` says that anything changed.
fn edit(
    root: &Path,
    probe: Probe<'_>,
    change: impl FnOnce(&mut Git<'_>) -> Result<bool, Trouble>,
) -> Result<(), Trouble> {
    let Some((repository, folder)) = find(root)? else {
        return Ok(());
    };
    let path = repository.path().join("index");
    if path.symlink_metadata().is_err() {
        // Nothing was ever added, so nothing is tracked.
        return Ok(());
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

/// Copies an index with the time of its last change, which tells for which files sizes and times are not to be trusted.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    let time = from.metadata()?.modified()?;
    let file = std::fs::File::options().write(true).open(to)?;
    file.set_modified(time)
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
    Ok(folder.map(|folder| (repository, folder)))
}

/// `index.lock`, as git makes it, and the copy that is worked on.
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
struct Git<'r> {
    repository: &'r Repository,
    index: Index,
    /// The project's folder in the repository.
    folder: PathBuf,
}

impl Git<'_> {
    fn path(&self, path: &ProjectPath) -> PathBuf {
        self.folder.join(path.as_str())
    }

    /// The file's name in the index.
    fn name(&self, path: &ProjectPath) -> Vec<u8> {
        let path = self.path(path);
        path.to_string_lossy().replace('\\', "/").into_bytes()
    }

    fn entry(&self, path: &ProjectPath, stage: i32) -> Option<IndexEntry> {
        self.index.get_path(&self.path(path), stage)
    }

    /// Whether what git keeps of the file comes from a program.
    fn is_filtered(&self, path: &ProjectPath) -> Result<bool, Trouble> {
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let path = self.path(path);
        let value = self.repository.get_attr(&path, "filter", flags)?;
        Ok(matches!(
            AttrValue::from_string(value),
            AttrValue::String(_)
        ))
    }

    /// The mode of a version; where git or the system keeps none, that of the file as git has it.
    fn mode(&self, executable: bool, before: u32) -> u32 {
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
    fn put(
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
fn entry(path: Vec<u8>, stage: u16, id: Oid, mode: u32) -> IndexEntry {
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
