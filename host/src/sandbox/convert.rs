//! Between the contract's types and the host's.

use super::{
    Applied, Failure, Outcome, Request, Step, bindings::scaffold::generator::types as wit,
};
use crate::question::{Answers, Choice, Kind, Question, Value};

impl From<&Request> for wit::Request {
    fn from(request: &Request) -> Self {
        Self {
            project_name: request.project_name.clone(),
            instance: request.instance.clone(),
            answers: answers(&request.answers),
            applied: request.applied.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Applied> for wit::Applied {
    fn from(applied: &Applied) -> Self {
        Self {
            package: applied.package.to_string(),
            instance: applied.instance.clone(),
            version: applied.version.to_string(),
            answers: answers(&applied.answers),
        }
    }
}

fn answers(answers: &Answers) -> Vec<wit::Answer> {
    answers
        .iter()
        .map(|(name, value)| wit::Answer {
            name: name.clone(),
            value: value.clone().into(),
        })
        .collect()
}

impl From<Value> for wit::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(v) => Self::Text(v),
            Value::Flag(v) => Self::Flag(v),
            Value::Integer(v) => Self::Integer(v),
            Value::Texts(v) => Self::Texts(v),
        }
    }
}

impl From<wit::Value> for Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Text(v) => Self::Text(v),
            wit::Value::Flag(v) => Self::Flag(v),
            wit::Value::Integer(v) => Self::Integer(v),
            wit::Value::Texts(v) => Self::Texts(v),
        }
    }
}

impl From<wit::Question> for Question {
    fn from(question: wit::Question) -> Self {
        let choices = |choices: Vec<wit::Choice>| {
            choices
                .into_iter()
                .map(|c| Choice {
                    value: c.value,
                    label: c.label,
                })
                .collect()
        };
        Self {
            name: question.name,
            prompt: question.prompt,
            help: question.help,
            kind: match question.kind {
                wit::Kind::Text => Kind::Text,
                wit::Kind::Flag => Kind::Flag,
                wit::Kind::Integer((min, max)) => Kind::Integer { min, max },
                wit::Kind::OneOf(c) => Kind::OneOf(choices(c)),
                wit::Kind::AnyOf(c) => Kind::AnyOf(choices(c)),
            },
            default: question.default.map(Into::into),
            applies: question.applies,
        }
    }
}

impl From<wit::Outcome> for Outcome {
    fn from(outcome: wit::Outcome) -> Self {
        Self {
            steps: outcome
                .steps
                .into_iter()
                .map(|s| Step {
                    why: s.why,
                    command: s.command,
                })
                .collect(),
            notes: outcome.notes,
        }
    }
}

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.message,
            subject: failure.subject,
        }
    }
}
