//! Answers given before anyone is asked: as flags, with `--data`, from a file.

use std::collections::BTreeMap;

use crate::question::{Answers, Question, Value, nearest};

/// Answers as they were given, each to be taken by the generators that ask for it.
#[derive(Debug, Default, Clone)]
pub struct Given {
    answers: Vec<Answer>,
    /// Every question that was seen, to name the nearest when an answer fits none.
    seen: Vec<String>,
}

#[derive(Debug, Clone)]
struct Answer {
    /// `PACKAGE.` in front of the key.
    to: Option<String>,
    key: String,
    value: Raw,
    taken: bool,
}

#[derive(Debug, Clone)]
enum Raw {
    Text(String),
    Typed(Value),
}

#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    #[error("`{0}` is not KEY=VALUE")]
    NotAPair(String),
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("{}", together(.0))]
    Values(Vec<String>),
    #[error("no package here asks `{key}`{}", suggest(.nearest))]
    Unknown { key: String, nearest: Vec<String> },
}

fn together(wrong: &[String]) -> String {
    match wrong {
        [one] => one.clone(),
        _ => format!(
            "{} answers will not do\n  {}",
            wrong.len(),
            wrong.join("\n  ")
        ),
    }
}

fn suggest(nearest: &[String]) -> String {
    match nearest.first() {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

impl GivenError {
    /// An answer to a question that none of these is.
    pub fn unknown(key: &str, questions: &[Question]) -> Self {
        Self::Unknown {
            key: key.to_owned(),
            nearest: nearest(key, questions.iter().map(|q| q.name.as_str())),
        }
    }
}

impl Given {
    /// Answers from flags of their own; they win over everything else, so add them last.
    pub fn add_flags(&mut self, flags: BTreeMap<String, String>) {
        for (key, value) in flags {
            self.set(None, key, Raw::Text(value));
        }
    }

    /// `KEY=VALUE` or `PACKAGE.KEY=VALUE`, as `--data` has it.
    ///
    /// # Errors
    /// There is no `=` in it.
    pub fn add_pairs<'p>(
        &mut self,
        pairs: impl IntoIterator<Item = &'p String>,
    ) -> Result<(), GivenError> {
        for pair in pairs {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| GivenError::NotAPair(pair.clone()))?;
            let (to, key) = match key.trim().rsplit_once('.') {
                Some((package, key)) => (Some(package.to_owned()), key),
                None => (None, key.trim()),
            };
            self.set(to, dashed(key), Raw::Text(value.to_owned()));
        }
        Ok(())
    }

    /// A TOML or JSON file: `key = value`, or a table per package.
    ///
    /// # Errors
    /// It cannot be read, or holds something that is no answer.
    pub fn add_file(&mut self, path: &std::path::Path) -> Result<(), GivenError> {
        let wrong = |reason: String| GivenError::File {
            path: path.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let table: toml::Table = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?
        } else {
            toml::from_str(&text).map_err(|e| wrong(e.to_string()))?
        };
        let not_an_answer = |key: &str| {
            wrong(format!(
                "`{key}` is not text, true or false, a whole number, or a list of text"
            ))
        };
        for (key, value) in table {
            match value {
                toml::Value::Table(table) => {
                    for (inner, value) in table {
                        let value: Value = value.try_into().map_err(|_| not_an_answer(&inner))?;
                        self.set(Some(key.clone()), dashed(&inner), Raw::Typed(value));
                    }
                }
                value => {
                    let value: Value = value.try_into().map_err(|_| not_an_answer(&key))?;
                    self.set(None, dashed(&key), Raw::Typed(value));
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, to: Option<String>, key: String, value: Raw) {
        self.answers.retain(|a| a.to != to || a.key != key);
        self.answers.push(Answer {
            to,
            key,
            value,
            taken: false,
        });
    }

    /// The answers to these questions, checked.
    ///
    /// # Errors
    /// Values that will not do for their questions, all of them.
    pub fn take_for(
        &mut self,
        instance: &str,
        package: &str,
        questions: &[Question],
    ) -> Result<Answers, GivenError> {
        let mut taken = Answers::new();
        let mut wrong = Vec::new();
        self.seen.extend(questions.iter().map(|q| q.name.clone()));
        // Those for everybody first, so that those for this package win.
        self.answers.sort_by_key(|a| a.to.is_some());
        for answer in &mut self.answers {
            let meant = answer
                .to
                .as_ref()
                .is_none_or(|to| to == instance || to == package);
            let Some(question) = questions.iter().find(|q| meant && q.name == answer.key) else {
                continue;
            };
            let value = match &answer.value {
                Raw::Text(text) => question.parse(text),
                Raw::Typed(value) => question.accept(value.clone()),
            };
            answer.taken = true;
            match value {
                Ok(value) => drop(taken.insert(question.name.clone(), value)),
                Err(e) => wrong.push(e.to_string()),
            }
        }
        if !wrong.is_empty() {
            return Err(GivenError::Values(wrong));
        }
        Ok(taken)
    }

    /// Whether an answer may be meant for a generator.
    pub fn concerns(&self, instance: &str, package: &str) -> bool {
        self.answers.iter().any(|answer| {
            answer
                .to
                .as_ref()
                .is_none_or(|to| to == instance || to == package)
        })
    }

    /// # Errors
    /// An answer that no generator asked for.
    pub fn all_used(&self) -> Result<(), GivenError> {
        match self.answers.iter().find(|a| !a.taken) {
            None => Ok(()),
            Some(answer) => {
                let nearest = nearest(&answer.key, self.seen.iter().map(String::as_str));
                let key = answer
                    .to
                    .as_ref()
                    .map_or(answer.key.clone(), |to| format!("{to}.{}", answer.key));
                Err(GivenError::Unknown { key, nearest })
            }
        }
    }
}

fn dashed(key: &str) -> String {
    key.replace('_', "-")
}
