//! Three-way merge of what was generated, what is generated now, and what the user has: a plan.
//!
//! Reads the project, writes nothing, decides file by file (the table is in `file.rs`). No byte the user wrote is
//! dropped unless they asked for it with a [`Strategy`]: a file of the user's is changed only together with the new
//! version, and deleted only if it is unedited. Files of a known structure are merged by it (`data/`), all others line by
//! line (`three.rs`).

mod data;
mod file;
mod files;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod markers;
mod options;
mod standing;
#[cfg(test)]
mod tests;
mod three;
mod version;

use thiserror::Error;

use self::data::Format;
use self::file::{Decision, Manner, Sides};
use self::files::{Files, Sided};
pub use self::options::{Labels, Options, Strategy};
pub use self::standing::{Stand, Standing, compare};
use crate::path::ProjectPath;
use crate::plan::{Action, Content, Note, Origin, Plan, Verb};
use crate::secret;
use crate::tree::Tree;
use crate::workspace::{Found, Workspace, WorkspaceError};

#[derive(Debug, Error)]
pub enum MergeError {
    #[error("nothing was changed: {0}")]
    Workspace(#[from] WorkspaceError),
}

/// Whether a file holds a conflict that a merge marked and nobody settled yet.
pub fn is_marked(text: &[u8]) -> bool {
    markers::is_marked(text)
}

/// Plans how to bring the project from `base` to `theirs` without losing what the user did since.
///
/// # Errors
/// A file cannot be read, or something of the user's stands where a new file has to be.
pub fn merge(
    base: &Tree,
    theirs: &Tree,
    ours: &Workspace,
    options: &Options,
) -> Result<Plan, MergeError> {
    let mut files = Files::read(base, theirs, ours, &options.renames)?;
    let known = files.known_secrets();
    let mut plan = Plan::default();
    for file in &mut files.0 {
        let secrets = file.secrets(&known);
        let sides = Sides {
            base: file.base,
            theirs: file.theirs,
            ours: file.ours.as_ref(),
        };
        let manner = Manner {
            names: options.labels.of(file.old_path, file.path),
            strategy: options.strategy(file.path),
            format: Format::of(file.path),
        };
        let Some(mut decision) = file::decide(sides, &secrets, &manner) else {
            continue;
        };
        let versions = (decision.verb == Verb::Conflict).then(|| file::versions(sides, &secrets));
        if let Some(obstacle) = file.obstacle.take() {
            decision = file.around(decision, obstacle)?;
        }
        if let Some(content) = decision.beside.take() {
            let free = free_name(file.path, &content, base, theirs, ours)?;
            decision.note = Some(Note::Beside(free.as_ref().map(|(path, _)| path.clone())));
            plan.actions.extend(
                free.map(|(path, found)| new_version(file.path, path, found.as_ref(), content)),
            );
        }
        let mut actions = act(file, decision);
        for action in &mut actions {
            if action.verb == Verb::Conflict {
                action.versions.clone_from(&versions);
            }
        }
        plan.actions.extend(actions);
    }
    files.check_room(&plan, ours)?;
    plan.actions.sort_by(|a, b| a.path.cmp(&b.path));
    let after = plan
        .actions
        .iter()
        .filter(|action| action.writes())
        .filter_map(|action| action.after.as_ref());
    plan.secrets = after
        .flat_map(|content| secret::wanted(&content.bytes))
        .collect();
    Ok(plan)
}

/// What is done to one file; two actions if it moves.
fn act(file: &Sided<'_>, decision: Decision) -> Vec<Action> {
    let path = file.path.clone();
    match (&file.ours, decision.after) {
        (Some(ours), Some(after)) if file.moves => {
            let origin = Origin {
                path: file.old_path.clone(),
                found: ours.clone(),
            };
            // Nothing stands there yet, so whatever is as wanted or as the user has it is made there.
            let (verb, note) = match (decision.verb, decision.note) {
                (verb @ (Verb::Merge | Verb::Conflict), note) => (verb, note),
                (_, Some(Note::Edited | Note::Seed)) => (Verb::Create, None),
                (_, note) => (Verb::Create, note),
            };
            let [gone, come] = Action::moving(path, verb, origin, after);
            vec![gone, come.with_note(note)]
        }
        (ours, after) => {
            vec![Action::new(path, decision.verb, ours.as_ref(), after).with_note(decision.note)]
        }
    }
}

/// A path beside `path` for its new version: one that is free, or holds that version already.
fn free_name(
    path: &ProjectPath,
    content: &Content,
    base: &Tree,
    theirs: &Tree,
    ours: &Workspace,
) -> Result<Option<(ProjectPath, Option<Found>)>, MergeError> {
    for number in 1..=99 {
        let suffix = if number == 1 {
            ".new".to_owned()
        } else {
            format!(".new-{number}")
        };
        // A name at its greatest length has no longer one beside it.
        let Ok(beside) = path.with_suffix(&suffix) else {
            return Ok(None);
        };
        if base.get(&beside).is_some() || theirs.get(&beside).is_some() {
            continue;
        }
        match ours.read(&beside) {
            Ok(None) => return Ok(Some((beside, None))),
            Ok(Some(found)) if found.bytes == content.bytes => {
                return Ok(Some((beside, Some(found))));
            }
            Ok(Some(_)) => {}
            Err(error @ WorkspaceError::Io { .. }) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(None)
}

fn new_version(
    of: &ProjectPath,
    path: ProjectPath,
    found: Option<&Found>,
    content: Content,
) -> Action {
    let (verb, after) = match found {
        None => (Verb::Create, content),
        Some(found) => (Verb::Unchanged, found.into()),
    };
    Action::new(path, verb, found, Some(after)).with_note(Some(Note::NewVersionOf(of.clone())))
}
