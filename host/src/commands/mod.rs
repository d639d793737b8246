//! A file a command. Each says what the project shall be made of, or prints what is.

mod abort;
mod add;
mod cache;
mod compared;
mod completions;
mod conclude;
mod dangers;
mod diff;
mod explain;
mod fetch;
mod info;
mod inspect;
mod key;
mod list;
mod lock;
mod login;
mod new;
mod news;
mod outcome;
mod outdated;
mod pack;
mod permissions;
mod publish;
mod questions;
mod reading;
mod registry;
mod remove;
mod resolve;
mod search;
mod set;
mod status;
mod sync;
mod undo;
mod update;
mod vendor;
mod verify;
mod yank;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::{
    apply,
    change::{Intent, as_locked},
    cli::{Cli, Color, Command, Globals},
    context::Context,
    dirs::Dirs,
    error::CommandError,
    flags,
    packages::Packages,
    project::{Lock, Locked, Project},
    replay::Replayer,
    sandbox,
    sources::TOKEN,
    ui::{self, Ui},
};

/// Subcommands that take a flag for every question of their packages.
const ASKING: [&str; 3] = ["new", "add", "update"];

/// The program: reads the command line, runs the command, says how it ended.
pub fn run(args: Vec<OsString>) -> ExitCode {
    // Before anything looks at the command line: a compiler that was started by this program has no user.
    if let Some(ended) = sandbox::compile_as_child(&args) {
        return ended;
    }
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(e) => e.exit(),
    };
    let ui = Ui::new(options(&cli.globals));
    let here = here(cli.globals.folder.as_deref());
    let mut context = Context {
        ui,
        globals: cli.globals,
        dirs: Dirs::from_environment(),
        here,
        args,
        fault: apply::from_request(env::var("SCAFFOLD_FAULT").ok().as_deref()),
        token: env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        turn: None,
    };
    let ended =
        dispatch(&mut context, cli.command).and_then(|code| context.ui.finish().map(|()| code));
    match ended {
        Ok(code) => code,
        Err(e) => ExitCode::from(context.ui.fail(&e)),
    }
}

fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let asking = args
        .iter()
        .skip(1)
        .find_map(|arg| ASKING.into_iter().find(|name| arg == name));
    let Some(subcommand) = asking else {
        return Cli::try_parse_from(args);
    };
    let known = flags::known(&command, args, subcommand);
    match Cli::try_parse_from(&known) {
        Ok(cli)
            if matches!(
                cli.command,
                Command::New(_) | Command::Add(_) | Command::Update(_)
            ) =>
        {
            Ok(cli)
        }
        // `scaffold new --help` names no package whose questions could be shown, and `scaffold key new` is another `new`,
        // which takes its own flags and no others.
        _ => Cli::try_parse_from(args),
    }
}

/// Reads the command line again with the flags of a package's questions; ends the program for `--help` and usage.
fn parse_again(context: &mut Context, command: clap::Command) -> (Cli, clap::ArgMatches) {
    let matches = command
        .try_get_matches_from(&context.args)
        .unwrap_or_else(|e| e.exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    context.globals = cli.globals.clone();
    (cli, matches)
}

fn options(globals: &Globals) -> ui::Options {
    ui::Options {
        json: globals.json,
        verbosity: match (globals.quiet, globals.verbose) {
            (true, _) => ui::Verbosity::Quiet,
            (false, 0) => ui::Verbosity::Normal,
            (false, _) => ui::Verbosity::Verbose,
        },
        color: match globals.color {
            Color::Auto => ui::Color::Auto,
            Color::Always => ui::Color::Always,
            Color::Never => ui::Color::Never,
        },
        no_input: globals.no_input,
    }
}

fn here(folder: Option<&Path>) -> PathBuf {
    let current = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    folder.map_or(current.clone(), |folder| current.join(folder))
}

fn dispatch(context: &mut Context, command: Command) -> Result<ExitCode, CommandError> {
    let done = |result: Result<(), CommandError>| result.map(|()| ExitCode::SUCCESS);
    match command {
        Command::New(args) => new::run(context, args),
        Command::Add(args) => add::run(context, args),
        Command::Update(args) => update::run(context, &args),
        Command::Set(args) => set::run(context, &args),
        Command::Sync => sync::run(context),
        Command::Lock => lock::run(context),
        Command::Remove(args) => remove::run(context, &args),
        Command::Undo(args) => undo::run(context, &args),
        Command::Resolve(args) => resolve::run(context, &args),
        Command::Abort => abort::run(context),
        Command::Status(args) => status::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Outdated(args) => outdated::run(context, &args),
        Command::Verify => done(verify::run(context)),
        Command::List => done(list::run(context)),
        Command::Search(args) => search::run(context, &args),
        Command::Info(args) => done(info::run(context, &args)),
        Command::Inspect(args) => done(inspect::run(context, &args)),
        Command::Pack(args) => done(pack::run(context, &args)),
        Command::Publish(args) => done(publish::run(context, &args)),
        Command::Login(args) => done(login::run(context, &args)),
        Command::Logout(args) => done(login::out(context, &args)),
        Command::Fetch => done(fetch::run(context)),
        Command::Vendor => done(vendor::run(context)),
        Command::Yank(args) => done(yank::run(context, &args)),
        Command::Key(args) => done(key::run(context, &args)),
        Command::Registry(args) => done(registry::run(context, &args)),
        Command::Cache(args) => done(cache::run(context, &args)),
        Command::Completions(args) => done(completions::run(context, &args)),
    }
}

/// The intents that leave the project as it is, to be changed by a command. What a person wrote into `scaffold.toml` is
/// never overwritten with what the lock says: it has to be carried out first.
fn as_synced(packages: &Packages<'_>, project: &Project) -> Result<Vec<Intent>, CommandError> {
    let edits = project.edits();
    if edits.is_empty() {
        return Ok(as_locked(&project.lock, &project.requirements()));
    }
    // Should it be the lock that somebody edited, that is what has to be said.
    Replayer::new(packages, project).pristine(&project.lock)?;
    Err(CommandError::usage(format!(
        "scaffold.toml was edited, and the project is not yet what it says: {}",
        edits.join(", ")
    ))
    .hint("scaffold sync makes it so, merged with your edits; then run this again"))
}

/// The place of the generator a user means: by instance, or by package if it is there once.
fn select(lock: &Lock, word: &str) -> Result<usize, CommandError> {
    let by = |is: &dyn Fn(&Locked) -> bool| {
        let mut places = lock
            .generators
            .iter()
            .enumerate()
            .filter(|(_, l)| is(l))
            .map(|(i, _)| i);
        places.next().filter(|_| places.next().is_none())
    };
    let ends = |instance: &str| {
        let rest = instance.strip_suffix(word);
        rest.is_some_and(|rest| rest.ends_with(['-', '/']))
    };
    by(&|l| l.instance == word)
        .or_else(|| {
            by(&|l| l.package.package.short() == word || l.package.package.to_string() == word)
        })
        .or_else(|| by(&|l| ends(&l.instance)))
        .ok_or_else(|| {
            let here: Vec<&str> = lock
                .generators
                .iter()
                .map(|l| l.instance.as_str())
                .collect();
            let error = CommandError::usage(format!("this project has no generator `{word}`"));
            match here.as_slice() {
                [] => error.hint("it has none; scaffold add PACKAGE adds one"),
                here => error.hint(format!("it has: {}", here.join(", "))),
            }
        })
}

#[cfg(test)]
mod tests {
    use scaffold_registry::Digest;

    use super::*;
    use crate::project::Pinned;

    fn lock(generators: &[(&str, &str)]) -> Lock {
        let locked = |(instance, package): &(&str, &str)| Locked {
            instance: (*instance).to_owned(),
            package: Pinned {
                package: package.parse().unwrap(),
                version: semver::Version::new(1, 0, 0),
                registry: "official".into(),
                blob: Digest::of(b""),
                signer: None,
            },
            allow: Default::default(),
            reads: Default::default(),
            engine: None,
            answers: Default::default(),
            inputs: Default::default(),
        };
        Lock {
            generators: generators.iter().map(locked).collect(),
            ..Lock::empty("shop")
        }
    }

    #[test]
    fn a_generator_is_found_by_any_of_its_names() {
        let lock = lock(&[
            ("django", "django"),
            ("django-auth", "django-auth"),
            ("acme/blog", "acme/blog"),
            ("news", "acme/feed"),
        ]);
        for (word, place) in [
            ("django", 0),
            ("scaffold/django", 0),
            ("auth", 1),
            ("acme/blog", 2),
            ("blog", 2),
            ("news", 3),
            ("acme/feed", 3),
        ] {
            assert_eq!(select(&lock, word).unwrap(), place, "{word}");
        }
        let error = select(&lock, "shop").unwrap_err();
        assert_eq!(
            error.hints,
            ["it has: django, django-auth, acme/blog, news"]
        );
    }

    #[test]
    fn a_word_that_may_mean_two_means_neither() {
        let lock = lock(&[("a-blog", "acme/blog"), ("b-blog", "acme/blog")]);
        assert!(select(&lock, "blog").is_err());
        assert!(select(&lock, "acme/blog").is_err());
        assert_eq!(select(&lock, "b-blog").unwrap(), 1);
    }
}
