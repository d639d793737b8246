//! Where a module's error becomes the message a user reads: what kind of end it is, and what to do.

use crate::{
    apply::ApplyError,
    change::{ChangeError, GivenError},
    error::{CommandError, ErrorKind},
    packages::PackagesError,
    project::ProjectError,
    replay::ReplayError,
    sandbox::SandboxError,
    sources::SourcesError,
};

impl From<ProjectError> for CommandError {
    fn from(e: ProjectError) -> Self {
        match e {
            ProjectError::NotFound(_) => Self::usage(e).hint(
                "run it in a project, name one with -C DIR, or make one: scaffold new PACKAGE DIR",
            ),
            ProjectError::Lock(lock) => {
                let hint = lock.hint();
                Self::integrity(lock).hint(hint)
            }
            ProjectError::Name(_) | ProjectError::Manifest(_) => Self::usage(e),
            e => Self::failed(e),
        }
    }
}

impl From<SourcesError> for CommandError {
    fn from(e: SourcesError) -> Self {
        match &e {
            SourcesError::Unconfigured(namespace) => {
                let hint = format!(
                    "name it: --registry {namespace}=FOLDER or {namespace}=https://…, or under [registries] in scaffold.toml"
                );
                Self::usage(e).hint(hint)
            }
            SourcesError::Offline(_) => {
                Self::failed(e).hint("leave out --offline once, so that it can be fetched")
            }
            SourcesError::NotARegistry(_) | SourcesError::Config { .. } => Self::usage(e),
            SourcesError::Source(_) | SourcesError::Http(_) => Self::failed(e),
        }
    }
}

impl From<PackagesError> for CommandError {
    fn from(e: PackagesError) -> Self {
        match e {
            PackagesError::Sources(e) => e.into(),
            PackagesError::Sandbox(e) => e.into(),
            PackagesError::Digest(_) | PackagesError::Changed { .. } => Self::integrity(e)
                .hint("do not use it; tell whoever runs the registry. Nothing was written"),
            PackagesError::Gone { ref registry, .. } => {
                let hint = format!(
                    "it is neither in the cache nor in {registry}; restore it there, or take another version with scaffold update"
                );
                Self::failed(e).hint(hint)
            }
            PackagesError::Engine { .. } | PackagesError::NotAnEngine { .. } => Self::usage(e),
            PackagesError::Resolve(_) => Self::usage(e).hint("scaffold search shows what there is"),
            e => Self::failed(e),
        }
    }
}

impl From<SandboxError> for CommandError {
    fn from(e: SandboxError) -> Self {
        match &e {
            SandboxError::Refused { .. } => Self::permission(e),
            SandboxError::Limit { .. } => {
                Self::failed(e).hint("nothing was written; tell the package's author")
            }
            SandboxError::Crashed { .. } => Self::failed(e)
                .hint("this is a mistake in the package, and nothing was written; tell its author"),
            _ => Self::failed(e),
        }
    }
}

impl From<ReplayError> for CommandError {
    fn from(e: ReplayError) -> Self {
        match e {
            ReplayError::Packages(e) => e.into(),
            ReplayError::Digest { .. } => Self::integrity(e)
                .hint("scaffold.lock was edited or damaged; restore it, for example with `git checkout scaffold.lock`"),
            ReplayError::NotAllowed { class, .. } => {
                Self::permission(e).hint(format!("scaffold update --allow {class} asks anew"))
            }
            ReplayError::Tree { .. } => Self::failed(e),
        }
    }
}

impl From<ChangeError> for CommandError {
    fn from(e: ChangeError) -> Self {
        match e {
            ChangeError::Packages(e) => e.into(),
            ChangeError::Replay(e) => e.into(),
            ChangeError::Interview(e) => e.into(),
            ChangeError::Given(e) => e.into(),
            ChangeError::Twice(_) => {
                Self::usage(e).hint("--as NAME adds a package a second time, under that name")
            }
            ChangeError::Name(_) | ChangeError::Manifest(_) => Self::usage(e),
            ChangeError::Merge(e) => Self::failed(e),
        }
    }
}

impl From<GivenError> for CommandError {
    fn from(e: GivenError) -> Self {
        match &e {
            GivenError::NotAPair(_) => Self::usage(e).hint("answers look like database=postgres"),
            GivenError::Unknown { .. } => {
                Self::usage(e).hint("scaffold info PACKAGE lists the questions of a package")
            }
            _ => Self::usage(e),
        }
    }
}

impl From<ApplyError> for CommandError {
    fn from(e: ApplyError) -> Self {
        Self::new(ErrorKind::Failed, e)
    }
}
