//! A folder's files, as an author has them.

use std::fs;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use super::shape::Shape;
use super::{ArchiveError, ENTRIES, Entry, Files, UNPACKED_BYTES};

/// Folders (or, for git, files) at the top that belong to a version control system and never to a package.
const VERSION_CONTROL: [&str; 5] = [".git", ".hg", ".jj", ".svn", ".pijul"];

/// Reads the files below a folder: all of them but version control's own at the top.
///
/// Names are brought into NFC, since some systems hand them out decomposed. On systems without an executable bit
/// no file is executable.
///
/// # Errors
/// A link or special file, a path no package may hold, a file that cannot be read, or too much of it.
pub fn from_folder(root: &Path) -> Result<Files, ArchiveError> {
    let mut reader = Reader {
        files: Files::new(),
        shape: Shape::default(),
        left: UNPACKED_BYTES,
    };
    reader.folder(root, "")?;
    Ok(reader.files)
}

struct Reader {
    files: Files,
    shape: Shape,
    left: u64,
}

impl Reader {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), ArchiveError> {
        let io = |source| ArchiveError::Io {
            path: folder.display().to_string(),
            source,
        };
        for entry in fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let on_disk = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(ArchiveError::NotUnicode {
                    path: on_disk.display().to_string(),
                });
            };
            if prefix.is_empty() && VERSION_CONTROL.contains(&name) {
                continue;
            }
            let path = format!("{prefix}{}", name.nfc());
            self.entry(&on_disk, &path)?;
        }
        Ok(())
    }

    fn entry(&mut self, on_disk: &Path, path: &str) -> Result<(), ArchiveError> {
        let io = |source| ArchiveError::Io {
            path: on_disk.display().to_string(),
            source,
        };
        let metadata = fs::symlink_metadata(on_disk).map_err(io)?;
        // Checked before going down, which also bounds how deep that is.
        self.shape.add(path, metadata.is_dir())?;
        if metadata.is_dir() {
            return self.folder(on_disk, &format!("{path}/"));
        }
        if !metadata.is_file() {
            let what = if metadata.is_symlink() {
                "a link"
            } else {
                "no regular file"
            };
            return Err(ArchiveError::Special {
                path: on_disk.display().to_string(),
                what,
            });
        }
        if self.files.len() == ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        self.left = self
            .left
            .checked_sub(metadata.len())
            .ok_or(ArchiveError::TooLarge)?;
        let bytes = fs::read(on_disk).map_err(io)?;
        self.files.insert(
            path.to_owned(),
            Entry {
                bytes,
                executable: is_executable(&metadata),
            },
        );
        Ok(())
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
