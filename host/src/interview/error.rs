//! Why an interview did not end with answers.

use std::error::Error;
use std::fmt::Write as _;

use crate::error::{CommandError, ErrorKind};
use crate::question::{BadQuestions, Question, ValueError};
use crate::ui::clean;
use crate::ui::page::columns;
use crate::ui::{PromptError, Untrusted};

use super::MAX_ROUNDS;

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

/// A flag that takes more room than this has its prompt on the next line.
const FLAG_WIDTH: usize = 40;

fn list_missing(label: &str, nobody: bool, missing: &[Question]) -> String {
    let label = Untrusted(label);
    let mut text = match (missing.len(), nobody) {
        (1, true) => format!("{label} needs an answer, and there is no terminal to ask in"),
        (n, true) => format!("{label} needs {n} answers, and there is no terminal to ask in"),
        (1, false) => format!("{label} needs an answer that has no default"),
        (n, false) => format!("{label} needs {n} answers that have no default"),
    };
    let flags: Vec<String> = missing
        .iter()
        .map(|q| clean::line_within(&format!("{} {}", q.flag(), q.takes()), 120))
        .collect();
    let width = flags
        .iter()
        .map(|f| columns(f))
        .filter(|w| *w <= FLAG_WIDTH)
        .max()
        .unwrap_or(0);
    for (question, flag) in missing.iter().zip(&flags) {
        let prompt = clean::line_within(&question.prompt, 70);
        let default = match &question.default {
            Some(default) => format!(
                " [{}]",
                clean::line_within(&shown(&default.to_string()), 40)
            ),
            None => String::new(),
        };
        let room = (width + 2).saturating_sub(columns(flag));
        // Writing into a String cannot fail.
        let _ = if columns(flag) <= FLAG_WIDTH {
            write!(text, "\n  {flag}{:room$}{prompt}{default}", "")
        } else {
            write!(text, "\n  {flag}\n  {:1$}{prompt}{default}", "", width + 2)
        };
    }
    text
}

fn shown(value: &str) -> String {
    if value.is_empty() {
        "none".to_owned()
    } else {
        value.to_owned()
    }
}

fn list_unknown(label: &str, unknown: &[(String, Vec<String>)]) -> String {
    let lines = unknown.iter().map(|(name, near)| {
        let near = match near.as_slice() {
            [] => String::new(),
            near => format!("; did you mean {}?", flags(near).join(" or ")),
        };
        format!("{} has no question {name:?}{near}", Untrusted(label))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn list_given(label: &str, wrong: &[ValueError]) -> String {
    match wrong {
        [one] => one.to_string(),
        _ => {
            let lines: Vec<String> = wrong.iter().map(|e| format!("  {e}")).collect();
            format!(
                "{} answers for {} will not do\n{}",
                wrong.len(),
                Untrusted(label),
                lines.join("\n")
            )
        }
    }
}

fn list_idle(label: &str, flags: &[String]) -> String {
    let (flags, verb) = (
        flags.join(" and "),
        if flags.len() == 1 { "does" } else { "do" },
    );
    format!(
        "{flags} {verb} not apply to {} with the other answers",
        Untrusted(label)
    )
}

fn flags(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("--{name}")).collect()
}

impl From<InterviewError> for CommandError {
    fn from(error: InterviewError) -> Self {
        let kind = match error {
            InterviewError::Prompt(error) => return error.into(),
            InterviewError::Broken { .. } | InterviewError::Failed { .. } => ErrorKind::Failed,
            _ => ErrorKind::Usage,
        };
        let hints = hints(&error);
        Self {
            kind,
            source: Box::new(error),
            hints,
        }
    }
}

fn hints(error: &InterviewError) -> Vec<String> {
    match error {
        InterviewError::Missing {
            nobody, missing, ..
        } => {
            let example = missing
                .iter()
                .find(|q| q.default.is_none())
                .or(missing.first());
            let give = example.map(|q| {
                format!(
                    "give each with its flag, {} …, or with -d {}=…",
                    q.flag(),
                    q.name
                )
            });
            let all = missing.iter().all(|q| q.default.is_some());
            let some = missing.iter().any(|q| q.default.is_some());
            let defaults = match (*nobody, all, some) {
                (true, true, _) => Some("--defaults takes the defaults".to_owned()),
                (true, false, true) => {
                    Some("--defaults takes the defaults of those that have one".to_owned())
                }
                _ => None,
            };
            defaults.into_iter().chain(give).collect()
        }
        InterviewError::Unknown { known, .. } if known.is_empty() => {
            vec!["it asks nothing".to_owned()]
        }
        InterviewError::Unknown { known, .. } => {
            vec![clean::line_within(
                &format!("its questions are {}", flags(known).join(", ")),
                300,
            )]
        }
        InterviewError::NotApplying { .. } => {
            vec!["leave it out, or change the answers it depends on".to_owned()]
        }
        InterviewError::Refused {
            default: true,
            flag,
            ..
        } => {
            vec![format!(
                "that is the default; give another answer with {flag}"
            )]
        }
        InterviewError::Broken { .. } => vec!["tell its author, or use another version".to_owned()],
        _ => Vec::new(),
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
                what: BadQuestions::TooMany(1000).into(),
            },
            InterviewError::Broken {
                label: label(),
                what: Broken::Restless,
            },
        ];
        insta::assert_snapshot!(errors.map(shown).join("\n"));
    }
}
