//! The interview: from what the user gave to an answer for every question that applies.
//!
//! A package works out its questions anew from the answers so far, so this is a loop: ask the package, settle one
//! answer, ask the package again. The package is a stranger's program: how often it is asked, how much it may ask
//! and what it may refuse are bounded here. Nothing is prompted unless the mode says so, and nothing is printed but
//! through [`Ui`].

mod converse;
mod error;
mod prompt;
mod review;
mod state;
mod wording;

pub use error::{AskError, Broken, InterviewError};

use crate::question::{Answers, Question, Value};
use crate::ui::Ui;
use state::{Refusal, State};

/// What to do about questions nobody has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Ask the person at the terminal; where there is none, [`Mode::Never`].
    Ask,
    /// Take the defaults; a question without one is an error.
    Defaults,
    /// There is nobody to ask: each of them is an error.
    Never,
}

/// The most often a package is asked for its questions in one interview.
pub const MAX_ROUNDS: usize = 500;

/// The answers to all questions that apply, and no others.
///
/// `label` names the package to people. `given` is what the user said beforehand; a text stands for whatever its
/// question makes of it, so values can come from flags before the questions are known. `ask` hands answers to the
/// package and returns its questions.
pub fn interview(
    ui: &mut Ui,
    label: &str,
    given: Answers,
    mode: Mode,
    ask: &mut dyn FnMut(&Answers) -> Result<Vec<Question>, AskError>,
) -> Result<Answers, InterviewError> {
    let mut state = State::new(label, given, ask);
    state.begin()?;
    match mode {
        Mode::Ask if ui.can_ask() => converse::converse(ui, &mut state)?,
        Mode::Defaults => take_defaults(&mut state, false)?,
        Mode::Ask | Mode::Never => take_defaults(&mut state, true)?,
    }
    state.finish(ui)
}

/// Answers every open question with its default. With `dry`, the walk only serves to find all that would have to be
/// answered.
///
/// Each round is a run of the package, so all defaults there are so far are taken in one; [`State::refresh`] follows
/// those that come to depend on the others. Should the package refuse what it gets that way, they are taken one by
/// one, as a person would: a default may be sound only once the answers before it are known.
fn take_defaults(state: &mut State<'_>, dry: bool) -> Result<(), InterviewError> {
    let mut walked: Vec<Question> = Vec::new();
    let mut open: Vec<Question> = Vec::new();
    let mut at_once = if dry { 1 } else { usize::MAX };
    loop {
        state.check_given()?;
        let known = |q: &Question| open.iter().any(|o| o.name == q.name);
        // An answer was given for it that may yet become one of its choices; that is not for a default to decide.
        let waits = |q: &Question| state.complaint(q).is_some();
        let mut next = state
            .unanswered()
            .filter(|q| !known(q) && !waits(q))
            .peekable();
        let Some(first) = next.peek().map(|q| (*q).clone()) else {
            break;
        };
        // Not past one that has none: those after it may depend on it.
        let defaults: Vec<(Question, Value)> = next
            .map_while(|q| Some((q.clone(), q.default.clone()?)))
            .take(at_once)
            .collect();
        if defaults.is_empty() {
            open.push(first);
            continue;
        }
        for (question, default) in &defaults {
            state.take(question, default.clone());
        }
        let several = defaults.len() > 1;
        let refreshed = state.refresh();
        if several && matches!(refreshed, Err(Refusal::Invalid { .. })) {
            at_once = 1;
            for (question, _) in &defaults {
                state.forget(&question.name);
            }
            state.refresh().map_err(|refusal| state.refused(refusal))?;
            continue;
        }
        walked.extend(defaults.into_iter().map(|(question, _)| question));
        match refreshed {
            Ok(()) => {}
            // What the defaults lead to is of no interest when nobody asked for them.
            Err(Refusal::Invalid { .. }) if dry => break,
            Err(refusal) => return Err(state.refused(refusal)),
        }
    }
    let mut missing = if dry { walked } else { Vec::new() };
    missing.retain(|q| state.question(&q.name).is_some());
    missing.extend(open);
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort_by_key(|q| state.place(&q.name));
    Err(InterviewError::Missing {
        label: state.label().to_owned(),
        nobody: dry,
        missing,
    })
}

#[cfg(test)]
mod asking_tests;
#[cfg(test)]
mod tests;
