//! One generator of a change: from what is intended to its answers.

use std::cell::RefCell;

use super::{Asking, ChangeError, Entry, GivenError, Intent};
use crate::{
    inputs::{Inputs, Source},
    interview::{self, AskError, Mode},
    project::Locked,
    question::{Answers, Question},
    replay::{ReplayError, Replayer},
    sandbox::{Failure, SandboxError},
};

/// A generator before it is asked anything.
pub(super) fn start(entry: &Entry, asking: &Asking<'_>) -> Locked {
    let intent = &entry.intent;
    Locked {
        instance: intent.instance.clone(),
        package: entry.package.clone(),
        allow: intent.allow.clone(),
        reads: asking
            .reads
            .get(&intent.instance)
            .unwrap_or(&intent.reads)
            .clone(),
        engine: entry.engine.clone(),
        answers: intent.answers.clone(),
        inputs: Inputs::default(),
    }
}

/// One generator at its place.
pub(super) struct Run<'r> {
    pub(super) replayer: &'r Replayer<'r>,
    pub(super) position: usize,
    pub(super) intent: &'r Intent,
    /// As the project has it until now.
    pub(super) before: Option<&'r Locked>,
    pub(super) own: &'r Source,
}

impl Run<'_> {
    /// Gets the answers: those it is held at, or else from the user.
    pub(super) fn answer(
        &self,
        mut locked: Locked,
        asking: &mut Asking<'_>,
        mode: Mode,
    ) -> Result<Locked, ChangeError> {
        if self.intent.is_kept() {
            return Ok(locked);
        }
        let runnable = self.replayer.runnable(&locked)?;
        let short = locked.package.package.short().to_owned();
        // The same answers always get the same questions, so what was asked last need not run the package again.
        let last: RefCell<Option<(Answers, Vec<Question>)>> = RefCell::default();
        let ask = |answers: &Answers| {
            if let Some((asked, questions)) = &*last.borrow()
                && asked == answers
            {
                return Ok(questions.clone());
            }
            let (instance, own) = (&self.intent.instance, self.own);
            let questions =
                self.replayer
                    .questions(self.position, instance, answers, &runnable, own)?;
            last.replace(Some((answers.clone(), questions.clone())));
            Ok(questions)
        };
        // What flags mean depends on the questions alone, so no answer is needed yet.
        let known = ask(&Answers::new()).map_err(ReplayError::from)?;
        let mut given = locked.answers.clone();
        // An answer of an older version whose question is gone is forgotten; one that was typed by hand is a mistake.
        let asks = |name: &str| known.iter().any(|q| q.name == name);
        let was = |name: &str| {
            self.before
                .is_some_and(|locked| locked.answers.contains_key(name))
        };
        if let Some(key) = given.keys().find(|name| !asks(name) && !was(name)) {
            return Err(GivenError::unknown(key, &known).into());
        }
        given.retain(|name, _| asks(name));
        given.extend(asking.given.take_for(&locked.instance, &short, &known)?);
        let mut ask_anew = |answers: &Answers| ask(answers).map_err(refusal);
        let answers = interview::interview(asking.ui, &short, given, mode, &mut ask_anew);
        locked.answers = answers?;
        Ok(locked)
    }
}

/// Whether a guest refused an answer, or could not be asked at all.
fn refusal(e: SandboxError) -> AskError {
    match e {
        SandboxError::Failed {
            source:
                Failure {
                    code,
                    message,
                    subject: Some(question),
                },
            ..
        } if code == "invalid-answer" => AskError::Invalid { question, message },
        other => AskError::Failed(Box::new(other)),
    }
}
