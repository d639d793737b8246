use std::process::ExitCode;

use serde_json::json;

use crate::{
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge,
    plan::{Note, Verb},
    replay::Replayer,
    ui::{Page, Tone},
    workspace::Workspace,
};

/// `scaffold status`: pristine(lock) against the working tree.
pub fn run(context: &mut Context, args: &Status) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let pristine = Replayer::new(&packages, &project.lock.project).pristine(&project.lock)?;
    context.tell_notices(&packages);
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let mut page = Page::new();
    let mut changed = Vec::new();
    // Merging the lock with itself changes nothing; what it says of each file is how the file stands.
    let plan = merge::merge(&pristine, &pristine, &workspace, &merge::Options::default())
        .kind(ErrorKind::Failed)?;
    for action in plan.actions.iter().filter(|a| a.verb != Verb::Unchanged) {
        let (word, tone) = match action.note {
            Some(Note::Seed) => continue,
            Some(Note::Replaced) => ("replaced", Tone::Error),
            _ if action.before.is_none() => ("missing", Tone::Removed),
            _ if action.old.as_deref().is_some_and(merge::is_marked) => ("conflict", Tone::Error),
            _ => ("edited", Tone::Changed),
        };
        changed.push(json!({"path": action.path.as_str(), "standing": word}));
        page.put(Tone::Plain, "  ")
            .column(tone, word, 9)
            .put(Tone::Plain, &action.path)
            .end();
    }
    let clean = changed.is_empty();
    let summary = match changed.len() {
        0 => format!("{} files, all as the generators made them", pristine.len()),
        n => format!(
            "{n} of {} files differ from what the generators made",
            pristine.len()
        ),
    };
    page.line(Tone::Plain, summary);
    context
        .ui
        .json(&json!({"files": pristine.len(), "changed": changed}));
    context.ui.result(page);
    Ok(if args.exit_code && !clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
