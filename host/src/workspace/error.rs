//! What can be wrong with a project's folder, in words that say what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::folders::{Obstacle, What};
use crate::path::ProjectPath;

#[derive(Debug, Error)]
pub enum WorkspaceError {
    #[error("cannot open the folder {}: {source}", root.display())]
    Open { root: PathBuf, source: io::Error },
    #[error(
        "{at} is a symbolic link, and links inside a project are not followed; put a real file or folder in its place{}",
        needed(path, at)
    )]
    Link { path: ProjectPath, at: String },
    #[error("{at} is a file, but a folder is needed there for {path}; move it away or rename it")]
    FileInTheWay { path: ProjectPath, at: String },
    #[error("{path} is a folder, but a file is needed there; move it away or rename it")]
    FolderInTheWay { path: ProjectPath },
    #[error("{at} is {what}, not a regular file; move it away{}", needed(path, at))]
    Special {
        path: ProjectPath,
        at: String,
        what: &'static str,
    },
    #[error("{path} is larger than {} MiB, too large to be compared or merged; move it away or make it smaller", limit / (1024 * 1024))]
    TooLarge { path: ProjectPath, limit: u64 },
    #[error("there are more than {limit} files below {}; name a folder with fewer", if under.is_empty() { "the project's folder" } else { under })]
    TooMany { under: String, limit: usize },
    #[error("cannot read {path}: {source}")]
    Io { path: String, source: io::Error },
}

fn needed(path: &ProjectPath, at: &str) -> String {
    if path.as_str() == at {
        String::new()
    } else {
        format!(" (needed for {path})")
    }
}

impl WorkspaceError {
    pub(crate) fn obstacle(path: &ProjectPath, Obstacle { at, what }: Obstacle) -> Self {
        let path = path.clone();
        match what {
            What::Link => Self::Link { path, at },
            What::File => Self::FileInTheWay { path, at },
            What::Folder => Self::FolderInTheWay { path },
            What::Special(what) => Self::Special { path, at, what },
            What::Io(source) => Self::Io { path: at, source },
        }
    }
}
