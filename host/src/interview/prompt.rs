//! One question as a prompt, and what is answered as a value.

use crate::question::{Choice, Kind, Question, Value};
use crate::ui::{Field, Page, Prompt, PromptError, Reply, Tone, Ui};

/// Asks a question, starting at an answer it had or at its default, after saying why the last answer will not do.
/// None: a step back.
pub(super) fn prompt(
    ui: &mut Ui,
    question: &Question,
    start: Option<&Value>,
    complaint: Option<&str>,
    back: bool,
) -> Result<Option<Value>, PromptError> {
    if let Some(complaint) = complaint {
        let mut page = Page::new();
        page.put(Tone::Error, "! ")
            .put(Tone::Plain, complaint)
            .end();
        ui.beside_question(&page);
    }
    let check = |text: &str| check(question, text);
    let from = start.or(question.default.as_ref());
    let field = match &question.kind {
        Kind::Text | Kind::Integer { .. } => {
            let default = question.default.as_ref().map(Value::to_string);
            let initial = start
                .map(Value::to_string)
                .filter(|text| Some(text) != default.as_ref());
            Field::Text {
                default,
                initial,
                check: &check,
            }
        }
        Kind::Flag => Field::YesNo {
            default: if let Some(Value::Flag(yes)) = from {
                Some(*yes)
            } else {
                None
            },
        },
        Kind::OneOf(choices) => Field::One {
            options: shown(choices),
            start: picked(choices, from).first().copied().unwrap_or(0),
        },
        Kind::AnyOf(choices) => Field::Any {
            options: shown(choices),
            picked: picked(choices, from),
        },
    };
    let reply = ui.ask(&Prompt {
        message: &question.prompt,
        help: &question.help,
        back,
        field,
    })?;
    Ok(reply.and_then(|reply| value(question, reply)))
}

/// Why a typed text will not do.
fn check(question: &Question, text: &str) -> Result<(), String> {
    if text.is_empty() && question.default.is_none() {
        return Err("an answer is needed".to_owned());
    }
    question.parse(text).map(drop).map_err(|error| error.reason)
}

fn shown(choices: &[Choice]) -> Vec<String> {
    choices
        .iter()
        .map(|choice| choice.shown().to_owned())
        .collect()
}

/// The places of the choices a value holds.
fn picked(choices: &[Choice], value: Option<&Value>) -> Vec<usize> {
    let holds = |choice: &Choice| match value {
        Some(Value::Text(text)) => *text == choice.value,
        Some(Value::Texts(texts)) => texts.contains(&choice.value),
        _ => false,
    };
    (0..choices.len())
        .filter(|&place| holds(&choices[place]))
        .collect()
}

/// What was answered. None only if the reply is not of the kind that was asked for, which a prompter never does.
fn value(question: &Question, reply: Reply) -> Option<Value> {
    let pick =
        |choices: &[Choice], place: usize| choices.get(place).map(|choice| choice.value.clone());
    match (&question.kind, reply) {
        (Kind::Text | Kind::Integer { .. }, Reply::Text(text)) => question.parse(&text).ok(),
        (Kind::Flag, Reply::YesNo(yes)) => Some(Value::Flag(yes)),
        (Kind::OneOf(choices), Reply::One(place)) => pick(choices, place).map(Value::Text),
        (Kind::AnyOf(choices), Reply::Any(places)) => Some(Value::Texts(
            places
                .into_iter()
                .filter_map(|place| pick(choices, place))
                .collect(),
        )),
        _ => None,
    }
}
