use std::{
    path::{Component, Path, PathBuf},
    process::ExitCode,
};

use serde_json::json;

use crate::{
    apply::{self, Record, Settled},
    cli::Resolve,
    context::Context,
    error::{CommandError, ErrorKind},
    path::ProjectPath,
    ui::page::count,
};

/// `scaffold resolve`: says that conflicts are settled, and checks that they are.
pub fn run(context: &mut Context, args: &Resolve) -> Result<ExitCode, CommandError> {
    let (root, record) = context.merge_to_end()?;
    let paths = chosen(&record, &args.paths, &context.here, &root)?;
    let dry = context.globals.dry_run;
    let outcome =
        context.applying(|options| apply::settle(&root, &record, &paths, dry, options))?;
    if let Some(warning) = &outcome.warning {
        context.ui.warn(warning);
    }
    let rest = record.open().count() - outcome.settled.len();
    if !outcome.settled.is_empty() {
        let what = count(outcome.settled.len(), "file", "files");
        let rest = match rest {
            0 => "nothing is in conflict any more".to_owned(),
            1 => "1 is still in conflict".to_owned(),
            rest => format!("{rest} are still in conflict"),
        };
        let verb = if dry {
            "Dry run: would resolve"
        } else {
            "Resolved"
        };
        context.ui.done(verb, &format!("{what}; {rest}"));
    }
    if outcome.open.is_empty() {
        context.ui.json(&json!({
            "resolved": outcome.settled.iter().map(ProjectPath::as_str).collect::<Vec<_>>(),
            "left": rest,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    Err(unsettled(&outcome))
}

fn unsettled(outcome: &Settled) -> CommandError {
    let mut text = "not settled yet:".to_owned();
    for (path, reason) in &outcome.open {
        text.push_str(&format!("\n  {path}: {reason}"));
    }
    let paths = |paths: &mut dyn Iterator<Item = &ProjectPath>| -> Vec<String> {
        paths.map(ToString::to_string).collect()
    };
    CommandError::new(ErrorKind::Conflicts, text)
        .hint("settle them and run scaffold resolve again; scaffold abort goes back to before")
        .fact("resolved", paths(&mut outcome.settled.iter()))
        .fact(
            "conflicts",
            paths(&mut outcome.open.iter().map(|(path, _)| path)),
        )
}

/// The conflicts somebody means: all of them, or those at or below the paths that were typed.
fn chosen(
    record: &Record,
    typed: &[PathBuf],
    here: &Path,
    root: &Path,
) -> Result<Vec<ProjectPath>, CommandError> {
    let open = || record.open().map(|file| file.path.clone());
    if typed.is_empty() {
        return Ok(open().collect());
    }
    let mut chosen = Vec::new();
    for path in typed {
        let wanted = normal(&here.join(path));
        let below = |file: &ProjectPath| normal(&root.join(file.as_str())).starts_with(&wanted);
        let before = chosen.len();
        chosen.extend(open().filter(below));
        if chosen.len() == before {
            let all: Vec<String> = open().map(|path| path.to_string()).collect();
            return Err(
                CommandError::usage(format!("{} is not in conflict", path.display()))
                    .hint(format!("in conflict: {}", all.join(", "))),
            );
        }
    }
    Ok(chosen)
}

/// A path without `.` and `..`, which may name something that was deleted.
fn normal(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}
