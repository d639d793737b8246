//! The recorded contents in a project: `.scaffold/inputs/<hex>`.

use std::{
    cell::OnceCell,
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use scaffold_registry::Digest;

use super::{Blobs, Contents, Inputs, Seen};
use crate::{
    path::ProjectPath,
    plan::{Action, Content},
    workspace::{Workspace, WorkspaceError},
};

/// Where recorded contents are read from. They lie in the user's folder and may have come with a clone, so each is
/// hashed.
pub struct Kept {
    root: PathBuf,
    workspace: OnceCell<Workspace>,
    /// Contents at hand from elsewhere, such as the record of a change that is undone.
    more: Blobs,
}

#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error(
        "{at} is missing: it holds {path} as a generator read it, and the project is made from it"
    )]
    Missing { at: ProjectPath, path: ProjectPath },
    #[error(
        "{at} was changed: it holds {path} as a generator read it, and is not what its name says"
    )]
    Damaged { at: ProjectPath, path: ProjectPath },
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

impl Kept {
    /// Those of the project with this root.
    pub fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            workspace: OnceCell::new(),
            more: Blobs::new(),
        }
    }

    /// Takes further contents into account.
    pub fn also(&mut self, contents: impl IntoIterator<Item = Arc<[u8]>>) {
        let named = contents
            .into_iter()
            .map(|bytes| (Digest::of(&bytes), bytes));
        self.more.extend(named);
    }

    /// The contents of everything that was recorded.
    ///
    /// # Errors
    /// One is not there, is not what its digest says, or is not a plain file.
    pub fn load(&self, inputs: &Inputs) -> Result<Contents, KeptError> {
        let content = |(path, seen): (&ProjectPath, Seen)| {
            let bytes = match seen {
                Seen::Listed => None,
                Seen::Read(digest) => Some(self.read(path, &digest)?),
            };
            Ok((path.clone(), bytes))
        };
        inputs.iter().map(content).collect()
    }

    fn read(&self, path: &ProjectPath, digest: &Digest) -> Result<Arc<[u8]>, KeptError> {
        if let Some(bytes) = self.more.get(digest) {
            return Ok(Arc::clone(bytes));
        }
        let (at, path) = (ProjectPath::input(digest), path.clone());
        match self.workspace()?.read(&at)? {
            None => Err(KeptError::Missing { at, path }),
            Some(found) if Digest::of(&found.bytes) != *digest => {
                Err(KeptError::Damaged { at, path })
            }
            Some(found) => Ok(found.bytes),
        }
    }

    fn workspace(&self) -> Result<&Workspace, WorkspaceError> {
        match self.workspace.get() {
            Some(workspace) => Ok(workspace),
            None => {
                let opened = Workspace::open(&self.root)?;
                Ok(self.workspace.get_or_init(|| opened))
            }
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("root", &self.root).finish()
    }
}

/// What has to be done for the project to hold these contents and no others.
///
/// # Errors
/// Something that is no plain file is in the way.
pub fn plan(workspace: &Workspace, needed: &Blobs) -> Result<Vec<Action>, WorkspaceError> {
    let mut actions = Vec::new();
    let mut places = BTreeSet::new();
    for (digest, bytes) in needed {
        let at = ProjectPath::input(digest);
        let content = Content {
            bytes: Arc::clone(bytes),
            executable: false,
        };
        places.insert(at.clone());
        let found = workspace.read(&at)?;
        actions.push(Action::own(at, found.as_ref(), Some(content)));
    }
    for at in workspace.inputs()? {
        // What is no plain file is nothing of ours.
        if !places.contains(&at)
            && let Ok(Some(found)) = workspace.read(&at)
        {
            actions.push(Action::own(at, Some(&found), None));
        }
    }
    Ok(actions)
}
