//! Why a run failed, each with the place an author or a user has to look at.

use scaffold_guest::Failure;

pub(crate) const MANIFEST: &str = "scaffold.toml";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The manifest does not say something that can be done.
    #[error("{MANIFEST}:{line}: {message}")]
    Manifest { line: usize, message: String },

    /// A template, or a string of the manifest that is one, cannot be rendered. `place` is `file:line`.
    #[error("{place}: {message}")]
    Template { place: String, message: String },

    /// A file or a place in a file that an edit needs is not there. `line` is the edit's.
    #[error("{MANIFEST}:{line}: {message}")]
    MissingPlace { line: usize, message: String },

    #[error("{message}")]
    InvalidAnswer { question: String, message: String },

    /// Two sources make one file.
    #[error("{message}")]
    Conflict { path: String, message: String },

    /// What the host itself refused.
    #[error("{message}")]
    Host {
        code: String,
        message: String,
        subject: Option<String>,
    },
}

impl Error {
    pub(crate) fn manifest(line: usize, message: impl Into<String>) -> Self {
        Error::Manifest {
            line,
            message: message.into(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::Host {
            code: failure.code,
            message: failure.message,
            subject: failure.subject,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (code, subject) = match error {
            Error::Manifest { line, .. } => ("manifest".into(), Some(format!("{MANIFEST}:{line}"))),
            Error::Template { place, .. } => ("template-error".into(), Some(place)),
            Error::MissingPlace { line, .. } => {
                ("missing-place".into(), Some(format!("{MANIFEST}:{line}")))
            }
            Error::InvalidAnswer { question, .. } => ("invalid-answer".into(), Some(question)),
            Error::Conflict { path, .. } => ("conflict".into(), Some(path)),
            Error::Host { code, subject, .. } => (code, subject),
        };
        Failure {
            code,
            message,
            subject,
        }
    }
}
