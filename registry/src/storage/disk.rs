//! Files that appear whole and stay: written beside their place, brought to the disk, then renamed.

use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::Part;

/// What the name of a half-written file begins with.
pub(super) const HALF_WRITTEN: &str = ".new-";

/// Writes a file, in the place of what was there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, folder) = stage(path, bytes)?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Writes a file that must not be there: `AlreadyExists` if it is.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, folder) = stage(path, bytes)?;
    temporary
        .persist_noclobber(path)
        .map_err(|error| error.error)?;
    sync_folder(folder)
}

fn stage<'a>(path: &'a Path, bytes: &[u8]) -> io::Result<(NamedTempFile, &'a Path)> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no folder"))?;
    make_folder(folder)?;
    let mut temporary = temporary(folder)?;
    temporary.write_all(bytes)?;
    // Before the rename, or a power cut could leave the name with nothing behind it.
    sync(temporary.as_file())?;
    Ok((temporary, folder))
}

/// All of a regular file, and what the system says of the very file that was read; none if it has more than `limit`.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Option<(Vec<u8>, fs::Metadata)>> {
    let (file, found) = open(path)?;
    let mut bytes = Vec::with_capacity(found.len().min(limit) as usize + 1);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some((bytes, found)))
}

/// A piece of a regular file.
pub(super) fn read_part(path: &Path, start: u64, most: u64) -> io::Result<Part> {
    let (mut file, found) = open(path)?;
    if start > 0 {
        file.seek(io::SeekFrom::Start(start))?;
    }
    let total = found.len();
    let mut bytes = Vec::with_capacity(total.saturating_sub(start).min(most) as usize);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Part { bytes, total })
}

fn open(path: &Path) -> io::Result<(fs::File, fs::Metadata)> {
    // Asked before opening, since opening a pipe would wait for whoever writes it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let file = fs::File::open(path)?;
    let found = file.metadata()?;
    Ok((file, found))
}

/// Takes a file away.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Readable by all, as files that a web server hands out must be; temporary files are private by default.
#[cfg(unix)]
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(HALF_WRITTEN)
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
}

#[cfg(not(unix))]
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(HALF_WRITTEN)
        .tempfile_in(folder)
}

/// Makes a folder and those above it, each one's name on the disk before anything is put into it.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(Path::new(""));
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(above),
    }
}

/// Brings a file to the disk. Not in this crate's own tests: they cut no power, and there are thousands of files in them.
fn sync(file: &fs::File) -> io::Result<()> {
    if cfg!(test) { Ok(()) } else { file.sync_all() }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    sync(&fs::File::open(folder)?)
}

/// Elsewhere folders cannot be opened as files; the system orders renames itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
