use std::{
    path::{Component, Path, PathBuf},
    process::ExitCode,
};

use serde_json::json;

use super::{
    compared::{self, Compared},
    select,
};
use crate::{
    cli::Diff,
    context::Context,
    error::CommandError,
    merge::Stand,
    plan::{Action, Plan},
    project::Project,
    ui::{Page, Tone, page::count},
};

/// `scaffold diff`: pristine(lock) against the working tree, line by line.
pub fn run(context: &mut Context, args: &Diff) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let compared = compared::compare(context, &project, false)?;
    let wanted = wanted(context, &project, &compared, &args.what)?;
    let stands = compared.differing.iter();
    let actions = stands
        .filter(|stand| {
            let maker = compared.makers.get(&stand.path);
            wanted.holds(stand.path.as_str(), maker.map(String::as_str))
        })
        .map(Stand::action)
        .collect();
    let plan = Plan {
        actions,
        ..Plan::default()
    };
    context.ui.json(&report(&plan));
    if args.stat {
        context.ui.result(stat(&plan));
    } else {
        for path in context.ui.patch(&plan) {
            context.ui.warn(&format!(
                "{path} differs, and not in lines that could be shown; the patch leaves it out"
            ));
        }
    }
    Ok(if args.exit_code && !plan.actions.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Which files are to be shown.
#[derive(Default)]
struct Wanted {
    generator: Option<String>,
    /// Files and folders below the project's root; none: all. The root itself is empty.
    paths: Vec<String>,
}

impl Wanted {
    fn holds(&self, path: &str, maker: Option<&str>) -> bool {
        let generator = self.generator.as_deref();
        generator.is_none_or(|generator| maker == Some(generator))
            && (self.paths.is_empty() || self.paths.iter().any(|wanted| is_within(path, wanted)))
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The first word is a generator if the project has one of that name, all others are paths; `./name` always is one.
fn wanted(
    context: &Context,
    project: &Project,
    compared: &Compared,
    what: &[String],
) -> Result<Wanted, CommandError> {
    let mut wanted = Wanted::default();
    for (position, word) in what.iter().enumerate() {
        if position == 0
            && let Ok(place) = select(&project.lock, word)
        {
            wanted.generator = Some(project.lock.generators[place].instance.clone());
            continue;
        }
        let path = within(&project.root, &context.here, word).ok_or_else(|| {
            CommandError::usage(format!("{word} is outside of the project"))
                .hint(format!("the project is {}", project.root.display()))
        })?;
        let mut made = compared.makers.keys();
        if !made.any(|made| is_within(made.as_str(), &path)) {
            return Err(
                CommandError::usage(format!("no generator made `{word}`")).hint(
                    "scaffold diff takes a generator (scaffold list shows them) and paths of what generators made; \
                     git diff shows the rest",
                ),
            );
        }
        wanted.paths.push(path);
    }
    Ok(wanted)
}

/// A path as it was typed in `here`, seen from the root; none if it leads out. Nothing on disk is asked: the file may
/// be gone.
fn within(root: &Path, here: &Path, typed: &str) -> Option<String> {
    let mut full = PathBuf::new();
    for part in std::path::absolute(here).ok()?.join(typed).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(full.pop()),
            part => full.push(part),
        }
    }
    let parts: Option<Vec<&str>> = full
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    Some(parts?.join("/"))
}

fn stat(plan: &Plan) -> Page {
    let mut page = Page::new();
    let signed = |sign: char, lines: usize| match lines {
        0 => String::new(),
        lines => format!("{sign}{lines}"),
    };
    let rows: Vec<_> = plan
        .actions
        .iter()
        .map(|action| {
            vec![
                (Tone::Plain, action.path.to_string()),
                (Tone::Added, signed('+', action.added)),
                (Tone::Removed, signed('-', action.removed)),
                (Tone::Faint, remark(action).to_owned()),
            ]
        })
        .collect();
    page.table(2, &rows);
    let totals = plan.totals();
    page.line(
        Tone::Plain,
        format!(
            "{} (+{} -{})",
            match plan.actions.len() {
                1 => "1 file differs".to_owned(),
                n => format!("{} differ", count(n, "file", "files")),
            },
            totals.added,
            count(totals.removed, "line", "lines")
        ),
    );
    page
}

fn remark(action: &Action) -> &'static str {
    match &action.after {
        None => "missing",
        Some(_) if (action.added, action.removed) != (0, 0) => "",
        Some(after) if action.old.as_ref() == Some(&after.bytes) => "mode",
        Some(_) => "binary",
    }
}

fn report(plan: &Plan) -> serde_json::Value {
    let files: Vec<_> = plan
        .actions
        .iter()
        .map(|action| {
            json!({
                "path": action.path.as_str(),
                "added": action.added,
                "removed": action.removed,
                "missing": action.after.is_none(),
                "diff": action.diff(),
            })
        })
        .collect();
    json!({ "files": files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_the_root() {
        let root = Path::new("/p/shop");
        for (here, typed, path) in [
            ("/p/shop", "a/b.py", Some("a/b.py")),
            ("/p/shop/a", "b.py", Some("a/b.py")),
            ("/p/shop/a", "../c//d", Some("c/d")),
            ("/p/shop", "./a/", Some("a")),
            ("/p/shop/a", "..", Some("")),
            ("/p/shop", "/p/shop/x", Some("x")),
            ("/p/shop", "..", None),
            ("/p/shop", "../shopping/x", None),
        ] {
            let found = within(root, Path::new(here), typed);
            assert_eq!(found.as_deref(), path, "{typed} in {here}");
        }
    }

    #[test]
    fn a_folder_is_no_prefix_of_a_name() {
        assert!(is_within("a/b", "a") && is_within("a", "a") && is_within("a", ""));
        assert!(!is_within("ab", "a"));
    }
}
