//! From minijinja's errors to ours: the innermost cause, in the file of the package it stands in.

use std::error::Error as _;

use minijinja::ErrorKind;

use super::{Renderer, Scope};
use crate::error::{Error, MANIFEST};
use crate::names;

/// Where the text being rendered comes from.
pub(crate) enum Place<'a> {
    /// A string that starts in this line of the manifest.
    Manifest(usize),
    /// A file of the package.
    File(&'a str),
    /// The path of a file of the package, itself a template.
    Path(&'a str),
}

impl<'a> Place<'a> {
    pub(super) fn name(&self) -> &'a str {
        match self {
            Place::Manifest(_) => MANIFEST,
            Place::File(path) | Place::Path(path) => path,
        }
    }

    /// `file:line` of a line of the text.
    pub(super) fn at(&self, line: usize) -> String {
        match self {
            Place::Manifest(first) => format!("{MANIFEST}:{}", first + line.saturating_sub(1)),
            Place::File(path) => format!("{path}:{line}"),
            Place::Path(path) => format!("{path} (in the path itself)"),
        }
    }
}

/// The expression that has no value, where that is what an error is about.
pub(super) fn undefined_in(error: &minijinja::Error) -> Option<&str> {
    let detail = error
        .detail()
        .filter(|_| error.kind() == ErrorKind::UndefinedError)?;
    detail.split('`').nth(1)
}

impl Renderer<'_> {
    pub(super) fn fault(
        &self,
        error: &minijinja::Error,
        place: &Place<'_>,
        scope: Option<&Scope>,
    ) -> Error {
        let mut cause = error;
        while let Some(inner) = cause
            .source()
            .and_then(|source| source.downcast_ref::<minijinja::Error>())
        {
            cause = inner;
        }
        let line = cause.line().or(error.line()).unwrap_or(1);
        let partial = self
            .partials
            .iter()
            .find(|partial| cause.name() == Some(&partial.name));
        let place_text = match partial {
            Some(partial) => format!("{}:{line}", partial.path),
            None => place.at(line),
        };
        let mut message = self.describe(cause, scope);
        if partial.is_some()
            && !matches!(place, Place::File(path) if *path == partial.map_or("", |p| &p.path))
        {
            message.push_str(&format!(" It is used by {}.", place.name()));
        }
        Error::Template {
            place: place_text,
            message,
        }
    }

    fn describe(&self, error: &minijinja::Error, scope: Option<&Scope>) -> String {
        let detail = error.detail().unwrap_or_default();
        let sentence = |text: &str| {
            let text = text.trim_end_matches('.');
            format!("{text}.")
        };
        match error.kind() {
            _ if let Some(expression) = undefined_in(error) => self.undefined(expression, scope),
            ErrorKind::SyntaxError => sentence(&format!("This is not a template: {detail}")),
            ErrorKind::TemplateNotFound => {
                let wanted = detail.split(['"', '\'']).nth(1).unwrap_or_default();
                let there = self.partials.iter().map(|partial| partial.name.as_str());
                format!(
                    "There is no `{wanted}` to include. {}",
                    names::hint(wanted, there)
                )
            }
            kind if detail.is_empty() => sentence(&kind.to_string()),
            _ => sentence(detail),
        }
    }
}
