//! What the system says of a file without opening it.

use std::thread;
#[cfg(unix)]
use std::time::Duration;
use std::time::SystemTime;

use super::Workspace;
use crate::path::ProjectPath;

/// How long a file must have been left alone for its [`Stat`] to say anything: two writes within one tick of the clock that
/// stamps files leave the same times, and the coarsest such clock (FAT's) ticks every two seconds.
#[cfg(unix)]
const TICK: Duration = Duration::from_secs(2);

/// Which file it is, how large, of which mode, and when it and its attributes were last changed. As long as that is the same
/// the file is; git's index rests on it as well. There is none where the system has no such times, as on Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat([u8; Stat::BYTES]);

impl Stat {
    /// Bytes of one when it is kept.
    pub const BYTES: usize = 48;

    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

/// How many files are worth a thread of their own. Each costs the system a look at the disk's tree, and nothing else.
const SHARE: usize = 250;
/// More threads than this wait for each other in the system.
const MOST_THREADS: usize = 8;

impl Workspace {
    /// The stat of each of the files, in their order; none of what is no regular file, cannot be reached without following a
    /// link, or was changed so shortly before `now` that it may change again unseen.
    pub fn stats(&self, paths: &[&ProjectPath], now: SystemTime) -> Vec<Option<Stat>> {
        let threads = thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
        let share = paths.len().div_ceil(threads).max(SHARE);
        let look = |paths: &[&ProjectPath]| match self.again() {
            Ok(own) => paths.iter().map(|path| own.stat(path, now)).collect(),
            // Then they are read.
            Err(_) => vec![None; paths.len()],
        };
        thread::scope(|scope| {
            let others: Vec<_> = paths
                .chunks(share)
                .skip(1)
                .map(|paths| (paths.len(), scope.spawn(move || look(paths))))
                .collect();
            let mut stats = look(&paths[..share.min(paths.len())]);
            for (files, other) in others {
                stats.extend(other.join().unwrap_or_else(|_| vec![None; files]));
            }
            stats
        })
    }

    #[cfg(not(unix))]
    fn stat(&self, _: &ProjectPath, _: SystemTime) -> Option<Stat> {
        None
    }

    #[cfg(unix)]
    fn stat(&self, path: &ProjectPath, now: SystemTime) -> Option<Stat> {
        use rustix::fs::{AtFlags, FileType, statat};

        let mut folders = self.folders()?;
        let folder = folders.parent_of(path).ok()??;
        let stat = statat(folder, path.name(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // The widths of these fields are the system's.
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless)]
        let (changed, written) = (
            nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        );
        let settled = now
            .checked_sub(TICK)?
            .duration_since(SystemTime::UNIX_EPOCH);
        let settled = i128::try_from(settled.ok()?.as_nanos()).ok()?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() || changed.max(written) >= settled {
            return None;
        }
        #[allow(
            clippy::unnecessary_cast,
            clippy::cast_lossless,
            clippy::cast_sign_loss
        )]
        let words = [
            stat.st_dev as u64,
            stat.st_ino as u64,
            stat.st_size as u64,
            stat.st_mode as u64,
            changed as u64,
            written as u64,
        ];
        let mut bytes = [0; Stat::BYTES];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Some(Stat(bytes))
    }
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, more: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(more)
}
