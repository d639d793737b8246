//! What a finished change leaves: the files it replaced or deleted, for the last ten changes that can be undone.
//!
//! Committing is one rename: the journal moves in with the files that were set aside, and so becomes the record of a change
//! that is done.

use std::io;

use cap_std::fs::Dir;

use super::ApplyError;
use super::disk::{self, gone};
use super::error::{in_state, io};
use super::fault::{Probe, Step};
use super::record::{records, undoable};
use super::state::{BACKUP, JOURNAL, STAGE, State, UNDO};

/// How many changes can be undone.
const KEEP: usize = 10;
/// How many records are kept besides: of changes that were taken back, and of taking back.
const MOST_OTHERS: usize = 20;

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
        match found {
            Some(_) => {
                drop(backup);
                record(state, probe)?;
            }
            None => {
                drop_copies(&backup)?;
                drop(backup);
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

/// Removes from `backup` what is not the user's.
fn drop_copies(backup: &Dir) -> Result<(), ApplyError> {
    let drop = || -> io::Result<()> {
        for entry in backup.entries()? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".old") || name.ends_with(".new") {
                gone(backup.remove_file(&*name))?;
            }
        }
        Ok(())
    };
    drop().map_err(io("remove", ".scaffold/backup"))
}

/// Forgets all but the last changes. Of those that were taken back and what took them back the oldest go first, so that none
/// comes to life again because what took it back is gone.
fn prune(state: &State, probe: Probe<'_>) -> Result<(), ApplyError> {
    let chain: Vec<u64> = undoable(&state.dir)?
        .iter()
        .map(|record| record.id)
        .collect();
    let first = chain.get(KEEP - 1).copied().unwrap_or_default();
    let (kept, old): (Vec<u64>, Vec<u64>) = records(&state.dir)?
        .into_iter()
        .partition(|id| *id >= first);
    let rest: Vec<u64> = kept.into_iter().filter(|id| !chain.contains(id)).collect();
    let too_many = rest.len().saturating_sub(MOST_OTHERS);
    for id in old.iter().chain(&rest[..too_many]) {
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
