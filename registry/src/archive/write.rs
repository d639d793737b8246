//! Files to archive. The same files give the same tar, and with the same compressor the same bytes.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::shape::Shape;
use super::{
    ArchiveError, BLOCK, ENTRIES, Entry, Files, PACKED_BYTES, RATIO, RATIO_FREE_BYTES,
    UNPACKED_BYTES,
};

/// Packs files into an archive that [`super::read`] takes.
///
/// # Errors
/// When a path may not stand in a package, or the files pass a limit.
pub fn write(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    if files.len() > ENTRIES {
        return Err(ArchiveError::TooMany);
    }
    let mut shape = Shape::default();
    let mut unpacked = 2 * BLOCK as u64;
    for (path, entry) in files {
        shape.add(path, false)?;
        unpacked = unpacked
            .saturating_add((BLOCK + entry.bytes.len() + padding(entry.bytes.len())) as u64);
    }
    if unpacked > UNPACKED_BYTES {
        return Err(ArchiveError::TooLarge);
    }

    // No time, no name, "unknown" system: nothing of the machine gets into the bytes.
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    let mut put = |bytes: &[u8]| {
        gzip.write_all(bytes).map_err(|error| ArchiveError::Gzip {
            reason: error.to_string(),
        })
    };
    for (path, entry) in files {
        put(header(path, entry)?.as_bytes())?;
        put(&entry.bytes)?;
        put(&[0; BLOCK][..padding(entry.bytes.len())])?;
    }
    put(&[0; 2 * BLOCK])?;
    let packed = gzip.finish().map_err(|error| ArchiveError::Gzip {
        reason: error.to_string(),
    })?;

    if packed.len() as u64 > PACKED_BYTES {
        return Err(ArchiveError::TooLong);
    }
    if unpacked > RATIO_FREE_BYTES && unpacked > packed.len() as u64 * RATIO {
        return Err(ArchiveError::Ratio);
    }
    Ok(packed)
}

/// Zeros after so many bytes, to the end of the block.
pub(super) fn padding(length: usize) -> usize {
    length.next_multiple_of(BLOCK) - length
}

fn header(path: &str, entry: &Entry) -> Result<tar::Header, ArchiveError> {
    let mut header = tar::Header::new_ustar();
    let (prefix, name) = split(path).ok_or_else(|| ArchiveError::Unencodable {
        path: path.to_owned(),
    })?;
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.name[..name.len()].copy_from_slice(name.as_bytes());
        ustar.prefix[..prefix.len()].copy_from_slice(prefix.as_bytes());
        ustar.set_device_major(0);
        ustar.set_device_minor(0);
    }
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(if entry.executable { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(entry.bytes.len() as u64);
    header.set_cksum();
    Ok(header)
}

/// The prefix and name of a ustar header: the whole path as the name where it fits, else cut at the first slash
/// that leaves a short enough name.
fn split(path: &str) -> Option<(&str, &str)> {
    const NAME: usize = 100;
    const PREFIX: usize = 155;
    if path.len() <= NAME {
        return Some(("", path));
    }
    let (at, _) = path
        .match_indices('/')
        .find(|(at, _)| path.len() - at - 1 <= NAME)?;
    (at <= PREFIX).then(|| (&path[..at], &path[at + 1..]))
}
