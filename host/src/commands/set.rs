use std::process::ExitCode;

use super::{
    as_synced,
    conclude::{Goal, change},
};
use crate::{change::Given, cli::Set, context::Context, error::CommandError};

/// `scaffold set`: the same generators with other answers.
pub fn run(context: &mut Context, args: &Set) -> Result<ExitCode, CommandError> {
    let project = context.project_to_change()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut given: Given = context.given()?;
    given.add_pairs(&args.answers)?;
    let mut intents = as_synced(&packages, &project)?;
    for intent in &mut intents {
        intent.reconsider = given.concerns(&intent.instance, &intent.package.short());
    }
    let goal = Goal::new("Changed");
    change(context, &packages, &project, &intents, given, &goal)
}
