use std::{process::ExitCode, slice};

use super::conclude::{Goal, change};
use crate::{change::as_wanted, context::Context, error::CommandError};

/// `scaffold sync`: what `scaffold.toml` says.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let project = context.project_to_change()?;
    let Some(manifest) = &project.manifest else {
        return Err(CommandError::failed(format!(
            "{} has no scaffold.toml",
            project.root.display()
        ))
        .hint("scaffold set or scaffold add writes it anew from the lock file"));
    };
    if manifest.project.name != project.lock.project {
        return Err(CommandError::usage(format!(
            "scaffold.toml calls the project `{}`, and it was made as `{}`",
            manifest.project.name, project.lock.project
        ))
        .hint("a project keeps the name it was made with: change it back, or make a new one"));
    }
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut intents = as_wanted(manifest, slice::from_ref(&project.lock));
    // What they may read of the user's files may have changed as well.
    for intent in &mut intents {
        intent.reconsider |= !intent.reads.is_empty();
    }
    let given = context.given()?;
    let goal = Goal::new("Synced");
    change(context, &packages, &project, &intents, given, &goal)
}
