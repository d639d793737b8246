//! Three-way merge of what was generated, what is generated now, and what the user has: a plan.
//!
//! Reads the project, writes nothing, decides file by file (the table is in `file.rs`). No byte the user wrote is
//! dropped: a file of the user's is changed only together with the new version, and deleted only if it is unedited.

mod file;
#[cfg(test)]
mod tests;
mod three;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use self::file::{Decision, Sides};
use crate::path::ProjectPath;
use crate::plan::{Action, Content, Note, Plan, Verb};
use crate::secret::{self, Secrets};
use crate::tree::{File, Ownership, Tree};
use crate::workspace::{Found, Workspace, WorkspaceError};

/// What the sides of a conflict are called in its markers; a line each.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    pub ours: &'a str,
    pub base: &'a str,
    pub theirs: &'a str,
}

impl Default for Labels<'_> {
    fn default() -> Self {
        Self {
            ours: "yours",
            base: "before",
            theirs: "new",
        }
    }
}

#[derive(Debug, Error)]
pub enum MergeError {
    #[error("nothing was changed: {0}")]
    Workspace(#[from] WorkspaceError),
}

/// Plans how to bring the project from `base` to `theirs` without losing what the user did since.
pub fn merge(
    base: &Tree,
    theirs: &Tree,
    ours: &Workspace,
    labels: &Labels<'_>,
) -> Result<Plan, MergeError> {
    let mut files = Files::read(base, theirs, ours)?;
    let known = files.known_secrets();
    let mut plan = Plan::default();
    let mut beside = Vec::new();
    for file in &mut files.0 {
        let secrets = file.secrets(&known);
        let sides = Sides {
            base: file.base,
            theirs: file.theirs,
            ours: file.ours.as_ref(),
        };
        let Some(mut decision) = file::decide(sides, &secrets, labels) else {
            continue;
        };
        let versions = (decision.verb == Verb::Conflict).then(|| file::versions(sides, &secrets));
        if let Some(obstacle) = file.obstacle.take() {
            decision = file.around(decision, obstacle)?;
        }
        if let Some(content) = decision.beside.take() {
            let free = free_name(file.path, &content, base, theirs, ours)?;
            decision.note = Some(Note::Beside(free.as_ref().map(|(path, _)| path.clone())));
            beside.extend(
                free.map(|(path, found)| new_version(file.path, path, found.as_ref(), content)),
            );
        }
        let mut action = Action::new(
            file.path.clone(),
            decision.verb,
            file.ours.as_ref(),
            decision.after,
        )
        .with_note(decision.note);
        action.versions = versions.filter(|_| action.verb == Verb::Conflict);
        plan.actions.push(action);
    }
    files.check_room(&plan, ours)?;
    plan.actions.append(&mut beside);
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

/// Every file that was generated or is, with the user's version of it.
struct Files<'a>(Vec<Sided<'a>>);

struct Sided<'a> {
    path: &'a ProjectPath,
    base: Option<&'a File>,
    theirs: Option<&'a File>,
    ours: Option<Found>,
    /// Why the user's version could not be read.
    obstacle: Option<WorkspaceError>,
    /// What stands where this file or its folder has to be, and has to be deleted first.
    blocked: Option<WorkspaceError>,
}

impl<'a> Files<'a> {
    fn read(base: &'a Tree, theirs: &'a Tree, workspace: &Workspace) -> Result<Self, MergeError> {
        let paths: BTreeMap<&ProjectPath, ()> = base
            .iter()
            .chain(theirs.iter())
            .map(|(path, _)| (path, ()))
            .collect();
        let leaving: BTreeSet<String> = base
            .iter()
            .filter(|(path, _)| theirs.get(path).is_none())
            .map(|(path, _)| path.fold())
            .collect();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths.into_keys() {
            let (base, theirs) = (base.get(path), theirs.get(path));
            let (ours, obstacle) = match workspace.read(path) {
                // A file that goes, met under the name it comes back with, where the system ignores case.
                Ok(Some(_))
                    if base.is_none()
                        && leaving.contains(&path.fold())
                        && !workspace.is_spelled(path)? =>
                {
                    (None, None)
                }
                Ok(ours) => (ours, None),
                Err(error @ WorkspaceError::Io { .. }) => return Err(error.into()),
                Err(error) => (None, Some(error)),
            };
            files.push(Sided {
                path,
                base,
                theirs,
                ours,
                obstacle,
                blocked: None,
            });
        }
        Ok(Self(files))
    }

    /// The secrets the project holds already, the first file's value where two differ. Only of files that were generated:
    /// a new generator shall not choose a line in a file of the user's and have its value put into another file.
    fn known_secrets(&self) -> Secrets {
        let mut known = Secrets::default();
        for file in &self.0 {
            if let (Some(base), Some(ours)) = (file.base, &file.ours) {
                known.supplement(&Secrets::read(&base.bytes, &ours.bytes));
            }
        }
        known
    }

    /// Checks that what blocks a new file is deleted by the plan itself.
    fn check_room(self, plan: &Plan, workspace: &Workspace) -> Result<(), MergeError> {
        if self.0.iter().all(|file| file.blocked.is_none()) {
            return Ok(());
        }
        let deleted: BTreeSet<&str> = plan
            .actions
            .iter()
            .filter(|action| action.verb == Verb::Delete)
            .map(|action| action.path.as_str())
            .collect();
        for file in self.0 {
            let room = match &file.blocked {
                None => true,
                Some(WorkspaceError::FileInTheWay { at, .. }) => deleted.contains(at.as_str()),
                Some(_) => workspace.holds_only(file.path, &deleted)?,
            };
            if let (false, Some(error)) = (room, file.blocked) {
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl Sided<'_> {
    /// The values for this file: its own first, so that a file is unedited whatever another one holds.
    fn secrets(&self, known: &Secrets) -> Secrets {
        let mut secrets = match (self.base.or(self.theirs), &self.ours) {
            (Some(template), Some(ours)) => Secrets::read(&template.bytes, &ours.bytes),
            _ => Secrets::default(),
        };
        secrets.supplement(known);
        secrets
    }

    /// What to do where something that is no file stands in the way. The user put it there: it stays, unless a new file
    /// needs the place.
    fn around(
        &mut self,
        decision: Decision,
        obstacle: WorkspaceError,
    ) -> Result<Decision, MergeError> {
        let seed = self
            .theirs
            .is_some_and(|theirs| theirs.ownership == Ownership::Seed);
        match obstacle {
            // The folder it lay in is gone, and the file with it.
            WorkspaceError::FileInTheWay { .. } if decision.verb != Verb::Create => Ok(decision),
            WorkspaceError::FileInTheWay { .. } | WorkspaceError::FolderInTheWay { .. }
                if decision.verb == Verb::Create =>
            {
                self.blocked = Some(obstacle);
                Ok(decision)
            }
            WorkspaceError::Link { ref at, .. } if seed && at == self.path.as_str() => {
                Ok(Decision::replaced())
            }
            _ if decision.verb == Verb::Create => Err(obstacle.into()),
            _ => Ok(Decision::replaced()),
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
