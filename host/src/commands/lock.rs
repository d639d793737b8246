use std::process::ExitCode;

use super::conclude::{Goal, Scope, change};
use crate::{
    change::as_wanted,
    context::Context,
    error::CommandError,
    project::{Project, ProjectError},
};

/// `scaffold lock`: `scaffold.lock` made anew from `scaffold.toml`, and nothing else written.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    // The lock may be gone, and a project above this one is another.
    let mut folders = context.here.ancestors();
    let root = match folders.find(|folder| Project::has_manifest(folder)) {
        Some(root) => root.to_owned(),
        None => Project::root_of(&context.here)?,
    };
    context.recover(&root)?;
    let (project, locks) = Project::open_unlocked(&root)?;
    let Some(manifest) = &project.manifest else {
        return Err(ProjectError::NotFound(root).into());
    };
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let intents = as_wanted(manifest, &locks);
    let given = context.given()?;
    let goal = Goal {
        scope: Scope::Lock,
        idle: "scaffold.lock is what scaffold.toml asks for",
        ..Goal::new("Locked")
    };
    change(context, &packages, &project, &intents, given, &goal)
}
