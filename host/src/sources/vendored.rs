//! The copies of packages that a project holds: `vendor/scaffold`, a small registry.
//!
//! It lies in a folder that may have come from a stranger, so it is read as any of the project's files: no link is
//! followed and no pipe waited for. What is in it is checked as what comes over the network is.

use std::{borrow::Cow, io, path::Path, rc::Rc};

use scaffold_registry::{Fetch, Fetched, Object, Registry, Release, Source, SourceError};

use crate::{
    path::ProjectPath,
    project::Pinned,
    workspace::{Workspace, WorkspaceError},
};

/// The folder in a project.
pub const VENDOR: &str = "vendor/scaffold";

/// Where a project holds its copy of a registry's file.
pub fn vendored_path(object: &Object<'_>) -> Option<ProjectPath> {
    ProjectPath::parse(&format!("{VENDOR}/{}", object.path())).ok()
}

/// The copies of one project.
pub(super) struct Vendored(Rc<Workspace>);

impl Vendored {
    /// None where the project has no such folder.
    pub(super) fn of(root: &Path) -> Result<Option<Self>, WorkspaceError> {
        let workspace = Workspace::open(root)?;
        let there = vendored_path(&Object::Config).is_some_and(|config| {
            // What is in the way there is told when a package is looked for.
            !matches!(workspace.read(&config), Ok(None))
        });
        Ok(there.then(|| Self(Rc::new(workspace))))
    }

    /// Where a pinned package lies; none if there is no copy of exactly that. What is broken there is as good as none: the
    /// registry has it too.
    pub(super) fn source(&self, pin: &Pinned) -> Result<Option<Rc<dyn Source>>, WorkspaceError> {
        let source = Registry::over(Files {
            registry: pin.registry.clone(),
            workspace: self.0.again()?,
        });
        let releases = source.releases(&pin.package).unwrap_or_default();
        let is_it = |r: &Release| r.version == pin.version && r.blob == pin.blob;
        Ok(releases.iter().any(is_it).then(|| Rc::new(source) as _))
    }
}

/// They answer for the registry they are from: what has to be signed there has to be signed here.
struct Files {
    registry: String,
    workspace: Workspace,
}

impl Fetch for Files {
    fn id(&self) -> &str {
        &self.registry
    }

    fn place(&self, object: &Object<'_>) -> String {
        format!("{VENDOR}/{}", object.path())
    }

    fn is_copy(&self) -> bool {
        true
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        _known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let Some(path) = vendored_path(object) else {
            return Ok(Fetched::Missing);
        };
        let found = self.workspace.read(&path);
        let found = found.map_err(|error| SourceError::Io {
            place: self.place(object),
            source: io::Error::other(error),
        })?;
        match found {
            None => Ok(Fetched::Missing),
            Some(found) if found.bytes.len() as u64 > limit => Err(SourceError::TooLong {
                place: self.place(object),
                limit,
            }),
            Some(found) => Ok(Fetched::Found {
                bytes: Cow::Owned(found.bytes.to_vec()),
                tag: None,
            }),
        }
    }
}
