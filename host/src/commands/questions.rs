//! The flags that only a package's questions make possible.

use super::conclude::prepare;
use crate::{
    change::{Entry, Given, Intent, resolve},
    cli::{Cli, Command},
    context::Context,
    error::CommandError,
    flags::{self, Asked},
    inputs::Source,
    packages::Packages,
    project::Project,
    question::{Answers, Question, check},
    replay::Replayer,
    sandbox::{Applied, Input, Request},
    ui::{Field, Prompt, Reply},
};
use clap::CommandFactory;

/// What the command line says, all of it read.
pub struct Read {
    pub given: Given,
    /// The command line as it reads with those flags; none if it has none.
    pub again: Option<Command>,
}

/// Reads the answers that were given as flags and otherwise. The packages are opened for it only if there is a flag
/// that is not always there; then `--help` lists their questions, too.
///
/// # Errors
/// The packages cannot be had. Wrong usage ends the program with clap's own message.
pub fn read(
    context: &mut Context,
    packages: &Packages<'_>,
    project: &Project,
    intents: &[Intent],
    subcommand: &str,
) -> Result<Read, CommandError> {
    let command = Cli::command();
    if flags::known(&command, &context.args, subcommand).len() == context.args.len() {
        return Ok(Read {
            given: context.given()?,
            again: None,
        });
    }
    let entries = resolve(packages, intents)?;
    prepare(context, packages, &entries)?;
    let questions = of(packages, project, &entries);
    let asked: Vec<Asked<'_>> = questions
        .iter()
        .map(|(package, questions)| Asked {
            package: package.clone(),
            questions,
        })
        .collect();
    let (cli, matches) = super::parse_again(context, flags::augment(command, subcommand, &asked));
    let mut given = context.given()?;
    if let Some((_, matches)) = matches.subcommand() {
        given.add_flags(flags::given(matches, &asked));
    }
    Ok(Read {
        given,
        again: Some(cli.command),
    })
}

/// The questions of the generators that are not held, each told that the ones before it take their defaults. One
/// whose questions cannot be worked out that way has none here; the interview says what is wrong.
pub fn of(
    packages: &Packages<'_>,
    project: &Project,
    entries: &[Entry],
) -> Vec<(String, Vec<Question>)> {
    let mut replayer = Replayer::new(packages, project);
    let before = replayer.pristine(&project.lock).unwrap_or_default();
    let mut applied: Vec<Applied> = Vec::new();
    let mut found = Vec::new();
    for entry in entries {
        let mut answers = entry.intent.answers.clone();
        if entry.intent.held.is_none()
            && let Ok(runnable) = packages.runnable(&entry.package, entry.engine.as_ref())
        {
            let input = Input {
                request: Request {
                    project_name: project.lock.project.clone(),
                    instance: entry.intent.instance.clone(),
                    answers: answers.clone(),
                    applied: applied.clone(),
                },
                package: runnable.package,
                project: before.clone(),
                // Nobody has been asked whether it may read anything.
                own: Source::nothing(),
                writes: runnable.writes,
            };
            // They become flags: a name that is none must not get that far.
            let questions = runnable.generator.questions(input).ok();
            let questions = questions.and_then(|questions| check(questions).ok());
            let questions = questions.unwrap_or_default();
            answers.extend(defaults(&questions));
            found.push((entry.package.package.short().to_owned(), questions));
        }
        applied.push(Applied {
            package: entry.package.package.clone(),
            instance: entry.intent.instance.clone(),
            version: entry.package.version.clone(),
            answers,
        });
    }
    found
}

fn defaults(questions: &[Question]) -> Answers {
    let applying = questions.iter().filter(|q| q.applies);
    applying
        .filter_map(|q| Some((q.name.clone(), q.default.clone()?)))
        .collect()
}

/// Asks for the name of a new project.
///
/// # Errors
/// There is nobody to ask, or they stopped.
pub fn ask_name(context: &mut Context, package: &str) -> Result<String, CommandError> {
    if !context.ui.can_ask() {
        return Err(
            CommandError::usage("the new project needs a name").hint(format!(
                "scaffold new {package} NAME makes it in a folder of that name"
            )),
        );
    }
    let check = |text: &str| crate::project::check_name(text).map_err(|e| e.to_string());
    let field = Field::Text {
        default: None,
        initial: None,
        check: &check,
    };
    let prompt = Prompt {
        message: "What is the project called?",
        help: "also the name of its folder",
        back: false,
        field,
    };
    match context.ui.ask(&prompt)? {
        Some(Reply::Text(name)) => Ok(name),
        _ => Err(CommandError::new(
            crate::error::ErrorKind::Cancelled,
            "nothing was made",
        )),
    }
}
