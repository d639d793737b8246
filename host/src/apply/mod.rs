//! The only writer of a project: all of a plan, or nothing.
//!
//! A project that exists is changed in five steps: every file is checked to be as the plan found it; new contents are
//! written to `.scaffold/stage`; a journal says what is going to happen; files are moved, the old ones to
//! `.scaffold/backup`, the new ones in place, the lock file last; the journal becomes the record of a change that is done.
//! Up to the journal nothing of the project is touched. After it, an interruption at any step leaves enough to finish or to
//! go back, which the next command does ([`recover()`]). A project that does not exist is made beside its place and renamed.
//!
//! A change that ends in conflicts leaves a merge that is under way: its record is the newest one and names conflicts that
//! nobody has settled ([`merge_under_way`]). Nothing else says so, so nothing can contradict it.
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
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod git;
mod journal;
mod record;
mod recover;
mod settle;
mod stage;
mod state;
#[cfg(test)]
mod tests;
mod turn;
mod undo;

use std::collections::BTreeSet;
use std::path::Path;

pub use self::error::ApplyError;
pub use self::fault::{Hook, Step, from_request};
pub use self::journal::Conflict;
pub use self::record::{Record, RecordedFile, history, last_change, merge_under_way};
pub use self::recover::{Recovered, is_interrupted, recover};
pub use self::settle::{Settled, settle};
pub(crate) use self::state::{JOURNAL, JOURNAL_BACK};
pub use self::turn::Turn;

use self::commit::Move;
use self::disk::{Mode, write_new};
use self::error::io;
use self::fault::Probe;
use self::journal::Journal;
use self::stage::Change;
use self::state::{BACKUP, Busy, STAGE, State};
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
    /// Fail instead of waiting.
    pub no_wait: bool,
    /// The turn the command has in this project already.
    pub turn: Option<&'a Turn>,
    /// The change that is taken back by this one.
    pub undoes: Option<&'a Record>,
    /// Asked before every step, by tests.
    pub fault: Option<&'a Hook<'a>>,
}

impl<'a> Options<'a> {
    fn busy(&self) -> Busy<'a> {
        if self.no_wait {
            Busy::Refuse
        } else {
            Busy::Wait(self.waiting)
        }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Files made or replaced, our own included.
    pub written: usize,
    pub deleted: usize,
    /// The number of the undo record; none if nothing was to be done.
    pub record: Option<u64>,
    /// Why git's index could not be told of the conflicts. The project does not depend on it.
    pub warning: Option<String>,
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
    let taken;
    let turn = match options.turn {
        Some(turn) => turn,
        None => {
            taken = Turn::enter(root, options)?;
            &taken
        }
    };
    let mut applied = change(turn.state(), root, &changes, options)?;
    applied.warning = tell_git(turn.state(), root, &changes, &applied, options);
    Ok(applied)
}

/// Shows conflicts in git's index, or puts back what it was before those that were taken back.
fn tell_git(
    state: &State,
    root: &Path,
    changes: &[Change],
    applied: &Applied,
    options: &Options<'_>,
) -> Option<String> {
    let probe = Probe(options.fault);
    let folder = |id| record::folder(&state.dir, id).ok().flatten();
    // Of a change whose conflicts were settled, git's index is the user's own affair.
    let aborted = options
        .undoes
        .filter(|record| record.open().next().is_some());
    let restored = aborted
        .and_then(|record| folder(record.id))
        .and_then(|record| git::restore(&record, root, probe));
    let sides: Vec<_> = changes
        .iter()
        .filter_map(|change| change.sides.as_ref())
        .collect();
    let marked = applied
        .record
        .filter(|_| !sides.is_empty())
        .and_then(folder)
        .and_then(|record| git::mark(&record, root, &sides, probe));
    restored.or(marked)
}

fn change(
    state: &State,
    root: &Path,
    changes: &[Change],
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    let probe = Probe(options.fault);
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
        label: options.label.to_owned(),
        folders: missing_folders(&mut Folders::new(clone()?), changes),
        sweep: emptied_folders(changes, options.undoes),
        undoes: options.undoes.map(|record| record.id),
        entries: changes.iter().map(|change| change.entry.clone()).collect(),
    };
    let prepared =
        prepare(state, changes, &journal, options).and_then(|()| Move::new(state, &journal, probe));
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
            let deleted = |entry: &&journal::Entry| entry.after.is_none();
            let deleted = journal.changed().filter(deleted).count();
            Ok(Applied {
                written: journal.changed().count() - deleted,
                deleted,
                record: Some(record),
                warning: None,
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
    options: &Options<'_>,
) -> Result<(), ApplyError> {
    let probe = Probe(options.fault);
    let root = state
        .root
        .try_clone()
        .map_err(io("open", "the project's folder"))?;
    let backup = state.make_folder(BACKUP)?;
    let stage = state.make_folder(STAGE)?;
    stage::write(
        &stage,
        &backup,
        &mut Folders::new(root),
        changes,
        journal.replaces(),
        options.undoes,
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

/// The folders that are to go with the files in them, the outermost first. What a change is taken back of leaves the
/// folders that were there before it, empty or not.
fn emptied_folders(changes: &[Change], undoes: Option<&Record>) -> Vec<ProjectPath> {
    let deleted = changes.iter().filter(|change| change.entry.after.is_none());
    let parents: BTreeSet<&str> = deleted
        .flat_map(|change| change.entry.path.parents())
        .collect();
    // A folder above a project path is one itself.
    let folders = parents
        .into_iter()
        .filter_map(|folder| ProjectPath::parse_recorded_folder(folder).ok());
    folders
        .filter(|folder| undoes.is_none_or(|record| record.folders.contains(folder)))
        .collect()
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
