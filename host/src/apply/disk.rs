//! The few calls that change a disk, and what they promise.

use std::io::{self, Read as _, Write as _};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, File, OpenOptions};

use crate::workspace::folders::{Obstacle, open_regular};
use crate::workspace::is_executable;
use crate::workspace::{Found, MAX_FILE};

/// Writes a file that must not exist yet. `mode` is what it gets on systems that have one, less what the user's umask
/// takes away; `exactly` is not reduced.
pub(super) fn write_new(dir: &Dir, name: &str, bytes: &[u8], mode: Mode) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .follow(FollowSymlinks::No);
    mode.ask(&mut options);
    let mut file = dir.open_with(name, &options)?;
    mode.enforce(&file)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Permission bits of a file that is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    /// As any new file of the user's.
    New { executable: bool },
    /// Exactly these, taken from the file it replaces.
    #[cfg_attr(not(unix), allow(dead_code, reason = "other systems keep no mode"))]
    Exactly(u32),
}

impl Mode {
    /// Of a copy that is kept: whatever it is a copy of, nobody else reads it.
    pub(super) const PRIVATE: Self = Self::Exactly(0o600);

    /// The mode of a file that replaces one with the mode `old`: who may read it may run it, if anyone may.
    pub(super) fn replacing(old: u32, executable: bool) -> Self {
        let plain = old & 0o666;
        Self::Exactly(if executable {
            plain | (plain & 0o444) >> 2 | (old & 0o111)
        } else {
            plain
        })
    }

    #[cfg(unix)]
    fn ask(self, options: &mut OpenOptions) {
        use cap_std::fs::OpenOptionsExt;
        options.mode(match self {
            Self::New { executable: true } => 0o755,
            Self::New { executable: false } => 0o644,
            // Nobody else's until it has the mode it shall have.
            Self::Exactly(_) => 0o600,
        });
    }

    #[cfg(unix)]
    fn enforce(self, file: &File) -> io::Result<()> {
        use cap_std::fs::{Permissions, PermissionsExt};
        match self {
            Self::New { .. } => Ok(()),
            Self::Exactly(mode) => file.set_permissions(Permissions::from_mode(mode)),
        }
    }

    #[cfg(not(unix))]
    fn ask(self, _: &mut OpenOptions) {}

    #[cfg(not(unix))]
    fn enforce(self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// The permission bits of a file, where the system has them.
#[cfg(unix)]
pub(super) fn mode_of(metadata: &cap_std::fs::Metadata) -> Option<u32> {
    use cap_std::fs::MetadataExt;
    Some(metadata.mode() & 0o777)
}

#[cfg(not(unix))]
pub(super) fn mode_of(_: &cap_std::fs::Metadata) -> Option<u32> {
    None
}

/// Moves a file to where nothing is. Fails with `AlreadyExists` rather than replace anything, in one step where the
/// system can do that, so that a file the user makes at that moment is not lost.
pub(super) fn rename_new(from: &Dir, name: &str, to: &Dir, new_name: &str) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some file systems cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match to.symlink_metadata(new_name) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => from.rename(name, to, new_name),
        Err(error) => Err(error),
    }
}

/// Writes a file of our own, in place of the one that may be there, so that at any moment one of them is there whole.
pub(super) fn replace(dir: &Dir, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = format!("{name}.part");
    gone(dir.remove_file(&beside))?;
    let file = write_new(dir, &beside, bytes, Mode::PRIVATE)?;
    file.sync_all()?;
    drop(file);
    dir.rename(&beside, dir, name)
}

/// Makes the names in a folder survive a power cut. Systems without the notion do it by themselves.
pub(super) fn sync_dir(dir: &Dir) -> io::Result<()> {
    if cfg!(unix) {
        // The handle itself may be one for looking up names only.
        let file = dir.open(".")?;
        match file.sync_all() {
            // Some network file systems cannot, and say so.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            result => result,
        }
    } else {
        Ok(())
    }
}

/// Whether something with that name is there, whatever it is.
pub(super) fn is_there(dir: &Dir, name: &str) -> io::Result<bool> {
    match dir.symlink_metadata(name) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes "it is not there" for done.
pub(super) fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// The regular file with that name, whole. One that is larger than anything that is read of a project is an error: our own
/// folder may have come with a clone, and a file without end fits on a small disk.
pub(super) fn read_regular(dir: &Dir, name: &str, at: &str) -> Result<Option<Found>, Obstacle> {
    let Some((file, metadata)) = open_regular(dir, name, at)? else {
        return Ok(None);
    };
    let failed = |error| Obstacle {
        at: at.to_owned(),
        what: crate::workspace::folders::What::Io(error),
    };
    let size = metadata.len().min(MAX_FILE);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(failed(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {} MiB", MAX_FILE / (1024 * 1024)),
        )));
    }
    Ok(Some(Found {
        bytes: bytes.into(),
        executable: is_executable(&metadata),
    }))
}
