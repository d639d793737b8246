//! Ends what an interrupted command began.
//!
//! If everything it was about to put in place is still whole, and the user has not changed the files in question since, it
//! is finished; otherwise it is rolled back. Neither drops a byte of the user's: a file that was edited in between stays,
//! and what was to be restored there is kept in the undo records.

use std::fmt;
use std::io;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::commit::Move;
use super::disk::{self, gone, is_there};
use super::error::{in_state, io};
use super::fault::{Probe, Step};
use super::journal::Journal;
use super::state::{self, BACKUP, JOURNAL, JOURNAL_BACK, STAGE, State};
use super::{ApplyError, Options, Turn, fresh, undo};
use crate::path::ProjectPath;

/// What was done about an interrupted command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// The command's change is complete now.
    Finished { label: String, files: usize },
    /// The project is as it was before the command, but for the files in `kept`, which were changed since; what was to be
    /// restored in their place is in the newest undo record.
    RolledBack {
        label: String,
        files: usize,
        kept: Vec<ProjectPath>,
    },
    /// It had not changed anything; what it left lying was removed.
    Cleared,
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |label: &str| {
            if label.is_empty() {
                "a command".to_owned()
            } else {
                format!("`{label}`")
            }
        };
        match self {
            Self::Finished { label, files } => write!(f, "{} had been interrupted; it is finished now ({files} files)", name(label)),
            Self::RolledBack { label, files, kept } => {
                write!(f, "{} had been interrupted; its changes to {files} files were rolled back", name(label))?;
                for path in kept {
                    write!(f, "; {path} was changed since and stays, what it was before is in .scaffold/undo")?;
                }
                Ok(())
            }
            Self::Cleared => f.write_str("a command had been interrupted before it changed anything; what it left was removed"),
        }
    }
}

/// Finishes or rolls back what an interrupted command left in the project at `root`; none if there was nothing. To be called
/// by every command that may write, before it looks at the project.
pub fn recover(root: &Path, options: &Options<'_>) -> Result<Option<Recovered>, ApplyError> {
    let wrap = |error| match error {
        error @ (ApplyError::Journal { .. } | ApplyError::State { .. }) => error,
        error => ApplyError::Recovery(Box::new(error)),
    };
    end(root, options).map_err(wrap)
}

fn end(root: &Path, options: &Options<'_>) -> Result<Option<Recovered>, ApplyError> {
    let dir = match Dir::open_ambient_dir(root, ambient_authority()) {
        Ok(dir) => dir,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return fresh::clear(root),
        // Whatever is wrong with it, no command has worked in it.
        Err(_) => return Ok(None),
    };
    let Some(found) = state::find(&dir)? else {
        return Ok(None);
    };
    if !state::has_lock(&found)? {
        // In a clone it is what was committed.
        if !state::is_project(&dir, &found) {
            state::remove_bare(&dir, &found);
        }
        return Ok(None);
    }
    if !is_unfinished(&found)? && state::is_project(&dir, &found) {
        return Ok(None);
    }
    let taken;
    let turn = match options.turn {
        Some(turn) => turn,
        None => {
            taken = Turn::enter(root, options)?;
            &taken
        }
    };
    // It may have been a command at work, which is done by now.
    if is_unfinished(&turn.state().dir)? {
        finish_or_undo(turn.state(), Probe(options.fault)).map(Some)
    } else {
        Ok(None)
    }
}

/// Whether an interrupted command waits to be finished or rolled back. Writes nothing.
pub fn is_interrupted(root: &Path) -> Result<bool, ApplyError> {
    match Dir::open_ambient_dir(root, ambient_authority()) {
        Ok(dir) => state::find(&dir)?.map_or(Ok(false), |dir| has_journal(&dir)),
        Err(_) => Ok(false),
    }
}

/// Whether anything of a command is left.
fn is_unfinished(dir: &Dir) -> Result<bool, ApplyError> {
    let left = |name| is_there(dir, name).map_err(io("look into", ".scaffold"));
    Ok(has_journal(dir)? || left(STAGE)? || left(BACKUP)?)
}

pub(super) fn has_journal(dir: &Dir) -> Result<bool, ApplyError> {
    let left = |name| is_there(dir, name).map_err(io("look into", ".scaffold"));
    Ok(left(JOURNAL)? || left(JOURNAL_BACK)?)
}

fn finish_or_undo(state: &State, probe: Probe<'_>) -> Result<Recovered, ApplyError> {
    let backwards = is_there(&state.dir, JOURNAL_BACK).map_err(io("look into", ".scaffold"))?;
    let name = if backwards { JOURNAL_BACK } else { JOURNAL };
    let text = disk::read_regular(&state.dir, name, super::journal::JOURNAL)
        .map_err(|obstacle| in_state(super::journal::JOURNAL, obstacle))?;
    let Some(text) = text else {
        undo::clear(state, probe)?;
        return Ok(Recovered::Cleared);
    };
    let journal = Journal::parse(&text.bytes)?;
    let (label, files) = (journal.label.clone(), journal.changed().count());
    let mut change = Move::new(state, &journal, probe)?;
    if !backwards && change.can_finish()? {
        match change.forward() {
            Ok(()) => {
                change.sync()?;
                change.sweep()?;
                undo::commit(state, probe)?;
                drop(change);
                undo::tidy(state, probe);
                return Ok(Recovered::Finished { label, files });
            }
            // Such as a file that is in the way by now.
            Err(error) if error.is_in_the_way() => change.forget(),
            Err(error) => return Err(error),
        }
    }
    let kept = roll_back(state, change, probe)?;
    Ok(Recovered::RolledBack { label, files, kept })
}

/// Takes a change back and forgets it.
pub(super) fn roll_back(
    state: &State,
    mut change: Move<'_>,
    probe: Probe<'_>,
) -> Result<Vec<ProjectPath>, ApplyError> {
    // From here on it goes back only, also if it is interrupted once more. If even this rename fails, the next command
    // decides anew, which is as good.
    if is_there(&state.dir, JOURNAL).unwrap_or(false) {
        let _ = state.dir.rename(JOURNAL, &state.dir, JOURNAL_BACK);
    }
    let kept = change.back()?;
    change.sync()?;
    probe
        .step(Step::Commit)
        .map_err(io("write", super::journal::JOURNAL))?;
    for name in [JOURNAL_BACK, JOURNAL] {
        if kept.is_empty() {
            gone(state.dir.remove_file(name)).map_err(io("remove", super::journal::JOURNAL))?;
        } else {
            // Tells beside what could not be restored where it was.
            gone(
                state
                    .dir
                    .rename(name, &state.dir, format!("{BACKUP}/{JOURNAL_BACK}")),
            )
            .map_err(io("write", super::journal::JOURNAL))?;
        }
    }
    drop(change);
    undo::tidy(state, probe);
    Ok(kept)
}
