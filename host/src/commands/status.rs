use std::process::ExitCode;

use serde_json::json;

use super::reading;
use crate::{
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{Labels, merge},
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
    let mut replayer = Replayer::new(&packages, &project);
    let pristine = replayer.pristine(&project.lock)?;
    context.tell_notices(&packages);
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let mut page = Page::new();
    let mut changed = Vec::new();
    // Merging the lock with itself changes nothing; what it says of each file is how the file stands.
    let plan =
        merge(&pristine, &pristine, &workspace, &Labels::default()).kind(ErrorKind::Failed)?;
    for action in plan.actions.iter().filter(|a| a.verb != Verb::Unchanged) {
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
    let inputs = reading::standing(&replayer, &project.lock, &workspace, &pristine)?;
    let clean = changed.is_empty() && inputs.are_same();
    let summary = match changed.len() {
        0 => format!("{} files, all as the generators made them", pristine.len()),
        n => format!(
            "{n} of {} files differ from what the generators made",
            pristine.len()
        ),
    };
    page.line(Tone::Plain, summary);
    page.page(&inputs.page(context.ui.is_verbose()));
    let unreadable: Vec<_> = inputs
        .failed
        .iter()
        .map(|(instance, error)| json!({"generator": instance, "message": error.to_string()}))
        .collect();
    let inputs: Vec<_> = inputs
        .files
        .iter()
        .map(|file| json!({"generator": file.instance, "path": file.path, "since": file.since.name()}))
        .collect();
    context.ui.json(&json!({
        "files": pristine.len(), "changed": changed, "inputs": inputs, "unreadable": unreadable,
    }));
    context.ui.result(page);
    Ok(if args.exit_code && !clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
