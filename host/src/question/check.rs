//! Whether the questions of a package are sound. They come from a stranger's program, so nothing about them is
//! taken for granted; whoever gets questions from a guest calls [`check`] before looking at them.

use std::collections::BTreeSet;

use scaffold_registry::manifest::{QUESTION_BYTES as MAX_NAME, is_question_name};

use super::parse::MAX_TEXT;
use super::{Choice, Kind, Question, Value};

const MAX_CHOICES: usize = 500;
const MAX_PROMPT: usize = 1000;
const MAX_HELP: usize = 10_000;

/// The package's questions are not sound; only its author can help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestions {
    #[error(
        "it has a question named {0:?}; a name is lower-case letters, digits and single dashes, at most {MAX_NAME} characters, and starts with a letter"
    )]
    Name(String),
    #[error("it has two questions named {0:?}")]
    Twice(String),
    #[error("its question {question:?} {what}")]
    Question { question: String, what: String },
}

/// Checks questions and drops what only looks like a default: a choice that is not offered with the answers so far.
pub fn check(mut questions: Vec<Question>) -> Result<Vec<Question>, BadQuestions> {
    let mut names = BTreeSet::new();
    for question in &mut questions {
        if !is_question_name(&question.name) {
            return Err(BadQuestions::Name(
                question.name.chars().take(MAX_NAME).collect(),
            ));
        }
        if !names.insert(question.name.clone()) {
            return Err(BadQuestions::Twice(question.name.clone()));
        }
        check_one(question).map_err(|what| BadQuestions::Question {
            question: question.name.clone(),
            what,
        })?;
        settle_default(question).map_err(|what| BadQuestions::Question {
            question: question.name.clone(),
            what,
        })?;
    }
    Ok(questions)
}

fn check_one(question: &Question) -> Result<(), String> {
    if question.prompt.trim().is_empty() {
        return Err("has no prompt".to_owned());
    }
    if question.prompt.chars().count() > MAX_PROMPT {
        return Err(format!("has a prompt of more than {MAX_PROMPT} characters"));
    }
    if question.help.chars().count() > MAX_HELP {
        return Err(format!(
            "has a help text of more than {MAX_HELP} characters"
        ));
    }
    match &question.kind {
        Kind::Integer { min, max } if min > max => {
            Err(format!("takes numbers from {min} to {max}, so none"))
        }
        Kind::OneOf(choices) if choices.is_empty() && question.applies => {
            Err("offers no choice".to_owned())
        }
        Kind::OneOf(choices) | Kind::AnyOf(choices) => check_choices(choices),
        _ => Ok(()),
    }
}

fn check_choices(choices: &[Choice]) -> Result<(), String> {
    if choices.len() > MAX_CHOICES {
        return Err(format!(
            "offers {} choices; at most {MAX_CHOICES} are allowed",
            choices.len()
        ));
    }
    let mut seen = BTreeSet::new();
    for choice in choices {
        let value = &choice.value;
        if value.is_empty() || value.trim() != value {
            return Err(format!(
                "offers the choice {value:?}; a choice is not empty and has no blanks around it"
            ));
        }
        // A comma separates choices on the command line.
        if let Some(c) = value.chars().find(|c| c.is_control() || *c == ',') {
            return Err(format!(
                "offers the choice {value:?}; {c:?} is not allowed in a choice"
            ));
        }
        if value.chars().count() > MAX_TEXT || choice.label.chars().count() > MAX_PROMPT {
            return Err("offers a choice that is too long".to_owned());
        }
        if !seen.insert(value) {
            return Err(format!("offers the choice {value:?} twice"));
        }
    }
    Ok(())
}

/// A default of the wrong type or out of range is the author's mistake. A default that is not among the choices is
/// not: choices depend on answers. Then there is none, and the user is asked.
fn settle_default(question: &mut Question) -> Result<(), String> {
    let default = match (question.default.take(), &question.kind) {
        (None, _) => None,
        (Some(Value::Text(text)), Kind::OneOf(choices)) => choices
            .iter()
            .any(|c| c.value == text)
            .then_some(Value::Text(text)),
        (Some(Value::Texts(texts)), Kind::AnyOf(choices)) => {
            let offered = choices
                .iter()
                .map(|c| &c.value)
                .filter(|value| texts.contains(value));
            Some(Value::Texts(offered.cloned().collect()))
        }
        // No conversion here: a guest has to hand over the type it asks for.
        (Some(value @ Value::Text(_)), Kind::Text)
        | (Some(value @ Value::Flag(_)), Kind::Flag)
        | (Some(value @ Value::Integer(_)), Kind::Integer { .. }) => Some(
            question
                .accept(value)
                .map_err(|e| format!("has a default that does not fit: it {}", e.reason))?,
        ),
        (Some(value), _) => {
            return Err(format!(
                "has {} as its default, which does not fit its type",
                value.describe()
            ));
        }
    };
    question.default = default;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{choice, database, providers, question};
    use super::*;

    fn refused(question: Question) -> String {
        check(vec![question]).unwrap_err().to_string()
    }

    #[test]
    fn sound_questions_pass() {
        let questions = vec![
            database(),
            providers(),
            question("a-1", Kind::Flag, Some(Value::Flag(true))),
        ];
        assert_eq!(check(questions.clone()), Ok(questions));
    }

    #[test]
    fn names() {
        for bad in [
            "", "A", "a_b", "-a", "a-", "a--b", "1a", "a b", "ä", "a\x1b", "--x",
        ] {
            assert!(
                matches!(
                    check(vec![question(bad, Kind::Text, None)]),
                    Err(BadQuestions::Name(_))
                ),
                "{bad}"
            );
        }
        assert!(matches!(
            check(vec![question(&"a".repeat(65), Kind::Text, None)]),
            Err(BadQuestions::Name(_))
        ));
        assert_eq!(
            check(vec![database(), database()]),
            Err(BadQuestions::Twice("database".into()))
        );
    }

    #[test]
    fn limits() {
        let long = Question {
            prompt: "x".repeat(MAX_PROMPT + 1),
            ..database()
        };
        assert!(refused(long).contains("more than 1000"));
        let choices = (0..=MAX_CHOICES)
            .map(|n| choice(&n.to_string(), ""))
            .collect();
        assert!(refused(question("x", Kind::AnyOf(choices), None)).contains("at most 500"));
    }

    #[test]
    fn kinds() {
        assert!(refused(question("x", Kind::Integer { min: 2, max: 1 }, None)).contains("so none"));
        assert!(refused(question("x", Kind::OneOf(vec![]), None)).contains("no choice"));
        let asleep = Question {
            applies: false,
            ..question("x", Kind::OneOf(vec![]), None)
        };
        assert!(check(vec![asleep]).is_ok());
        for bad in ["", "a,b", "a\n", " a"] {
            assert!(
                refused(question("x", Kind::AnyOf(vec![choice(bad, "")]), None)).contains("choice"),
                "{bad:?}"
            );
        }
        let twice = vec![choice("a", ""), choice("a", "b")];
        assert!(refused(question("x", Kind::OneOf(twice), None)).contains("twice"));
    }

    #[test]
    fn defaults() {
        let text = Value::Text("x".into());
        assert!(
            refused(question("x", Kind::Flag, Some(text.clone())))
                .contains("does not fit its type")
        );
        assert!(
            refused(question(
                "x",
                Kind::Integer { min: 1, max: 2 },
                Some(Value::Integer(3))
            ))
            .contains("from 1 to 2")
        );
        let hidden = Question {
            default: Some(text),
            ..database()
        };
        assert_eq!(
            check(vec![hidden]).unwrap()[0].default,
            None,
            "a choice that is not offered is no default"
        );
        let partly = Question {
            default: Some(Value::Texts(vec!["x".into(), "google".into()])),
            ..providers()
        };
        assert_eq!(
            check(vec![partly]).unwrap()[0].default,
            Some(Value::Texts(vec!["google".into()]))
        );
    }
}
