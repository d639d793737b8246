//! The only writer of a project: all of a plan, or nothing.
//!
//! A project that exists is changed in five steps: every file is checked to be as the plan found it; new contents are
//! written to `.scaffold/stage`; a journal says what is going to happen; files are moved, the old ones to
//! `.scaffold/backup`, the new ones in place, the lock file last; the journal becomes the record of a change that is done.
//! Up to the journal nothing of the project is touched. After it, an interruption at any step leaves enough to finish or to
//! go back, which the next command does ([`recover()`]). A project that does not exist is made beside its place and renamed.
//!
//! What is waited for: if a file of the user's is replaced or deleted, all new contents are on the disk before the journal
//! is, the journal is before the first file is moved, and all moves are before the journal goes. So a power cut is no worse
//! than a kill. If files are only added, the journal alone is waited for: nothing can be lost that was there, a journal
//! found after a power cut tells by its digests which contents did not reach the disk, and a change that was complete for
//! less than the half minute in which systems write everything out can be made again.
#![expect(clippy::disallowed_methods, reason = "the only writer of a project")]

mod commit;
mod disk;
mod error;
mod fault;
mod fresh;
mod journal;
mod recover;
mod stage;
mod state;
#[cfg(test)]
mod tests;
mod undo;

use std::collections::BTreeSet;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

pub use self::error::ApplyError;
pub use self::fault::{Hook, Step, from_request};
pub use self::recover::{Recovered, is_interrupted, recover};
pub(crate) use self::state::{JOURNAL, JOURNAL_BACK};
pub use self::undo::{Record, RecordedFile, last_change};

use self::commit::Move;
use self::disk::{Mode, write_new};
use self::error::io;
use self::fault::Probe;
use self::journal::Journal;
use self::stage::Change;
use self::state::{BACKUP, STAGE, State};
use crate::path::ProjectPath;
use crate::plan::{Action, Plan};
use crate::workspace::Workspace;
use crate::workspace::folders::Folders;

/// What a change is called and who is told about it.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// The command, for people: `add scaffold/django-auth`.
    pub label: &'a str,
    /// Called once if another command is at work and has to be waited for.
    pub waiting: Option<&'a dyn Fn()>,
    /// Asked before every step, by tests.
    pub fault: Option<&'a Hook<'a>>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Files made or replaced, our own included.
    pub written: usize,
    pub deleted: usize,
    /// The number of the undo record; none if nothing was to be done.
    pub record: Option<u64>,
}

/// Brings the project at `root` to what `plan` says, together with our own files ([`Action::own`]). On an error the project
/// is as it was, unless the error is [`ApplyError::Stuck`].
pub fn apply(
    root: &Path,
    plan: &Plan,
    own: &[Action],
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    write(root, plan, own, options).map_err(ApplyError::unchanged)
}

fn write(
    root: &Path,
    plan: &Plan,
    own: &[Action],
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    let probe = Probe(options.fault);
    let changes = stage::changes(plan, own)?;
    if changes.is_empty() {
        return Ok(Applied::default());
    }
    let workspace = Workspace::open(root)?;
    if !workspace.exists() {
        return fresh::create(root, &changes, options.label, probe);
    }
    let dir = Dir::open_ambient_dir(root, ambient_authority())
        .map_err(io("open", root.display().to_string()))?;
    let state = State::enter(dir, options.waiting, probe)?;
    let result = change(&state, root, &changes, options.label, probe);
    state.leave();
    result
}

fn change(
    state: &State,
    root: &Path,
    changes: &[Change],
    label: &str,
    probe: Probe<'_>,
) -> Result<Applied, ApplyError> {
    if recover::has_journal(&state.dir)? {
        return Err(ApplyError::Unfinished);
    }
    // What a command left that was interrupted before its journal.
    undo::clear(state, Probe::default())?;
    let clone = || {
        state
            .root
            .try_clone()
            .map_err(io("open", "the project's folder"))
    };
    stage::verify(&Workspace::of(root, clone()?), changes, probe)?;
    let record = undo::next_id(&state.dir)?;
    let journal = Journal {
        label: label.to_owned(),
        folders: missing_folders(&mut Folders::new(clone()?), changes),
        entries: changes.iter().map(|change| change.entry.clone()).collect(),
    };
    let prepared =
        prepare(state, changes, &journal, probe).and_then(|()| Move::new(state, &journal, probe));
    let mut moves = prepared.inspect_err(|_| abandon(state))?;
    let done = moves
        .forward()
        .and_then(|()| {
            if journal.replaces() {
                moves.sync()
            } else {
                Ok(())
            }
        })
        .and_then(|()| moves.sweep())
        .and_then(|()| undo::commit(state, probe));
    match done {
        Ok(()) => {
            drop(moves);
            undo::tidy(state, probe);
            let deleted = journal
                .entries
                .iter()
                .filter(|entry| entry.after.is_none())
                .count();
            Ok(Applied {
                written: journal.entries.len() - deleted,
                deleted,
                record: Some(record),
            })
        }
        Err(cause) => match recover::roll_back(state, moves, probe) {
            Ok(_) => Err(cause),
            Err(rollback) => Err(ApplyError::Stuck {
                cause: Box::new(cause),
                rollback: Box::new(rollback),
            }),
        },
    }
}

/// Everything up to the journal; touches nothing of the project.
fn prepare(
    state: &State,
    changes: &[Change],
    journal: &Journal,
    probe: Probe<'_>,
) -> Result<(), ApplyError> {
    let root = state
        .root
        .try_clone()
        .map_err(io("open", "the project's folder"))?;
    state.make_folder(BACKUP)?;
    let stage = state.make_folder(STAGE)?;
    stage::write(
        &stage,
        &mut Folders::new(root),
        changes,
        journal.replaces(),
        probe,
    )?;
    let writing = || io("write", journal::JOURNAL);
    probe.step(Step::Journal).map_err(writing())?;
    // Written under another name first: a journal that is there is a whole one.
    let file = write_new(
        &stage,
        JOURNAL,
        journal.to_text().as_bytes(),
        Mode::New { executable: false },
    );
    let file = file.map_err(writing())?;
    file.sync_all().map_err(writing())?;
    drop(file);
    disk::rename_new(&stage, JOURNAL, &state.dir, JOURNAL).map_err(writing())?;
    disk::sync_dir(&state.dir).map_err(writing())
}

/// Removes what [`prepare`] made. What cannot be removed, the next command clears away.
fn abandon(state: &State) {
    let _ = state.dir.remove_file(JOURNAL);
    let _ = undo::clear(state, Probe::default());
}

/// The folders that will have to be made, the outermost first.
fn missing_folders(folders: &mut Folders, changes: &[Change]) -> Vec<ProjectPath> {
    let placed = changes.iter().filter(|change| change.entry.after.is_some());
    let parents: BTreeSet<&str> = placed
        .flat_map(|change| change.entry.path.parents())
        .collect();
    let missing = parents
        .into_iter()
        .filter(|folder| !matches!(folders.folder(folder), Ok(Some(_))));
    // A folder above a project path is one itself.
    missing
        .filter_map(|folder| ProjectPath::parse_recorded_folder(folder).ok())
        .collect()
}
