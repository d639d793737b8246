//! The body of a publish: two pieces, each behind its length.
//!
//! ```text
//! u32 little-endian   length of the statement
//! …                   the statement, see [`crate::Statement`]
//! u32 little-endian   length of the archive
//! …                   the archive
//! ```

use crate::source::{BLOB_BYTES, NOTE_BYTES};

/// Most bytes in a body.
pub(super) const BODY_BYTES: usize = (NOTE_BYTES + BLOB_BYTES) as usize + 8;

/// A body that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a statement and an archive, each behind its length in four bytes")]
pub struct FrameError;

/// The body that publishes an archive.
///
/// # Errors
/// When a piece is longer than four bytes can say.
pub fn frame(note: &str, archive: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut body = Vec::with_capacity(note.len() + archive.len() + 8);
    for piece in [note.as_bytes(), archive] {
        let length = u32::try_from(piece.len()).map_err(|_| FrameError)?;
        body.extend(length.to_le_bytes());
        body.extend(piece);
    }
    Ok(body)
}

/// The statement and the archive of a body; nothing may follow them.
pub(super) fn unframe(body: &[u8]) -> Result<(&str, &[u8]), FrameError> {
    let (note, rest) = piece(body)?;
    let (archive, rest) = piece(rest)?;
    match (std::str::from_utf8(note), rest) {
        (Ok(note), []) => Ok((note, archive)),
        _ => Err(FrameError),
    }
}

fn piece(bytes: &[u8]) -> Result<(&[u8], &[u8]), FrameError> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError)?;
    let length = u32::from_le_bytes(*length) as usize;
    rest.split_at_checked(length).ok_or(FrameError)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let body = frame("note\n", b"archive").unwrap();
        assert_eq!(unframe(&body), Ok(("note\n", &b"archive"[..])));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let body = frame("note", b"archive").unwrap();
        for end in 0..body.len() {
            assert_eq!(unframe(&body[..end]), Err(FrameError), "{end}");
        }
        assert_eq!(unframe(&[&body[..], b"x"].concat()), Err(FrameError));
        assert_eq!(unframe(&u32::MAX.to_le_bytes()), Err(FrameError));
        let junk = frame("", b"").unwrap();
        assert_eq!(
            unframe(&[&[1, 0, 0, 0, 0xff], &junk[4..]].concat()),
            Err(FrameError)
        );
    }
}
