//! The archive a package travels in: a `.tar.gz` with exactly one way to be right.
//!
//! Written deterministically, and read as strictly as it is written, since the bytes come from strangers and a
//! lenient reader is where archives hide things:
//!
//! * gzip: one member, no optional header fields, time 0, nothing after it;
//! * tar: POSIX ustar headers only, regular files and folders only, no links, devices, PAX or GNU extensions;
//! * owner and group 0 without names, time 0, mode 0644 or 0755 (folders 0755), all padding zero;
//! * entries in strictly ascending order of their paths' bytes (so none stands twice), each path passing
//!   [`crate::path::check`], and no two the same on a disk that ignores case or Unicode normalisation;
//! * two zero blocks at the end and nothing after them;
//! * at most [`UNPACKED_BYTES`] of tar, at most [`RATIO`] times the archive once past [`RATIO_FREE_BYTES`], at
//!   most [`ENTRIES`] entries.
//!
//! Folders carry nothing of their own: the writer leaves them out, and the reader only checks them.

mod folder;
mod read;
mod shape;
mod write;

use std::collections::BTreeMap;

use crate::path::PathError;
use crate::{Digest, Hasher};

pub use folder::from_folder;
pub use read::read;
pub use write::write;

/// Most bytes in the archive itself: 64 MiB.
pub const PACKED_BYTES: u64 = 64 * 1024 * 1024;
/// Most bytes of tar it may unpack to, headers and padding included: 64 MiB.
pub const UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// How many times its own length it may unpack to, once past [`RATIO_FREE_BYTES`].
pub const RATIO: u64 = 20;
/// Up to this many bytes of tar the ratio does not count, since small texts compress very well: 1 MiB.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// Most files and folders in it.
pub const ENTRIES: usize = 10_000;

/// Bytes in a tar block.
const BLOCK: usize = 512;

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Whether it may be run (mode 0755 instead of 0644).
    pub executable: bool,
}

/// The files of a package by path.
pub type Files = BTreeMap<String, Entry>;

/// Why files cannot become an archive, or bytes are none.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A path no package may hold.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Two paths that are one on some disks.
    #[error(
        "{one:?} and {other:?} are the same file on systems that ignore case or accents' spelling; rename one"
    )]
    Twins {
        /// The one that came first.
        one: String,
        /// The other.
        other: String,
    },
    /// A path that is a file and a folder at once.
    #[error("{path:?} is both a file and a folder; rename one")]
    FileAndFolder {
        /// The path.
        path: String,
    },
    /// Past [`ENTRIES`].
    #[error("it holds more than {ENTRIES} files and folders, the most a package may have")]
    TooMany,
    /// Past [`UNPACKED_BYTES`].
    #[error("it unpacks to more than {} MiB, the most a package may have", UNPACKED_BYTES >> 20)]
    TooLarge,
    /// Past [`RATIO`].
    #[error(
        "it unpacks to more than {RATIO} times its own length, as only an archive meant to fill a disk does"
    )]
    Ratio,
    /// Past [`PACKED_BYTES`].
    #[error("it is longer than {} MiB, the most an archive may have", PACKED_BYTES >> 20)]
    TooLong,
    /// A path that fits no ustar header.
    #[error(
        "the path {path:?} is too long for an archive: at most 100 bytes after a slash and 155 before it"
    )]
    Unencodable {
        /// The path.
        path: String,
    },
    /// The gzip layer is not as it must be.
    #[error("it is not a package archive: {reason}")]
    Gzip {
        /// What is wrong.
        reason: String,
    },
    /// It ends in the middle.
    #[error("it ends in the middle; fetch or build it again")]
    Truncated,
    /// Bytes where the end should be.
    #[error("something follows the end of {what}; a package archive holds nothing else")]
    Trailing {
        /// Of the tar, or of the gzip member.
        what: &'static str,
    },
    /// An entry that may not be in a package.
    #[error("its entry {entry} may not be in a package: {reason}")]
    Entry {
        /// The entry's path, or its number where the path cannot be read.
        entry: String,
        /// What is wrong.
        reason: EntryReason,
    },
    /// A file of a folder that cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in a folder that is neither a file nor a folder.
    #[error(
        "{path} is {what}; a package holds only files, so put the file itself there or take it away"
    )]
    Special {
        /// The path on this machine.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A file name that is not Unicode.
    #[error("the name of {path} is not Unicode; rename it")]
    NotUnicode {
        /// The path on this machine, as far as it can be shown.
        path: String,
    },
}

/// What is wrong with an entry of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryReason {
    /// A symbolic link.
    #[error("it is a symbolic link")]
    Symlink,
    /// A hard link.
    #[error("it is a hard link")]
    HardLink,
    /// A character or block device.
    #[error("it is a device")]
    Device,
    /// A named pipe.
    #[error("it is a pipe")]
    Pipe,
    /// A PAX extension header.
    #[error("it is a PAX extension; write the archive in plain ustar format")]
    Pax,
    /// A GNU extension: long names, sparse files.
    #[error("it is a GNU extension; write the archive in plain ustar format")]
    Gnu,
    /// Any other type.
    #[error("its type is none a package may hold")]
    Type,
    /// Not a POSIX ustar header.
    #[error("its header is not a POSIX ustar header")]
    NotUstar,
    /// The header's sum is wrong.
    #[error("its header is damaged (checksum)")]
    Checksum,
    /// A number that is not written as ustar writes it.
    #[error("a number in its header is not plain octal")]
    Number,
    /// Bytes where there should be zeros.
    #[error("a part of its header or padding that should be zero is not")]
    NotZero,
    /// A name that is not UTF-8.
    #[error("its name is not UTF-8")]
    NotUtf8,
    /// Any mode but 0644 and 0755.
    #[error("its mode is neither 0644 nor 0755")]
    Mode,
    /// An owner or group other than 0, or one with a name.
    #[error("it has an owner; owner and group are 0 and without names")]
    Owner,
    /// A time other than 0.
    #[error("it has a time; the time of every entry is 0")]
    Time,
    /// A link's target where there is no link.
    #[error("it has a link target")]
    LinkTarget,
    /// A folder that claims bytes.
    #[error("it is a folder with a length")]
    FolderSize,
    /// A folder without, or a file with, a slash at the end.
    #[error("a folder's name ends in one slash and a file's in none")]
    Slash,
    /// Not after the entry before it.
    #[error("it stands at the wrong place; entries are sorted by path and none stands twice")]
    Order,
}

/// The digest of what an archive holds, whatever compressed it.
///
/// SHA-256 over the text
///
/// ```text
/// scaffold-tree 1
/// <644|755> <64 hexadecimal digits: sha256 of the file> <path>
/// …
/// ```
///
/// with one line a file in the order of their paths' bytes, every line ending in a newline. Paths hold no
/// line breaks, so two trees never give one text.
#[must_use]
pub fn tree_digest(files: &Files) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(b"scaffold-tree 1\n");
    for (path, entry) in files {
        let mode = if entry.executable { "755" } else { "644" };
        hasher.update(format!("{mode} {} {path}\n", Digest::of(&entry.bytes).hex()).as_bytes());
    }
    hasher.finish()
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
