//! Whether a value will do for a question.

use scaffold_guest::{Choice, Kind, Value};

use super::spec::{Question, Type};
use crate::error::Error;
use crate::names;

fn invalid(spec: &Question, message: String) -> Error {
    Error::InvalidAnswer {
        question: spec.name.clone(),
        message,
    }
}

pub(super) fn unanswered(spec: &Question) -> Error {
    invalid(
        spec,
        format!(
            "`{0}` ({1}) has no answer; give one with `--{0}`.",
            spec.name, spec.prompt
        ),
    )
}

/// The host checks type, range and choice too; checking them here keeps a replay of an older lock honest.
pub(super) fn answer(spec: &Question, kind: &Kind, value: &Value) -> Result<(), Error> {
    let name = &spec.name;
    match (kind, value) {
        (Kind::Text, Value::Text(text)) => match complaint(spec, text) {
            Some(complaint) => {
                let wanted = spec.message.as_ref().unwrap_or(&complaint);
                Err(invalid(
                    spec,
                    format!("`{text}` will not do for `{name}`: {wanted}"),
                ))
            }
            None => Ok(()),
        },
        (Kind::Flag, Value::Flag(_)) => Ok(()),
        (Kind::Integer((min, max)), Value::Integer(number)) => {
            if (min..=max).contains(&number) {
                return Ok(());
            }
            let range = match (*min, *max) {
                (i64::MIN, max) => format!("at most {max}"),
                (min, i64::MAX) => format!("at least {min}"),
                (min, max) => format!("from {min} to {max}"),
            };
            Err(invalid(spec, format!("`{name}` is {range}, not {number}.")))
        }
        (Kind::OneOf(choices), Value::Text(text)) => chosen(spec, choices, text),
        (Kind::AnyOf(choices), Value::Texts(texts)) => texts
            .iter()
            .try_for_each(|text| chosen(spec, choices, text)),
        _ => Err(invalid(spec, format!("`{name}` takes {}.", wanted(kind)))),
    }
}

/// Why a text will not do, where the question has no words of its own for that.
fn complaint(spec: &Question, text: &str) -> Option<String> {
    if let Some(pattern) = spec.pattern.as_ref().filter(|p| !p.is_match(text)) {
        let pattern = pattern
            .as_str()
            .trim_start_matches("^(?:")
            .trim_end_matches(")$");
        return Some(format!("It has to match `{pattern}`."));
    }
    let refused = spec.refuse.iter().any(|refused| refused == text);
    refused.then(|| "It means something else already.".to_owned())
}

fn chosen(spec: &Question, choices: &[Choice], text: &str) -> Result<(), Error> {
    if choices.iter().any(|choice| choice.value == text) {
        return Ok(());
    }
    let there: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    let message = format!(
        "`{text}` is not a choice of `{}`; it is one of {}.",
        spec.name,
        names::quoted(&there)
    );
    Err(invalid(spec, message))
}

fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "a line of text",
        Kind::Flag => "yes or no",
        Kind::Integer(_) => "a whole number",
        Kind::OneOf(_) => "one of its choices",
        Kind::AnyOf(_) => "a list of its choices",
    }
}

/// What a rendered default is, the type being what it is.
pub(super) fn parse(spec: &Question, kind: &Kind, text: &str) -> Result<Value, Error> {
    let text = text.trim();
    let wrong = || {
        Error::manifest(
            spec.line,
            format!(
                "The default of `{}` is `{text}`; it takes {}.",
                spec.name,
                wanted(kind)
            ),
        )
    };
    match kind {
        Kind::Text | Kind::OneOf(_) => Ok(Value::Text(text.to_owned())),
        Kind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(Value::Flag(true)),
            "false" | "no" | "" => Ok(Value::Flag(false)),
            _ => Err(wrong()),
        },
        Kind::Integer(_) => text.parse().map(Value::Integer).map_err(|_| wrong()),
        Kind::AnyOf(_) => Ok(Value::Texts(
            text.split([',', '\n'])
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )),
    }
}

/// A default that would be refused as an answer is none: the user has to answer. One that names no choice at
/// all is a mistake in the manifest. A computed value is not restricted.
pub(super) fn default(spec: &Question, kind: &Kind, value: Value) -> Result<Option<Value>, Error> {
    if spec.computed {
        return Ok(Some(value));
    }
    if let Type::OneOf(choices) | Type::AnyOf(choices) = &spec.kind {
        let used = match &value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::Texts(texts) => texts,
            _ => &[],
        };
        if let Some(text) = used
            .iter()
            .find(|text| !choices.iter().any(|choice| choice.value == **text))
        {
            let there: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            let (name, there) = (&spec.name, names::quoted(&there));
            return Err(Error::manifest(
                spec.line,
                format!(
                    "The default `{text}` of `{name}` is not one of its choices, which are {there}."
                ),
            ));
        }
    }
    Ok(answer(spec, kind, &value).is_ok().then_some(value))
}
