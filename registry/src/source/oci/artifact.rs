//! How the files of a registry stand in an OCI registry: which repository, which tag, which media types.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::source::Object;
use crate::{Digest, PackageName};

/// The media type of every manifest read and written here.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// What a manifest of a package says it is.
pub(super) const PACKAGE: &str = "application/vnd.scaffold.package.v1";
/// A package's archive.
const ARCHIVE: &str = "application/vnd.scaffold.package.v1.tar+gzip";
/// The image specification's stand-in for what is not there.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// What it holds.
pub(super) const EMPTY_BYTES: &[u8] = b"{}";

/// Most bytes in a manifest; registries take no more either.
pub(super) const MANIFEST_BYTES: u64 = 4 * 1024 * 1024;
/// Up to this many bytes stand in the manifest itself, so that one request gets them.
const INLINE_BYTES: usize = 1024 * 1024;

/// The repository for what the registry says of itself. No namespace has a dot.
const REGISTRY: &str = "registry.scaffold";
/// The repository for the key sets of a namespace. No package's name has a dot.
const KEYS: &str = "keys.scaffold";
/// What the tag of a withdrawal begins with; a version's own tag begins with a digit.
const YANKED: &str = "yanked-";

/// Where a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// Below the registry's path.
    pub(super) repository: String,
    /// The tag of the manifest, or the blob's digest.
    pub(super) reference: String,
}

impl Spot {
    pub(super) fn of(object: &Object<'_>) -> Self {
        let (repository, reference) = match object {
            Object::Config => (REGISTRY.to_owned(), "config".to_owned()),
            Object::Shard(number) => (REGISTRY.to_owned(), format!("search-{number}")),
            Object::Index(name) => (name.to_string(), "index".to_owned()),
            Object::Note(name, version) => (name.to_string(), version.to_string()),
            Object::Yank(name, version) => (name.to_string(), format!("{YANKED}{version}")),
            Object::Blob(digest, name) => (name.to_string(), digest.to_string()),
            Object::Keys(namespace, number) => (keys(namespace), number.to_string()),
        };
        Self {
            repository,
            reference,
        }
    }
}

/// The repository of a namespace's key sets.
pub(super) fn keys(namespace: &str) -> String {
    format!("{namespace}/{KEYS}")
}

/// The version that a tag is a withdrawal of.
pub(super) fn yanked(tag: &str) -> Option<Version> {
    tag.strip_prefix(YANKED)?.parse().ok()
}

/// What the payload of an object is.
pub(super) fn media_type(object: &Object<'_>) -> &'static str {
    match object {
        Object::Config => "application/vnd.scaffold.config.v1+json",
        Object::Index(_) => "application/vnd.scaffold.index.v1",
        Object::Note(..) => "application/vnd.scaffold.statement.v1",
        Object::Yank(..) => "application/vnd.scaffold.yank.v1+json",
        Object::Keys(..) => "application/vnd.scaffold.keys.v1",
        Object::Blob(..) => ARCHIVE,
        Object::Shard(_) => "application/vnd.scaffold.search.v1+json",
    }
}

/// What the manifest of an object says it is.
fn artifact_type(object: &Object<'_>) -> &'static str {
    match object {
        Object::Note(..) => PACKAGE,
        _ => media_type(object),
    }
}

/// An image manifest, as far as it is used here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    schema_version: u32,
    media_type: String,
    #[serde(default)]
    artifact_type: Option<String>,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// What a manifest says of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
    /// The blob itself, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    fn new(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            data: (bytes.len() <= INLINE_BYTES).then(|| BASE64.encode(bytes)),
            annotations: BTreeMap::new(),
        }
    }

    /// The bytes that stand in the manifest itself, if they do; not yet compared with the digest.
    pub(super) fn inline(&self) -> Option<Vec<u8>> {
        BASE64.decode(self.data.as_ref()?).ok()
    }
}

impl Manifest {
    /// The manifest of a version: the statement is its configuration, the archive its one layer. That layer has a title,
    /// by which general tools name the file.
    pub(super) fn package(
        name: &PackageName,
        version: &Version,
        note: &[u8],
        archive: &[u8],
    ) -> Self {
        let title = format!("{}-{version}.tar.gz", name.name());
        let titled =
            |title| BTreeMap::from([(String::from("org.opencontainers.image.title"), title)]);
        let layer = Descriptor {
            data: None,
            annotations: titled(title),
            ..Descriptor::new(ARCHIVE, archive)
        };
        Self {
            annotations: BTreeMap::from([
                (
                    "org.opencontainers.image.title".to_owned(),
                    name.to_string(),
                ),
                (
                    "org.opencontainers.image.version".to_owned(),
                    version.to_string(),
                ),
            ]),
            ..Self::new(
                PACKAGE,
                Descriptor::new("application/vnd.scaffold.statement.v1", note),
                layer,
            )
        }
    }

    /// The manifest of any other file: it is the one layer.
    pub(super) fn file(object: &Object<'_>, bytes: &[u8]) -> Self {
        let kind = media_type(object);
        Self::new(
            kind,
            Descriptor::new(EMPTY, EMPTY_BYTES),
            Descriptor::new(kind, bytes),
        )
    }

    /// The manifest that says that there is no such file any more: few registries let a tag be taken away.
    pub(super) fn nothing(object: &Object<'_>) -> Self {
        let empty = || Descriptor::new(EMPTY, EMPTY_BYTES);
        Self::new(media_type(object), empty(), empty())
    }

    fn new(artifact_type: &str, config: Descriptor, layer: Descriptor) -> Self {
        Self {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: Some(artifact_type.to_owned()),
            config,
            layers: vec![layer],
            annotations: BTreeMap::new(),
        }
    }

    /// Where the payload of an object is; none where the manifest says that it is gone.
    ///
    /// # Errors
    /// What the manifest is instead of that object's.
    pub(super) fn payload(&self, object: &Object<'_>) -> Result<Option<&Descriptor>, String> {
        let wanted = media_type(object);
        if (self.schema_version, self.media_type.as_str()) != (2, MANIFEST) {
            return Err(format!("it is {:?} and no image manifest", self.media_type));
        }
        let artifact = artifact_type(object);
        if self.artifact_type.as_deref() != Some(artifact) {
            let found = self.artifact_type.as_deref().unwrap_or_default();
            return Err(format!("it is of type {found:?} and not {artifact}"));
        }
        let [layer] = &self.layers[..] else {
            return Err(format!("it has {} layers and not one", self.layers.len()));
        };
        let (part, found) = match object {
            Object::Note(..) => ("configuration", &self.config),
            _ => ("layer", layer),
        };
        match &*found.media_type {
            kind if kind == wanted => Ok(Some(found)),
            EMPTY => Ok(None),
            other => Err(format!("its {part} is {other:?} and not {wanted}")),
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixtures::name;

    #[test]
    fn the_layout_is_the_documented_one() {
        let (name, version, digest) = (name("acme/web"), Version::new(1, 2, 0), Digest::of(b""));
        for (object, repository, reference) in [
            (Object::Config, "registry.scaffold", "config"),
            (Object::Shard(3), "registry.scaffold", "search-3"),
            (Object::Index(&name), "acme/web", "index"),
            (Object::Note(&name, &version), "acme/web", "1.2.0"),
            (Object::Yank(&name, &version), "acme/web", "yanked-1.2.0"),
            (Object::Keys("acme", 2), "acme/keys.scaffold", "2"),
            (
                Object::Blob(&digest, &name),
                "acme/web",
                &*digest.to_string(),
            ),
        ] {
            let spot = Spot::of(&object);
            assert_eq!(
                (&*spot.repository, &*spot.reference),
                (repository, reference)
            );
        }
        assert_eq!(yanked("yanked-1.2.0"), Some(version));
        assert_eq!(yanked("1.2.0"), None);
    }

    #[test]
    fn a_package_is_a_configuration_and_a_layer() {
        let (name, version) = (name("acme/web"), Version::new(1, 2, 0));
        let manifest = Manifest::package(&name, &version, b"note", b"archive");
        let text = String::from_utf8(manifest.to_json().unwrap()).unwrap();
        assert_eq!(
            text,
            format!(
                "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\
                 \"artifactType\":\"application/vnd.scaffold.package.v1\",\
                 \"config\":{{\"mediaType\":\"application/vnd.scaffold.statement.v1\",\"digest\":\"{}\",\"size\":4,\"data\":\"bm90ZQ==\"}},\
                 \"layers\":[{{\"mediaType\":\"application/vnd.scaffold.package.v1.tar+gzip\",\"digest\":\"{}\",\"size\":7,\
                 \"annotations\":{{\"org.opencontainers.image.title\":\"web-1.2.0.tar.gz\"}}}}],\
                 \"annotations\":{{\"org.opencontainers.image.title\":\"acme/web\",\"org.opencontainers.image.version\":\"1.2.0\"}}}}",
                Digest::of(b"note"),
                Digest::of(b"archive")
            )
        );
        let payload = manifest
            .payload(&Object::Note(&name, &version))
            .unwrap()
            .unwrap();
        assert_eq!(payload.inline().unwrap(), b"note");
    }

    #[test]
    fn what_is_gone_and_what_is_something_else_are_told_apart() {
        let (name, version) = (name("acme/web"), Version::new(1, 2, 0));
        let (yank, index) = (Object::Yank(&name, &version), Object::Index(&name));
        assert_eq!(Manifest::nothing(&yank).payload(&yank), Ok(None));
        let other = Manifest::file(&index, b"line\n")
            .payload(&yank)
            .unwrap_err();
        assert!(other.contains("vnd.scaffold.index.v1"), "{other}");
        let mut image = Manifest::file(&index, b"line\n");
        image.layers.clear();
        let error = image.payload(&index).unwrap_err();
        assert_eq!(error, "it has 0 layers and not one");
    }

    #[test]
    fn what_is_large_stands_outside_of_its_manifest() {
        let name = name("acme/web");
        let large = Manifest::file(&Object::Index(&name), &vec![0; INLINE_BYTES + 1]);
        let payload = large.payload(&Object::Index(&name)).unwrap().unwrap();
        assert_eq!(payload.inline(), None);
    }
}
