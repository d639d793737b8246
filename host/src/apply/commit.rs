//! Moves files into place, and back.
//!
//! Where a file is says how far the change got: a content that is still in `stage` is not in place, and a file that is in
//! `backup` was set aside. Both are moves that happen or do not. So going on after an interruption is the same code as
//! going at all, and so is rolling back, at whatever step it was interrupted.

use std::collections::BTreeSet;
use std::io;

use cap_std::fs::Dir;
use scaffold_registry::Digest;

use super::ApplyError;
use super::disk::{self, gone, is_there, rename_new};
use super::error::io;
use super::fault::{Probe, Step};
use super::journal::{Entry, Journal};
use super::state::{BACKUP, STAGE, State};
use crate::path::ProjectPath;
use crate::plan::Stamp;
use crate::workspace::folders::{Folders, Obstacle};
use crate::workspace::{Found, WorkspaceError};

/// A change between stage, backup and project. Holds the folders open, which on some systems cannot be renamed or removed
/// before it is dropped.
pub(super) struct Move<'a> {
    journal: &'a Journal,
    stage: Dir,
    backup: Dir,
    folders: Folders,
    probe: Probe<'a>,
}

fn obstacle(path: &ProjectPath) -> impl FnOnce(Obstacle) -> ApplyError {
    move |obstacle| WorkspaceError::obstacle(path, obstacle).into()
}

impl<'a> Move<'a> {
    /// A change in the project whose folder `state` lies in.
    pub(super) fn new(
        state: &State,
        journal: &'a Journal,
        probe: Probe<'a>,
    ) -> Result<Self, ApplyError> {
        // They were there when the journal was written. Made anew they hold nothing, which is what their loss means.
        let folder = |name| match state.folder(name)? {
            Some(dir) => Ok(dir),
            None => state.make_folder(name),
        };
        let root = state
            .root
            .try_clone()
            .map_err(io("open", "the project's folder"))?;
        Ok(Self {
            journal,
            stage: folder(STAGE)?,
            backup: folder(BACKUP)?,
            folders: Folders::new(root),
            probe,
        })
    }

    /// Forgets which folders are where.
    pub(super) fn forget(&mut self) {
        self.folders.forget();
    }

    /// Puts everything in place that is not yet.
    pub(super) fn forward(&mut self) -> Result<(), ApplyError> {
        for (number, entry) in numbered(self.journal) {
            let number = number.to_string();
            if let Some(before) = &entry.before
                && !is_there(&self.backup, &number).map_err(io("look at", entry.path.as_str()))?
            {
                self.set_aside(&number, entry, before)?;
            }
            if entry.after.is_some() {
                if is_there(&self.stage, &number).map_err(io("look at", entry.path.as_str()))? {
                    self.place(&number, entry)?;
                } else if !self.is_placed(&entry.path)? {
                    // Somebody took it out of the stage.
                    return Err(ApplyError::Changed {
                        path: entry.path.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    fn is_placed(&mut self, path: &ProjectPath) -> Result<bool, ApplyError> {
        match self.folders.parent_of(path).map_err(obstacle(path))? {
            Some(dir) => is_there(dir, path.name()).map_err(io("look at", path.as_str())),
            None => Ok(false),
        }
    }

    fn set_aside(
        &mut self,
        number: &str,
        Entry { path, .. }: &Entry,
        before: &Stamp,
    ) -> Result<(), ApplyError> {
        let failed = || io("replace", path.as_str());
        self.probe.step(Step::SetAside).map_err(failed())?;
        let changed = || ApplyError::Changed { path: path.clone() };
        let dir = self
            .folders
            .parent_of(path)
            .map_err(obstacle(path))?
            .ok_or_else(changed)?;
        match rename_new(dir, path.name(), &self.backup, number) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(changed()),
            moved => moved.map_err(failed())?,
        }
        // What was moved is what counts, not what was looked at before.
        match disk::read_regular(&self.backup, number, path.as_str()).map_err(obstacle(path))? {
            Some(found) if before.matches(&found) => Ok(()),
            _ => Err(changed()),
        }
    }

    fn place(&mut self, number: &str, Entry { path, .. }: &Entry) -> Result<(), ApplyError> {
        let failed = || io("write", path.as_str());
        self.probe.step(Step::Place).map_err(failed())?;
        let dir = self
            .folders
            .make_parent_of(path, |_| {})
            .map_err(obstacle(path))?;
        if dir
            .symlink_metadata(path.name())
            .is_ok_and(|metadata| metadata.is_dir())
        {
            // Its files went before; `verify` saw to it that there were no others.
            match remove_empty(dir, path.name()) {
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
                    ) =>
                {
                    return Err(ApplyError::Changed { path: path.clone() });
                }
                removed => removed.map_err(failed())?,
            }
            self.folders.forget();
        }
        let dir = self
            .folders
            .make_parent_of(path, |_| {})
            .map_err(obstacle(path))?;
        match rename_new(&self.stage, number, dir, path.name()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ApplyError::Changed { path: path.clone() })
            }
            moved => moved.map_err(failed()),
        }
    }

    /// Whether going on ends in the new state: nothing staged is damaged, and the user changed nothing since.
    pub(super) fn can_finish(&mut self) -> Result<bool, ApplyError> {
        for (
            number,
            Entry {
                path,
                before,
                after,
                ..
            },
        ) in numbered(self.journal)
        {
            let number = number.to_string();
            let aside = self.aside(&number, path)?;
            let staged =
                disk::read_regular(&self.stage, &number, path.as_str()).map_err(obstacle(path))?;
            let there = self.there(path);
            let waiting = staged.is_some();
            let whole = match (after, staged) {
                (None, _) => true,
                (Some(after), Some(staged)) => Digest::of(&staged.bytes) == after.digest,
                // In place. The user may have edited it since.
                (Some(after), None) => !matches!(&there, Ok(Some(there)) if is_torn(there, after)),
            };
            let untouched = match (before, &aside) {
                (Some(before), Some(aside)) => before.matches(aside),
                (Some(before), None) => matches!(&there, Ok(Some(there)) if before.matches(there)),
                (None, _) => true,
            };
            let free =
                !waiting || (before.is_some() && aside.is_none()) || !matches!(there, Ok(Some(_)));
            if !(whole && untouched && free) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes everything back that is in place; gives the files the user changed meanwhile, which stay as they are.
    pub(super) fn back(&mut self) -> Result<Vec<ProjectPath>, ApplyError> {
        let mut kept = Vec::new();
        for (
            number,
            Entry {
                path,
                before,
                after,
                ..
            },
        ) in numbered(self.journal).rev()
        {
            let number = number.to_string();
            if let Some(after) = after
                && !is_there(&self.stage, &number).map_err(io("look at", path.as_str()))?
            {
                match self.there(path) {
                    Ok(None) => {}
                    // Not its mode: the user's umask may have left another one than was asked for.
                    Ok(Some(there))
                        if Digest::of(&there.bytes) == after.digest || is_torn(&there, after) =>
                    {
                        self.take_back(&number, path)?;
                    }
                    _ => {
                        kept.push(path.clone());
                        continue;
                    }
                }
            }
            if before.is_some()
                && is_there(&self.backup, &number).map_err(io("look at", path.as_str()))?
            {
                self.probe
                    .step(Step::Restore)
                    .map_err(io("restore", path.as_str()))?;
                self.make_room(path)?;
                match self.restore(&number, path) {
                    Err(error) if error.is_in_the_way() => kept.push(path.clone()),
                    restored => restored?,
                }
            }
        }
        self.folders.forget();
        for folder in self.journal.folders.iter().rev() {
            self.remove_if_empty(folder)?;
        }
        Ok(kept)
    }

    /// Removes the empty folders that were made where a file was.
    fn make_room(&mut self, path: &ProjectPath) -> Result<(), ApplyError> {
        let journal = self.journal;
        if journal.folders.contains(path) {
            self.folders.forget();
            let inside = |folder: &&ProjectPath| {
                *folder == path || folder.parents().any(|above| above == path.as_str())
            };
            for folder in journal.folders.iter().rev().filter(inside) {
                self.remove_if_empty(folder)?;
            }
        }
        Ok(())
    }

    fn take_back(&mut self, number: &str, path: &ProjectPath) -> Result<(), ApplyError> {
        self.probe
            .step(Step::TakeBack)
            .map_err(io("take back", path.as_str()))?;
        let Some(dir) = self.folders.parent_of(path).map_err(obstacle(path))? else {
            return Ok(());
        };
        rename_new(dir, path.name(), &self.stage, number).map_err(io("take back", path.as_str()))
    }

    fn restore(&mut self, number: &str, path: &ProjectPath) -> Result<(), ApplyError> {
        let dir = self
            .folders
            .make_parent_of(path, |_| {})
            .map_err(obstacle(path))?;
        match rename_new(&self.backup, number, dir, path.name()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ApplyError::Changed { path: path.clone() })
            }
            restored => restored.map_err(io("restore", path.as_str())),
        }
    }

    /// Makes what was moved survive a power cut.
    pub(super) fn sync(&mut self) -> Result<(), ApplyError> {
        self.probe
            .step(Step::SyncFolders)
            .map_err(io("write", "the project's folder"))?;
        // A name is kept by the folder it is in; of a folder that was made, by the one above.
        let entries = self.journal.changed().map(|entry| &entry.path);
        let folders: BTreeSet<&str> = entries
            .chain(&self.journal.folders)
            .map(|path| path.parent().unwrap_or_default())
            .collect();
        for folder in folders {
            if let Ok(Some(dir)) = self.folders.folder(folder) {
                disk::sync_dir(dir).map_err(io("write", folder))?;
            }
        }
        disk::sync_dir(&self.backup).map_err(io("write", ".scaffold/backup"))
    }

    /// Removes the folders that emptied because their files were deleted.
    pub(super) fn sweep(&mut self) -> Result<(), ApplyError> {
        let journal = self.journal;
        if journal.sweep.is_empty() {
            return Ok(());
        }
        self.probe
            .step(Step::Sweep)
            .map_err(io("remove", "empty folders"))?;
        self.folders.forget();
        // The innermost first: a folder sorts after the one it lies in.
        for folder in journal.sweep.iter().rev() {
            self.remove_if_empty(folder)?;
        }
        Ok(())
    }

    fn remove_if_empty(&mut self, folder: &ProjectPath) -> Result<(), ApplyError> {
        // What is no folder any more is the user's.
        let Ok(Some(parent)) = self.folders.parent_of(folder) else {
            return Ok(());
        };
        match gone(parent.remove_dir(folder.name())) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(())
            }
            removed => removed.map_err(io("remove", folder.as_str())),
        }
    }

    fn there(&mut self, path: &ProjectPath) -> Result<Option<Found>, Obstacle> {
        match self.folders.parent_of(path)? {
            Some(dir) => disk::read_regular(dir, path.name(), path.as_str()),
            None => Ok(None),
        }
    }

    fn aside(&self, number: &str, path: &ProjectPath) -> Result<Option<Found>, ApplyError> {
        disk::read_regular(&self.backup, number, path.as_str()).map_err(obstacle(path))
    }
}

/// What moves, each under its number.
fn numbered(journal: &Journal) -> impl DoubleEndedIterator<Item = (usize, &Entry)> {
    let entries = journal.entries.iter().enumerate();
    entries.filter(|(_, entry)| !entry.stands())
}

/// Whether a file in place is one whose bytes did not reach the disk before the power went: it is empty, or nothing but
/// zeros, and should not be. There is nothing of the user's in it.
fn is_torn(there: &Found, wanted: &Stamp) -> bool {
    there.bytes.iter().all(|&byte| byte == 0) && Digest::of(&there.bytes) != wanted.digest
}

/// Removes a folder in which there are only folders.
fn remove_empty(dir: &Dir, name: &str) -> io::Result<()> {
    use cap_fs_ext::DirExt as _;
    let inner = dir.open_dir_nofollow(name)?;
    for entry in inner.entries()? {
        if let Some(name) = entry?.file_name().to_str() {
            remove_empty(&inner, name)?;
        }
    }
    drop(inner);
    dir.remove_dir(name)
}
