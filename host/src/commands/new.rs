use std::{path::Path, process::ExitCode};

use super::{
    add,
    conclude::{Goal, change},
    questions,
};
use crate::{
    change::{Intent, look_up},
    cli::{Command, New},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    project::{self, Lock, Project},
};

/// `scaffold new`: a project that was empty.
pub fn run(context: &mut Context, args: New) -> Result<ExitCode, CommandError> {
    let tools = context.tools(None)?;
    let packages = tools.packages();
    let package = add::parse(&args.package)?;
    let mut intents = vec![Intent::new(&package)];
    for typed in &args.with {
        let wanted = look_up(&packages, &add::parse(typed)?, typed, Some(&package.name))
            .kind(ErrorKind::Failed)?;
        intents.push(Intent::new(&wanted));
    }
    let mut dir = args.dir;
    // Questions may be asked about a project that has no name yet: the flags do not depend on it.
    let nameless = empty(&context.here.join("project"), "project");
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
    let name = if dir.as_os_str() == "." {
        project::name_of(&root.canonicalize().unwrap_or(root.clone()))
    } else {
        project::name_of(&root)
    };
    let name = name.map_err(|e| {
        CommandError::usage(e)
            .hint("the folder's name is the project's name; take another, for example my-shop")
    })?;
    context.recover(&root)?;
    vacant(&root)?;
    let undo = if dir.as_os_str() == "." {
        "scaffold undo".to_owned()
    } else {
        format!("rm -r {}", dir.display())
    };
    let goal = Goal {
        verb: "Made",
        undo,
        enter: Some(dir),
    };
    change(
        context,
        &packages,
        &empty(&root, &name),
        &intents,
        asked.given,
        &goal,
    )
}

fn empty(root: &Path, name: &str) -> Project {
    Project {
        root: root.to_owned(),
        lock: Lock::empty(name),
        lock_text: None,
        manifest_text: None,
        manifest: None,
    }
}

/// A new project needs a folder of its own; what stands there would be mixed with it.
fn vacant(root: &Path) -> Result<(), CommandError> {
    const SHOWN: usize = 5;
    let meta = match root.symlink_metadata() {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
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
        // A repository that was just made is empty; so is a folder in which a command was stopped.
        .filter(|name| name != ".git" && name != ".scaffold")
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    let mut shown = names[..names.len().min(SHOWN)].join(", ");
    if more > 0 {
        shown.push_str(&format!(" and {more} more"));
    }
    let error = CommandError::usage(format!("{} is not empty: it holds {shown}", root.display()));
    Err(if names.iter().any(|n| n == project::LOCK) {
        error.hint("it is a scaffold project already; `scaffold add` in it adds modules")
    } else {
        error.hint(
            "take another folder, or join generators to this one: scaffold -C DIR add PACKAGE",
        )
    })
}
