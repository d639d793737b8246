//! One run's reading of the user's own files: bounded, remembered, the same answer to the same question.

use std::{collections::BTreeMap, sync::Arc};

use scaffold_registry::Digest;

use super::{Blobs, Contents, Inputs, Live, Seen};
use crate::{grants::PatternError, path::ProjectPath, workspace::WorkspaceError};

/// Where the user's own files come from.
#[derive(Clone)]
pub enum Source {
    /// What was recorded, and nothing else.
    Recorded(Arc<Contents>),
    /// The files as they are.
    Live(Arc<Live>),
}

#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It was only listed when it was recorded; what stands before the generator has changed since.
    #[error(
        "it reads {path} now, of which scaffold.lock has recorded no more than that it is there"
    )]
    OnlyListed { path: ProjectPath },
    #[error("{path} vanished while it was looked at")]
    Vanished { path: ProjectPath },
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl Source {
    /// No file at all.
    pub fn nothing() -> Self {
        Self::Recorded(Arc::default())
    }

    fn read(&self, path: &ProjectPath) -> Result<Option<Arc<[u8]>>, InputError> {
        match self {
            Self::Live(live) => live.read(path),
            Self::Recorded(contents) => match contents.get(path) {
                None => Ok(None),
                Some(Some(bytes)) => Ok(Some(Arc::clone(bytes))),
                Some(None) => Err(InputError::OnlyListed { path: path.clone() }),
            },
        }
    }

    fn paths(&self) -> Result<Vec<ProjectPath>, InputError> {
        match self {
            Self::Live(live) => live.paths(),
            Self::Recorded(contents) => Ok(contents.keys().cloned().collect()),
        }
    }
}

/// What was told so far.
enum Told {
    Nothing,
    Listed,
    Read(Arc<[u8]>),
}

/// Reads for one run of a generator. What it has said once stays so until the run ends, whatever happens to the folder:
/// the record could not be replayed otherwise.
pub struct Reader {
    source: Source,
    told: BTreeMap<ProjectPath, Told>,
    /// All files, once a list was asked for.
    paths: Option<Vec<ProjectPath>>,
}

impl Reader {
    pub fn new(source: Source) -> Self {
        Self {
            source,
            told: BTreeMap::new(),
            paths: None,
        }
    }

    /// The bytes of one file; none if it is not there or may not be read.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(&mut self, path: &ProjectPath) -> Result<Option<Arc<[u8]>>, InputError> {
        let listed = match self.told.get(path) {
            Some(Told::Nothing) => return Ok(None),
            Some(Told::Read(bytes)) => return Ok(Some(Arc::clone(bytes))),
            Some(Told::Listed) => true,
            None => false,
        };
        // A list that was told without it stays true.
        let hidden = |paths: &Vec<ProjectPath>| paths.binary_search(path).is_err();
        let found = match &self.paths {
            Some(paths) if hidden(paths) => None,
            _ => self.source.read(path)?,
        };
        if listed && found.is_none() {
            return Err(InputError::Vanished { path: path.clone() });
        }
        let told = found.clone().map_or(Told::Nothing, Told::Read);
        self.told.insert(path.clone(), told);
        Ok(found)
    }

    /// The paths of all files that `wanted` takes, sorted.
    ///
    /// # Errors
    /// The folder cannot be looked through.
    pub fn list(
        &mut self,
        wanted: impl Fn(&ProjectPath) -> bool,
    ) -> Result<Vec<ProjectPath>, InputError> {
        let mut all = match self.paths.take() {
            Some(paths) => paths,
            None => self.source.paths()?,
        };
        all.retain(|path| !matches!(self.told.get(path), Some(Told::Nothing)));
        let listed: Vec<ProjectPath> = all.iter().filter(|path| wanted(path)).cloned().collect();
        for path in &listed {
            self.told.entry(path.clone()).or_insert(Told::Listed);
        }
        self.paths = Some(all);
        Ok(listed)
    }

    /// How many files were told of.
    pub fn count(&self) -> usize {
        let there = |told: &&Told| !matches!(told, Told::Nothing);
        self.told.values().filter(there).count()
    }

    /// The record of the run, and the contents that belong to it.
    pub fn finish(self) -> (Inputs, Blobs) {
        let mut blobs = Blobs::new();
        let mut seen = |told| match told {
            Told::Nothing => None,
            Told::Listed => Some(Seen::Listed),
            Told::Read(bytes) => {
                let digest = Digest::of(&bytes);
                blobs.insert(digest, bytes);
                Some(Seen::Read(digest))
            }
        };
        let told = self.told.into_iter();
        let inputs = told.filter_map(|(path, told)| Some((path, seen(told)?)));
        (inputs.collect(), blobs)
    }
}
