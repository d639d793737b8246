//! The copies of packages that a project holds: `vendor/scaffold`, a small registry.
//!
//! It lies in a folder that may have come from a stranger, so it is read as any of the project's files: no link is
//! followed and no pipe waited for. What is in it is checked as what comes over the network is.

use std::{borrow::Cow, path::Path, rc::Rc};

use scaffold_registry::{Fetch, Fetched, Object, Registry, Source, SourceError};

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
pub(super) struct Vendored(Rc<Registry<Files>>);

impl Vendored {
    /// None where the project has no such folder.
    pub(super) fn of(root: &Path) -> Result<Option<Self>, WorkspaceError> {
        let files = Files(Workspace::open(root)?);
        let there = vendored_path(&Object::Config).is_some_and(|config| {
            // What is in the way there is told when a package is looked for.
            !matches!(files.0.read(&config), Ok(None))
        });
        Ok(there.then(|| Self(Rc::new(Registry::over(files)))))
    }

    /// Whether there is a copy of exactly that. What is broken there is as good as none: the registry has it too.
    pub(super) fn has(&self, pin: &Pinned) -> bool {
        let releases = self.0.releases(&pin.package).unwrap_or_default();
        let mut same = releases.iter().filter(|r| r.version == pin.version);
        same.any(|release| release.blob == pin.blob)
    }

    pub(super) fn source(&self) -> Rc<dyn Source> {
        Rc::<Registry<Files>>::clone(&self.0)
    }
}

struct Files(Workspace);

impl Fetch for Files {
    fn id(&self) -> &str {
        VENDOR
    }

    fn place(&self, object: &Object<'_>) -> String {
        format!("{VENDOR}/{}", object.path())
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
        let found = self.0.read(&path).map_err(|error| SourceError::Io {
            place: self.place(object),
            source: std::io::Error::other(error),
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
