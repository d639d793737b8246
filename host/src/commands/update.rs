use std::process::ExitCode;

use semver::VersionReq;

use super::{
    add, as_synced,
    conclude::{Goal, change},
    questions, select,
};
use crate::{cli::Update, context::Context, error::CommandError, project::Lock};

/// `scaffold update`: the same generators, free to take newer versions.
pub fn run(context: &mut Context, args: &Update) -> Result<ExitCode, CommandError> {
    let project = context.project_to_change()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut wanted: Vec<(usize, Option<VersionReq>)> = Vec::new();
    for typed in &args.packages {
        let (word, req) = match typed.split_once('@') {
            Some((word, _)) => (word, Some(add::parse(typed)?.req)),
            None => (typed.as_str(), None),
        };
        let positions = positions(&project.lock, word)?;
        wanted.extend(positions.into_iter().map(|at| (at, req.clone())));
    }
    if args.packages.is_empty() {
        wanted.extend((0..project.lock.generators.len()).map(|at| (at, None)));
    }
    let mut intents = as_synced(&packages, &project)?;
    for (position, req) in wanted {
        let intent = intents[position].clone();
        intents[position] = match req {
            Some(req) => intent.require(req),
            None => intent.release(),
        };
    }
    let asked = questions::read(context, &packages, &project, &intents, "update")?;
    let goal = Goal {
        idle: "nothing newer satisfies what scaffold.toml asks for; scaffold outdated shows what there is",
        ..Goal::new("Updated")
    };
    change(context, &packages, &project, &intents, asked.given, &goal)
}

/// The generators a word means. A package has one version in a project, so its instances move together.
fn positions(lock: &Lock, word: &str) -> Result<Vec<usize>, CommandError> {
    let of = |is: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..lock.generators.len()).filter(|at| is(*at)).collect()
    };
    let package = |at: usize| &lock.generators[at].package.package;
    let named: Vec<usize> =
        of(&|at| package(at).short() == word || package(at).to_string() == word);
    if !named.is_empty() {
        return Ok(named);
    }
    let one = select(lock, word)?;
    Ok(of(&|at| package(at) == package(one)))
}
