//! Packages and where they come from: names, digests, archives, manifests, the registry's tree, and resolving.
//!
//! The library decides what a package *is* and whether bytes are one; it never runs anything, never prints, reads
//! no environment, and writes in one place only, [`storage`]. What it reads came from strangers: every length is
//! bounded by a named constant, and every path passes [`path::check`].

#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests set the scene themselves")
)]

pub mod archive;
mod digest;
#[cfg(test)]
mod fixtures;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod keys;
pub mod manifest;
mod name;
mod nearest;
pub mod package;
pub mod path;
pub mod publish;
pub mod release;
pub mod resolve;
#[cfg(feature = "server")]
pub mod server;
pub mod source;
mod statement;
pub mod storage;

pub use digest::{Digest, DigestError, Hasher};
pub use manifest::{Manifest, ManifestError};
pub use name::{
    DEFAULT_NAMESPACE, NAME_BYTES, NameError, PackageName, PackageRef, RefError, check_namespace,
};
pub use nearest::nearest;
pub use package::{Package, PackageError};
pub use release::{Kind, Pattern, Release, ReleaseError};
#[cfg(feature = "http")]
pub use source::{Access, Address, Artifacts, Http, HttpError, OCI, Oci, Token, Watch, api};
pub use source::{
    Config, Embedded, Fetch, Fetched, Folder, Object, Registry, Source, SourceError, Summary,
    official,
};
pub use statement::Statement;
