use std::{path::Path, process::ExitCode};

use super::{
    add,
    conclude::{Goal, change},
    questions,
};
use crate::{
    change::{Asking, Given, Intent, decide, look_up, resolve},
    cli::{Command, New},
    context::Context,
    error::CommandError,
    packages::Packages,
    project::{self, Project},
    workspace::Workspace,
};

/// `scaffold new`: a project that was empty.
pub fn run(context: &mut Context, args: New) -> Result<ExitCode, CommandError> {
    context.may_lock()?;
    let tools = context.tools(None)?;
    let packages = tools.packages();
    let package = add::parse(&args.package)?;
    let mut intents = vec![Intent::new(&package)];
    for typed in &args.with {
        let wanted = look_up(&packages, &add::parse(typed)?, typed, Some(&package.name))?;
        intents.push(Intent::new(&wanted));
    }
    let mut dir = args.dir;
    // Questions may be asked about a project that has no name yet: the flags do not depend on it.
    let nameless = Project::new(&context.here.join("project"), "project");
    let asked = questions::read(context, &packages, &nameless, &intents, "new")?;
    if let Some(Command::New(again)) = asked.again {
        dir = again.dir;
        if again.package != args.package || again.with != args.with {
            return Err(CommandError::usage(
                "put the package before the flags of its questions",
            ));
        }
    }
    let dir = match dir {
        Some(dir) => dir,
        None => questions::ask_name(context, package.name.name())?.into(),
    };
    let root = context.here.join(&dir);
    let name = name_of(&root)?;
    context.recover(&root)?;
    let standing = standing(&root)?;
    if !standing.is_empty() {
        let taken = taken(
            context,
            &packages,
            &Project::new(&root, &name),
            &intents,
            &asked.given,
        );
        return Err(occupied(&dir, &args.package, &standing, taken));
    }
    let undo = if dir.as_os_str() == "." {
        "scaffold undo".to_owned()
    } else {
        format!("rm -r {}", dir.display())
    };
    let goal = Goal {
        undo: Some(undo),
        enter: Some(dir),
        ..Goal::new("Made")
    };
    change(
        context,
        &packages,
        &Project::new(&root, &name),
        &intents,
        asked.given,
        &goal,
    )
}

/// The project's name is that of its folder, also where the folder is named by `.` or `..`.
fn name_of(root: &Path) -> Result<String, CommandError> {
    const HINT: &str = "the folder's name is the project's name; take another, for example my-shop";
    let real = root.canonicalize().unwrap_or(root.to_owned());
    if real.file_name().is_none() {
        let error = CommandError::usage(format!("{} has no name", root.display()));
        return Err(error.hint(HINT));
    }
    project::name_of(&real).map_err(|e| CommandError::usage(e).hint(HINT))
}

/// What stands in the folder already. A repository that was just made is empty, and so is a folder in which a
/// command was stopped.
fn standing(root: &Path) -> Result<Vec<String>, CommandError> {
    let meta = match root.symlink_metadata() {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => {
            return Err(
                CommandError::failed(e).while_doing(format!("cannot look at {}", root.display()))
            );
        }
    };
    if !meta.is_dir() {
        return Err(CommandError::usage(format!(
            "{} is there already, and it is not a folder",
            root.display()
        ))
        .hint("take another name"));
    }
    let entries = std::fs::read_dir(root).map_err(|e| {
        CommandError::failed(e).while_doing(format!("cannot list {}", root.display()))
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|e| e.ok().map(|e| e.file_name().to_string_lossy().into_owned()))
        .filter(|name| name != ".git" && name != project::STATE)
        .collect();
    names.sort();
    Ok(names)
}

/// The project's files, with the defaults for whatever is not answered, that would meet one of the user's. None where
/// that cannot be worked out: it is only told, and the folder is refused either way.
fn taken(
    context: &mut Context,
    packages: &Packages<'_>,
    project: &Project,
    intents: &[Intent],
    given: &Given,
) -> Vec<String> {
    let root = &project.root;
    let mut made = || -> Result<_, CommandError> {
        let mut asking = Asking::defaults(&mut context.ui, given);
        let entries = resolve(packages, intents)?;
        // Against an empty folder: what stands in this one may be nothing a plan can be made with.
        let nowhere = Workspace::empty();
        Ok(decide(packages, project, &nowhere, entries, None, &mut asking)?.plan)
    };
    let Ok(plan) = made() else { return Vec::new() };
    let meets = |path: &&str| {
        let file = root.join(path);
        let folders = file.ancestors().skip(1).take_while(|folder| folder != root);
        file.symlink_metadata().is_ok()
            || folders
                .into_iter()
                .any(|f| f.symlink_metadata().is_ok_and(|m| !m.is_dir()))
    };
    let paths = plan.actions.iter().map(|action| action.path.as_str());
    paths.filter(meets).map(str::to_owned).collect()
}

/// A new project needs a folder of its own; what stands there would be mixed with it.
fn occupied(dir: &Path, package: &str, standing: &[String], taken: Vec<String>) -> CommandError {
    let dir = dir.display();
    let mut text = format!("{dir} is not empty: it holds {}", some_of(standing));
    if !taken.is_empty() {
        text.push_str(&format!("\n  would collide: {}", some_of(&taken)));
    }
    let error = CommandError::usage(text).fact("collisions", taken);
    if standing.iter().any(|name| name == project::LOCK) {
        error.hint(format!(
            "it is a scaffold project already: scaffold -C {dir} add MODULE adds to it"
        ))
    } else {
        error.hint("take another folder").hint(format!(
            "scaffold -C {dir} add {package} joins it to what is there, and marks what collides"
        ))
    }
}

/// The first few of a list, and how many more there are.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
