//! Questions and answers as plain data: what a package asks, what a user says, and whether the one fits the other.
//!
//! Decides type, range and choice. Anything finer (a pattern, two answers that exclude each other) is the
//! generator's to check; see `interview`. Prints and prompts nothing.

mod check;
mod parse;
mod value;

pub use check::{BadQuestions, check};
pub use parse::ValueError;
pub use value::{NotAValue, Value};

use std::collections::BTreeMap;

/// Answers by the question's name.
pub type Answers = BTreeMap<String, Value>;

/// One of the values a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is stored and handed to the generator.
    pub value: String,
    /// What a person is shown; empty: the value.
    pub label: String,
}

impl Choice {
    /// What a person is shown.
    pub fn shown(&self) -> &str {
        if self.label.is_empty() {
            &self.value
        } else {
            &self.label
        }
    }
}

/// What a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    Flag,
    /// Both ends included.
    Integer {
        min: i64,
        max: i64,
    },
    OneOf(Vec<Choice>),
    AnyOf(Vec<Choice>),
}

impl Kind {
    /// As `--json` shows it: `{"type": "integer", "min": 1, "max": 9}`.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        let list = |choices: &[Choice]| -> serde_json::Value {
            let one = |c: &Choice| json!({ "value": c.value, "label": c.shown() });
            choices.iter().map(one).collect()
        };
        match self {
            Self::Text => json!({ "type": "text" }),
            Self::Flag => json!({ "type": "flag" }),
            Self::Integer { min, max } => json!({ "type": "integer", "min": min, "max": max }),
            Self::OneOf(choices) => json!({ "type": "one-of", "choices": list(choices) }),
            Self::AnyOf(choices) => json!({ "type": "any-of", "choices": list(choices) }),
        }
    }
}

/// One question of a package, its default and condition worked out from the answers so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Kebab-case; also the flag's name.
    pub name: String,
    pub prompt: String,
    /// May be empty.
    pub help: String,
    pub kind: Kind,
    /// None: the user has to answer.
    pub default: Option<Value>,
    /// Whether it is asked at all. Questions that do not apply are listed all the same, so that their flags are
    /// known before anything is answered.
    pub applies: bool,
}

impl Question {
    /// The flag that answers it: `--name`.
    pub fn flag(&self) -> String {
        format!("--{}", self.name)
    }

    /// What the flag takes, as a usage line shows it: `<sqlite|postgres>`.
    pub fn takes(&self) -> String {
        match &self.kind {
            Kind::Text => "<TEXT>".to_owned(),
            Kind::Flag => "<true|false>".to_owned(),
            Kind::Integer {
                min: i64::MIN,
                max: i64::MAX,
            } => "<NUMBER>".to_owned(),
            Kind::Integer { min, max: i64::MAX } => format!("<NUMBER from {min}>"),
            Kind::Integer { min: i64::MIN, max } => format!("<NUMBER up to {max}>"),
            Kind::Integer { min, max } => format!("<{min}..{max}>"),
            Kind::OneOf(choices) => format!("<{}>", values(choices, "|")),
            Kind::AnyOf(choices) => format!("<any of {}>", values(choices, ",")),
        }
    }
}

fn values(choices: &[Choice], separator: &str) -> String {
    let all: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
    all.join(separator)
}

/// The names nearest to one that is not there, best first, at most three; none if nothing comes close.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let near = strsim::jaro_winkler(&wanted, &lower);
            // A part of the name ("auth" for "django-auth") is near whatever its spelling says.
            let part = wanted.len() > 2 && (lower.contains(&wanted) || wanted.contains(&lower));
            (if part { near.max(0.9) } else { near }, name)
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(3)
        .map(|(_, name)| name.to_owned())
        .collect()
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    pub(crate) fn choice(value: &str, label: &str) -> Choice {
        Choice {
            value: value.to_owned(),
            label: label.to_owned(),
        }
    }

    pub(crate) fn question(name: &str, kind: Kind, default: Option<Value>) -> Question {
        Question {
            name: name.to_owned(),
            prompt: format!("What {name}?"),
            help: String::new(),
            kind,
            default,
            applies: true,
        }
    }

    pub(crate) fn database() -> Question {
        Question {
            prompt: "Which database while developing?".to_owned(),
            ..question(
                "database",
                Kind::OneOf(vec![
                    choice("sqlite", "SQLite: no set-up"),
                    choice("postgres", "PostgreSQL"),
                ]),
                Some(Value::Text("sqlite".to_owned())),
            )
        }
    }

    pub(crate) fn providers() -> Question {
        Question {
            prompt: "Which providers?".to_owned(),
            ..question(
                "providers",
                Kind::AnyOf(vec![
                    choice("github", ""),
                    choice("google", ""),
                    choice("gitlab", "GitLab"),
                ]),
                Some(Value::Texts(Vec::new())),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_says_what_a_flag_takes() {
        assert_eq!(samples::database().takes(), "<sqlite|postgres>");
        assert_eq!(
            samples::providers().takes(),
            "<any of github,google,gitlab>"
        );
        let port = samples::question("port", Kind::Integer { min: 1, max: 9 }, None);
        assert_eq!(
            (port.flag().as_str(), port.takes().as_str()),
            ("--port", "<1..9>")
        );
        let any = samples::question(
            "n",
            Kind::Integer {
                min: 0,
                max: i64::MAX,
            },
            None,
        );
        assert_eq!(any.takes(), "<NUMBER from 0>");
    }

    #[test]
    fn nearest_names() {
        assert_eq!(nearest("postgress", ["sqlite", "postgres"]), ["postgres"]);
        assert_eq!(nearest("auth", ["django", "django-auth"]), ["django-auth"]);
        assert!(nearest("zzz", ["sqlite", "postgres"]).is_empty());
    }
}
