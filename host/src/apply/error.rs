//! Why a project was not changed, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::path::ProjectPath;
use crate::workspace::WorkspaceError;
use crate::workspace::folders::{Obstacle, What};

#[derive(Debug, Error)]
pub enum ApplyError {
    #[error(
        "{path} was changed after the plan was made, so nothing was written; run the command again to plan with it"
    )]
    Changed { path: ProjectPath },
    #[error("{} came into being after the plan was made, so nothing was written; run the command again", root.display())]
    Appeared { root: PathBuf },
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error("nothing in the project was changed: {0}")]
    Unchanged(Box<ApplyError>),
    #[error("cannot {doing} {path}: {source}{}", hint(source))]
    Io {
        doing: &'static str,
        path: String,
        source: io::Error,
    },
    #[error(
        "{path} in the project's folder is {what}, and scaffold keeps its own state there; move it away"
    )]
    State {
        path: &'static str,
        what: &'static str,
    },
    #[error(
        "an earlier command in this project was interrupted; run the command again to have that finished or rolled back first"
    )]
    Unfinished,
    #[error(
        "another scaffold command is at work in this project{}",
        by.as_ref().map(|by| format!(": {by}")).unwrap_or_default()
    )]
    Busy { by: Option<String> },
    #[error("what is kept about {path} in .scaffold/undo is damaged: {reason}")]
    Record { path: String, reason: String },
    #[error("the system gave no random bytes for the project's secrets: {0}")]
    Random(getrandom::Error),
    #[error(
        "{journal} cannot be understood: {reason}. Files that were set aside are in .scaffold/backup; put back what you miss, then delete {journal}"
    )]
    Journal {
        journal: &'static str,
        reason: String,
    },
    #[error(
        "an earlier command in this project was interrupted, and what it began cannot be ended yet: {0}"
    )]
    Recovery(Box<ApplyError>),
    #[error(
        "{cause}. Rolling back did not end either: {rollback}. Nothing is lost: what was set aside is in .scaffold/backup, and the next command in this project finishes the rolling back"
    )]
    Stuck {
        cause: Box<ApplyError>,
        rollback: Box<ApplyError>,
    },
}

impl ApplyError {
    /// Whether it is something of the user's in the project that stops the work, rather than a call that failed.
    pub(super) fn is_in_the_way(&self) -> bool {
        match self {
            Self::Changed { .. } => true,
            Self::Workspace(error) => !matches!(
                error,
                WorkspaceError::Io { .. } | WorkspaceError::Open { .. }
            ),
            _ => false,
        }
    }

    /// Says that the project is as it was, where the error itself does not.
    pub(super) fn unchanged(self) -> Self {
        match self {
            Self::Io { .. } | Self::Workspace(_) | Self::Random(_) | Self::State { .. } => {
                Self::Unchanged(Box::new(self))
            }
            other => other,
        }
    }
}

/// What the user can do about a failed call.
fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ". Free some space and run the command again"
        }
        io::ErrorKind::PermissionDenied => {
            ". Make the folder writable for you and run the command again"
        }
        io::ErrorKind::ReadOnlyFilesystem => ". Choose a folder on a disk that can be written",
        _ => "",
    }
}

/// Gives an error of the system the words that go with it.
pub(super) fn io(
    doing: &'static str,
    path: impl Into<String>,
) -> impl FnOnce(io::Error) -> ApplyError {
    let path = path.into();
    move |source| ApplyError::Io {
        doing,
        path,
        source,
    }
}

/// An obstacle on the way to one of our own files in the project's folder.
pub(super) fn in_state(path: &'static str, obstacle: Obstacle) -> ApplyError {
    match obstacle.what {
        What::Link => ApplyError::State {
            path,
            what: "a symbolic link",
        },
        What::File => ApplyError::State {
            path,
            what: "a file",
        },
        What::Folder => ApplyError::State {
            path,
            what: "a folder",
        },
        What::Special(what) => ApplyError::State { path, what },
        What::Io(source) => ApplyError::Io {
            doing: "open",
            path: obstacle.at,
            source,
        },
    }
}
