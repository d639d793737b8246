//! Why a package cannot be had, or cannot run.

use scaffold_registry::{Digest, PackageError, PackageName, SourceError, resolve};

use crate::{
    grants::PatternError, project::Pinned, sandbox::SandboxError, sources::SourcesError,
    store::DigestMismatch, trust::TrustError,
};

#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    #[error(transparent)]
    Sources(#[from] SourcesError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{what}: {source}")]
    Package { what: String, source: PackageError },
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Digest(#[from] DigestMismatch),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("{package}: {source}")]
    Pattern {
        package: String,
        source: PatternError,
    },
    #[error("{package} {version} is locked, and {registry} no longer has it")]
    Gone {
        package: PackageName,
        version: semver::Version,
        registry: String,
    },
    #[error("{registry} says that {package} {version} is {found}, and the lock says {expected}")]
    Changed {
        package: PackageName,
        version: semver::Version,
        registry: String,
        expected: Digest,
        found: Digest,
    },
    #[error("the package that is locked as {package} {version} is {found}")]
    Misnamed {
        package: PackageName,
        version: semver::Version,
        found: String,
    },
    #[error("{package} has neither a component nor an engine")]
    NothingToRun { package: String },
    #[error("{package} is an engine: it runs other packages and makes nothing itself")]
    Engine { package: String },
    #[error("{package} names {engine} as its engine, which is no engine")]
    NotAnEngine { package: String, engine: String },
    #[error(transparent)]
    Resolve(#[from] resolve::ResolveError),
}

impl PackagesError {
    /// That the registry of a pin no longer has it.
    pub(super) fn gone(pin: &Pinned) -> Self {
        Self::Gone {
            package: pin.package.clone(),
            version: pin.version.clone(),
            registry: pin.registry.clone(),
        }
    }
}
