//! Reading answers without matching on variants.

use crate::{Answer, Applied, Failure, Request, Value};

impl Value {
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_flag(&self) -> Option<bool> {
        match self {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }
}

fn find<'a>(answers: &'a [Answer], name: &str) -> Option<&'a Value> {
    answers
        .iter()
        .find(|answer| answer.name == name)
        .map(|answer| &answer.value)
}

fn unanswered(name: &str) -> Failure {
    Failure::invalid_answer(
        name,
        format!("`{name}` has no answer; give one with `--{name}`."),
    )
}

impl Request {
    /// The answer to a question, if it was given.
    pub fn answer(&self, name: &str) -> Option<&Value> {
        find(&self.answers, name)
    }

    /// The answer to a question that takes text or one choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.answer(name)?.as_text()
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.answer(name)?.as_flag()
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.answer(name)?.as_integer()
    }

    /// The answer to a question that takes any number of choices.
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        self.answer(name)?.as_texts()
    }

    /// For `generate`, where the question applies and so has an answer: the text, or the failure that says
    /// it is missing.
    pub fn need_text(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| unanswered(name))
    }

    pub fn need_flag(&self, name: &str) -> Result<bool, Failure> {
        self.flag(name).ok_or_else(|| unanswered(name))
    }

    pub fn need_integer(&self, name: &str) -> Result<i64, Failure> {
        self.integer(name).ok_or_else(|| unanswered(name))
    }

    pub fn need_texts(&self, name: &str) -> Result<&[String], Failure> {
        self.texts(name).ok_or_else(|| unanswered(name))
    }

    /// The run of another package before this one; the first, where it is there more than once.
    pub fn applied(&self, package: &str) -> Option<&Applied> {
        self.applied
            .iter()
            .find(|applied| applied.package == package)
    }
}

impl Applied {
    /// What that generator was answered.
    pub fn answer(&self, name: &str) -> Option<&Value> {
        find(&self.answers, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            project_name: "shop".into(),
            instance: "web".into(),
            answers: vec![
                Answer {
                    name: "title".into(),
                    value: "Shop".into(),
                },
                Answer {
                    name: "docker".into(),
                    value: true.into(),
                },
            ],
            applied: vec![],
        }
    }

    #[test]
    fn an_answer_of_another_type_is_none() {
        let request = request();
        assert_eq!(request.text("title"), Some("Shop"));
        assert_eq!(request.flag("title"), None);
        assert!(request.need_flag("docker").unwrap());
    }

    #[test]
    fn a_missing_answer_names_its_flag() {
        let failure = request().need_text("colour").unwrap_err();
        assert_eq!(failure.code, "invalid-answer");
        assert_eq!(failure.subject.as_deref(), Some("colour"));
        assert!(failure.message.contains("--colour"));
    }
}
