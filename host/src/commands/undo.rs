use std::process::ExitCode;

use super::conclude::{Goal, change};
use crate::{
    apply,
    change::as_locked,
    context::Context,
    error::CommandError,
    project::{LOCK, Lock, MANIFEST, ProjectError, ProjectManifest},
};

/// `scaffold undo`: what the project was made of before the last command.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let mut project = context.project()?;
    let Some(last) = apply::last_change(&project.root)? else {
        return Err(CommandError::failed(
            "there is nothing to undo: no command has changed this project here",
        )
        .hint("with git, `git checkout` brings back files and scaffold.lock together"));
    };
    let text = |name: &str| {
        let file = last.files.iter().find(|file| file.path.as_str() == name);
        file.and_then(|file| file.old.as_ref())
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let lock = match text(LOCK) {
        Some(text) => Lock::parse(&text).map_err(ProjectError::from)?,
        None => Lock::empty(&project.lock.project),
    };
    let manifest = text(MANIFEST).and_then(|text| ProjectManifest::parse(&text).ok());
    let reqs = manifest
        .map(|m| {
            m.generators
                .into_iter()
                .map(|(i, w)| (i, w.version))
                .collect()
        })
        .unwrap_or_default();
    // Recorded inputs that only the old lock needs went with the command.
    let olds = last.files.into_iter().filter_map(|file| file.old);
    project.kept.also(olds);
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let intents = as_locked(&lock, &reqs);
    let goal = Goal::new("Undone");
    change(
        context,
        &packages,
        &project,
        &intents,
        context.given()?,
        &goal,
    )
}
