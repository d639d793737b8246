//! Who may take something out of the cache: nobody while somebody uses it.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use super::{StoreError, disk};

/// The lock's file. Never removed, since whoever waits for it would then hold the lock of a file that is gone.
const FILE: &str = ".lock";
/// How long whoever clears up waits for those who use it.
const WAIT: Duration = Duration::from_secs(10);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// The part of one process: it uses the cache from the first time it looks until it ends, however it ends.
#[derive(Debug, Default)]
pub(super) struct Turn(OnceLock<Option<File>>);

impl Turn {
    /// Waits while somebody clears up. A cache that has no lock, as on a disk that is only read, has nobody who clears up.
    pub(super) fn share(&self, root: &Path) {
        self.0.get_or_init(|| {
            let file = disk::open_lock(&root.join(FILE)).ok()?;
            file.lock_shared().ok()?;
            Some(file)
        });
    }
}

/// The right to take things out, given up when it is dropped. None where the file system has no locks.
///
/// # Errors
/// [`StoreError::Busy`] when others use the cache for too long, or at all with `no_wait`.
pub(super) fn alone(root: &Path, no_wait: bool) -> Result<Option<File>, StoreError> {
    let path = root.join(FILE);
    let failed = |source| StoreError::Io {
        what: "lock",
        path: path.clone(),
        source,
    };
    let file = disk::open_lock(&path).map_err(failed)?;
    let deadline = Instant::now() + if no_wait { Duration::ZERO } else { WAIT };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Busy {
                    path: root.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(None);
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_clears_up_what_is_used() {
        let root = tempfile::tempdir().unwrap();
        let (one, other) = (Turn::default(), Turn::default());
        one.share(root.path());
        other.share(root.path());
        drop(one);
        let busy = alone(root.path(), true).unwrap_err();
        assert!(matches!(busy, StoreError::Busy { .. }), "{busy}");
        drop(other);
        assert!(alone(root.path(), true).unwrap().is_some());
    }
}
