//! The last look at the answers before they are used.

use crate::question::Value;
use crate::ui::page::columns;
use crate::ui::{Field, Page, Prompt, PromptError, Reply, Tone, Ui, clean};

use super::state::State;

/// What the user says to the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    /// The question of this name is to be answered anew.
    Change(String),
    /// A step back, to the last question.
    Back,
}

/// Shows all answers and asks what to do with them.
pub(super) fn review(ui: &mut Ui, state: &State<'_>) -> Result<Verdict, PromptError> {
    ui.beside_question(&table(state));
    loop {
        let options = ["Go on", "Change an answer", "Cancel"]
            .map(str::to_owned)
            .into();
        let field = Field::One { options, start: 0 };
        match ui.ask(&Prompt {
            message: "Go on with these answers?",
            help: "",
            back: true,
            field,
        })? {
            Some(Reply::One(0)) => return Ok(Verdict::GoOn),
            Some(Reply::One(1)) => {
                if let Some(name) = pick(ui, state)? {
                    return Ok(Verdict::Change(name));
                }
            }
            Some(_) => return Err(PromptError::Cancelled),
            None => return Ok(Verdict::Back),
        }
    }
}

/// Which answer is to be changed; none: none after all.
fn pick(ui: &mut Ui, state: &State<'_>) -> Result<Option<String>, PromptError> {
    let names: Vec<&str> = state
        .answered()
        .map(|(question, ..)| question.name.as_str())
        .collect();
    let options = state
        .answered()
        .map(|(question, value, _)| format!("{}: {}", question.name, shown(value)))
        .collect();
    let prompt = Prompt {
        message: "Which one?",
        help: "",
        back: true,
        field: Field::One { options, start: 0 },
    };
    Ok(match ui.ask(&prompt)? {
        Some(Reply::One(place)) => names.get(place).map(|name| (*name).to_owned()),
        _ => None,
    })
}

fn table(state: &State<'_>) -> Page {
    let names = state
        .answered()
        .map(|(question, ..)| columns(&question.name))
        .max()
        .unwrap_or(0);
    let values = state
        .answered()
        .map(|(_, value, _)| columns(&shown(value)))
        .max()
        .unwrap_or(0)
        .min(40);
    let mut page = Page::new();
    page.line(Tone::Plain, "")
        .put(Tone::Strong, "Your answers for ")
        .put(Tone::Strong, state.label())
        .end();
    for (question, value, given) in state.answered() {
        page.put(Tone::Plain, "  ")
            .column(Tone::Faint, &question.name, names + 2);
        page.column(Tone::Plain, shown(value), values + 2)
            .put(Tone::Faint, if given { "given" } else { "" })
            .end();
    }
    page.line(Tone::Plain, "");
    page
}

/// A value as a person would say it.
fn shown(value: &Value) -> String {
    match value {
        Value::Flag(true) => "yes".to_owned(),
        Value::Flag(false) => "no".to_owned(),
        Value::Text(text) if text.is_empty() => "(nothing)".to_owned(),
        Value::Texts(texts) if texts.is_empty() => "none".to_owned(),
        Value::Texts(texts) => clean::line_within(&texts.join(", "), 80),
        other => clean::line_within(&other.to_string(), 80),
    }
}
