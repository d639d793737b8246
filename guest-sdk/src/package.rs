//! The files of the generator's own package. Always granted; at most 64 MiB in one run.

use crate::Failure;
use crate::bindings::scaffold::generator::package_files;

/// The bytes of one file; a failure with the code `not-found` if there is none.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    package_files::read(path)
}

/// The text of one file; a failure with the code `not-text` if it is not UTF-8.
pub fn read_text(path: &str) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| crate::build::not_text("package", path))
}

/// Every file's path, sorted by bytes.
pub fn paths() -> Vec<String> {
    package_files::paths()
}
