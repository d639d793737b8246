//! What generators read of the user's own files.
//!
//! A generator sees what the generators before it made, and files of the user's that no generator made, that its
//! package asks to read and that the user granted. All it was told of the latter is recorded, so that replaying a lock
//! needs nothing of the folder: which files it read, by the digest of their contents, and which it only saw in a list.
//! Nothing else is there for it when it is replayed, whatever the folder holds by then. What it looked for and did not
//! find need not be recorded for that.
//!
//! The contents are part of the project, as `.scaffold/inputs/<hex>`, written and removed with the lock file by the
//! same change. They are read back only if they hash right.
//!
//! When a generator is added, updated, set or synced, it reads the files as they are then ([`Live`]). One that is kept
//! as it is keeps what is recorded ([`Source::Recorded`]).

mod kept;
mod live;
mod reader;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use kept::{Kept, KeptError, plan};
pub use live::Live;
pub use reader::{InputError, Reader, Source};
use scaffold_registry::Digest;
use serde::{Deserialize, Serialize};

use crate::path::ProjectPath;

/// What one generator was told of the user's own files. In the lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<ProjectPath, Seen>);

/// What was told of one file. Written as the digest, or as `listed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Seen {
    /// It was read, with this content.
    Read(Digest),
    /// It stood in a list of files, and was not read.
    Listed,
}

/// The files of [`Inputs`] with their contents; none where a file was only listed.
pub type Contents = BTreeMap<ProjectPath, Option<Arc<[u8]>>>;

/// The contents by digest.
pub type Blobs = BTreeMap<Digest, Arc<[u8]>>;

/// How a file that was read stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Same,
    Changed,
    /// It would not be read today: it is gone, or is no longer looked for.
    Gone,
    /// It was not there.
    New,
}

impl Since {
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

impl Inputs {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ProjectPath, Seen)> {
        self.0.iter().map(|(path, seen)| (path, *seen))
    }

    /// Every file of these or of those read today, and how it stands.
    pub fn since(&self, today: &Self) -> Vec<(ProjectPath, Since)> {
        let paths: BTreeSet<&ProjectPath> = self.0.keys().chain(today.0.keys()).collect();
        let stands = |path: &&ProjectPath| match (self.0.get(*path), today.0.get(*path)) {
            (Some(then), Some(now)) if then == now => Since::Same,
            (Some(_), Some(_)) => Since::Changed,
            (_, None) => Since::Gone,
            (None, _) => Since::New,
        };
        paths
            .into_iter()
            .map(|path| (path.clone(), stands(&path)))
            .collect()
    }
}

impl FromIterator<(ProjectPath, Seen)> for Inputs {
    fn from_iter<T: IntoIterator<Item = (ProjectPath, Seen)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

const LISTED: &str = "listed";

impl TryFrom<String> for Seen {
    type Error = scaffold_registry::DigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == LISTED {
            return Ok(Self::Listed);
        }
        text.parse().map(Self::Read)
    }
}

impl From<Seen> for String {
    fn from(seen: Seen) -> Self {
        match seen {
            Seen::Read(digest) => digest.to_string(),
            Seen::Listed => LISTED.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
