//! The files a generator wants to stand in the project. Nothing is written until the user accepts the plan.
//!
//! Paths are relative to the project, with `/`, and valid on every system. A second write to one path
//! replaces the first.

use crate::Failure;
use crate::bindings::scaffold::generator::changes;

pub use crate::bindings::scaffold::generator::types::{Mode, Ownership};

/// A file that later versions of the generator keep up to date, merged with the user's edits.
pub fn write(path: &str, contents: impl AsRef<[u8]>) -> Result<(), Failure> {
    write_as(
        path,
        contents,
        Mode {
            executable: false,
            ownership: Ownership::Managed,
        },
    )
}

/// As [`write`], and it can be run. Users are asked about such files.
pub fn executable(path: &str, contents: impl AsRef<[u8]>) -> Result<(), Failure> {
    write_as(
        path,
        contents,
        Mode {
            executable: true,
            ownership: Ownership::Managed,
        },
    )
}

/// A file made once and then the user's alone; updates leave it as it is.
pub fn seed(path: &str, contents: impl AsRef<[u8]>) -> Result<(), Failure> {
    write_as(
        path,
        contents,
        Mode {
            executable: false,
            ownership: Ownership::Seed,
        },
    )
}

/// A file with a mode of the caller's choice.
pub fn write_as(path: &str, contents: impl AsRef<[u8]>, mode: Mode) -> Result<(), Failure> {
    changes::write(path, contents.as_ref(), mode)
}

/// The file shall not stand, whoever made it. Removing what is not there is no error.
pub fn remove(path: &str) -> Result<(), Failure> {
    changes::remove(path)
}

/// A placeholder for fresh random letters and digits, 8 to 128 of them, to be put into a file. The generator
/// never sees the secret itself; one name gives one secret in a project.
pub fn secret(name: &str, length: u32) -> Result<String, Failure> {
    changes::secret(name, length)
}
