//! What is known in the middle of an interview, kept consistent with what the package says to it.

use std::collections::BTreeMap;

use crate::question::{Answers, Kind, Question, Value, ValueError, check, nearest};
use crate::ui::Ui;

use super::MAX_ROUNDS;
use super::error::{AskError, Broken, InterviewError};

type Ask<'a> = &'a mut dyn FnMut(&Answers) -> Result<Vec<Question>, AskError>;

/// Why a round ended without questions.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An answer will not do, the package says.
    Invalid { question: String, message: String },
    /// There is no going on.
    Error(InterviewError),
}

/// An answer settled here.
struct Taken {
    value: Value,
    /// It is the default as it was then; should the default change with other answers, so does this.
    is_default: bool,
}

pub(super) struct State<'a> {
    label: &'a str,
    ask: Ask<'a>,
    rounds: usize,
    /// As of the last round.
    questions: Vec<Question>,
    /// What the user said beforehand.
    given: Answers,
    /// The part of it that fits its questions as they are now.
    accepted: Answers,
    taken: BTreeMap<String, Taken>,
    /// The names of what was taken, in the order in which it was.
    order: Vec<String>,
    /// Answers that were taken once: where a prompt starts when its question comes back.
    remembered: Answers,
}

impl<'a> State<'a> {
    pub(super) fn new(label: &'a str, given: Answers, ask: Ask<'a>) -> Self {
        Self {
            label,
            ask,
            rounds: 0,
            questions: Vec::new(),
            given,
            accepted: Answers::new(),
            taken: BTreeMap::new(),
            order: Vec::new(),
            remembered: Answers::new(),
        }
    }

    /// Learns the questions, then hands over what was given.
    pub(super) fn begin(&mut self) -> Result<(), InterviewError> {
        // First without any answers: what was given can be read only once its questions are known.
        self.round().map_err(|refusal| self.refused(refusal))?;
        let known: Vec<String> = self.questions.iter().map(|q| q.name.clone()).collect();
        let names = || known.iter().map(String::as_str);
        let unknown: Vec<_> = self
            .given
            .keys()
            .filter(|name| !known.contains(name))
            .map(|name| (name.clone(), nearest(name, names())))
            .collect();
        if !unknown.is_empty() {
            return Err(InterviewError::Unknown {
                label: self.label.to_owned(),
                unknown,
                known,
            });
        }
        self.refresh().map_err(|refusal| self.refused(refusal))?;
        self.check_given()
    }

    pub(super) fn label(&self) -> &str {
        self.label
    }

    /// Where a question stands in the package's order.
    pub(super) fn place(&self, name: &str) -> usize {
        self.questions
            .iter()
            .position(|q| q.name == name)
            .unwrap_or(usize::MAX)
    }

    pub(super) fn question(&self, name: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.name == name && q.applies)
    }

    /// Questions that apply, with their answers; `true`: given beforehand.
    pub(super) fn answered(&self) -> impl Iterator<Item = (&Question, &Value, bool)> {
        self.questions.iter().filter(|q| q.applies).filter_map(|q| {
            let taken = self.taken.get(&q.name).map(|t| (&t.value, false));
            let given = || self.accepted.get(&q.name).map(|value| (value, true));
            taken.or_else(given).map(|(value, given)| (q, value, given))
        })
    }

    /// Questions that apply and have no answer, in order.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Question> {
        self.questions
            .iter()
            .filter(|q| q.applies && !self.has(&q.name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name) || self.accepted.contains_key(name)
    }

    /// How many answers were settled here.
    pub(super) fn taken(&self) -> usize {
        self.order.len()
    }

    /// Where the prompt of a question starts: its answer, or one it had.
    pub(super) fn start(&self, name: &str) -> Option<&Value> {
        let taken = self.taken.get(name).map(|t| &t.value);
        taken
            .or_else(|| self.accepted.get(name))
            .or_else(|| self.remembered.get(name))
    }

    /// Why what was given for a question will not do, if that is so.
    pub(super) fn complaint(&self, question: &Question) -> Option<ValueError> {
        let given = self.given.get(&question.name)?;
        question.accept(given.clone()).err()
    }

    /// Settles an answer. [`State::refresh`] has to follow.
    pub(super) fn take(&mut self, question: &Question, value: Value) {
        let name = &question.name;
        // What is said now counts, not what was given.
        self.given.remove(name);
        self.accepted.remove(name);
        let is_default = question.default.as_ref() == Some(&value);
        if is_default {
            self.remembered.remove(name);
        } else {
            self.remembered.insert(name.clone(), value.clone());
        }
        if self
            .taken
            .insert(name.clone(), Taken { value, is_default })
            .is_none()
        {
            self.order.push(name.clone());
        }
    }

    /// Takes an answer back, and remembers it.
    pub(super) fn drop_answer(&mut self, name: &str) {
        if let Some(given) = self.given.remove(name) {
            self.remembered
                .insert(name.to_owned(), self.accepted.remove(name).unwrap_or(given));
        }
        self.forget(name);
    }

    /// Takes back the answer settled last; its name.
    pub(super) fn step_back(&mut self) -> Option<String> {
        let name = self.order.last()?.clone();
        self.forget(&name);
        Some(name)
    }

    /// Takes an answer settled here back. [`State::refresh`] has to follow.
    pub(super) fn forget(&mut self, name: &str) {
        self.taken.remove(name);
        self.order.retain(|n| n != name);
    }

    /// Asks the package until its questions and our answers agree.
    pub(super) fn refresh(&mut self) -> Result<(), Refusal> {
        loop {
            self.accepted = self.accept();
            self.settle();
            self.round()?;
            if self.accept() == self.accepted && self.fates().is_empty() {
                return Ok(());
            }
        }
    }

    /// Asks the package once.
    fn round(&mut self) -> Result<(), Refusal> {
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS {
            return Err(Refusal::Error(self.broken(Broken::Restless)));
        }
        let answers = self.answers();
        let questions = (self.ask)(&answers).map_err(|error| match error {
            AskError::Invalid { question, message } => Refusal::Invalid { question, message },
            AskError::Failed(source) => Refusal::Error(InterviewError::Failed {
                label: self.label.to_owned(),
                source,
            }),
        })?;
        self.questions =
            check(questions).map_err(|error| Refusal::Error(self.broken(error.into())))?;
        Ok(())
    }

    /// What was given and fits its question as it is now. An answer to a question that does not apply is held back,
    /// or conditions would be worked out from answers that the package never gets to generate with.
    fn accept(&self) -> Answers {
        let fits = |q: &Question| {
            let value = self.given.get(&q.name)?;
            Some((q.name.clone(), q.accept(value.clone()).ok()?))
        };
        self.questions
            .iter()
            .filter(|q| q.applies)
            .filter_map(fits)
            .collect()
    }

    /// What is to become of an answer settled here, its question being what it is now: none, it stays.
    fn fate(&self, name: &str, taken: &Taken) -> Option<Option<Taken>> {
        let Some(question) = self.question(name) else {
            return Some(None);
        };
        if taken.is_default && question.default.as_ref() != Some(&taken.value) {
            let default = question.default.clone();
            return Some(default.map(|value| Taken {
                value,
                is_default: true,
            }));
        }
        match question.accept(taken.value.clone()) {
            Ok(_) => None,
            Err(_) => Some(None),
        }
    }

    fn fates(&self) -> Vec<(String, Option<Taken>)> {
        self.taken
            .iter()
            .filter_map(|(name, taken)| Some((name.clone(), self.fate(name, taken)?)))
            .collect()
    }

    /// Brings the answers settled here in line with the questions.
    fn settle(&mut self) {
        for (name, fate) in self.fates() {
            match fate {
                Some(taken) => drop(self.taken.insert(name, taken)),
                None => self.forget(&name),
            }
        }
    }

    fn answers(&self) -> Answers {
        let mut answers = self.accepted.clone();
        answers.extend(
            self.taken
                .iter()
                .map(|(name, taken)| (name.clone(), taken.value.clone())),
        );
        answers
    }

    /// What was given and will not do. A choice may become one with answers still to come, so it is judged only
    /// once everything before it is answered.
    pub(super) fn check_given(&self) -> Result<(), InterviewError> {
        let mut open = false;
        let mut wrong = Vec::new();
        for question in self.questions.iter().filter(|q| q.applies) {
            let depends = matches!(question.kind, Kind::OneOf(_) | Kind::AnyOf(_));
            match self.complaint(question) {
                Some(error) if !(depends && open) => wrong.push(error),
                Some(_) => {}
                None => open |= !self.has(&question.name),
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(InterviewError::Given {
                label: self.label.to_owned(),
                wrong,
            })
        }
    }

    /// The error that a refusal is when nobody can mend it by answering anew.
    pub(super) fn refused(&self, refusal: Refusal) -> InterviewError {
        let (question, message) = match refusal {
            Refusal::Error(error) => return error,
            Refusal::Invalid { question, message } => (question, message),
        };
        let default = self.taken.get(&question).is_some_and(|t| t.is_default);
        match self.answers().remove(&question) {
            Some(value) => InterviewError::Refused {
                label: self.label.to_owned(),
                flag: format!("--{question}"),
                value: value.to_string(),
                message,
                default,
            },
            None => self.broken(Broken::Refusal { question, message }),
        }
    }

    fn broken(&self, what: Broken) -> InterviewError {
        InterviewError::Broken {
            label: self.label.to_owned(),
            what,
        }
    }

    /// The answers to the questions that apply. What was given in vain is an error, unless the user has answered
    /// questions here: then a word about it is kinder.
    pub(super) fn finish(self, ui: &mut Ui) -> Result<Answers, InterviewError> {
        let idle = |name: &&String| self.question(name).is_none();
        let flags: Vec<String> = self
            .given
            .keys()
            .filter(idle)
            .map(|name| format!("--{name}"))
            .collect();
        if !flags.is_empty() {
            let error = InterviewError::NotApplying {
                label: self.label.to_owned(),
                flags,
            };
            if self.order.is_empty() || !ui.can_ask() {
                return Err(error);
            }
            ui.warn(&error.to_string());
        }
        let answers = self.answers();
        let applies = |q: &&Question| q.applies;
        Ok(self
            .questions
            .iter()
            .filter(applies)
            .filter_map(|q| Some((q.name.clone(), answers.get(&q.name)?.clone())))
            .collect())
    }
}
