//! Our own folder in a project, and the lock that makes commands take turns.

use std::fs::TryLockError;
use std::io;

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions};

use super::ApplyError;
use super::disk::{self, Mode};
use super::error::{in_state, io};
use super::fault::{Probe, Step};
use crate::path::{LOCK, STATE};
use crate::workspace::folders::{Folders, What};

pub(super) const STAGE: &str = "stage";
pub(super) const BACKUP: &str = "backup";
pub(super) const UNDO: &str = "undo";
pub(crate) const JOURNAL: &str = "journal";
/// The journal's name once the change is being rolled back.
pub(crate) const JOURNAL_BACK: &str = "journal.back";
const LOCK_FILE: &str = "lock";
const INPUTS: &str = "inputs";
const IGNORE: &str = ".gitignore";
/// Git overlooks all of the folder but the recorded inputs, which belong to the project.
const IGNORED: &[u8] = b"/*\n!/inputs/\n";
/// What an earlier release wrote there.
const IGNORED_BEFORE: &[u8] = b"*\n";

/// `.scaffold`, entered and locked.
pub(super) struct State {
    /// The project's folder.
    pub(super) root: Dir,
    pub(super) dir: Dir,
    /// Whether it was made just now.
    made: bool,
    /// Holds the lock until it is closed.
    _lock: std::fs::File,
}

impl State {
    /// Enters the folder, making it where it is missing, and waits for the lock; `waiting` is told once if that takes time.
    pub(super) fn enter(
        root: Dir,
        waiting: Option<&dyn Fn()>,
        probe: Probe<'_>,
    ) -> Result<Self, ApplyError> {
        // Whoever held the lock may have removed the folder with it: then what was locked is no longer in the project.
        for _ in 0..8 {
            probe.step(Step::Enter).map_err(io("open", STATE))?;
            let (dir, made) = match find(&root)? {
                Some(dir) => (dir, false),
                None => (make(&root)?, true),
            };
            if !is_ours(&dir)? {
                return Err(ApplyError::State {
                    path: STATE,
                    what: "a folder of something else",
                });
            }
            let lock = match ignore(&dir).and_then(|()| lock(&dir, waiting)) {
                Ok(lock) => lock,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    remove_bare(&root, &dir);
                    return Err(io("lock", ".scaffold/lock")(error));
                }
            };
            if is_current(&dir, &lock) {
                return Ok(Self {
                    root,
                    dir,
                    made,
                    _lock: lock,
                });
            }
        }
        Err(io("open", STATE)(io::Error::other(
            "other commands make and remove it all the time",
        )))
    }

    /// The same in a project that is being made.
    pub(super) fn begin(root: Dir, probe: Probe<'_>) -> Result<Self, ApplyError> {
        probe.step(Step::Enter).map_err(io("make", STATE))?;
        let dir = make(&root)?;
        let lock = ignore(&dir)
            .and_then(|()| lock(&dir, None))
            .map_err(io("lock", ".scaffold/lock"))?;
        Ok(Self {
            root,
            dir,
            made: true,
            _lock: lock,
        })
    }

    /// Opens one of our folders; none if it does not exist.
    pub(super) fn folder(&self, name: &'static str) -> Result<Option<Dir>, ApplyError> {
        open(&self.dir, name)
    }

    /// Makes one of our folders anew, empty.
    pub(super) fn make_folder(&self, name: &'static str) -> Result<Dir, ApplyError> {
        let made = self
            .dir
            .create_dir(name)
            .and_then(|()| self.dir.open_dir_nofollow(name));
        made.map_err(io("make", format!("{STATE}/{name}")))
    }

    /// Removes the folder where no project needs it: the command that made it came to nothing.
    pub(super) fn leave(self) {
        let is_there = |name| disk::is_there(&self.dir, name).unwrap_or(true);
        let busy = [JOURNAL, JOURNAL_BACK, BACKUP, UNDO]
            .into_iter()
            .any(is_there);
        if busy || (!self.made && is_project(&self.root, &self.dir)) {
            return;
        }
        // Nothing but what is ours by name. What stays, the next command clears away.
        let _ = self.dir.remove_dir_all(STAGE);
        // Still locked, so that no other command takes it for its own just now. Where an open file cannot be removed, it
        // stays, and does no harm.
        let _ = self.dir.remove_file(LOCK_FILE);
        remove_bare(&self.root, &self.dir);
    }
}

/// Whether the folder is ours, or as good as empty. Somebody else may have had the same idea for a name.
pub(super) fn is_ours(dir: &Dir) -> Result<bool, ApplyError> {
    // Asked twice: the lock may have been made, and more besides, since it was not there.
    let holds_only_ours = || {
        // A clone holds the recorded inputs and nothing else.
        holds_only(dir, &[IGNORE, INPUTS]).map_err(io("look into", STATE))
    };
    Ok(has_lock(dir)? || holds_only_ours()? || has_lock(dir)?)
}

/// Whether a command ever worked in the folder: it makes the lock before anything else.
pub(super) fn has_lock(dir: &Dir) -> Result<bool, ApplyError> {
    disk::is_there(dir, LOCK_FILE).map_err(io("look into", STATE))
}

/// Whether there is nothing of another name in the folder.
fn holds_only(dir: &Dir, names: &[&str]) -> io::Result<bool> {
    for entry in dir.entries()? {
        let name = entry?.file_name();
        if !names.iter().any(|known| name == *known) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes the folder if there is nothing in it.
pub(super) fn remove_bare(root: &Dir, dir: &Dir) {
    if holds_only(dir, &[IGNORE]).unwrap_or(false) {
        // Another command may be about to use it; it makes it anew then.
        let _ = dir.remove_file(IGNORE);
        let _ = root.remove_dir(STATE);
    }
}

/// `.scaffold`, if it exists.
pub(super) fn find(root: &Dir) -> Result<Option<Dir>, ApplyError> {
    open(root, STATE)
}

/// Whether a lock in `dir` could be had right now; none where there is no lock file.
pub(super) fn is_free(dir: &Dir) -> io::Result<Option<bool>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).follow(FollowSymlinks::No);
    let file = match dir.open_with(LOCK_FILE, &options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?.into_std(),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(true)),
        Err(TryLockError::WouldBlock) => Ok(Some(false)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(dir: &Dir, name: &'static str) -> Result<Option<Dir>, ApplyError> {
    let mut folders = Folders::new(dir.try_clone().map_err(io("open", name))?);
    match folders.folder(name) {
        Ok(None) => Ok(None),
        Ok(Some(found)) => Ok(Some(found.try_clone().map_err(io("open", name))?)),
        Err(obstacle) => Err(in_state(
            if name == STATE {
                STATE
            } else {
                ".scaffold/…"
            },
            obstacle,
        )),
    }
}

fn make(root: &Dir) -> Result<Dir, ApplyError> {
    match root.create_dir(STATE) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(io("make", STATE))?,
    }
    find(root)?.ok_or_else(|| io("open", STATE)(io::ErrorKind::NotFound.into()))
}

/// Keeps the folder out of the user's commits, but for what belongs there.
fn ignore(dir: &Dir) -> io::Result<()> {
    if let Ok(Some(found)) = disk::read_regular(dir, IGNORE, IGNORE)
        && *found.bytes == *IGNORED_BEFORE
    {
        dir.remove_file(IGNORE)?;
    }
    match disk::write_new(dir, IGNORE, IGNORED, Mode::New { executable: false }) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written.map(|_| ()),
    }
}

/// Whether a project's folder or ours says that there is a project. Otherwise our folder was left by a command that came to
/// nothing.
pub(super) fn is_project(root: &Dir, dir: &Dir) -> bool {
    let is_there = |dir: &Dir, name| disk::is_there(dir, name).unwrap_or(true);
    is_there(root, LOCK) || is_there(dir, UNDO)
}

fn lock(dir: &Dir, waiting: Option<&dyn Fn()>) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .follow(FollowSymlinks::No);
    let file = dir.open_with(LOCK_FILE, &options)?.into_std();
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            if let Some(waiting) = waiting {
                waiting();
            }
            file.lock().map(|()| file)
        }
        // A file system without locks: two commands at once are still kept apart by the stamps of their plans.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file that was locked is the one that is there.
#[cfg(unix)]
fn is_current(dir: &Dir, lock: &std::fs::File) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    use cap_std::fs::MetadataExt as _;
    match (dir.symlink_metadata(LOCK_FILE), lock.metadata()) {
        (Ok(there), Ok(locked)) => (there.dev(), there.ino()) == (locked.dev(), locked.ino()),
        _ => false,
    }
}

/// An open file cannot be removed there.
#[cfg(not(unix))]
fn is_current(_: &Dir, _: &std::fs::File) -> bool {
    true
}

impl From<What> for io::Error {
    fn from(what: What) -> Self {
        match what {
            What::Io(error) => error,
            What::Link => Self::other("it is a symbolic link"),
            What::File => Self::other("it is a file"),
            What::Folder => Self::other("it is a folder"),
            What::Special(what) => Self::other(format!("it is {what}")),
        }
    }
}
