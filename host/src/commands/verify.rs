use serde_json::json;

use crate::{context::Context, error::CommandError, replay::Replayer};

/// `scaffold verify`: every package hashed again, the lock replayed, the digests compared.
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut replayer = Replayer::new(&packages, &project);
    let tree = replayer.pristine(&project.lock)?;
    replayer.check_allowed()?;
    context.tell_notices(&packages);
    context
        .ui
        .json(&json!({"tree": project.lock.tree, "files": tree.len()}));
    context.ui.result(format!(
        "{} files, {}: the lock file gives exactly what it says",
        tree.len(),
        project.lock.tree
    ));
    Ok(())
}
