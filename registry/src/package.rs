//! A package: an archive whose manifest was read and whose files fit it.

use crate::archive::{self, ArchiveError, Files};
use crate::manifest::{self, Manifest, ManifestError};
use crate::{Digest, Release};

/// The component's name in a package that brings its own.
pub const COMPONENT: &str = "generator.wasm";

/// The contract's package; an import from it says which version a component was built for.
const CONTRACT: &str = "scaffold:generator";

/// An archive's manifest and files, checked against each other.
#[derive(Debug, Clone)]
pub struct Package {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its files, the manifest among them.
    pub files: Files,
    /// Digest of the archive it was read from.
    pub blob: Digest,
    /// Length of that archive in bytes.
    pub size: u64,
    /// Digest of the files.
    pub tree: Digest,
}

/// Why bytes are no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Not an archive a package may travel in.
    #[error("the package archive cannot be used: {0}")]
    Archive(#[from] ArchiveError),
    /// The manifest is wrong.
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    /// There is no manifest.
    #[error(
        "the package has no {} in its root; every package needs one",
        manifest::FILE
    )]
    NoManifest,
    /// The manifest is not text.
    #[error("{} is not UTF-8; save it as UTF-8", manifest::FILE)]
    ManifestNotUtf8,
    /// Neither a component nor an engine.
    #[error(
        "the package has neither {COMPONENT} nor an `engine`, so nothing could run it; build the component, or name an engine in {}",
        manifest::FILE
    )]
    NothingToRun,
    /// Both a component and an engine.
    #[error(
        "the package has both {COMPONENT} and an `engine`, so it is not clear what would run; take one out"
    )]
    TwoToRun,
    /// A release that says something else than the package.
    #[error(
        "the registry and the package disagree about the {field} of {name}: the registry says {listed}, the package {found}; do not use it, and tell whoever runs the registry"
    )]
    Disagrees {
        /// The package, as the registry names it.
        name: String,
        /// What they disagree about.
        field: &'static str,
        /// What the registry says.
        listed: String,
        /// What the package says.
        found: String,
    },
}

impl Package {
    /// Reads an archive from anywhere.
    ///
    /// # Errors
    /// When it breaks a rule of archives or manifests, or cannot be run.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let files = archive::read(bytes)?;
        let manifest = manifest_of(&files)?;
        Ok(Self {
            manifest,
            blob: Digest::of(bytes),
            size: bytes.len() as u64,
            tree: archive::tree_digest(&files),
            files,
        })
    }

    /// Packs files, a manifest among them, into an archive.
    ///
    /// # Errors
    /// As [`Package::read`] would fail on the archive.
    pub fn pack(files: &Files) -> Result<Vec<u8>, PackageError> {
        manifest_of(files)?;
        Ok(archive::write(files)?)
    }

    /// The component, when the package brings its own.
    #[must_use]
    pub fn component(&self) -> Option<&[u8]> {
        self.files
            .get(COMPONENT)
            .map(|entry| entry.bytes.as_slice())
    }

    /// What a registry lists about this package, whose component imports `imports`.
    #[must_use]
    pub fn release(&self, imports: &[String]) -> Release {
        let mut imports = imports.to_vec();
        imports.sort_unstable();
        imports.dedup();
        let manifest = self.manifest.clone();
        Release {
            name: manifest.name,
            version: manifest.version,
            blob: self.blob,
            size: self.size,
            tree: self.tree,
            kind: manifest.kind,
            summary: manifest.summary,
            keywords: manifest.keywords,
            world: world(&imports),
            imports,
            reads: manifest.reads,
            writes: manifest.writes,
            requires: manifest.requires,
            conflicts: manifest.conflicts,
            engine: manifest.engine,
            yanked: None,
            security: false,
        }
    }

    /// Checks that a registry lists what the package is, so that what was resolved and shown is what will run. The
    /// imports are not compared: they are read from the component, by whoever runs it.
    ///
    /// # Errors
    /// [`PackageError::Disagrees`] with the first difference.
    pub fn check(&self, listed: &Release) -> Result<(), PackageError> {
        let own = self.release(&listed.imports);
        let disagrees = |field, listed_as: String, found: String| PackageError::Disagrees {
            name: format!("{} {}", listed.name, listed.version),
            field,
            listed: listed_as,
            found,
        };
        for (field, one, other) in [
            ("archive", listed.blob.to_string(), own.blob.to_string()),
            ("length", listed.size.to_string(), own.size.to_string()),
            ("contents", listed.tree.to_string(), own.tree.to_string()),
            ("name", listed.name.to_string(), own.name.to_string()),
            (
                "version",
                listed.version.to_string(),
                own.version.to_string(),
            ),
            ("kind", listed.kind.to_string(), own.kind.to_string()),
            ("summary", listed.summary.clone(), own.summary.clone()),
            (
                "keywords",
                listed.keywords.join(", "),
                own.keywords.join(", "),
            ),
            (
                "engine",
                format!("{:?}", listed.engine),
                format!("{:?}", own.engine),
            ),
            (
                "reads",
                format!("{:?}", listed.reads),
                format!("{:?}", own.reads),
            ),
            (
                "writes",
                format!("{:?}", listed.writes),
                format!("{:?}", own.writes),
            ),
            (
                "requires",
                format!("{:?}", listed.requires),
                format!("{:?}", own.requires),
            ),
            (
                "conflicts",
                format!("{:?}", listed.conflicts),
                format!("{:?}", own.conflicts),
            ),
        ] {
            if one != other {
                return Err(disagrees(field, one, other));
            }
        }
        Ok(())
    }
}

fn manifest_of(files: &Files) -> Result<Manifest, PackageError> {
    let text = files.get(manifest::FILE).ok_or(PackageError::NoManifest)?;
    let text = std::str::from_utf8(&text.bytes).map_err(|_| PackageError::ManifestNotUtf8)?;
    let manifest = Manifest::parse(text)?;
    match (files.contains_key(COMPONENT), manifest.engine.is_some()) {
        (false, false) => Err(PackageError::NothingToRun),
        (true, true) => Err(PackageError::TwoToRun),
        _ => Ok(manifest),
    }
}

/// `scaffold:generator@0.1.0`, from an import like `scaffold:generator/log@0.1.0`.
fn world(imports: &[String]) -> Option<String> {
    imports.iter().find_map(|import| {
        let rest = import.strip_prefix(CONTRACT)?.strip_prefix('/')?;
        let (_, version) = rest.split_once('@')?;
        Some(format!("{CONTRACT}@{version}"))
    })
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
