//! How files get into the cache and out of it: the only part of the store that writes.
#![expect(
    clippy::disallowed_methods,
    reason = "the only writer of the cache of packages and answers"
)]

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::StoreError;

/// Half-written files; what a process that was killed left there is nothing to anybody.
pub(super) const TMP: &str = "tmp";
/// The last use is noted to within this time, so that reading seldom writes.
const COARSE: Duration = Duration::from_secs(60 * 60);

pub(super) fn failed<'a>(
    what: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> StoreError + 'a {
    move |source| StoreError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(failed("make the folder", folder))
}

/// Writes a file below `root`, whole or not at all, and to stay.
pub(super) fn write(root: &Path, path: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
    let (tmp, folder) = (root.join(TMP), path.parent().unwrap_or(root));
    make_folder(&tmp)?;
    make_folder(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&tmp).map_err(failed("write in", &tmp))?;
    parts
        .iter()
        .try_for_each(|part| file.write_all(part))
        // Before the rename, or a power cut could leave the name with nothing behind it.
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed("write", path))?;
    file.persist(path)
        .map_err(|error| failed("put in place", path)(error.error))?;
    sync(folder);
    Ok(())
}

/// Best effort: what is not there after a power cut is fetched again.
fn sync(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Notes that a file was used now. Best effort: what cannot be noted looks older than it is.
pub(crate) fn touch(path: &Path) {
    let now = SystemTime::now();
    let is_recent = |at: SystemTime| now.duration_since(at).is_ok_and(|age| age < COARSE);
    let _ = File::open(path).and_then(|file| match file.metadata()?.modified() {
        Ok(at) if is_recent(at) => Ok(()),
        _ => file.set_modified(now),
    });
}

/// Opens the file of the lock, for writing, since some network file systems lock only such files.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// What is right in a folder, sorted; nothing if it is not there.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|e| e.ok().map(|e| e.path())).collect(),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Vec::new()
        }
        Err(error) => return Err(failed("list", folder)(error)),
    };
    found.sort();
    Ok(found)
}
