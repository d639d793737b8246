use std::process::ExitCode;

use super::{
    conclude::{Goal, change},
    select,
};
use crate::{change::as_locked, cli::Remove, context::Context, error::CommandError};

/// `scaffold remove`: the project without these.
pub fn run(context: &mut Context, args: &Remove) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut gone = Vec::new();
    for word in &args.instances {
        gone.push(
            project.lock.generators[select(&project.lock, word)?]
                .instance
                .clone(),
        );
    }
    let mut intents = as_locked(&project.lock, &project.requirements());
    intents.retain(|intent| !gone.contains(&intent.instance));
    for instance in &gone {
        let Some(removed) = project.lock.instance(instance).map(|l| &l.package.package) else {
            continue;
        };
        if intents.iter().any(|i| &i.package == removed) {
            continue;
        }
        for kept in &project.lock.generators {
            if gone.contains(&kept.instance) {
                continue;
            }
            let manifest = &packages.open_package(&kept.package)?.manifest;
            if manifest.requires.contains_key(removed) {
                return Err(CommandError::usage(format!(
                    "{} requires {}",
                    kept.instance,
                    removed.short()
                ))
                .hint(format!(
                    "remove both: scaffold remove {instance} {}",
                    kept.instance
                )));
            }
        }
    }
    let goal = Goal::new("Removed");
    change(
        context,
        &packages,
        &project,
        &intents,
        context.given()?,
        &goal,
    )
}
