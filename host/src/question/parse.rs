//! Whether a value fits a question, and reading one from what a user typed.

use super::{Choice, Kind, Question, Value, nearest, values};

/// The longest answer in characters. A line of text, not a document.
pub(super) const MAX_TEXT: usize = 4096;

/// An answer a question does not take. Names the flag, and what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {reason}")]
pub struct ValueError {
    /// The question's name.
    pub question: String,
    /// The flag that gives the answer: `--database`.
    pub flag: String,
    /// What is wrong and what would do: `takes one of sqlite, postgres; "mysql" is none of them`.
    pub reason: String,
}

impl Question {
    /// The value that a text stands for: what follows a flag, stands behind `-d name=`, or is typed at a prompt.
    pub fn parse(&self, text: &str) -> Result<Value, ValueError> {
        let value = match &self.kind {
            Kind::Text | Kind::OneOf(_) => Value::Text(text.to_owned()),
            Kind::Flag => Value::Flag(
                parse_flag(text)
                    .ok_or_else(|| self.error(format!("takes true or false, not {text:?}")))?,
            ),
            Kind::Integer { .. } => Value::Integer(
                text.trim()
                    .parse()
                    .map_err(|_| self.error(format!("takes {}, not {text:?}", self.number())))?,
            ),
            Kind::AnyOf(_) => Value::Texts(
                text.split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
        };
        self.accept(value)
    }

    /// The value as the question takes it. A text stands for what [`Question::parse`] makes of it, so answers from
    /// flags can be handed on before the questions are known; the choices of an any-of come out in their own order.
    pub fn accept(&self, value: Value) -> Result<Value, ValueError> {
        match (&self.kind, value) {
            (Kind::Text, Value::Text(text)) => self.accept_text(text),
            (Kind::OneOf(choices), Value::Text(text)) => self
                .accept_choice(choices, &text, "one of")
                .map(|c| Value::Text(c.value.clone())),
            (Kind::AnyOf(choices), Value::Texts(texts)) => self.accept_choices(choices, &texts),
            (Kind::Flag, value @ Value::Flag(_)) => Ok(value),
            (Kind::Integer { min, max }, Value::Integer(number)) => {
                if (*min..=*max).contains(&number) {
                    Ok(Value::Integer(number))
                } else {
                    Err(self.error(format!("takes {}, not {number}", self.number())))
                }
            }
            (Kind::Flag | Kind::Integer { .. } | Kind::AnyOf(_), Value::Text(text)) => {
                self.parse(&text)
            }
            // `python = 3` in a data file for a question whose choices are "3" and "4".
            (Kind::OneOf(_), Value::Integer(number)) => {
                self.accept(Value::Text(number.to_string()))
            }
            (_, value) => {
                Err(self.error(format!("takes {}, not {}", self.wanted(), value.describe())))
            }
        }
    }

    fn accept_text(&self, text: String) -> Result<Value, ValueError> {
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(self.error(format!(
                "takes one line of text; {c:?} is not allowed in it"
            )));
        }
        let length = text.chars().count();
        if length > MAX_TEXT {
            return Err(self.error(format!("takes at most {MAX_TEXT} characters, not {length}")));
        }
        Ok(Value::Text(text))
    }

    fn accept_choices(&self, choices: &[Choice], texts: &[String]) -> Result<Value, ValueError> {
        for text in texts {
            self.accept_choice(choices, text, "any of")?;
        }
        let picked = choices
            .iter()
            .map(|c| &c.value)
            .filter(|value| texts.contains(value));
        Ok(Value::Texts(picked.cloned().collect()))
    }

    fn accept_choice<'c>(
        &self,
        choices: &'c [Choice],
        text: &str,
        how: &str,
    ) -> Result<&'c Choice, ValueError> {
        if let Some(choice) = choices.iter().find(|c| c.value == text) {
            return Ok(choice);
        }
        let near = nearest(text, choices.iter().map(|c| c.value.as_str()));
        let near = near
            .first()
            .map(|name| format!("; did you mean {name}?"))
            .unwrap_or_default();
        Err(self.error(format!(
            "takes {how} {}, not {text:?}{near}",
            values(choices, ", ")
        )))
    }

    fn wanted(&self) -> String {
        match &self.kind {
            Kind::Text => "a text".to_owned(),
            Kind::Flag => "true or false".to_owned(),
            Kind::Integer { .. } => self.number(),
            Kind::OneOf(choices) => format!("one of {}", values(choices, ", ")),
            Kind::AnyOf(choices) => format!("any of {}", values(choices, ", ")),
        }
    }

    fn number(&self) -> String {
        match self.kind {
            Kind::Integer {
                min: i64::MIN,
                max: i64::MAX,
            } => "a whole number".to_owned(),
            Kind::Integer { min, max: i64::MAX } => format!("a whole number from {min}"),
            Kind::Integer { min: i64::MIN, max } => format!("a whole number up to {max}"),
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            _ => "a whole number".to_owned(),
        }
    }

    fn error(&self, reason: String) -> ValueError {
        ValueError {
            question: self.name.clone(),
            flag: self.flag(),
            reason,
        }
    }
}

fn parse_flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{database, providers, question};
    use super::*;

    fn message(result: Result<Value, ValueError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn flags() {
        let docker = question("docker", Kind::Flag, None);
        assert_eq!(docker.parse("Yes"), Ok(Value::Flag(true)));
        assert_eq!(docker.parse("false"), Ok(Value::Flag(false)));
        assert_eq!(
            message(docker.parse("maybe")),
            "--docker takes true or false, not \"maybe\""
        );
    }

    #[test]
    fn integers() {
        let port = question("port", Kind::Integer { min: 1, max: 9 }, None);
        assert_eq!(port.parse(" 7 "), Ok(Value::Integer(7)));
        assert_eq!(
            message(port.parse("10")),
            "--port takes a whole number from 1 to 9, not 10"
        );
        assert_eq!(
            message(port.parse("x")),
            "--port takes a whole number from 1 to 9, not \"x\""
        );
        assert_eq!(
            message(port.accept(Value::Flag(true))),
            "--port takes a whole number from 1 to 9, not true or false"
        );
    }

    #[test]
    fn one_of_suggests_the_nearest() {
        assert_eq!(
            database().parse("postgres"),
            Ok(Value::Text("postgres".into()))
        );
        assert_eq!(
            message(database().parse("postgers")),
            "--database takes one of sqlite, postgres, not \"postgers\"; did you mean postgres?"
        );
        assert_eq!(
            message(database().parse("zzz")),
            "--database takes one of sqlite, postgres, not \"zzz\""
        );
    }

    #[test]
    fn any_of_takes_a_comma_separated_list_in_the_order_of_the_choices() {
        let list = |items: &[&str]| Ok(Value::Texts(items.iter().map(|&s| s.to_owned()).collect()));
        assert_eq!(
            providers().parse("gitlab, github,github"),
            list(&["github", "gitlab"])
        );
        assert_eq!(providers().parse(""), list(&[]));
        assert!(message(providers().parse("github,gogle")).ends_with("did you mean google?"));
        assert_eq!(
            providers().accept(Value::Text("google".into())),
            list(&["google"])
        );
    }

    #[test]
    fn text_is_one_line() {
        let title = question("title", Kind::Text, None);
        assert_eq!(title.parse("My Shop"), Ok(Value::Text("My Shop".into())));
        assert_eq!(title.parse(""), Ok(Value::Text(String::new())));
        assert!(message(title.parse("a\nb")).contains("one line"));
        assert!(message(title.parse(&"x".repeat(MAX_TEXT + 1))).contains("at most 4096"));
        assert!(message(title.accept(Value::Integer(3))).contains("takes a text, not a number"));
    }
}
