//! One at a time between a comparison and the writing that follows it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{StorageError, disk};

/// The lock's file, beside `v1` so that it is never served.
pub(super) const FILE: &str = ".lock";
/// How long to wait for another publisher.
const WAIT: Duration = Duration::from_secs(30);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write to a registry; given up when dropped, or when the process ends however it ends.
pub(super) struct Lock(
    #[expect(dead_code, reason = "closing the file is what gives the lock up")] File,
);

impl Lock {
    /// Waits for the lock of the registry in `dir`, which is made if it is not there.
    pub(super) fn take(dir: &Path) -> Result<Self, StorageError> {
        let path = dir.join(FILE);
        let failed = |source| StorageError::Io {
            action: "write",
            place: path.display().to_string(),
            source,
        };
        disk::make_folder(dir).map_err(failed)?;
        // For writing, since some network file systems lock only such files; never removed, since whoever waits
        // for it would then hold the lock of a file that is gone.
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let deadline = Instant::now() + WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(StorageError::Busy {
                        place: dir.display().to_string(),
                    });
                }
                // A file system without locks: a registry in such a place has one publisher, and even two cannot
                // publish one version, since the statement is created and never replaced; what they derive from it
                // can be made anew.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self(file));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}
