use std::process::ExitCode;

use super::conclude::{Goal, Scope, change};
use crate::{change::as_wanted, context::Context, error::CommandError, project::ProjectError};

/// `scaffold lock`: `scaffold.lock` made anew from `scaffold.toml`, and nothing else written.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let (project, locks) = context.project_to_lock()?;
    let Some(manifest) = &project.manifest else {
        return Err(ProjectError::NoManifest(project.root).into());
    };
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let intents = as_wanted(manifest, &locks);
    let given = context.given()?;
    let goal = Goal {
        scope: Scope::Lock,
        undo: None,
        idle: "scaffold.lock is what scaffold.toml asks for",
        ..Goal::new("Locked")
    };
    change(context, &packages, &project, &intents, given, &goal)
}
