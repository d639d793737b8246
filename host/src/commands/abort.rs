use std::process::ExitCode;

use super::undo::take_back;
use crate::{change::Past, context::Context, error::CommandError, project::Project};

/// `scaffold abort`: exactly what stood before the change that ended in conflicts.
pub fn run(context: &mut Context) -> Result<ExitCode, CommandError> {
    let (root, record) = context.merge_to_end()?;
    let project = Project::open(&root)?;
    let past = Past {
        record,
        exactly: true,
    };
    take_back(context, project, past, "Took back")
}
