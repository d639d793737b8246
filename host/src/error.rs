//! The one error type at the top: what kind of end it is for the process, what happened, and what to do about it.
//!
//! The library's own errors are enums of their modules; they become a [`CommandError`] where a command meets them,
//! and there they get their hints. Plain text only: `ui` cleans and colours it.

use std::error::Error;
use std::fmt;

/// How a command can end when it does not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It did not work.
    Failed,
    /// The user stopped it.
    Cancelled,
    /// The command line or an answer will not do.
    Usage,
    /// The project has conflicts for the user to settle.
    Conflicts,
    /// It needs a permission nobody has given.
    Permission,
    /// Something is not what its digest, signature or lock says.
    Integrity,
    /// A mistake in this program.
    Bug,
}

/// What `outdated --exit-code` ends with when there is something newer: no error, but not nothing either.
pub const OUTDATED: u8 = 6;

impl ErrorKind {
    /// The exit code of the process; 0 is success. These numbers are documented and do not change.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::Cancelled => 1,
            Self::Usage => 2,
            Self::Conflicts => 3,
            Self::Permission => 4,
            Self::Integrity => 5,
            Self::Bug => 70,
        }
    }

    /// The name in `--json` output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Usage => "usage",
            Self::Conflicts => "conflicts",
            Self::Permission => "permission",
            Self::Integrity => "integrity",
            Self::Bug => "bug",
        }
    }
}

/// Why a command ended. Deliberately no [`Error`] itself, so that every module's error can be turned into one
/// where it is known what kind of end it is.
#[derive(Debug)]
pub struct CommandError {
    pub kind: ErrorKind,
    pub source: Box<dyn Error + Send + Sync>,
    /// What to do, best first.
    pub hints: Vec<String>,
    /// Facts for programs, as further keys of the JSON document; people read the message.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl CommandError {
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
            hints: Vec::new(),
            facts: serde_json::Map::new(),
        }
    }

    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Failed, source)
    }

    pub fn usage(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Usage, source)
    }

    pub fn permission(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Permission, source)
    }

    pub fn integrity(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Integrity, source)
    }

    pub fn bug(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Bug, source)
    }

    /// Adds something to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a fact for programs.
    #[must_use]
    pub fn fact(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.facts.insert(key.to_owned(), value.into());
        self
    }

    /// Says what was being done: the text comes first, the error becomes its cause.
    #[must_use]
    pub fn while_doing(self, what: impl Into<String>) -> Self {
        Self {
            source: Box::new(Doing {
                what: what.into(),
                source: self.source,
            }),
            ..self
        }
    }

    /// The message, then every cause that says something the texts before it do not.
    pub fn chain(&self) -> Vec<String> {
        let mut texts = vec![self.source.to_string()];
        let mut next = self.source.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many errors put their cause's words into their own; twice is noise.
            if !text.is_empty() && !texts.iter().any(|said| said.contains(&text)) {
                texts.push(text);
            }
            next = cause.source();
        }
        texts
    }

    /// The document that `--json` prints.
    pub fn to_json(&self) -> serde_json::Value {
        let mut chain = self.chain();
        let message = chain.remove(0);
        let mut error = serde_json::json!({ "kind": self.kind.name(), "message": message, "hints": self.hints });
        if !chain.is_empty() {
            error["causes"] = chain.into();
        }
        for (key, value) in &self.facts {
            error[key] = value.clone();
        }
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// Turns a module's error into a [`CommandError`] of a kind.
pub trait ResultExt<T> {
    fn kind(self, kind: ErrorKind) -> Result<T, CommandError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> ResultExt<T> for Result<T, E> {
    fn kind(self, kind: ErrorKind) -> Result<T, CommandError> {
        self.map_err(|error| CommandError::new(kind, error))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Doing {
    what: String,
    source: Box<dyn Error + Send + Sync>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read {path}: {source}")]
    struct Read {
        path: &'static str,
        source: std::io::Error,
    }

    fn denied() -> Read {
        Read {
            path: "a/b",
            source: std::io::Error::other("permission denied"),
        }
    }

    #[test]
    fn exit_codes_are_fixed() {
        use ErrorKind::*;
        let codes: Vec<u8> = [
            Failed, Cancelled, Usage, Conflicts, Permission, Integrity, Bug,
        ]
        .map(ErrorKind::exit_code)
        .into();
        assert_eq!(codes, [1, 1, 2, 3, 4, 5, 70]);
        assert_eq!(OUTDATED, 6, "none of the others");
    }

    #[test]
    fn a_cause_is_named_only_where_it_adds() {
        let error = CommandError::failed(denied());
        assert_eq!(error.chain(), ["cannot read a/b: permission denied"]);
        let error = error.while_doing("the plan was not applied");
        assert_eq!(
            error.chain(),
            [
                "the plan was not applied",
                "cannot read a/b: permission denied"
            ]
        );
    }

    #[test]
    fn json() {
        let error = CommandError::usage("no such package").hint("did you mean django?");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"error":{"kind":"usage","message":"no such package","hints":["did you mean django?"]}}"#
        );
    }

    #[test]
    fn facts_are_for_programs() {
        let error = CommandError::usage("x").fact("missing", vec!["a", "b"]);
        assert_eq!(
            error.to_json()["error"]["missing"],
            serde_json::json!(["a", "b"])
        );
    }

    #[test]
    fn from_a_result() {
        let result: Result<(), _> = Err(denied());
        assert_eq!(
            result.kind(ErrorKind::Integrity).unwrap_err().kind,
            ErrorKind::Integrity
        );
    }
}
