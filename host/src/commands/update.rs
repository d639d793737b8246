use std::process::ExitCode;

use super::{
    add,
    conclude::{Goal, change},
    questions, select,
};
use crate::{change::as_locked, cli::Update, context::Context, error::CommandError};

/// `scaffold update`: the same generators, free to take newer versions.
pub fn run(context: &mut Context, args: &Update) -> Result<ExitCode, CommandError> {
    let project = context.project_to_change()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut intents = as_locked(&project.lock, &project.requirements());
    if args.packages.is_empty() {
        intents = intents
            .into_iter()
            .map(crate::change::Intent::release)
            .collect();
    }
    for typed in &args.packages {
        let (word, req) = match typed.split_once('@') {
            Some((word, _)) => (word, Some(add::parse(typed)?.req)),
            None => (typed.as_str(), None),
        };
        let position = select(&project.lock, word)?;
        let mut intent = intents[position].clone().release();
        intent.req = req.unwrap_or(intent.req);
        intents[position] = intent;
    }
    let asked = questions::read(context, &packages, &project, &intents, "update")?;
    let goal = Goal {
        idle: "nothing newer satisfies what scaffold.toml asks for",
        ..Goal::new("Updated")
    };
    change(context, &packages, &project, &intents, asked.given, &goal)
}
