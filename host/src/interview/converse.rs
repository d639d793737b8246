//! Asking the person at the terminal, question after question, back and forth, until they are content.

use crate::ui::{Page, Tone, Ui};

use super::error::InterviewError;
use super::prompt::prompt;
use super::review::{Verdict, review};
use super::state::{Refusal, State};

/// Fewer answers than this are remembered without being shown once more.
const WORTH_A_REVIEW: usize = 2;

/// Asks until every question that applies has an answer and the user has looked them over.
pub(super) fn converse(ui: &mut Ui, state: &mut State<'_>) -> Result<(), InterviewError> {
    // The question to ask next whatever the order says, and why its last answer will not do.
    let mut focus: Option<String> = None;
    let mut complaint: Option<String> = None;
    if state.unanswered().next().is_some() {
        introduce(ui, state);
    }
    loop {
        let question = focus
            .take()
            .and_then(|name| state.question(&name))
            .or_else(|| state.unanswered().next());
        let Some(question) = question.cloned() else {
            if state.taken() < WORTH_A_REVIEW {
                return Ok(());
            }
            match review(ui, state)? {
                Verdict::GoOn => return Ok(()),
                Verdict::Change(name) => focus = Some(name),
                Verdict::Back => focus = back(state, &mut complaint)?,
            }
            continue;
        };
        let why = complaint
            .take()
            .or_else(|| state.complaint(&question).map(|e| e.to_string()));
        let can_back = state.has(&question.name) || state.taken() > 0;
        match prompt(
            ui,
            &question,
            state.start(&question.name),
            why.as_deref(),
            can_back,
        )? {
            Some(value) => {
                state.take(&question, value);
                focus = settle(state, &mut complaint)?;
            }
            // It was to be changed, and now it is not.
            None if state.has(&question.name) => {}
            None if state.taken() == 0 => ui.story("This is the first question; Ctrl-C leaves."),
            None => focus = back(state, &mut complaint)?,
        }
    }
}

/// Says who asks: a stranger's question must not look like the tool's own.
fn introduce(ui: &mut Ui, state: &State<'_>) {
    let mut page = Page::new();
    page.line(Tone::Plain, "")
        .put(Tone::Strong, state.label())
        .put(Tone::Strong, " asks")
        .end();
    ui.beside_question(&page);
}

/// Takes the last answer back; the question to ask.
fn back(
    state: &mut State<'_>,
    complaint: &mut Option<String>,
) -> Result<Option<String>, InterviewError> {
    let last = state.step_back();
    Ok(settle(state, complaint)?.or(last))
}

/// Hands the answers to the package. If it refuses one, that is taken back; the question to ask again.
fn settle(
    state: &mut State<'_>,
    complaint: &mut Option<String>,
) -> Result<Option<String>, InterviewError> {
    let mut focus: Option<String> = None;
    loop {
        match state.refresh() {
            Ok(()) => return Ok(focus.filter(|name| state.question(name).is_some())),
            Err(Refusal::Invalid { question, message }) if state.has(&question) => {
                state.drop_answer(&question);
                // The first refusal is about what was just said; later ones are its consequences.
                if focus.is_none() {
                    *complaint = Some(message);
                    focus = Some(question);
                }
            }
            Err(refusal) => return Err(state.refused(refusal)),
        }
    }
}
