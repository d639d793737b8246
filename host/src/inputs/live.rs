//! The user's own files as they are.

use std::{collections::BTreeSet, sync::Arc};

use super::{Contents, InputError};
use crate::{
    grants::MayRead,
    path::ProjectPath,
    tree::Tree,
    workspace::{Workspace, WorkspaceError},
};

/// The most files and folders that are looked through for one pattern.
const LOOKED_THROUGH: usize = 100_000;

/// What one generator may read of the folder.
pub struct Live {
    pub workspace: Workspace,
    pub may: MayRead,
    /// What generators made so far: in the folder it may have been edited, so it is no file of the user's own. The
    /// generator that runs made part of it; what it read there before it did is what is recorded.
    pub made: Arc<Tree>,
    pub recorded: Contents,
}

impl Live {
    /// The bytes of one file; none if it is not there, is not a plain file, lies behind a link, or may not be read.
    pub(super) fn read(&self, path: &ProjectPath) -> Result<Option<Arc<[u8]>>, InputError> {
        if !self.may.allows(path) {
            return Ok(None);
        }
        if self.made.holds(path) || !self.may.allows_anew(path) {
            return Ok(self.recorded.get(path).cloned().flatten());
        }
        match self.workspace.read(path) {
            Ok(found) => Ok(found.map(|found| found.bytes)),
            Err(
                WorkspaceError::Link { .. }
                | WorkspaceError::Special { .. }
                | WorkspaceError::FileInTheWay { .. }
                | WorkspaceError::FolderInTheWay { .. },
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The paths of all files there are to read, sorted.
    pub(super) fn paths(&self) -> Result<Vec<ProjectPath>, InputError> {
        let mut found = BTreeSet::new();
        for base in self.may.bases() {
            let near = |folder: &ProjectPath| folder.as_str().split('/').count() < base.depth;
            let files = self.workspace.files(&base.folder, LOOKED_THROUGH, &near)?;
            found.extend(files.into_iter().filter(|path| self.may.allows(path)));
        }
        found.retain(|path| !self.made.holds(path));
        let recorded = self.recorded.iter().filter(|(_, bytes)| bytes.is_some());
        for path in recorded.map(|(path, _)| path).chain(self.may.named()) {
            if self.read(path)?.is_some() {
                found.insert(path.clone());
            }
        }
        Ok(found.into_iter().collect())
    }
}
