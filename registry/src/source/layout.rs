//! Where things stand in a registry.
//!
//! ```text
//! v1/config.json                              format, origin, key; see [`super::Config`]
//! v1/index/<namespace>/<name>                 one JSON line a version; derived
//! v1/releases/<namespace>/<name>/<v>.note     the author's statement; create-only; authoritative
//! v1/blobs/sha256/<aa>/<hex>                  the archive of that digest; immutable
//! v1/search/<shard>.json                      every package in a line; derived
//! v1/namespaces/<namespace>/<n>.note          kept free for key sets
//! v1/log/                                     kept free for a transparency log
//! ```
//!
//! Paths are relative to the registry and have `/`. Names, versions and digests were checked when they were
//! parsed, so none of these can lead out of it.

use semver::Version;

use crate::{Digest, PackageName};

/// What the registry says about itself.
pub const CONFIG: &str = "v1/config.json";
/// The folder of all statements.
pub const RELEASES: &str = "v1/releases";
/// The end of a statement's file name.
pub const NOTE_SUFFIX: &str = ".note";

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

/// The archive of a digest.
#[must_use]
pub fn blob(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("v1/blobs/sha256/{}/{hex}", &hex[..2])
}

/// One part of the search data, counted from 0.
#[must_use]
pub fn shard(number: u32) -> String {
    format!("v1/search/{number}.json")
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
    }
}
