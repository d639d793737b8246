use std::process::ExitCode;

use super::conclude::{Goal, change};
use crate::{
    apply,
    change::as_locked,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    project::{Lock, ProjectManifest},
};

/// `scaffold undo`: what the project was made of before the last command.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let before = apply::undo::last(&project.root).kind(ErrorKind::Failed)?;
    let Some(before) = before else {
        return Err(CommandError::failed("there is nothing to undo: no command has changed this project here")
            .hint("with git, `git checkout` brings back files and scaffold.lock together"));
    };
    let lock = match &before.lock {
        Some(text) => Lock::parse(text).map_err(crate::project::ProjectError::from)?,
        None => Lock::empty(&project.lock.project),
    };
    let manifest = before.manifest.as_deref().and_then(|text| ProjectManifest::parse(text).ok());
    let reqs = manifest.map(|m| m.generators.into_iter().map(|(i, w)| (i, w.version)).collect()).unwrap_or_default();
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let intents = as_locked(&lock, &reqs);
    let goal = Goal { verb: "Undone", undo: "scaffold undo".into(), enter: None };
    change(context, &packages, &project, &intents, context.given()?, &goal)
}
