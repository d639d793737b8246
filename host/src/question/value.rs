//! An answer's value, and its forms in TOML, JSON and text.

use std::fmt::{self, Display};

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// The value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A line of text, or the value of one choice.
    Text(String),
    Flag(bool),
    Integer(i64),
    /// The values of any number of choices, in the order of the choices.
    Texts(Vec<String>),
}

/// A TOML or JSON value that cannot be an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found} cannot be an answer; an answer is a text, true or false, a whole number, or a list of texts"
)]
pub struct NotAValue {
    /// What was found instead: `a table`.
    pub found: &'static str,
}

impl Value {
    /// What it is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Integer(_) => "a number",
            Self::Texts(_) => "a list",
        }
    }

    /// As `scaffold.toml` and data files hold it.
    pub fn to_toml(&self) -> toml::Value {
        match self {
            Self::Text(text) => toml::Value::String(text.clone()),
            Self::Flag(flag) => toml::Value::Boolean(*flag),
            Self::Integer(number) => toml::Value::Integer(*number),
            Self::Texts(texts) => texts
                .iter()
                .cloned()
                .map(toml::Value::String)
                .collect::<Vec<_>>()
                .into(),
        }
    }

    /// From `scaffold.toml` or a data file.
    pub fn from_toml(value: &toml::Value) -> Result<Self, NotAValue> {
        let found = match value {
            toml::Value::String(text) => return Ok(Self::Text(text.clone())),
            toml::Value::Boolean(flag) => return Ok(Self::Flag(*flag)),
            toml::Value::Integer(number) => return Ok(Self::Integer(*number)),
            toml::Value::Array(items) => {
                let texts = items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<_>>();
                match texts {
                    Some(texts) => return Ok(Self::Texts(texts)),
                    None => "a list with something else than texts",
                }
            }
            toml::Value::Float(_) => "a number with a fraction",
            toml::Value::Datetime(_) => "a date",
            toml::Value::Table(_) => "a table",
        };
        Err(NotAValue { found })
    }

    /// As `--json` shows it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Integer(number) => (*number).into(),
            Self::Texts(texts) => texts.clone().into(),
        }
    }

    /// From a JSON data file.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, NotAValue> {
        let found = match value {
            serde_json::Value::String(text) => return Ok(Self::Text(text.clone())),
            serde_json::Value::Bool(flag) => return Ok(Self::Flag(*flag)),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => return Ok(Self::Integer(number)),
                None => "a number that is not whole or too large",
            },
            serde_json::Value::Array(items) => {
                let texts = items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<_>>();
                match texts {
                    Some(texts) => return Ok(Self::Texts(texts)),
                    None => "a list with something else than texts",
                }
            }
            serde_json::Value::Object(_) => "an object",
            serde_json::Value::Null => "null",
        };
        Err(NotAValue { found })
    }
}

/// As it is typed after a flag, so that it can be copied back.
impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Flag(flag) => f.pad(if *flag { "true" } else { "false" }),
            Self::Integer(number) => f.pad(&number.to_string()),
            Self::Texts(texts) => f.pad(&texts.join(",")),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Texts(texts) => texts.serialize(serializer),
        }
    }
}

/// By hand, since an untagged enum can only say that nothing matched; this says what an answer may be.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, true or false, a whole number, or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Flag(flag))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Integer(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                i64::try_from(number).map(Value::Integer).map_err(|_| {
                    E::invalid_value(de::Unexpected::Unsigned(number), &"a number below 2^63")
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = items.next_element()? {
                    texts.push(text);
                }
                Ok(Value::Texts(texts))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Value> {
        vec![
            Value::Text("a b".into()),
            Value::Flag(true),
            Value::Integer(-3),
            Value::Texts(vec!["x".into(), "y".into()]),
            Value::Texts(Vec::new()),
        ]
    }

    #[test]
    fn there_and_back_through_toml_and_json() {
        for value in all() {
            assert_eq!(Value::from_toml(&value.to_toml()).as_ref(), Ok(&value));
            assert_eq!(Value::from_json(&value.to_json()).as_ref(), Ok(&value));
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
            assert_eq!(toml::Value::try_from(&value).unwrap(), value.to_toml());
            assert_eq!(value.to_toml().try_into::<Value>().unwrap(), value);
        }
    }

    #[test]
    fn what_cannot_be_an_answer_is_named() {
        let table: toml::Value = toml::from_str("x = { a = 1 }").unwrap();
        let error = Value::from_toml(&table["x"]).unwrap_err().to_string();
        assert!(error.starts_with("a table cannot be an answer"), "{error}");
        for text in ["null", "1.5", "[1]", "{}", "18446744073709551615"] {
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(Value::from_json(&json).is_err(), "{text}");
            let error = serde_json::from_str::<Value>(text).unwrap_err().to_string();
            assert!(error.contains("expected a"), "{error}");
        }
    }

    #[test]
    fn shown_as_it_is_typed() {
        let shown: Vec<String> = all().iter().map(Value::to_string).collect();
        assert_eq!(shown, ["a b", "true", "-3", "x,y", ""]);
    }
}
