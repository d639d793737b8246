use std::process::ExitCode;

use scaffold_registry::PackageName;

use super::{
    as_synced,
    conclude::{Goal, change},
    select,
};
use crate::{cli::Remove, context::Context, error::CommandError};

/// `scaffold remove`: the project without these.
pub fn run(context: &mut Context, args: &Remove) -> Result<ExitCode, CommandError> {
    let project = context.project_to_change()?;
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
    let mut intents = as_synced(&packages, &project)?;
    intents.retain(|intent| !gone.contains(&intent.instance));
    let stays = |package: &PackageName| intents.iter().any(|i| &i.package == package);
    let removed: Vec<&PackageName> = gone
        .iter()
        .filter_map(|instance| project.lock.instance(instance))
        .map(|locked| &locked.package.package)
        .filter(|package| !stays(package))
        .collect();
    let mut broken = Vec::new();
    for kept in project
        .lock
        .generators
        .iter()
        .filter(|l| !gone.contains(&l.instance))
    {
        let manifest = &packages.open_package(&kept.package)?.manifest;
        if let Some(needed) = removed
            .iter()
            .find(|name| manifest.requires.contains_key(name))
        {
            broken.push((kept.instance.clone(), needed.short()));
        }
    }
    if !broken.is_empty() {
        let each: Vec<String> = broken
            .iter()
            .map(|(instance, needed)| format!("{instance} requires {needed}"))
            .collect();
        let all: Vec<&str> = gone
            .iter()
            .chain(broken.iter().map(|(instance, _)| instance))
            .map(String::as_str)
            .collect();
        let hint = format!("remove them together: scaffold remove {}", all.join(" "));
        return Err(CommandError::usage(each.join(", ")).hint(hint));
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
