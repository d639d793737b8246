//! The words of the interview's errors. Whoever reads one shall know every flag to add, at once.

use std::fmt::Write as _;

use crate::question::{Question, Value, ValueError};
use crate::ui::page::columns;
use crate::ui::{Untrusted, clean};

use super::InterviewError;

/// A flag that takes more room than this has its prompt on the next line.
const FLAG_WIDTH: usize = 40;

pub(super) fn list_missing(label: &str, nobody: bool, missing: &[Question]) -> String {
    let label = Untrusted(label);
    let mut text = match (missing.len(), nobody) {
        (1, true) => format!("{label} needs an answer, and there is no terminal to ask in"),
        (n, true) => format!("{label} needs {n} answers, and there is no terminal to ask in"),
        (1, false) => format!("{label} needs an answer that has no default"),
        (n, false) => format!("{label} needs {n} answers that have no default"),
    };
    let flags: Vec<String> = missing
        .iter()
        .map(|q| clean::line_within(&format!("{} {}", q.flag(), q.takes()), 120))
        .collect();
    let width = flags
        .iter()
        .map(|f| columns(f))
        .filter(|w| *w <= FLAG_WIDTH)
        .max()
        .unwrap_or(0);
    for (question, flag) in missing.iter().zip(&flags) {
        let prompt = clean::line_within(&question.prompt, 70);
        let default = match &question.default {
            Some(default) => format!(
                " [{}]",
                clean::line_within(&shown(&default.to_string()), 40)
            ),
            None => String::new(),
        };
        let room = (width + 2).saturating_sub(columns(flag));
        // Writing into a String cannot fail.
        let _ = if columns(flag) <= FLAG_WIDTH {
            write!(text, "\n  {flag}{:room$}{prompt}{default}", "")
        } else {
            write!(text, "\n  {flag}\n  {:1$}{prompt}{default}", "", width + 2)
        };
    }
    text
}

fn shown(value: &str) -> String {
    if value.is_empty() {
        "none".to_owned()
    } else {
        value.to_owned()
    }
}

pub(super) fn list_unknown(label: &str, unknown: &[(String, Vec<String>)]) -> String {
    let lines = unknown.iter().map(|(name, near)| {
        let near = match near.as_slice() {
            [] => String::new(),
            near => format!("; did you mean {}?", flags(near).join(" or ")),
        };
        format!("{} has no question {name:?}{near}", Untrusted(label))
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn list_given(label: &str, wrong: &[ValueError]) -> String {
    match wrong {
        [one] => one.to_string(),
        _ => {
            let lines: Vec<String> = wrong.iter().map(|e| format!("  {e}")).collect();
            format!(
                "{} answers for {} will not do\n{}",
                wrong.len(),
                Untrusted(label),
                lines.join("\n")
            )
        }
    }
}

pub(super) fn list_idle(label: &str, flags: &[String]) -> String {
    let (flags, verb) = (
        flags.join(" and "),
        if flags.len() == 1 { "does" } else { "do" },
    );
    format!(
        "{flags} {verb} not apply to {} with the other answers",
        Untrusted(label)
    )
}

fn flags(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("--{name}")).collect()
}

/// Questions as a program reads them.
pub(super) fn describe(questions: &[Question]) -> Vec<serde_json::Value> {
    let one = |question: &Question| {
        serde_json::json!({
            "name": question.name,
            "flag": question.flag(),
            "prompt": question.prompt,
            "takes": question.kind.to_json(),
            "default": question.default.as_ref().map(Value::to_json),
        })
    };
    questions.iter().map(one).collect()
}

pub(super) fn hints(error: &InterviewError) -> Vec<String> {
    match error {
        InterviewError::Missing {
            nobody, missing, ..
        } => {
            let example = missing
                .iter()
                .find(|q| q.default.is_none())
                .or(missing.first());
            let give = example.map(|q| {
                format!(
                    "give each with its flag, {} …, or with -d {}=…",
                    q.flag(),
                    q.name
                )
            });
            let all = missing.iter().all(|q| q.default.is_some());
            let some = missing.iter().any(|q| q.default.is_some());
            let defaults = match (*nobody, all, some) {
                (true, true, _) => Some("--defaults takes the defaults".to_owned()),
                (true, false, true) => {
                    Some("--defaults takes the defaults of those that have one".to_owned())
                }
                _ => None,
            };
            let depends = missing.iter().filter(|q| q.default.is_none()).count() > 1;
            let depends = depends
                .then(|| "a question may get a default from the answers before it".to_owned());
            defaults.into_iter().chain(give).chain(depends).collect()
        }
        InterviewError::Unknown { known, .. } if known.is_empty() => {
            vec!["it asks nothing".to_owned()]
        }
        InterviewError::Unknown { known, .. } => {
            vec![clean::line_within(
                &format!("its questions are {}", flags(known).join(", ")),
                300,
            )]
        }
        InterviewError::NotApplying { .. } => {
            vec!["leave it out, or change the answers it depends on".to_owned()]
        }
        InterviewError::Refused {
            default: true,
            flag,
            ..
        } => {
            vec![format!(
                "that is the default; give another answer with {flag}"
            )]
        }
        InterviewError::Broken { .. } => vec!["tell its author, or use another version".to_owned()],
        _ => Vec::new(),
    }
}
