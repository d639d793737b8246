//! Where things stand in a registry.
//!
//! ```text
//! v1/config.json                              format, origin, key; see [`super::Config`]
//! v1/index/<namespace>/<name>                 one JSON line a version; derived
//! v1/releases/<namespace>/<name>/<v>.note     the author's statement; create-only; authoritative
//! v1/blobs/sha256/<aa>/<hex>                  the archive of that digest; immutable
//! v1/search/<shard>.json                      every package in a line; derived
//! v1/yanks/<namespace>/<name>/<v>.json        why a version was taken back; there only while it is
//! v1/namespaces/<namespace>/<n>.note          key set n of a namespace; create-only
//! v1/log/                                     kept free for a transparency log
//! ```
//!
//! Paths are relative to the registry and have `/`. Names, versions and digests were checked when they were
//! parsed, so none of these can lead out of it.

use std::fmt;

use semver::Version;

use crate::{Digest, PackageName};

/// One file of a registry, by what it is. Sources that are no folder of files find it by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'a> {
    /// What the registry says about itself.
    Config,
    /// The index of a package.
    Index(&'a PackageName),
    /// The statement about one version.
    Note(&'a PackageName, &'a Version),
    /// Why a version was taken back.
    Yank(&'a PackageName, &'a Version),
    /// A key set of a namespace, counted from 1.
    Keys(&'a str, u32),
    /// The archive of a digest, and the package it is of.
    Blob(&'a Digest, &'a PackageName),
    /// One part of the search data, see [`super::Config::parts`].
    Shard(u32),
}

impl Object<'_> {
    /// Where it stands, from the registry's root.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Config => CONFIG.to_owned(),
            Self::Index(name) => index(name),
            Self::Note(name, version) => note(name, version),
            Self::Yank(name, version) => yank(name, version),
            Self::Keys(namespace, number) => keys(namespace, *number),
            Self::Blob(digest, _) => blob(digest),
            Self::Shard(number) => shard(*number),
        }
    }

    /// Whether it never changes once it is there.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        matches!(self, Self::Note(..) | Self::Keys(..) | Self::Blob(..))
    }
}

/// The folder of all that is served.
pub const ROOT: &str = "v1";
/// What the registry says about itself.
pub const CONFIG: &str = "v1/config.json";
/// The folder of all statements.
pub const RELEASES: &str = "v1/releases";
/// The end of a statement's file name.
pub const NOTE_SUFFIX: &str = ".note";
/// The end of a yank's file name.
pub const YANK_SUFFIX: &str = ".json";
/// The folder of the search data.
pub const SEARCH: &str = "v1/search";

/// The index of a package.
#[must_use]
pub fn index(name: &PackageName) -> String {
    format!("v1/index/{name}")
}

/// The folder of a package's statements.
#[must_use]
pub fn notes(name: &PackageName) -> String {
    format!("{RELEASES}/{name}")
}

/// The statement about one version.
#[must_use]
pub fn note(name: &PackageName, version: &Version) -> String {
    format!("{RELEASES}/{name}/{version}{NOTE_SUFFIX}")
}

/// The folder of a package's yanks.
#[must_use]
pub fn yanks(name: &PackageName) -> String {
    format!("v1/yanks/{name}")
}

/// As a message names it.
impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config => f.write_str("what the registry says of itself"),
            Self::Index(name) => write!(f, "the list of versions of {name}"),
            Self::Note(name, version) => write!(f, "the statement about {name} {version}"),
            Self::Yank(name, version) => write!(f, "why {name} {version} was taken back"),
            Self::Keys(namespace, number) => write!(f, "key set {number} of {namespace}"),
            Self::Blob(_, name) => write!(f, "the archive of {name}"),
            Self::Shard(_) => f.write_str("the list of packages"),
        }
    }
}

/// Why one version was taken back.
#[must_use]
pub fn yank(name: &PackageName, version: &Version) -> String {
    format!("v1/yanks/{name}/{version}{YANK_SUFFIX}")
}

/// Key set `number` of a namespace, counted from 1.
#[must_use]
pub fn keys(namespace: &str, number: u32) -> String {
    format!("v1/namespaces/{namespace}/{number}{NOTE_SUFFIX}")
}

/// The archive of a digest.
#[must_use]
pub fn blob(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("v1/blobs/sha256/{}/{hex}", &hex[..2])
}

/// One part of the search data, see [`super::Config::parts`].
#[must_use]
pub fn shard(number: u32) -> String {
    format!("{SEARCH}/{number}.json")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_the_documented_one() {
        let name = "acme/web".parse().unwrap();
        let digest = Digest::of(b"");
        assert_eq!(index(&name), "v1/index/acme/web");
        assert_eq!(
            note(&name, &Version::new(1, 2, 0)),
            "v1/releases/acme/web/1.2.0.note"
        );
        assert_eq!(
            blob(&digest),
            format!("v1/blobs/sha256/e3/{}", digest.hex())
        );
        assert_eq!(shard(0), "v1/search/0.json");
        assert_eq!(
            yank(&name, &Version::new(1, 2, 0)),
            "v1/yanks/acme/web/1.2.0.json"
        );
        assert_eq!(keys("acme", 2), "v1/namespaces/acme/2.note");
    }
}
