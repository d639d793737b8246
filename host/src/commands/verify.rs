use serde_json::json;

use super::dangers;
use crate::{context::Context, error::CommandError, replay::Replayer, ui::page::count};

/// `scaffold verify`: every package hashed again, the lock replayed, the digests compared.
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut replayer = Replayer::new(&packages, &project);
    let tree = replayer.pristine(&project.lock)?;
    replayer.check_allowed()?;
    context.tell_notices(&packages);
    dangers::tell(context, &project, None)?;
    context
        .ui
        .json(&json!({"tree": project.lock.tree, "files": tree.len()}));
    context.ui.result(format!(
        "{}, {}: the lock file gives exactly what it says",
        count(tree.len(), "file", "files"),
        project.lock.tree
    ));
    Ok(())
}
