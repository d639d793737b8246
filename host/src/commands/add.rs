use std::process::ExitCode;

use scaffold_registry::{Kind, PackageName, PackageRef};

use super::{
    as_synced,
    conclude::{Goal, change},
    questions,
};
use crate::{
    change::{Intent, look_up},
    cli::{Add, Command},
    context::Context,
    error::CommandError,
    packages::Packages,
    project::{Lock, Project, ProjectError},
};

/// `scaffold add`: the project, and these as well.
pub fn run(context: &mut Context, args: Add) -> Result<ExitCode, CommandError> {
    let project = match Project::root_of(&context.here) {
        // A folder that was made by hand can be joined: it is a project without generators. Unless it lies in a project
        // whose lock is gone, and then that is said.
        Err(ProjectError::NotFound(_)) if context.here.is_dir() => {
            let root = Project::manifest_above(&context.here)?;
            Project::open(root.as_deref().unwrap_or(&context.here))?
        }
        _ => context.project_to_change()?,
    };
    context.may_lock()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    if args.instance.is_some() && args.packages.len() > 1 {
        return Err(CommandError::usage(
            "--as names one generator, and several packages were given",
        ));
    }
    let base = base(&packages, &project.lock);
    let mut intents = as_synced(&packages, &project)?;
    for typed in &args.packages {
        let wanted = parse(typed)?;
        let package = look_up(&packages, &wanted, typed, base.as_ref())?;
        if package.name != wanted.name {
            context.ui.detail(&format!(
                "`{typed}` is {} here, since the project is made from {}",
                package.name.short(),
                base.as_ref().map(PackageName::short).unwrap_or_default()
            ));
        }
        let mut intent = Intent::new(&package);
        intent.instance = args.instance.clone().unwrap_or(intent.instance);
        if let Some(present) = project.lock.instance(&intent.instance) {
            return Err(CommandError::usage(format!(
                "{} {} is in this project already",
                present.package.package.short(),
                present.package.version
            ))
            .hint(format!(
                "scaffold update {} takes a newer version",
                intent.instance
            ))
            .hint(format!(
                "scaffold add {typed} --as NAME adds it a second time"
            )));
        }
        intents.push(intent);
    }
    let asked = questions::read(context, &packages, &project, &intents, "add")?;
    if let Some(Command::Add(again)) = asked.again
        && again.packages != args.packages
    {
        return Err(CommandError::usage(
            "put the packages before the flags of their questions",
        ));
    }
    change(
        context,
        &packages,
        &project,
        &intents,
        asked.given,
        &Goal::new("Added"),
    )
}

/// A package as a user types it.
pub fn parse(typed: &str) -> Result<PackageRef, CommandError> {
    typed.parse::<PackageRef>().map_err(|e| {
        CommandError::usage(e).hint(
            "a package is NAME, NAMESPACE/NAME, or either with @VERSION: django, acme/billing@^2",
        )
    })
}

/// The package the project was made from.
fn base(packages: &Packages<'_>, lock: &Lock) -> Option<PackageName> {
    let is_project = |pin| {
        packages
            .open_package(pin)
            .ok()
            .map(|p| p.manifest.kind == Kind::Project)
    };
    lock.generators
        .iter()
        .find(|l| is_project(&l.package) == Some(true))
        .map(|l| l.package.package.clone())
}
