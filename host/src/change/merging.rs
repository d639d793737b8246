//! From two trees to a plan, with conflicts treated as the user wants it.

use std::collections::BTreeMap;

use super::{Asking, ChangeError};
use crate::{
    cli::Conflict,
    merge::{self, Strategy},
    path::ProjectPath,
    plan::{Action, Note, Plan},
    replay::Made,
    tree::Tree,
    workspace::Workspace,
};

/// Merges, and settles conflicts as the user wants it.
pub(super) fn plan(
    base: &Tree,
    theirs: &Tree,
    workspace: &Workspace,
    mut options: merge::Options,
    asking: &mut Asking<'_>,
) -> Result<Plan, ChangeError> {
    options.strategy = match asking.conflict {
        Conflict::Markers | Conflict::Fail | Conflict::Ask => Strategy::Markers,
        Conflict::Ours => Strategy::Ours,
        Conflict::Theirs => Strategy::Theirs,
    };
    let plan = merge::merge(base, theirs, workspace, &options)?;
    if plan.conflicts().next().is_none() {
        return Ok(plan);
    }
    match asking.conflict {
        Conflict::Fail => Err(ChangeError::Conflicts(
            plan.conflicts().map(conflict).collect(),
        )),
        Conflict::Ask => {
            options.choices = asking.ui.settle(&plan)?;
            Ok(merge::merge(base, theirs, workspace, &options)?)
        }
        _ => Ok(plan),
    }
}

/// A file in conflict, and why.
fn conflict(action: &Action) -> (ProjectPath, String) {
    let why = action.note.as_ref().map(Note::reason);
    (action.path.clone(), why.unwrap_or_default())
}

/// Who wrote each file last.
pub(super) fn labels(made: &[Made]) -> BTreeMap<ProjectPath, String> {
    let mut labels = BTreeMap::new();
    for made in made {
        let package = &made.locked.package;
        let label = format!("{} {}", package.package.short(), package.version);
        let written = made.changes.files.iter().filter(|(_, file)| file.is_some());
        labels.extend(written.map(|(path, _)| (path.clone(), label.clone())));
    }
    labels
}
