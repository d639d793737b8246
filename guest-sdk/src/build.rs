//! Making questions, outcomes and failures in one line each.

use crate::{Choice, Failure, Kind, Outcome, Question, Step, Value};

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Value::Texts(texts)
    }
}

impl From<&str> for Choice {
    fn from(value: &str) -> Self {
        Choice {
            value: value.to_owned(),
            label: String::new(),
        }
    }
}

impl From<(&str, &str)> for Choice {
    /// Value and label.
    fn from((value, label): (&str, &str)) -> Self {
        Choice {
            value: value.to_owned(),
            label: label.to_owned(),
        }
    }
}

impl Question {
    pub fn new(name: &str, prompt: &str, kind: Kind) -> Self {
        Question {
            name: name.to_owned(),
            prompt: prompt.to_owned(),
            help: String::new(),
            kind,
            default: None,
            applies: true,
        }
    }

    /// One line of text.
    pub fn text(name: &str, prompt: &str) -> Self {
        Self::new(name, prompt, Kind::Text)
    }

    /// Yes or no.
    pub fn flag(name: &str, prompt: &str) -> Self {
        Self::new(name, prompt, Kind::Flag)
    }

    /// A number from `least` to `greatest`, both included.
    pub fn integer(name: &str, prompt: &str, least: i64, greatest: i64) -> Self {
        Self::new(name, prompt, Kind::Integer((least, greatest)))
    }

    /// One of some values; each a value, or a value and its label.
    pub fn one_of<C: Into<Choice>>(
        name: &str,
        prompt: &str,
        choices: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(
            name,
            prompt,
            Kind::OneOf(choices.into_iter().map(Into::into).collect()),
        )
    }

    /// Any number of some values.
    pub fn any_of<C: Into<Choice>>(
        name: &str,
        prompt: &str,
        choices: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(
            name,
            prompt,
            Kind::AnyOf(choices.into_iter().map(Into::into).collect()),
        )
    }

    /// Some lines more, for `--help` and for whoever asks.
    pub fn help(mut self, help: &str) -> Self {
        self.help = help.to_owned();
        self
    }

    /// The default; without one the user has to answer.
    pub fn or(mut self, default: impl Into<Value>) -> Self {
        self.default = Some(default.into());
        self
    }

    /// Whether it is asked at all.
    pub fn applies_if(mut self, applies: bool) -> Self {
        self.applies = applies;
        self
    }
}

impl Outcome {
    pub fn new() -> Self {
        Outcome {
            steps: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Suggests a command to run next. The host shows it and never runs it.
    pub fn step(mut self, why: impl Into<String>, command: impl Into<String>) -> Self {
        self.steps.push(Step {
            why: why.into(),
            command: command.into(),
        });
        self
    }

    /// A short remark, one paragraph.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::new()
    }
}

impl Failure {
    /// A failure about nothing in particular.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Failure {
            code: code.into(),
            message: message.into(),
            subject: None,
        }
    }

    /// Names what it is about: a question, or `file:line`.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The answer to a question will not do; the user is asked again where there is a terminal.
    pub fn invalid_answer(question: &str, message: impl Into<String>) -> Self {
        Self::new("invalid-answer", message).about(question)
    }
}

pub(crate) fn not_text(of: &str, path: &str) -> Failure {
    Failure::new(
        "not-text",
        format!("The file `{path}` of the {of} is not UTF-8 text."),
    )
    .about(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_one_line() {
        let question =
            Question::one_of("db", "Which?", [("pg", "PostgreSQL"), ("sqlite", "SQLite")])
                .help("More.")
                .or("pg")
                .applies_if(false);
        assert_eq!(question.default.unwrap().as_text(), Some("pg"));
        assert!(!question.applies);
        let Kind::OneOf(choices) = question.kind else {
            panic!("not one-of")
        };
        assert_eq!(choices[0].label, "PostgreSQL");
    }
}
