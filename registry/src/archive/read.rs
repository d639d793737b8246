//! Archive to files. Everything is refused that the writer would not have written.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::shape::Shape;
use super::write::padding;
use super::{
    ArchiveError, BLOCK, ENTRIES, Entry, EntryReason, Files, PACKED_BYTES, RATIO, RATIO_FREE_BYTES,
    UNPACKED_BYTES,
};

/// Unpacks an archive, checking every rule of [`super`].
///
/// What is unpacked takes at most [`UNPACKED_BYTES`], and what is remembered of its paths at most some hundred bytes for
/// each of their parts, of which there are at most [`ENTRIES`] times [`crate::path::DEPTH`]. Nothing is set aside because a
/// header claims it.
///
/// # Errors
/// The first rule that is broken.
pub fn read(bytes: &[u8]) -> Result<Files, ArchiveError> {
    if bytes.len() as u64 > PACKED_BYTES {
        return Err(ArchiveError::TooLong);
    }
    check_gzip_header(bytes)?;
    let mut tar = Tar {
        // Not the decoder for several members: what follows the first must stay visible.
        gzip: GzDecoder::new(bytes),
        left: allowed(bytes.len() as u64),
        packed: bytes.len() as u64,
    };

    let mut files = Files::new();
    let mut shape = Shape::default();
    let mut before: Option<String> = None;
    let mut entries = 0;
    loop {
        let mut block = [0; BLOCK];
        tar.fill(&mut block)?;
        if block == [0; BLOCK] {
            break;
        }
        entries += 1;
        if entries > ENTRIES {
            return Err(ArchiveError::TooMany);
        }
        let header = parse(&block).map_err(|(path, reason)| ArchiveError::Entry {
            entry: path.map_or_else(|| format!("number {entries}"), |path| format!("{path:?}")),
            reason,
        })?;
        let refuse = |reason| ArchiveError::Entry {
            entry: format!("{:?}", header.path),
            reason,
        };
        shape.add(&header.path, header.folder)?;
        if before.as_ref().is_some_and(|before| *before >= header.path) {
            return Err(refuse(EntryReason::Order));
        }
        let contents = tar.take(header.size)?;
        let mut zeros = [0; BLOCK];
        let zeros = &mut zeros[..padding(contents.len())];
        tar.fill(zeros)?;
        if zeros.iter().any(|&byte| byte != 0) {
            return Err(refuse(EntryReason::NotZero));
        }
        before = Some(header.path.clone());
        if !header.folder {
            files.insert(
                header.path,
                Entry {
                    bytes: contents,
                    executable: header.executable,
                },
            );
        }
    }
    tar.end()?;
    Ok(files)
}

/// How much tar an archive of this length may unpack to.
fn allowed(packed: u64) -> u64 {
    (packed * RATIO).clamp(RATIO_FREE_BYTES, UNPACKED_BYTES)
}

/// The ten bytes every gzip member begins with: magic, deflate, no optional fields, no time.
fn check_gzip_header(bytes: &[u8]) -> Result<(), ArchiveError> {
    let reason = match bytes {
        [] => "it is empty",
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, _, _, ..] => return Ok(()),
        [0x1f, 0x8b, 8, flags, ..] if *flags != 0 => "its gzip header carries optional fields",
        [0x1f, 0x8b, 8, 0, _, _, _, _, ..] => "its gzip header carries a time",
        _ => "it is not gzip",
    };
    Err(ArchiveError::Gzip {
        reason: reason.to_owned(),
    })
}

/// The unpacked stream, never read past what is allowed.
struct Tar<'a> {
    gzip: GzDecoder<&'a [u8]>,
    /// Bytes that may still come.
    left: u64,
    /// The archive's length.
    packed: u64,
}

impl Tar<'_> {
    /// Accounts for bytes before they are read.
    fn spend(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None if allowed(self.packed) == UNPACKED_BYTES => Err(ArchiveError::TooLarge),
            None => Err(ArchiveError::Ratio),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        self.spend(buffer.len() as u64)?;
        self.gzip.read_exact(buffer).map_err(failed)
    }

    fn take(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        self.spend(size)?;
        // `size` is within the allowance now, but grows with what really comes all the same.
        let mut bytes = Vec::new();
        self.gzip
            .by_ref()
            .take(size)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 != size {
            return Err(ArchiveError::Truncated);
        }
        Ok(bytes)
    }

    /// After the first zero block: a second one, and the end of everything.
    fn end(mut self) -> Result<(), ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block != [0; BLOCK] {
            return Err(ArchiveError::Trailing { what: "the tar" });
        }
        // Reading on to the end is also what makes the decoder compare the checksum.
        if self.gzip.read(&mut [0; 1]).map_err(failed)? != 0 {
            return Err(ArchiveError::Trailing { what: "the tar" });
        }
        if !self.gzip.into_inner().is_empty() {
            return Err(ArchiveError::Trailing {
                what: "the gzip member",
            });
        }
        Ok(())
    }
}

fn failed(error: io::Error) -> ArchiveError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        ArchiveError::Truncated
    } else {
        ArchiveError::Gzip {
            reason: error.to_string(),
        }
    }
}

/// What a header says, after everything else in it was found to be as it must.
struct Header {
    path: String,
    folder: bool,
    executable: bool,
    size: u64,
}

/// The path, where it could be read, and what is wrong.
type Refusal = (Option<String>, EntryReason);

fn parse(block: &[u8; BLOCK]) -> Result<Header, Refusal> {
    let header = tar::Header::from_byte_slice(block);
    // The type first: it is what a person needs to hear of a link or a foreign format.
    let folder =
        entry_type(header.as_old().linkflag[0]).map_err(|reason| (loose_path(block), reason))?;
    let ustar = header.as_ustar().ok_or((None, EntryReason::NotUstar))?;
    let path = path(&ustar.prefix, &ustar.name).map_err(|reason| (None, reason))?;
    let header =
        check_fields(block, ustar, folder).map_err(|reason| (Some(path.clone()), reason))?;
    let path = match (folder, path.strip_suffix('/')) {
        (true, Some(path)) => path.to_owned(),
        (false, None) => path,
        _ => return Err((Some(path), EntryReason::Slash)),
    };
    Ok(Header { path, ..header })
}

fn entry_type(flag: u8) -> Result<bool, EntryReason> {
    Err(match flag {
        b'0' => return Ok(false),
        b'5' => return Ok(true),
        b'1' => EntryReason::HardLink,
        b'2' => EntryReason::Symlink,
        b'3' | b'4' => EntryReason::Device,
        b'6' => EntryReason::Pipe,
        b'x' | b'g' | b'X' => EntryReason::Pax,
        b'A'..=b'Z' => EntryReason::Gnu,
        _ => EntryReason::Type,
    })
}

/// All fields but the path, which comes out empty.
fn check_fields(
    block: &[u8; BLOCK],
    ustar: &tar::UstarHeader,
    folder: bool,
) -> Result<Header, EntryReason> {
    if octal(&ustar.cksum)? != checksum(block) {
        return Err(EntryReason::Checksum);
    }
    if ustar.linkname.iter().any(|&byte| byte != 0) {
        return Err(EntryReason::LinkTarget);
    }
    let nobody = ustar
        .uname
        .iter()
        .chain(&ustar.gname)
        .all(|&byte| byte == 0);
    if !nobody || octal(&ustar.uid)? != 0 || octal(&ustar.gid)? != 0 {
        return Err(EntryReason::Owner);
    }
    if octal(&ustar.mtime)? != 0 {
        return Err(EntryReason::Time);
    }
    for device in [&ustar.dev_major, &ustar.dev_minor] {
        if *device != [0; 8] && octal(device)? != 0 {
            return Err(EntryReason::NotZero);
        }
    }
    if ustar.pad.iter().any(|&byte| byte != 0) {
        return Err(EntryReason::NotZero);
    }
    let executable = match octal(&ustar.mode)? {
        0o755 => true,
        0o644 if !folder => false,
        _ => return Err(EntryReason::Mode),
    };
    let size = octal(&ustar.size)?;
    if folder && size != 0 {
        return Err(EntryReason::FolderSize);
    }
    Ok(Header {
        path: String::new(),
        folder,
        executable,
        size,
    })
}

/// Octal digits, then at least one NUL or space to the end of the field. GNU's binary numbers are none.
fn octal(field: &[u8]) -> Result<u64, EntryReason> {
    let digits = field
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let (digits, rest) = field.split_at(digits);
    if digits.is_empty() || rest.is_empty() || rest.iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return Err(EntryReason::Number);
    }
    // At most eleven digits in any field, so this cannot overflow.
    Ok(digits
        .iter()
        .fold(0, |number, digit| number * 8 + u64::from(digit - b'0')))
}

/// The sum of the header's bytes, its own field counted as spaces.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    const FIELD: std::ops::Range<usize> = 148..156;
    block
        .iter()
        .enumerate()
        .map(|(at, &byte)| u64::from(if FIELD.contains(&at) { b' ' } else { byte }))
        .sum()
}

/// The text before the first NUL, with nothing but NULs after it.
fn text(field: &[u8]) -> Result<&str, EntryReason> {
    let end = field
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(field.len());
    let (text, rest) = field.split_at(end);
    if rest.iter().any(|&byte| byte != 0) {
        return Err(EntryReason::NotZero);
    }
    std::str::from_utf8(text).map_err(|_| EntryReason::NotUtf8)
}

fn path(prefix: &[u8], name: &[u8]) -> Result<String, EntryReason> {
    let (prefix, name) = (text(prefix)?, text(name)?);
    Ok(if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}/{name}")
    })
}

/// The name field whatever the header's format, for a message.
fn loose_path(block: &[u8; BLOCK]) -> Option<String> {
    text(&block[..100])
        .ok()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}
