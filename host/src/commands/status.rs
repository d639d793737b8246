use std::process::ExitCode;

use serde_json::json;

use crate::{
    apply,
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{Labels, merge},
    path::ProjectPath,
    plan::{Action, Note, Verb},
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
    let under_way = apply::merge_under_way(&project.root)?;
    let open: Vec<&ProjectPath> = under_way
        .iter()
        .flat_map(|record| record.open())
        .map(|file| &file.path)
        .collect();
    // Merging the lock with itself changes nothing; what it says of each file is how the file stands.
    let plan =
        merge(&pristine, &pristine, &workspace, &Labels::default()).kind(ErrorKind::Failed)?;
    for path in &open {
        changed.push(json!({"path": path.as_str(), "standing": "conflict"}));
        page.put(Tone::Plain, "  ")
            .column(Tone::Error, "conflict", 9)
            .put(Tone::Plain, path)
            .end();
    }
    let differs =
        |action: &&Action| action.verb != Verb::Unchanged && !open.contains(&&action.path);
    for action in plan.actions.iter().filter(differs) {
        let (word, tone) = match action.note {
            Some(Note::Seed) => continue,
            Some(Note::Replaced) => ("replaced", Tone::Error),
            _ if action.before.is_none() => ("missing", Tone::Removed),
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
    let merge = under_way.as_ref().map(|record| &record.label);
    context
        .ui
        .json(&json!({"files": pristine.len(), "changed": changed, "merge": merge}));
    context.ui.result(page);
    Ok(if args.exit_code && !clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
