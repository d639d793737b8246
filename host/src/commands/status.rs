use std::process::ExitCode;

use serde_json::json;

use crate::{
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::{Standing, standing},
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
    let workspace = Workspace::open(&project.root).kind(ErrorKind::Failed)?;
    let mut page = Page::new();
    let mut changed = Vec::new();
    for (path, file) in pristine.iter() {
        let (word, tone) = match standing(&workspace, path, file).kind(ErrorKind::Failed)? {
            Standing::Clean => continue,
            Standing::Edited => ("edited", Tone::Changed),
            Standing::Missing => ("missing", Tone::Removed),
        };
        changed.push(json!({"path": path.as_str(), "standing": word}));
        page.put(Tone::Plain, "  ").column(tone, word, 9).put(Tone::Plain, path).end();
    }
    let clean = changed.is_empty();
    let summary = match changed.len() {
        0 => format!("{} files, all as the generators made them", pristine.len()),
        n => format!("{n} of {} files differ from what the generators made", pristine.len()),
    };
    page.line(Tone::Plain, summary);
    context.ui.json(&json!({"files": pristine.len(), "changed": changed}));
    context.ui.result(page);
    Ok(if args.exit_code && !clean { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
