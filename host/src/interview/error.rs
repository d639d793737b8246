//! Why an interview did not end with answers.

use std::error::Error;

use crate::error::{CommandError, ErrorKind};
use crate::question::{BadQuestions, Question, ValueError};
use crate::ui::{PromptError, Untrusted};

use super::MAX_ROUNDS;
use super::wording::{describe, hints, list_given, list_idle, list_missing, list_unknown};

/// What handing answers to a package can come to, other than its questions.
#[derive(Debug)]
pub enum AskError {
    /// An answer will not do.
    Invalid {
        /// The question it is about.
        question: String,
        /// The package's words: what is wanted.
        message: String,
    },
    /// The package could not be asked.
    Failed(Box<dyn Error + Send + Sync>),
}

/// Why there are no answers.
#[derive(Debug, thiserror::Error)]
pub enum InterviewError {
    #[error("{}", list_missing(.label, *.nobody, .missing))]
    Missing {
        label: String,
        /// Nobody can be asked, and nobody said to take the defaults.
        nobody: bool,
        missing: Vec<Question>,
    },
    #[error("{}", list_unknown(.label, .unknown))]
    Unknown {
        label: String,
        /// Each with the names near it.
        unknown: Vec<(String, Vec<String>)>,
        /// All names there are.
        known: Vec<String>,
    },
    #[error("{}", list_given(.label, .wrong))]
    Given {
        label: String,
        wrong: Vec<ValueError>,
    },
    #[error("{}", list_idle(.label, .flags))]
    NotApplying { label: String, flags: Vec<String> },
    #[error("{} does not take {flag} {value:?}: {}", Untrusted(.label), Untrusted(.message))]
    Refused {
        label: String,
        flag: String,
        value: String,
        message: String,
        /// The user did not say it; it is the question's default.
        default: bool,
    },
    #[error("the package {} is broken: {what}", Untrusted(.label))]
    Broken { label: String, what: Broken },
    #[error("the questions of {} could not be worked out", Untrusted(.label))]
    Failed {
        label: String,
        source: Box<dyn Error + Send + Sync>,
    },
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

/// What only the package's author can mend.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Questions(#[from] BadQuestions),
    #[error("its questions do not settle; it was asked {MAX_ROUNDS} times")]
    Restless,
    #[error("it refuses an answer to {:?}, which it was not given: {}", .question, Untrusted(.message))]
    Refusal { question: String, message: String },
}

impl From<InterviewError> for CommandError {
    fn from(error: InterviewError) -> Self {
        let kind = match error {
            InterviewError::Prompt(error) => return error.into(),
            InterviewError::Broken { .. } | InterviewError::Failed { .. } => ErrorKind::Failed,
            _ => ErrorKind::Usage,
        };
        let hints = hints(&error);
        let missing = match &error {
            InterviewError::Missing { missing, .. } => Some(describe(missing)),
            _ => None,
        };
        let mut error = Self::new(kind, error);
        error.hints = hints;
        match missing {
            Some(missing) => error.fact("missing", missing),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::samples::{choice, database, providers, question};
    use crate::question::{Kind, Value};
    use crate::ui::failure;

    fn shown(error: InterviewError) -> String {
        failure(&error.into()).plain()
    }

    fn missing(nobody: bool) -> InterviewError {
        let many = (0..30)
            .map(|n| choice(&format!("choice-{n}"), ""))
            .collect();
        let missing = vec![
            database(),
            question("title", Kind::Text, None),
            question("docker", Kind::Flag, Some(Value::Flag(true))),
            providers(),
            question(
                "workers",
                Kind::Integer { min: 1, max: 64 },
                Some(Value::Integer(4)),
            ),
            question("many", Kind::OneOf(many), None),
            Question {
                prompt: "evil\x1b[2J\r\nprompt".to_owned(),
                ..question("evil", Kind::Text, None)
            },
        ];
        InterviewError::Missing {
            label: "scaffold/django".to_owned(),
            nobody,
            missing,
        }
    }

    #[test]
    fn missing_answers_with_nobody_to_ask() {
        insta::assert_snapshot!(shown(missing(true)));
    }

    #[test]
    fn missing_answers_without_defaults() {
        let error = InterviewError::Missing {
            label: "scaffold/django".to_owned(),
            nobody: false,
            missing: vec![question("title", Kind::Text, None)],
        };
        insta::assert_snapshot!(shown(error));
    }

    #[test]
    fn missing_answers_for_programs() {
        let error = CommandError::from(InterviewError::Missing {
            label: "scaffold/django".to_owned(),
            nobody: true,
            missing: vec![database()],
        });
        assert_eq!(
            error.to_json()["error"]["missing"][0],
            serde_json::json!({
                "name": "database",
                "flag": "--database",
                "prompt": "Which database while developing?",
                "takes": { "type": "one-of", "choices": [
                    { "value": "sqlite", "label": "SQLite: no set-up" },
                    { "value": "postgres", "label": "PostgreSQL" },
                ] },
                "default": "sqlite",
            })
        );
    }

    #[test]
    fn answers_that_will_not_do() {
        let wrong = vec![
            database().parse("postgress").unwrap_err(),
            question("workers", Kind::Integer { min: 1, max: 64 }, None)
                .parse("many")
                .unwrap_err(),
        ];
        let label = || "scaffold/django".to_owned();
        let errors = [
            InterviewError::Given {
                label: label(),
                wrong: wrong[..1].to_vec(),
            },
            InterviewError::Given {
                label: label(),
                wrong,
            },
            InterviewError::Unknown {
                label: label(),
                unknown: vec![
                    ("databse".to_owned(), vec!["database".to_owned()]),
                    ("zzz".to_owned(), vec![]),
                ],
                known: vec!["database".to_owned(), "frontend".to_owned()],
            },
            InterviewError::NotApplying {
                label: label(),
                flags: vec!["--broker".to_owned()],
            },
            InterviewError::Refused {
                label: label(),
                flag: "--module".to_owned(),
                value: "2shop".to_owned(),
                message: "a Python name does not start with a digit".to_owned(),
                default: true,
            },
            InterviewError::Broken {
                label: label(),
                what: BadQuestions::Twice("database".to_owned()).into(),
            },
            InterviewError::Broken {
                label: label(),
                what: Broken::Restless,
            },
        ];
        insta::assert_snapshot!(errors.map(shown).join("\n"));
    }
}
