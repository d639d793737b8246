//! `[[questions]]`: what the manifest says about each.

use scaffold_guest::Value;

use crate::context;
use crate::error::Error;
use crate::manifest::Text;
use crate::manifest::read::Keys;
use crate::names;

#[derive(Debug)]
pub(crate) struct Question {
    pub line: usize,
    pub name: String,
    pub prompt: String,
    pub help: String,
    pub kind: Type,
    pub default: Option<Default>,
    pub when: Option<Text>,
    pub pattern: Option<regex_lite::Regex>,
    /// Texts that will not do though they match the pattern.
    pub refuse: Vec<String>,
    /// What the pattern and the refused texts come to, in words.
    pub message: Option<String>,
    pub computed: bool,
}

impl Question {
    /// As templates write it.
    pub(crate) fn variable(&self) -> String {
        context::variable(&self.name)
    }
}

#[derive(Debug)]
pub(crate) enum Type {
    Text,
    Flag,
    Integer { min: i64, max: i64 },
    OneOf(Vec<Choice>),
    AnyOf(Vec<Choice>),
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub when: Option<Text>,
}

#[derive(Debug)]
pub(crate) enum Default {
    /// A template, whatever the type.
    Template(Text),
    Templates(Vec<Text>),
    Fixed(Value),
}

const KEYS: &[&str] = &[
    "name", "prompt", "help", "type", "choices", "default", "when", "pattern", "refuse", "message",
    "min", "max", "computed",
];
const TYPES: &[&str] = &["text", "flag", "integer", "one-of", "any-of"];

pub(crate) fn read(root: &Keys<'_>) -> Result<Vec<Question>, Error> {
    let questions = root.each("questions", KEYS, question)?;
    for (at, question) in questions.iter().enumerate() {
        if let Some(other) = questions[..at]
            .iter()
            .find(|other| other.variable() == question.variable())
        {
            let message = format!(
                "There is a question `{}` already, in line {}.",
                other.name, other.line
            );
            return Err(Error::manifest(question.line, message));
        }
    }
    Ok(questions)
}

fn question(keys: &Keys<'_>) -> Result<Question, Error> {
    let name = keys.needed("name")?.text;
    check_name(keys, &name)?;
    let computed = keys.flag("computed")?.unwrap_or(false);
    let kind = kind(keys, computed)?;
    let (integer, text) = (
        matches!(kind, Type::Integer { .. }),
        matches!(kind, Type::Text),
    );
    for (key, applies, wanted) in [
        ("min", integer, "integer"),
        ("max", integer, "integer"),
        ("pattern", text, "text"),
        ("refuse", text, "text"),
    ] {
        if keys.has(key) && !applies {
            return Err(keys.error(
                key,
                format!("`{key}` is for questions of the type `{wanted}`."),
            ));
        }
    }
    let default = default(keys, &kind)?;
    if computed && default.is_none() {
        return Err(keys.error(
            "computed",
            format!("`{name}` is computed, so it needs a `default` to compute."),
        ));
    }
    let prompt = match keys.string("prompt")? {
        Some(prompt) => prompt,
        None if computed => String::new(),
        None => return Err(keys.missing("prompt")),
    };
    Ok(Question {
        line: keys.line,
        name,
        prompt,
        help: keys.string("help")?.unwrap_or_default().trim().to_owned(),
        kind,
        default,
        when: keys.text("when")?,
        pattern: pattern(keys)?,
        refuse: refuse(keys)?,
        message: keys.string("message")?,
        computed,
    })
}

fn check_name(keys: &Keys<'_>, name: &str) -> Result<(), Error> {
    let kebab = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !kebab {
        return Err(keys.error(
            "name",
            format!("`{name}` is no name for a question: write it as in `my-question`."),
        ));
    }
    let variable = context::variable(name);
    if context::NAMES.contains(&variable.as_str())
        || ["version", "true", "false", "none", "loop"].contains(&name)
    {
        return Err(keys.error(
            "name",
            format!("`{name}` means something else already; name the question otherwise."),
        ));
    }
    Ok(())
}

fn kind(keys: &Keys<'_>, computed: bool) -> Result<Type, Error> {
    let name = keys.string("type")?.unwrap_or_else(|| "text".to_owned());
    let takes_choices = matches!(name.as_str(), "one-of" | "any-of");
    if !takes_choices && keys.has("choices") {
        return Err(keys.error(
            "choices",
            "`choices` are for questions of the type `one-of` or `any-of`.",
        ));
    }
    match name.as_str() {
        "text" => Ok(Type::Text),
        "flag" => Ok(Type::Flag),
        "integer" => {
            let (min, max) = (
                keys.integer("min")?.unwrap_or(i64::MIN),
                keys.integer("max")?.unwrap_or(i64::MAX),
            );
            if min > max {
                return Err(keys.error("min", format!("`min` {min} is greater than `max` {max}.")));
            }
            Ok(Type::Integer { min, max })
        }
        "one-of" => Ok(Type::OneOf(choices(keys, computed)?)),
        "any-of" => Ok(Type::AnyOf(choices(keys, computed)?)),
        other => {
            let hint = names::hint(other, TYPES.iter().copied());
            Err(keys.error(
                "type",
                format!("`{other}` is not a type of question. {hint}"),
            ))
        }
    }
}

/// A computed list may hold anything and so needs none.
fn choices(keys: &Keys<'_>, computed: bool) -> Result<Vec<Choice>, Error> {
    let wrong = || {
        keys.error(
            "choices",
            "A choice is a string, or `{ value = \"…\", label = \"…\" }`.",
        )
    };
    let mut choices: Vec<Choice> = Vec::new();
    for item in keys.values("choices")? {
        let choice = match item.as_str() {
            Some(value) => Choice {
                value: value.to_owned(),
                label: String::new(),
                when: None,
            },
            None => {
                let inner = keys
                    .inside(item, "a choice", &["value", "label", "when"])?
                    .ok_or_else(wrong)?;
                Choice {
                    value: inner.needed("value")?.text,
                    label: inner.string("label")?.unwrap_or_default(),
                    when: inner.text("when")?,
                }
            }
        };
        if choices.iter().any(|other| other.value == choice.value) {
            return Err(keys.error(
                "choices",
                format!("The choice `{}` is there twice.", choice.value),
            ));
        }
        choices.push(choice);
    }
    if choices.is_empty() && !computed {
        return Err(keys.error(
            "choices",
            "A question of the type `one-of` or `any-of` needs `choices`.",
        ));
    }
    Ok(choices)
}

fn default(keys: &Keys<'_>, kind: &Type) -> Result<Option<Default>, Error> {
    let Some(value) = keys.value("default")? else {
        return Ok(None);
    };
    let wrong = |wanted| {
        keys.error(
            "default",
            format!("The default of this type of question is {wanted}."),
        )
    };
    if value.is_str() {
        return Ok(keys.text("default")?.map(Default::Template));
    }
    match kind {
        Type::Text | Type::OneOf(_) => Err(wrong("a string")),
        Type::Flag => Ok(Some(Default::Fixed(Value::Flag(
            value.as_bool().ok_or_else(|| wrong("true or false"))?,
        )))),
        Type::Integer { .. } => Ok(Some(Default::Fixed(Value::Integer(
            value.as_integer().ok_or_else(|| wrong("a whole number"))?,
        )))),
        Type::AnyOf(_) => Ok(keys.texts("default")?.map(Default::Templates)),
    }
}

fn refuse(keys: &Keys<'_>) -> Result<Vec<String>, Error> {
    let texts = keys.texts("refuse")?.unwrap_or_default();
    Ok(texts.into_iter().map(|text| text.text).collect())
}

fn pattern(keys: &Keys<'_>) -> Result<Option<regex_lite::Regex>, Error> {
    let Some(text) = keys.string("pattern")? else {
        return Ok(None);
    };
    regex_lite::Regex::new(&format!("^(?:{text})$"))
        .map(Some)
        .map_err(|error| keys.error("pattern", format!("This is not a pattern: {error}.")))
}
