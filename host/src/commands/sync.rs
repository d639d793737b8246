use std::process::ExitCode;

use scaffold_registry::PackageRef;

use super::conclude::{Goal, change};
use crate::{change::Intent, context::Context, error::CommandError};

/// `scaffold sync`: what `scaffold.toml` says.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let Some(manifest) = &project.manifest else {
        return Err(CommandError::failed(format!(
            "{} has no scaffold.toml",
            project.root.display()
        ))
        .hint("scaffold set or scaffold add writes it anew from the lock file"));
    };
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    // The lock knows the order; what is new follows.
    let place = |instance: &str| {
        project
            .lock
            .generators
            .iter()
            .position(|l| l.instance == instance)
    };
    let mut wanted: Vec<_> = manifest.generators.iter().collect();
    wanted.sort_by_key(|(instance, _)| place(instance).unwrap_or(usize::MAX));
    let intents: Vec<Intent> = wanted
        .into_iter()
        .map(|(instance, wanted)| {
            let locked = project.lock.instance(instance).filter(|locked| {
                locked.package.package == wanted.package
                    && wanted.version.matches(&locked.package.version)
            });
            let mut intent = match locked {
                Some(locked) => Intent::keep(locked, wanted.version.clone()),
                None => Intent::new(&PackageRef {
                    name: wanted.package.clone(),
                    req: wanted.version.clone(),
                }),
            };
            intent.instance.clone_from(instance);
            // What it may read of the user's files may have changed as well.
            let reads = locked.is_some_and(|locked| !locked.reads.is_empty());
            intent.reconsider = reads || intent.answers != wanted.answers;
            intent.answers.clone_from(&wanted.answers);
            intent
        })
        .collect();
    let given = context.given()?;
    let goal = Goal::new("Synced");
    change(context, &packages, &project, &intents, given, &goal)
}
