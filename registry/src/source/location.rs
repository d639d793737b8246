//! What a path of a registry means: the other way round than [`Object::path`].

use semver::Version;

use super::Object;
use super::layout::NOTE_SUFFIX;
use crate::{Digest, PackageName, Release};

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// What the registry says about itself.
    Config,
    /// The index of a package.
    Index(PackageName),
    /// The statement about one version.
    Note(PackageName, Version),
    /// Why a version was taken back.
    Yank(PackageName, Version),
    /// A key set of a namespace.
    Keys(String, u32),
    /// The archive of a digest; of which package does not show in the path.
    Blob(Digest),
    /// One part of the search data.
    Shard(u32),
}

impl Location {
    /// What stands at `path`; none where nothing of a registry can. Every path that is read gives itself back when it is
    /// written, so no file has two names.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let found = match parts.as_slice() {
            ["v1", "config.json"] => Self::Config,
            ["v1", "index", namespace, name] => Self::Index(package(namespace, name)?),
            ["v1", "releases", namespace, name, file] => {
                Self::Note(package(namespace, name)?, version(file, NOTE_SUFFIX)?)
            }
            ["v1", "yanks", namespace, name, file] => {
                Self::Yank(package(namespace, name)?, version(file, ".json")?)
            }
            ["v1", "namespaces", namespace, file] => Self::Keys(
                package(namespace, "any")?.namespace().to_owned(),
                number(file.strip_suffix(NOTE_SUFFIX)?).filter(|&number| number > 0)?,
            ),
            ["v1", "blobs", "sha256", short, hex] => {
                let digest = format!("sha256:{hex}").parse().ok()?;
                (hex.get(..2)? == *short).then_some(Self::Blob(digest))?
            }
            ["v1", "search", file] => Self::Shard(number(file.strip_suffix(".json")?)?),
            _ => return None,
        };
        Some(found)
    }

    /// The object, unless it is a blob: that one takes the package it is of.
    #[must_use]
    pub fn object(&self) -> Option<Object<'_>> {
        Some(match self {
            Self::Config => Object::Config,
            Self::Index(name) => Object::Index(name),
            Self::Note(name, version) => Object::Note(name, version),
            Self::Yank(name, version) => Object::Yank(name, version),
            Self::Keys(namespace, number) => Object::Keys(namespace, *number),
            Self::Shard(number) => Object::Shard(*number),
            Self::Blob(_) => return None,
        })
    }
}

fn package(namespace: &str, name: &str) -> Option<PackageName> {
    format!("{namespace}/{name}").parse().ok()
}

fn version(file: &str, suffix: &str) -> Option<Version> {
    let text = file.strip_suffix(suffix)?;
    let version: Version = text.parse().ok()?;
    Release::check_version(&version).ok()?;
    (version.to_string() == text).then_some(version)
}

fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixtures::name;

    #[test]
    fn every_object_is_read_back_from_its_path() {
        let (name, version) = (name("acme/web"), "1.2.0-rc.1".parse().unwrap());
        let digest = Digest::of(b"");
        for object in [
            Object::Config,
            Object::Index(&name),
            Object::Note(&name, &version),
            Object::Yank(&name, &version),
            Object::Keys("acme", 2),
            Object::Shard(3),
        ] {
            let location = Location::parse(&object.path()).unwrap();
            assert_eq!(location.object(), Some(object));
        }
        let blob = Location::parse(&Object::Blob(&digest, &name).path()).unwrap();
        assert_eq!(blob.object(), None);
        assert_eq!(blob, Location::Blob(digest));
    }

    #[test]
    fn what_nobody_writes_is_nothing() {
        let hex = Digest::of(b"").hex();
        for path in [
            "",
            "v1",
            "config.json",
            "v1/config.json/",
            "v2/config.json",
            "v1/index/acme",
            "v1/index/acme/../web",
            "v1/index/Acme/web",
            "v1/releases/acme/web/1.2.0",
            "v1/releases/acme/web/1.2.note",
            "v1/releases/acme/web/01.2.0.note",
            "v1/releases/acme/web/1.2.0+x.note",
            "v1/namespaces/acme/0.note",
            "v1/namespaces/acme/01.note",
            "v1/namespaces/../1.note",
            "v1/search/-1.json",
            "v1/search/+1.json",
            "v1/search/99999999999.json",
            &format!("v1/blobs/sha256/ff/{hex}"),
            &format!("v1/blobs/sha256//{hex}"),
            &format!("v1/blobs/sha256/{}/{}", &hex[..2], hex.to_uppercase()),
        ] {
            assert_eq!(Location::parse(path), None, "{path}");
        }
    }
}
