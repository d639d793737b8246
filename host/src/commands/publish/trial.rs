//! Tries a package that nobody has published yet as its first users will: in the sandbox, as a project of its own, twice.
//!
//! Once with the default of every question, and once with the answers in each file of the author's folder `tests/`
//! (as `--data-file` takes them), which is not part of the package. Nothing is written but into a temporary folder.

use std::path::{Path, PathBuf};

use scaffold_registry::{Kind, PackageRef, publish};
use semver::{Version, VersionReq};

use crate::{
    change::{Asking, ChangeError, Decision, Given, Intent, decide, resolve},
    commands::conclude::prepare,
    context::{Context, Tools},
    error::{CommandError, ErrorKind, ResultExt},
    interview::InterviewError,
    pack::{Packed, TESTS},
    project::Project,
    workspace::Workspace,
};

/// What a project in which a package is tried is called.
const PROJECT: &str = "trial";

/// One try that went well.
pub struct Trial {
    /// `the defaults`, or the name of the file with the answers.
    pub name: String,
    /// Files in the project that came out.
    pub files: usize,
}

/// Makes projects with a package and whatever it requires. An engine makes nothing by itself and is not tried.
///
/// # Errors
/// The package fails, or does not do the same twice; answers are missing or will not do.
pub fn run(
    context: &mut Context,
    packed: &Packed,
    folder: &Path,
) -> Result<Vec<Trial>, CommandError> {
    let manifest = &packed.package.manifest;
    if manifest.kind == Kind::Engine {
        return Ok(Vec::new());
    }
    let place = tempfile::tempdir().kind(ErrorKind::Failed)?;
    publish::to_folder(place.path(), &packed.bytes, &packed.imports).kind(ErrorKind::Failed)?;
    let mut tools = context.tools(None)?;
    tools.sources.with_draft(&manifest.name, place.path());
    let package = PackageRef {
        name: manifest.name.clone(),
        req: exactly(&manifest.version),
    };
    let sets = answer_files(folder)?;
    let mut trials = Vec::new();
    for file in std::iter::once(None).chain(sets.iter().map(Some)) {
        let name = file.map_or("the defaults".into(), |file| shown(file, folder));
        let mut given = Given::default();
        if let Some(file) = file {
            given.add_file(file)?;
        }
        let failed = |e: CommandError| {
            e.while_doing(format!("{} does not work with {name}", package.name))
                .hint("--no-test publishes it without trying it")
        };
        match twice(context, &tools, &package, &given).map_err(failed)? {
            Tried::Made(files) => trials.push(Trial { name, files }),
            // Some questions only a person can answer; the files are there for those.
            Tried::Unanswered(_) if file.is_none() && !sets.is_empty() => {}
            Tried::Unanswered(questions) => {
                let questions = questions.join(", ");
                let error = format!(
                    "{} cannot be tried with {name}: no answer for {questions}",
                    package.name
                );
                return Err(CommandError::usage(error).hint(format!(
                    "put answers to try it with into {TESTS}/NAME.toml, as --data-file takes them"
                )));
            }
        }
    }
    Ok(trials)
}

/// How a try went.
enum Tried<T> {
    Made(T),
    /// These questions have neither a default nor an answer.
    Unanswered(Vec<String>),
}

/// The number of files in the project that comes out.
fn twice(
    context: &mut Context,
    tools: &Tools,
    package: &PackageRef,
    given: &Given,
) -> Result<Tried<usize>, CommandError> {
    let first = match once(context, tools, package, given)? {
        Tried::Made(first) => first,
        Tried::Unanswered(questions) => return Ok(Tried::Unanswered(questions)),
    };
    let second = once(context, tools, package, given)?;
    if !matches!(second, Tried::Made(second) if second.lock.tree == first.lock.tree) {
        return Err(CommandError::failed(
            "it makes other files the second time, from the same answers",
        ));
    }
    Ok(Tried::Made(first.plan.actions.len()))
}

fn once(
    context: &mut Context,
    tools: &Tools,
    package: &PackageRef,
    given: &Given,
) -> Result<Tried<Decision>, CommandError> {
    let packages = tools.packages();
    let entries = resolve(&packages, &[Intent::new(package)])?;
    prepare(context, &packages, &entries)?;
    let mut asking = Asking::defaults(&mut context.ui, given);
    let project = Project::new(Path::new(PROJECT), PROJECT);
    let nowhere = Workspace::empty();
    let missing = match decide(&packages, &project, &nowhere, entries, None, &mut asking) {
        Ok(decision) => return Ok(Tried::Made(decision)),
        Err(ChangeError::Interview(missing @ InterviewError::Missing { .. })) => vec![missing],
        Err(ChangeError::Missing(missing)) => missing,
        Err(e) => return Err(CommandError::failed(e)),
    };
    let questions = missing.iter().flat_map(|e| match e {
        InterviewError::Missing { missing, .. } => missing.as_slice(),
        _ => &[],
    });
    Ok(Tried::Unanswered(
        questions.map(|question| question.name.clone()).collect(),
    ))
}

fn exactly(version: &Version) -> VersionReq {
    let exact = semver::Comparator {
        op: semver::Op::Exact,
        major: version.major,
        minor: Some(version.minor),
        patch: Some(version.patch),
        pre: version.pre.clone(),
    };
    VersionReq {
        comparators: vec![exact],
    }
}

/// The files with answers, sorted by name.
fn answer_files(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let tests = folder.join(TESTS);
    let entries = match std::fs::read_dir(&tests) {
        Ok(entries) => entries,
        Err(_) if !tests.exists() => return Ok(Vec::new()),
        Err(e) => {
            return Err(
                CommandError::failed(e).while_doing(format!("cannot list {}", tests.display()))
            );
        }
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml" || e == "json"))
        .collect();
    files.sort();
    Ok(files)
}

fn shown(file: &Path, folder: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap_or(file);
    inside.display().to_string().replace('\\', "/")
}
