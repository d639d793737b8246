//! Our own folder in a project, and the lock that makes commands take turns.

use std::fs::TryLockError;
use std::io::{self, Read as _, Write as _};

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::ApplyError;
use super::disk::{self, Mode, gone};
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
/// What generators were told of the user's files; the one thing in our folder that is committed.
const INPUTS: &str = "inputs";
const IGNORE: &str = ".gitignore";
/// Git overlooks all of the folder but the recorded inputs, which belong to the project.
const IGNORED: &[u8] = b"/*\n!/inputs/\n";
/// What an earlier release wrote there.
const IGNORED_BEFORE: &[u8] = b"*\n";
/// As much as is read of what the holder of a lock calls itself.
const LONGEST_HOLDER: u64 = 200;

/// `.scaffold`, entered and locked.
pub(super) struct State {
    /// The project's folder.
    pub(super) root: Dir,
    pub(super) dir: Dir,
    /// Whether it was made just now, and whether the file of the lock was.
    made: bool,
    first: bool,
    /// Holds the lock until it is closed; says who does.
    lock: std::fs::File,
}

/// What to do where another command is at work.
#[derive(Clone, Copy)]
pub(super) enum Busy<'a> {
    /// Wait, and tell once.
    Wait(Option<&'a dyn Fn()>),
    Refuse,
}

impl State {
    /// Enters the folder, making it where it is missing, and gets the lock. `label` is what others are told of who has it.
    pub(super) fn enter(
        root: Dir,
        label: &str,
        busy: Busy<'_>,
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
            check_lock(&dir)?;
            let first = !has_lock(&dir)?;
            let mut lock = match ignore(&dir).and_then(|()| lock(&dir, busy)) {
                Ok(Locked::Held(lock)) => lock,
                Ok(Locked::Busy { by }) => return Err(ApplyError::Busy { by }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    remove_bare(&root, &dir);
                    return Err(io("lock", ".scaffold/lock")(error));
                }
            };
            if is_current(&dir, &lock) {
                // Only told to others: a disk that is full is noticed where it matters.
                let _ = lock.set_len(0);
                let _ = write!(lock, "{} scaffold {label}", std::process::id());
                return Ok(Self {
                    root,
                    dir,
                    made,
                    first,
                    lock,
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
        let locked = ignore(&dir).and_then(|()| lock(&dir, Busy::Wait(None)));
        match locked.map_err(io("lock", ".scaffold/lock"))? {
            Locked::Held(lock) => Ok(Self {
                root,
                dir,
                made: true,
                first: true,
                lock,
            }),
            Locked::Busy { by } => Err(ApplyError::Busy { by }),
        }
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
    pub(super) fn leave(&self) {
        let _ = self.lock.set_len(0);
        let is_there = |name| disk::is_there(&self.dir, name).unwrap_or(true);
        let busy = [JOURNAL, JOURNAL_BACK, BACKUP, UNDO]
            .into_iter()
            .any(is_there);
        if busy {
            return;
        }
        if !self.made && is_project(&self.root, &self.dir) {
            // In a clone nobody worked in yet, and still nobody has.
            if self.first {
                let _ = self.dir.remove_file(LOCK_FILE);
            }
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
    // A clone has what is committed and no lock.
    let is_cloned = || holds_only(dir, &[IGNORE, INPUTS]).map_err(io("look into", STATE));
    // Asked twice: the lock may have been made, and more besides, since it was not there.
    Ok(has_lock(dir)? || is_cloned()? || has_lock(dir)?)
}

/// Whether a command ever worked in the folder: it makes the lock before anything else.
pub(super) fn has_lock(dir: &Dir) -> Result<bool, ApplyError> {
    disk::is_there(dir, LOCK_FILE).map_err(io("look into", STATE))
}

/// Sees to it that the file of the lock, which is emptied and written, is nothing else as well. A second name of it is what
/// a copy of the project made of links has, or what somebody made who wants the file behind it emptied.
fn check_lock(dir: &Dir) -> Result<(), ApplyError> {
    let found = match dir.symlink_metadata(LOCK_FILE) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("look at", ".scaffold/lock")(error)),
    };
    if !found.is_file() {
        return Err(ApplyError::State {
            path: ".scaffold/lock",
            what: "no plain file",
        });
    }
    if has_other_names(&found) {
        gone(dir.remove_file(LOCK_FILE)).map_err(io("replace", ".scaffold/lock"))?;
    }
    Ok(())
}

#[cfg(unix)]
fn has_other_names(found: &Metadata) -> bool {
    use cap_std::fs::MetadataExt as _;
    found.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

/// Whether there is nothing in the folder but what tells git to overlook it.
fn is_bare(dir: &Dir) -> io::Result<bool> {
    holds_only(dir, &[IGNORE])
}

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
    if is_bare(dir).unwrap_or(false) {
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

enum Locked {
    Held(std::fs::File),
    Busy { by: Option<String> },
}

fn lock(dir: &Dir, busy: Busy<'_>) -> io::Result<Locked> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .follow(FollowSymlinks::No);
    let file = dir.open_with(LOCK_FILE, &options)?.into_std();
    match (file.try_lock(), busy) {
        (Ok(()), _) => Ok(Locked::Held(file)),
        (Err(TryLockError::WouldBlock), Busy::Wait(waiting)) => {
            if let Some(waiting) = waiting {
                waiting();
            }
            file.lock().map(|()| Locked::Held(file))
        }
        (Err(TryLockError::WouldBlock), Busy::Refuse) => Ok(Locked::Busy { by: holder(&file) }),
        // A file system without locks: two commands at once are still kept apart by the stamps of their plans.
        (Err(TryLockError::Error(error)), _) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Locked::Held(file))
        }
        (Err(TryLockError::Error(error)), _) => Err(error),
    }
}

/// Who has the lock, where that is known: some systems let nobody read a file that is locked.
fn holder(lock: &std::fs::File) -> Option<String> {
    let mut text = Vec::new();
    lock.take(LONGEST_HOLDER).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (process, command) = text.split_once(' ')?;
    Some(format!("`{command}`, process {process}"))
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
