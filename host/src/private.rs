//! Files that are the user's alone, in their folder for configuration: tokens, keys, whom they trust.
//!
//! Read only if they are files and no longer than they may be; written whole or not at all, to stay, and for nobody
//! else's eyes from the first byte on.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// The text of a file; none if there is none. A home of `/dev/null`, as some services have it, holds none either.
///
/// # Errors
/// It cannot be read, is no file, is longer than `limit` bytes, or is not UTF-8.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<String>> {
    // Asked before opening, since opening a pipe would wait for whoever writes it.
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if !found.is_file() || found.len() > limit {
        return Err(io::Error::other(
            "it is no file of this program: no regular file, or much too long",
        ));
    }
    fs::read_to_string(path).map(Some)
}

/// Writes a file, in the place of what was there. Its folder is made if it is not there, for the user alone.
///
/// # Errors
/// It cannot be written; then what was there still is.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    stage(path, bytes)?.persist(path)?;
    sync(folder_of(path))
}

/// Writes a file that must not be there.
///
/// # Errors
/// As [`write`], and `AlreadyExists`.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    stage(path, bytes)?.persist_noclobber(path)?;
    sync(folder_of(path))
}

/// Makes a folder, and those above it, for the user alone; fine if it is there.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether somebody else on this machine can read a file. Only Unix says so; elsewhere the user's folder is theirs alone.
///
/// # Errors
/// It cannot be asked.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    let found = fs::metadata(path)?;
    #[cfg(unix)]
    let is_open = std::os::unix::fs::MetadataExt::mode(&found) & 0o077 != 0;
    #[cfg(not(unix))]
    let is_open = {
        let _ = found;
        false
    };
    Ok(is_open)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Beside its place and brought to the disk. Temporary files are their owner's alone, which is what is wanted here.
fn stage(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = folder_of(path);
    make_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened as files; the system orders renames itself.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/file");
        assert_eq!(read(&path, 10).unwrap(), None);
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path, 10).unwrap().unwrap(), "two");
        assert!(!is_open_to_others(&path).unwrap());
        let error = create(&path, b"three").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path, 10).unwrap().unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path().join("made")).unwrap().count(), 1);
        #[cfg(unix)]
        assert!(!is_open_to_others(&folder.path().join("made")).unwrap());
    }

    #[test]
    fn what_is_no_file_or_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path(), 1 << 20).is_err());
        let path = folder.path().join("long");
        write(&path, b"12345").unwrap();
        assert!(read(&path, 4).is_err());
        assert!(read(&path, 5).is_ok());
    }
}
