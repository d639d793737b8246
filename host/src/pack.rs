//! Makes a package of an author's folder.

use std::path::Path;

use scaffold_registry::{Package, PackageError, archive, package::COMPONENT};

use crate::sandbox;

/// The folder with answers an author tries the package with; no part of the package.
pub const TESTS: &str = "tests";

/// A package that was packed, and checked as any reader will check it.
pub struct Packed {
    pub bytes: Vec<u8>,
    pub package: Package,
    /// What its component imports; empty for data that an engine runs.
    pub imports: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error(transparent)]
    Archive(#[from] archive::ArchiveError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("{COMPONENT}: {0}")]
    Component(#[from] sandbox::Refusal),
    #[error("{COMPONENT} is a core module that does not make a component: {0}")]
    Componentize(String),
}

/// Packs a folder. A `generator.wasm` that is a core module, as compilers emit it, becomes a component on the way;
/// the author's [`TESTS`] stay behind.
///
/// # Errors
/// Something in the folder breaks a rule of packages, or the component could not run anywhere.
pub fn pack(folder: &Path) -> Result<Packed, PackError> {
    let mut files = archive::from_folder(folder)?;
    files.retain(|path, _| !path.starts_with(&format!("{TESTS}/")));
    let mut imports = Vec::new();
    if let Some(entry) = files.get_mut(COMPONENT) {
        if matches!(
            sandbox::import_names(&entry.bytes),
            Err(sandbox::Refusal::CoreModule)
        ) {
            entry.bytes = componentize(&entry.bytes)?;
        }
        sandbox::abilities(&entry.bytes)?;
        imports = sandbox::import_names(&entry.bytes)?;
    }
    let bytes = Package::pack(&files)?;
    let package = Package::read(&bytes)?;
    Ok(Packed {
        bytes,
        package,
        imports,
    })
}

fn componentize(module: &[u8]) -> Result<Vec<u8>, PackError> {
    let wrong = |e: &dyn std::fmt::Display| PackError::Componentize(format!("{e:#}"));
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|e| wrong(&format_args!("{e:#}")))
}
