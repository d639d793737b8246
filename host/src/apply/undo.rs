//! What a finished change leaves: the files it replaced or deleted, for the last ten changes.
//!
//! Committing is one rename: the journal moves in with the files that were set aside, and so becomes the record of a change
//! that is done.

use std::io;
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::ApplyError;
use super::disk::{self, gone};
use super::error::{in_state, io};
use super::fault::{Probe, Step};
use super::journal::Journal;
use super::recover::records;
use super::state::{self, BACKUP, JOURNAL, STAGE, State, UNDO};
use crate::path::ProjectPath;
use crate::plan::Stamp;
use crate::workspace::folders::Folders;

/// How many changes are remembered.
const KEEP: usize = 10;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: u64,
    /// The command.
    pub label: String,
    pub files: Vec<RecordedFile>,
}

impl Record {
    /// The file as it was before the change; the change may have left it alone.
    pub fn file(&self, path: &ProjectPath) -> Option<&RecordedFile> {
        self.files.iter().find(|file| file.path == *path)
    }
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    pub path: ProjectPath,
    pub before: Option<Stamp>,
    pub after: Option<Stamp>,
    /// What stood there before; none: nothing.
    pub old: Option<Arc<[u8]>>,
}

/// The last change made in the project at `root`, with the files it replaced; none if none is remembered.
pub fn last_change(root: &Path) -> Result<Option<Record>, ApplyError> {
    let dir = match Dir::open_ambient_dir(root, ambient_authority()) {
        Ok(dir) => dir,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io("open", root.display().to_string())(error)),
    };
    let Some(dir) = state::find(&dir)? else {
        return Ok(None);
    };
    for id in records(&dir)?.into_iter().rev() {
        if let Some(record) = read(&dir, id)? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// A record; none if it is what was left of a change that was rolled back.
fn read(state: &Dir, id: u64) -> Result<Option<Record>, ApplyError> {
    const AT: &str = ".scaffold/undo";
    let mut folders = Folders::new(state.try_clone().map_err(io("open", ".scaffold"))?);
    let found = folders
        .folder(&format!("{UNDO}/{id}"))
        .map_err(|obstacle| in_state(AT, obstacle))?;
    let Some(dir) = found else { return Ok(None) };
    let file =
        |name: &str| disk::read_regular(dir, name, AT).map_err(|obstacle| in_state(AT, obstacle));
    let Some(text) = file(JOURNAL)? else {
        return Ok(None);
    };
    let journal = Journal::parse(&text.bytes)?;
    let files = journal
        .entries
        .into_iter()
        .enumerate()
        .map(|(number, entry)| {
            let old = if entry.before.is_some() {
                file(&number.to_string())?.map(|found| found.bytes)
            } else {
                None
            };
            Ok(RecordedFile {
                path: entry.path,
                before: entry.before,
                after: entry.after,
                old,
            })
        });
    Ok(Some(Record {
        id,
        label: journal.label,
        files: files.collect::<Result<_, ApplyError>>()?,
    }))
}

/// The number for the next record.
pub(super) fn next_id(state: &Dir) -> Result<u64, ApplyError> {
    Ok(records(state)?.last().map_or(1, |last| last + 1))
}

/// Ends a change that is in place. Once the journal is renamed it counts as done.
pub(super) fn commit(state: &State, probe: Probe<'_>) -> Result<(), ApplyError> {
    probe
        .step(Step::Commit)
        .map_err(io("write", super::journal::JOURNAL))?;
    let renamed = state
        .dir
        .rename(JOURNAL, &state.dir, format!("{BACKUP}/{JOURNAL}"));
    renamed.map_err(io("write", super::journal::JOURNAL))
}

/// Files the record away and removes the rest. What cannot be done now the next command does.
pub(super) fn tidy(state: &State, probe: Probe<'_>) {
    let _ = clear(state, probe).and_then(|()| prune(state, probe));
}

/// Files `backup` away as the newest record.
fn record(state: &State, probe: Probe<'_>) -> Result<(), ApplyError> {
    let id = next_id(&state.dir)?;
    let filing = || io("write", ".scaffold/undo");
    probe.step(Step::Record).map_err(filing())?;
    match state.dir.create_dir(UNDO) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(filing())?,
    }
    state
        .dir
        .rename(BACKUP, &state.dir, format!("{UNDO}/{id}"))
        .map_err(filing())
}

/// Clears away what a command left that is done or had not begun.
pub(super) fn clear(state: &State, probe: Probe<'_>) -> Result<(), ApplyError> {
    if let Some(backup) = state.folder(BACKUP)? {
        let found = disk::read_regular(&backup, JOURNAL, ".scaffold/backup/journal")
            .map_err(|obstacle| in_state(".scaffold/backup/journal", obstacle))?;
        drop(backup);
        match found {
            Some(_) => record(state, probe)?,
            None => {
                probe
                    .step(Step::Clear)
                    .map_err(io("remove", ".scaffold/backup"))?;
                match gone(state.dir.remove_dir(BACKUP)) {
                    // Not all of it could be restored. It is the user's, so it is kept.
                    Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                        record(state, probe)?
                    }
                    removed => removed.map_err(io("remove", ".scaffold/backup"))?,
                }
            }
        }
    }
    probe
        .step(Step::Clear)
        .map_err(io("remove", ".scaffold/stage"))?;
    gone(state.dir.remove_dir_all(STAGE)).map_err(io("remove", ".scaffold/stage"))
}

/// Forgets all but the last changes.
fn prune(state: &State, probe: Probe<'_>) -> Result<(), ApplyError> {
    let ids = records(&state.dir)?;
    for id in ids.iter().take(ids.len().saturating_sub(KEEP)) {
        probe
            .step(Step::Clear)
            .map_err(io("remove", ".scaffold/undo"))?;
        state
            .dir
            .remove_dir_all(format!("{UNDO}/{id}"))
            .map_err(io("remove", ".scaffold/undo"))?;
    }
    Ok(())
}
