//! What stands in the project before this generator runs: what the generators before it made, plus those of the
//! user's own files that no generator made and that the user granted. Calling anything here is asking for the
//! permission to read.
//!
//! What is read of the user's own files is recorded in the project, so that the same run can be repeated after they
//! changed.

use crate::Failure;
use crate::bindings::scaffold::generator::project_files;
use crate::files::Mode;

/// The bytes of one file, or none if it does not exist or was not granted.
pub fn read(path: &str) -> Result<Option<Vec<u8>>, Failure> {
    project_files::read(path)
}

/// The text of one file; a failure with the code `not-text` if it is there and not UTF-8.
pub fn read_text(path: &str) -> Result<Option<String>, Failure> {
    read(path)?
        .map(|bytes| String::from_utf8(bytes).map_err(|_| crate::build::not_text("project", path)))
        .transpose()
}

/// The paths of all such files below a folder, sorted by bytes; an empty folder means the project.
pub fn paths(under: &str) -> Result<Vec<String>, Failure> {
    project_files::paths(under)
}

/// How a generator before this one made a file; none for the user's own files and for what is not there. To be
/// handed on by whoever writes a changed version of it.
pub fn mode_of(path: &str) -> Result<Option<Mode>, Failure> {
    project_files::mode_of(path)
}
