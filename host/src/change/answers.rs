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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Kind;
    use crate::question::samples::{database, question};

    fn given(pairs: &[&str]) -> Given {
        let mut given = Given::default();
        let pairs: Vec<String> = pairs.iter().map(|p| (*p).to_owned()).collect();
        given.add_pairs(&pairs).unwrap();
        given
    }

    fn questions() -> Vec<Question> {
        let workers = Kind::Integer { min: 1, max: 64 };
        vec![
            database(),
            question("time-zone", Kind::Text, None),
            question("workers", workers, None),
        ]
    }

    #[test]
    fn an_answer_for_one_package_wins_over_one_for_all() {
        let mut given = given(&["blog.database=postgres", "database=sqlite", "time_zone=UTC"]);
        let blog = given.take_for("blog", "acme/blog", &questions()).unwrap();
        assert_eq!(blog["database"], Value::Text("postgres".into()));
        assert_eq!(
            blog["time-zone"],
            Value::Text("UTC".into()),
            "either spelling of the key"
        );
        let site = given.take_for("site", "acme/site", &questions()).unwrap();
        assert_eq!(site["database"], Value::Text("sqlite".into()));
        assert!(given.all_used().is_ok());
    }

    #[test]
    fn the_later_answer_wins() {
        let mut given = given(&["database=sqlite", "database=postgres"]);
        let taken = given.take_for("x", "x", &questions()).unwrap();
        assert_eq!(taken["database"], Value::Text("postgres".into()));
    }

    #[test]
    fn all_that_will_not_do_is_told_at_once() {
        let mut given = given(&["database=oracle", "workers=many"]);
        let error = given
            .take_for("x", "x", &questions())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("2 answers will not do\n"), "{error}");
        assert!(
            error.contains("oracle") && error.contains("many"),
            "{error}"
        );
    }

    #[test]
    fn an_answer_to_nothing_names_what_is_near() {
        let mut given = given(&["databse=sqlite"]);
        given.take_for("x", "x", &questions()).unwrap();
        let error = given.all_used().unwrap_err().to_string();
        assert_eq!(
            error,
            "no package here asks `databse`; did you mean `database`?"
        );
        assert!(matches!(
            Given::default().add_pairs(&["database".to_owned()]),
            Err(GivenError::NotAPair(_))
        ));
    }
}
