//! One publisher at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{PublishError, disk};
use crate::source::layout;

/// The lock's file, beside `v1` so that it is never served.
const FILE: &str = ".lock";
/// How long to wait for another publisher.
const WAIT: Duration = Duration::from_secs(30);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write to a registry; given up when dropped, or when the process ends however it ends.
pub(super) struct Lock(
    #[expect(dead_code, reason = "closing the file is what gives the lock up")] File,
);

impl Lock {
    /// Waits for the lock of the registry in `dir`. The folder is made if it is not there; one that holds anything
    /// but a registry is refused, and left without so much as a lock file.
    pub(super) fn take(dir: &Path) -> Result<Self, PublishError> {
        let path = dir.join(FILE);
        let failed = |source| PublishError::Io {
            action: "write",
            path: path.clone(),
            source,
        };
        disk::make_folder(dir).map_err(failed)?;
        if !may_publish(dir).map_err(failed)? {
            return Err(PublishError::NotARegistry {
                dir: dir.to_owned(),
            });
        }
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
                    return Err(PublishError::Busy {
                        dir: dir.to_owned(),
                    });
                }
                // A file system without locks: a registry in such a place has one publisher, and even two cannot
                // publish one version, since the statement is created and never replaced.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self(file));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// Whether the folder is a registry, empty, or being made one (the lock is there, its contents not yet).
fn may_publish(dir: &Path) -> io::Result<bool> {
    let mut empty = true;
    for entry in fs::read_dir(dir)? {
        empty = false;
        if entry?.file_name() == FILE {
            return Ok(true);
        }
    }
    Ok(empty || dir.join(layout::CONFIG).exists())
}
