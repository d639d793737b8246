//! From answers to values: which questions apply, what their defaults are, whether an answer will do.

mod check;
pub(crate) mod spec;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value as Templated;
use scaffold_guest::{Choice, Kind, Question, Request, Value};

use crate::context;
use crate::error::Error;
use crate::manifest::{Manifest, Text};
use crate::render::{Renderer, Scope};
use spec::{Default, Type};

/// Whether every question that applies has to have a value by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Some questions may be unanswered still; what depends on them is not known yet.
    Asking,
    Answered,
}

pub(crate) struct Resolved {
    pub questions: Vec<Question>,
    pub scope: Scope,
}

/// Every name a template of this package may use.
pub(crate) fn known_names(manifest: &Manifest) -> BTreeSet<String> {
    let own = manifest
        .questions
        .iter()
        .map(|question| question.variable());
    context::NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .chain(own)
        .collect()
}

pub(crate) fn resolve(
    manifest: &Manifest,
    renderer: &Renderer<'_>,
    request: &Request,
    stage: Stage,
) -> Result<Resolved, Error> {
    let mut resolver = Resolver {
        renderer,
        request,
        stage,
        values: context::base(manifest, request),
        open: BTreeSet::new(),
    };
    let mut questions = Vec::new();
    for spec in &manifest.questions {
        questions.extend(resolver.question(spec)?);
    }
    let scope = resolver.scope();
    Ok(Resolved { questions, scope })
}

struct Resolver<'a> {
    renderer: &'a Renderer<'a>,
    request: &'a Request,
    stage: Stage,
    values: BTreeMap<String, Templated>,
    /// Questions that apply and have neither an answer nor a default yet, and those that hang on them.
    open: BTreeSet<String>,
}

impl Resolver<'_> {
    fn scope(&self) -> Scope {
        Scope {
            values: Templated::from(self.values.clone()),
            bound: None,
        }
    }

    /// Works out one question; a computed one gives a value and is not asked.
    fn question(&mut self, spec: &spec::Question) -> Result<Option<Question>, Error> {
        let scope = self.scope();
        let applies = match &spec.when {
            None => Some(true),
            Some(when) => self.holds(when, &scope)?,
        };
        let kind = self.kind(spec, &scope)?;
        let default = self.default(spec, &kind, &scope, applies)?;
        if applies == Some(true) {
            let value = match self.request.answer(&spec.name).filter(|_| !spec.computed) {
                Some(answer) => {
                    check::answer(spec, &kind, answer)?;
                    Some(answer.clone())
                }
                None => default.clone(),
            };
            match value {
                Some(value) => {
                    self.values.insert(spec.variable(), context::value(&value));
                }
                None if self.stage == Stage::Answered => return Err(check::unanswered(spec)),
                None => {
                    self.open.insert(spec.variable());
                }
            }
        } else if applies.is_none() {
            self.open.insert(spec.variable());
        }
        Ok((!spec.computed).then(|| Question {
            name: spec.name.clone(),
            prompt: spec.prompt.clone(),
            help: spec.help.clone(),
            kind,
            default,
            applies: applies == Some(true),
        }))
    }

    /// Whether a condition holds; not known while a question that it uses is open and might change that.
    fn holds(&self, when: &Text, scope: &Scope) -> Result<Option<bool>, Error> {
        let names = || self.renderer.names_in(when);
        let holds = self.unless_open(self.renderer.holds(Some(when), scope), names)?;
        Ok(holds.filter(|holds| *holds || !names().iter().any(|name| self.open.contains(name))))
    }

    /// A failure that comes of a question still open is no failure yet: the result is not known.
    fn unless_open<T>(
        &self,
        result: Result<T, Error>,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(_)
                if self.stage == Stage::Asking
                    && names().iter().any(|name| self.open.contains(name)) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What it takes now: a choice may have a condition of its own.
    fn kind(&self, spec: &spec::Question, scope: &Scope) -> Result<Kind, Error> {
        let now = |choices: &[spec::Choice]| -> Result<Vec<Choice>, Error> {
            let mut now = Vec::new();
            for choice in choices {
                let holds = match &choice.when {
                    None => true,
                    // Not known yet: it may be chosen.
                    Some(when) => self.holds(when, scope)?.unwrap_or(true),
                };
                now.extend(holds.then(|| Choice {
                    value: choice.value.clone(),
                    label: choice.label.clone(),
                }));
            }
            Ok(now)
        };
        Ok(match &spec.kind {
            Type::Text => Kind::Text,
            Type::Flag => Kind::Flag,
            Type::Integer { min, max } => Kind::Integer((*min, *max)),
            Type::OneOf(choices) => Kind::OneOf(now(choices)?),
            Type::AnyOf(choices) => Kind::AnyOf(now(choices)?),
        })
    }

    fn default(
        &self,
        spec: &spec::Question,
        kind: &Kind,
        scope: &Scope,
        applies: Option<bool>,
    ) -> Result<Option<Value>, Error> {
        // The default of a question that does not apply may use answers that are not there.
        if applies != Some(true) && !matches!(spec.default, Some(Default::Fixed(_))) {
            return Ok(None);
        }
        let value = match &spec.default {
            None => return Ok(None),
            Some(Default::Fixed(value)) => value.clone(),
            Some(Default::Template(text)) => {
                let names = || self.renderer.names_in_string(text);
                match self.unless_open(self.renderer.string(text, scope), names)? {
                    Some(text) => check::parse(spec, kind, &text)?,
                    None => return Ok(None),
                }
            }
            Some(Default::Templates(texts)) => {
                let mut values = Vec::new();
                for text in texts {
                    let names = || self.renderer.names_in_string(text);
                    match self.unless_open(self.renderer.string(text, scope), names)? {
                        Some(text) => values.push(text),
                        None => return Ok(None),
                    }
                }
                Value::Texts(values)
            }
        };
        check::default(spec, kind, value)
    }
}

#[cfg(test)]
mod tests;
