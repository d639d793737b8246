//! Gets everything ready beside the project: checks that it is as the plan found it, draws secrets, writes new contents.

use std::collections::BTreeSet;
use std::sync::Arc;

use cap_std::fs::{Dir, File};
use scaffold_registry::Digest;

use super::ApplyError;
use super::disk::{self, Mode};
use super::error::io;
use super::fault::{Probe, Step};
use super::git::Sides;
use super::journal::{Conflict, Entry};
use super::record::Record;
use crate::path::ProjectPath;
use crate::plan::{Action, Content, Note, Plan, Stamp, Verb};
use crate::secret::Secrets;
use crate::workspace::folders::{Folders, open_regular};
use crate::workspace::{KEEPS_MODE, Workspace, WorkspaceError};

/// One file on its way.
pub(super) struct Change {
    pub(super) entry: Entry,
    /// What is written, secrets filled in.
    pub(super) bytes: Option<Arc<[u8]>>,
    /// A copy for the record of what stands there and stays.
    pub(super) old: Option<Arc<[u8]>>,
    /// Whether the record needs a copy of what is written, since it is no replay's.
    copied: bool,
    /// Of a conflict: what git is told.
    pub(super) sides: Option<Sides>,
}

/// Everything a plan changes, in the order in which it is done: what goes first, then what comes, our own files at the end,
/// the lock file last of all.
pub(super) fn changes(plan: &Plan, own: &[Action]) -> Result<Vec<Change>, ApplyError> {
    let mut secrets = Secrets::default();
    for placeholder in &plan.secrets {
        secrets.insert(
            placeholder.clone(),
            placeholder.draw().map_err(ApplyError::Random)?,
        );
    }
    let is_concerned = |action: &&Action| action.writes() || action.verb == Verb::Conflict;
    let mut actions: Vec<&Action> = plan
        .actions
        .iter()
        .chain(own)
        .filter(is_concerned)
        .collect();
    actions.sort_by_key(|action| {
        let own = action
            .path
            .is_own()
            .then_some(action.path == ProjectPath::lock());
        (own, action.after.is_some(), &action.path)
    });
    Ok(actions
        .into_iter()
        .map(|action| change(action, &secrets))
        .collect())
}

fn change(action: &Action, secrets: &Secrets) -> Change {
    let fill = |content: &Content| Content {
        bytes: match secrets.fill(&content.bytes) {
            // Ours are kept to the byte, whatever stands in them.
            std::borrow::Cow::Owned(filled) if !action.path.is_own() => filled.into(),
            _ => Arc::clone(&content.bytes),
        },
        executable: content.executable,
    };
    let stands = !action.writes();
    let content = action.after.as_ref().filter(|_| !stands).map(fill);
    let conflict = (action.verb == Verb::Conflict).then(|| match &action.note {
        Some(Note::Markers(_)) => Conflict::Markers,
        Some(Note::Beside(Some(beside))) => Conflict::Beside(beside.clone()),
        _ => Conflict::Kept,
    });
    let sides = action.versions.as_ref().map(|versions| Sides {
        path: action.path.clone(),
        base: versions.old.as_ref().map(fill),
        ours: action
            .before
            .zip(action.old.as_ref())
            .map(|(stamp, bytes)| Content {
                bytes: Arc::clone(bytes),
                executable: stamp.executable,
            }),
        theirs: versions.new.as_ref().map(fill),
    });
    let after = content.as_ref().map(|content| Stamp {
        digest: Digest::of(&content.bytes),
        executable: content.executable,
    });
    Change {
        entry: Entry {
            path: action.path.clone(),
            before: action.before,
            after: if stands { action.before } else { after },
            conflict,
        },
        copied: action.before.is_some()
            && (matches!(action.verb, Verb::Merge | Verb::Conflict) || action.path.is_own()),
        bytes: content.map(|content| content.bytes),
        old: action.old.clone().filter(|_| stands),
        sides,
    }
}

/// The names of the copies in a record, beside the file that was set aside under `number`.
pub(super) fn copies(number: usize) -> [String; 2] {
    [format!("{number}.old"), format!("{number}.new")]
}

/// Checks that every file is as it was when the plan was made.
pub(super) fn verify(
    workspace: &Workspace,
    changes: &[Change],
    probe: Probe<'_>,
) -> Result<(), ApplyError> {
    let leaving: BTreeSet<&str> = changes
        .iter()
        .filter(|change| change.entry.after.is_none())
        .map(|change| change.entry.path.as_str())
        .collect();
    for Change {
        entry: Entry { path, before, .. },
        ..
    } in changes
    {
        probe
            .step(Step::Verify)
            .map_err(io("read", path.as_str()))?;
        let same = match (before, workspace.read(path)) {
            (None, Ok(None)) => true,
            // The old name of a file whose name changes in case only, on a system that ignores case.
            (None, Ok(Some(_))) => {
                let fold = path.fold();
                leaving
                    .iter()
                    .any(|other| scaffold_registry::path::fold(other) == fold)
                    && !workspace.is_spelled(path)?
            }
            (None, Err(WorkspaceError::FileInTheWay { at, .. })) => leaving.contains(at.as_str()),
            (None, Err(WorkspaceError::FolderInTheWay { .. })) => {
                workspace.holds_only(path, &leaving)?
            }
            (Some(before), Ok(Some(found))) => before.matches(&found),
            (Some(_), Ok(None)) => false,
            (_, Err(error)) => return Err(error.into()),
        };
        if !same {
            return Err(ApplyError::Changed { path: path.clone() });
        }
    }
    Ok(())
}

/// Writes the new contents into `stage`, each under its number, and into `backup` the copies the record needs besides.
/// With `durable` they are on the disk when this returns.
pub(super) fn write(
    stage: &Dir,
    backup: &Dir,
    folders: &mut Folders,
    changes: &[Change],
    durable: bool,
    undoes: Option<&Record>,
    probe: Probe<'_>,
) -> Result<(), ApplyError> {
    let mut written = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        let Entry {
            path,
            before,
            after,
            ..
        } = &change.entry;
        let mut write = |dir: &Dir, name: &str, bytes: &[u8], mode: Mode| {
            probe
                .step(Step::Stage)
                .map_err(io("write", path.as_str()))?;
            let file =
                disk::write_new(dir, name, bytes, mode).map_err(io("write", path.as_str()))?;
            if durable {
                written.push((path, file));
                if written.len() == TOGETHER {
                    sync(&mut written, probe)?;
                }
            }
            Ok::<_, ApplyError>(())
        };
        let [old, new] = copies(number);
        if let (Some(bytes), Some(after)) = (&change.bytes, after) {
            // A file that comes back is nobody's who could not read it before.
            let was = || undoes?.file(path)?.mode;
            let mode = match (before, was()) {
                (Some(_), _) => replacing(folders, path, after.executable)?,
                (None, Some(mode)) => Mode::replacing(mode, after.executable),
                (None, None) => Mode::New {
                    executable: after.executable,
                },
            };
            write(stage, &number.to_string(), bytes, mode)?;
            if change.copied {
                write(backup, &new, bytes, Mode::PRIVATE)?;
            }
        }
        if let Some(bytes) = &change.old {
            write(backup, &old, bytes, Mode::PRIVATE)?;
        }
    }
    sync(&mut written, probe)?;
    if durable {
        disk::sync_dir(stage).map_err(io("write", ".scaffold/stage"))?;
    }
    Ok(())
}

/// How many files are written before the first is waited for, so that the system can put them to disk together; few enough
/// not to run out of open files.
const TOGETHER: usize = 64;

/// How many files are waited for at once: a disk that is asked for several makes one go of them.
const AT_ONCE: usize = 8;

type Written<'a> = (&'a ProjectPath, File);

fn sync(written: &mut Vec<Written<'_>>, probe: Probe<'_>) -> Result<(), ApplyError> {
    for (path, _) in written.iter() {
        probe
            .step(Step::SyncStage)
            .map_err(io("write", path.as_str()))?;
    }
    let wait = |files: &[Written<'_>]| -> Result<(), ApplyError> {
        files
            .iter()
            .try_for_each(|(path, file)| file.sync_all().map_err(io("write", path.as_str())))
    };
    let share = written.len().div_ceil(AT_ONCE).max(1);
    let result = std::thread::scope(|scope| {
        let started: Vec<_> = written
            .chunks(share)
            .map(|files| {
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || wait(files));
                // Where no thread can be had, this one does it.
                thread.map_err(|_| wait(files))
            })
            .collect();
        started.into_iter().try_for_each(|thread| match thread {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(done) => done,
        })
    });
    written.clear();
    result
}

/// The mode of a file that replaces the one at `path`.
fn replacing(
    folders: &mut Folders,
    path: &ProjectPath,
    executable: bool,
) -> Result<Mode, ApplyError> {
    let new = Mode::New { executable };
    if !KEEPS_MODE {
        return Ok(new);
    }
    let obstacle = |obstacle| ApplyError::from(WorkspaceError::obstacle(path, obstacle));
    let Some(dir) = folders.parent_of(path).map_err(obstacle)? else {
        return Ok(new);
    };
    let found = open_regular(dir, path.name(), path.as_str()).map_err(obstacle)?;
    Ok(found
        .and_then(|(_, metadata)| disk::mode_of(&metadata))
        .map_or(new, |old| Mode::replacing(old, executable)))
}
