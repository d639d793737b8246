//! What the user sees and says: the only place that prints or prompts.
//!
//! Results go to stdout, the story to stderr, so that a result can be piped while the story stays on the screen.
//! With `--json` there is exactly one document on stdout, no story and no prompt. Every text is cleaned on its way
//! (see [`clean`]); styles are dropped at the stream that does not want them.

pub mod clean;
mod confirm;
mod diff;
mod ending;
mod failure;
mod fold;
mod json;
pub mod page;
mod plan;
mod progress;
mod prompt;
mod settle;
mod stream;

pub use clean::Untrusted;
pub use diff::{Detail, diff};
pub use ending::{Ending, Step, ending};
pub use failure::failure;
pub use page::{Page, Tone};
pub use plan::{PackageLine, Permission, PlanView, Sealed, permissions, plan};
pub use progress::Progress;
pub use prompt::{Field, Prompt, PromptError, Prompter, Reply};

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;

use serde::Serialize;

use crate::error::CommandError;
use crate::path::ProjectPath;
use crate::plan::Plan;
use progress::Bars;
use stream::Stream;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Where a terminal shows it; `NO_COLOR` and `CLICOLOR_FORCE` have their say.
    #[default]
    Auto,
    Always,
    Never,
}

/// How much of the story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Warnings and errors only.
    Quiet,
    #[default]
    Normal,
    Verbose,
}

/// What the command line says about talking.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub json: bool,
    pub verbosity: Verbosity,
    pub color: Color,
    /// `--no-input`: never prompt, even in a terminal.
    pub no_input: bool,
}

/// Most bytes in a secret that is piped in.
const SECRET_BYTES: u64 = 16 * 1024;

/// The only printer and prompter of the program.
pub struct Ui {
    options: Options,
    out: Stream,
    err: Stream,
    prompter: Option<Box<dyn Prompter>>,
    bars: Bars,
    /// The one document of `--json` was printed.
    document: bool,
    /// Something of the story was told, or asked: what follows needs room.
    spoken: bool,
}

impl Ui {
    /// Talks to the streams of the process.
    #[expect(
        clippy::disallowed_methods,
        reason = "whether somebody is there to be asked"
    )]
    pub fn new(options: Options) -> Self {
        let err_is_terminal = std::io::stderr().is_terminal();
        let asks =
            !options.no_input && !options.json && std::io::stdin().is_terminal() && err_is_terminal;
        let out = Stream::stdout(options.color);
        let err = Stream::stderr(options.color);
        let err_colored = err.colored();
        let prompter: Option<Box<dyn Prompter>> = if asks {
            Some(Box::new(prompt::Terminal::new(err_colored)))
        } else {
            None
        };
        let shows_progress =
            err_is_terminal && !options.json && options.verbosity > Verbosity::Quiet;
        Self {
            options,
            out,
            err,
            prompter,
            bars: Bars::new(shows_progress, err_colored),
            document: false,
            spoken: false,
        }
    }

    /// Whether there is somebody to ask.
    pub fn can_ask(&self) -> bool {
        self.prompter.is_some()
    }

    pub fn is_json(&self) -> bool {
        self.options.json
    }

    pub fn is_verbose(&self) -> bool {
        self.options.verbosity == Verbosity::Verbose
    }

    /// Prints a result to stdout; nothing with `--json`, where [`Ui::json`] says it.
    pub fn result(&mut self, page: impl Into<Page>) {
        if !self.options.json {
            let page = page.into();
            self.bars.suspended(|| self.out.write(page.styled()));
        }
    }

    /// Prints a plan's changes line by line to stdout: cleaned and coloured for people, and exactly for a program, so
    /// that `git apply` takes them. The paths of those no patch can have, which a program does not get.
    pub fn patch(&mut self, plan: &Plan) -> Vec<ProjectPath> {
        if self.options.json {
            return Vec::new();
        }
        let (patch, left_out) = diff::patch(plan);
        if self.bars.suspended(|| self.out.write_exactly(&patch)) {
            return left_out;
        }
        self.result(diff::diff(plan, Detail::Whole));
        Vec::new()
    }

    /// With `--json`, prints the one document that is the result.
    pub fn json(&mut self, document: &impl Serialize) {
        if self.options.json {
            debug_assert!(!self.document, "one command has one result");
            self.document = true;
            let text = json::to_string(document);
            self.bars.suspended(|| self.out.write(&text));
        }
    }

    /// Tells a part of the story on stderr.
    pub fn story(&mut self, page: impl Into<Page>) {
        if self.tells(Verbosity::Normal) {
            self.always(&page.into());
        }
    }

    /// Tells a step that was done: `Resolved  scaffold/django 1.0.0`.
    pub fn done(&mut self, what: &str, about: &str) {
        let mut page = Page::new();
        page.put(Tone::Title, what)
            .put(Tone::Plain, " ")
            .put(Tone::Plain, about)
            .end();
        self.story(page);
    }

    /// Tells something for those who asked for more with `-v`.
    pub fn detail(&mut self, text: &str) {
        if self.tells(Verbosity::Verbose) {
            let mut page = Page::new();
            page.block(Tone::Faint, text);
            self.always(&page);
        }
    }

    /// Says that another command is at work in the project, so that waiting does not look like hanging.
    pub fn tell_waiting(&mut self) {
        let mut page = Page::new();
        page.line(
            Tone::Faint,
            "Waiting for another scaffold command in this project …",
        );
        self.story(page);
    }

    /// Warns, also when quiet.
    pub fn warn(&mut self, text: &str) {
        if self.tells(Verbosity::Quiet) {
            self.always(&failure::labelled(Tone::Warning, "warning", text));
        }
    }

    /// Passes on what a package's program says while it runs.
    pub fn package_says(&mut self, package: &str, level: PackageLevel, text: &str) {
        let (least, tone) = match level {
            PackageLevel::Debug => (Verbosity::Verbose, Tone::Faint),
            PackageLevel::Info => (Verbosity::Normal, Tone::Plain),
            PackageLevel::Warn => (Verbosity::Quiet, Tone::Warning),
        };
        if self.tells(least) {
            let mut page = Page::new();
            for line in clean::block(text).lines() {
                page.put(Tone::Faint, package)
                    .put(Tone::Faint, ": ")
                    .put(tone, line)
                    .end();
            }
            self.always(&page);
        }
    }

    /// Shows that work is going on, if it takes long enough for anyone to wonder. Ends when dropped.
    pub fn progress(&mut self, message: &str) -> Progress {
        self.bars.start(&clean::line_within(message, 80))
    }

    /// What shows, in the work that is on the screen, how far a transfer is.
    pub fn watch(&self) -> Arc<dyn Fn(u64, u64) + Send + Sync> {
        self.bars.watch()
    }

    /// A secret: typed unseen at a terminal, or the first line of what comes in where that is a pipe or a file.
    pub fn secret(&mut self, message: &str, twice: bool) -> Result<String, PromptError> {
        let prompt = Prompt {
            message,
            help: "",
            back: false,
            field: Field::Secret { twice },
        };
        if self.can_ask() {
            return match self.ask(&prompt)? {
                Some(Reply::Text(secret)) => Ok(secret),
                _ => Err(PromptError::Cancelled),
            };
        }
        first_line()
    }

    /// Asks one thing. Only where [`Ui::can_ask`]; else [`PromptError::NoTerminal`].
    pub fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Option<Reply>, PromptError> {
        let Some(prompter) = &mut self.prompter else {
            return Err(PromptError::NoTerminal);
        };
        self.err.flush();
        self.spoken = true;
        self.bars.suspended(|| prompter.ask(prompt))
    }

    /// Prints a page that belongs to a question, so also when quiet.
    pub(crate) fn beside_question(&mut self, page: &Page) {
        self.always(page);
    }

    /// Says why the command ended; the process ends with the code returned.
    pub fn fail(&mut self, error: &CommandError) -> u8 {
        // After a result there is no room for a second document on stdout.
        if self.options.json && !self.document {
            self.json(&error.to_json());
        } else {
            self.always(&failure(error));
        }
        error.kind.exit_code()
    }

    /// To be called last: whether all results were written. A reader who went away (`| head`) is no failure.
    pub fn finish(&mut self) -> Result<(), CommandError> {
        self.err.flush();
        self.out.finish().map_err(|error| {
            CommandError::failed(error).while_doing("the result could not be written to stdout")
        })
    }

    fn tells(&self, least: Verbosity) -> bool {
        !self.options.json && self.options.verbosity >= least
    }

    fn has_spoken(&self) -> bool {
        self.spoken
    }

    fn always(&mut self, page: &Page) {
        self.spoken = true;
        self.bars.suspended(|| self.err.write(page.styled()));
    }
}

/// The first line of the input, if nobody sits at it.
#[expect(clippy::disallowed_methods, reason = "a secret may be piped in")]
fn first_line() -> Result<String, PromptError> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(PromptError::NoTerminal);
    }
    let mut line = String::new();
    input
        .lock()
        .take(SECRET_BYTES)
        .read_line(&mut line)
        .map_err(PromptError::Terminal)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// How much a package's message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageLevel {
    Debug,
    Info,
    Warn,
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
