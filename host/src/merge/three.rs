//! Merging one text line by line, with the user's changes on one side and the new version's on the other.
//!
//! Where both changed the same lines, markers show all sides, as git's diff3 style does. Line ends and a missing last one
//! are the user's.

use diffy::{ConflictStyle, DiffOptions, IncompleteHunkStyle, Line, MergeOptions};

use super::markers::{MARKER, label, longest_run, marker_length, settle};
use super::options::{Names, Strategy};
use crate::text::{self, Ends};

/// What became of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Merged {
    Clean(Vec<u8>),
    Marked {
        bytes: Vec<u8>,
        places: usize,
    },
    /// Nothing is left to settle: the strategy did it, in that many places.
    Settled {
        bytes: Vec<u8>,
        places: usize,
    },
    /// Not merged: no text, or too far apart to be compared in bounded time.
    Apart,
}

/// Merges `ours` and `theirs`, both made from `base`.
pub(super) fn merge(
    base: &[u8],
    ours: &[u8],
    theirs: &[u8],
    labels: &Names,
    strategy: Strategy,
) -> Merged {
    if ![base, ours, theirs].into_iter().all(text::is_text) {
        return Merged::Apart;
    }
    if !text::is_comparable(base, ours) || !text::is_comparable(base, theirs) {
        return Merged::Apart;
    }
    let crlf = Ends::of(ours) == Ends::CrLf;
    let (base, ours, theirs) = if crlf {
        (text::to_lf(base), text::to_lf(ours), text::to_lf(theirs))
    } else {
        (base.into(), ours.into(), theirs.into())
    };
    // Longer than any run at the start of a line, so that what is a marker afterwards was put there by the merge.
    let length = [&base, &ours, &theirs]
        .into_iter()
        .map(|text| longest_run(text))
        .max()
        .unwrap_or_default()
        .max(MARKER)
        + 1;
    let merged = MergeOptions::new()
        .set_conflict_style(ConflictStyle::Diff3)
        .set_incomplete_hunk_style(IncompleteHunkStyle::Git)
        .set_conflict_marker_length(length)
        .merge_bytes(&base, &ours, &theirs);
    let mut merged = match merged {
        Ok(bytes) => Merged::Clean(bytes),
        Err(bytes) => match strategy {
            Strategy::Markers => label(
                &bytes,
                length,
                marker_length(&[&base, &ours, &theirs]),
                labels,
            ),
            Strategy::Ours => settle(&bytes, length, b'<', &ours),
            Strategy::Theirs => settle(&bytes, length, b'=', &theirs),
        },
    };
    if let (
        true,
        Merged::Clean(bytes) | Merged::Marked { bytes, .. } | Merged::Settled { bytes, .. },
    ) = (crlf, &mut merged)
    {
        *bytes = text::to_crlf(bytes);
    }
    merged
}

/// Puts two texts together that have no common past: what they share once, and every difference as a conflict.
pub(super) fn join(ours: &[u8], theirs: &[u8], labels: &Names, strategy: Strategy) -> Merged {
    let (Ok(our_text), Ok(their_text)) = (std::str::from_utf8(ours), std::str::from_utf8(theirs))
    else {
        return Merged::Apart;
    };
    if !text::is_text(ours) || !text::is_text(theirs) || !text::is_comparable(ours, theirs) {
        return Merged::Apart;
    }
    let crlf = Ends::of(ours) == Ends::CrLf;
    let end = if crlf { "\r\n" } else { "\n" };
    let length = marker_length(&[ours, theirs]);
    let marker = |sign: &str, label: &str| {
        format!(
            "{}{}{label}{end}",
            sign.repeat(length),
            if label.is_empty() { "" } else { " " }
        )
    };
    let mut joined = Joined {
        text: String::new(),
        end,
    };
    let mut places = 0;
    // With all lines as context there is one hunk, which is the whole text.
    let patch = DiffOptions::new()
        .set_context_len(usize::MAX / 4)
        .create_patch(our_text, their_text);
    let mut lines = patch
        .hunks()
        .iter()
        .flat_map(|hunk| hunk.lines())
        .peekable();
    while let Some(line) = lines.peek() {
        if let Line::Context(line) = line {
            joined.line(line);
            lines.next();
            continue;
        }
        let (mut mine, mut new) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_if(|line| !matches!(line, Line::Context(_))) {
            match line {
                Line::Delete(line) => mine.push(*line),
                Line::Insert(line) => new.push(*line),
                Line::Context(_) => {}
            }
        }
        places += 1;
        joined.line(&marker("<", &labels.ours));
        mine.iter().for_each(|line| joined.line(line));
        joined.line(&marker("=", ""));
        new.iter().for_each(|line| joined.line(line));
        joined.line(&marker(">", &labels.theirs));
    }
    if places == 0 {
        return Merged::Clean(ours.to_vec());
    }
    // Without a past, what differs is all there is to choose.
    let bytes = match strategy {
        Strategy::Markers => {
            return Merged::Marked {
                bytes: joined.text.into_bytes(),
                places,
            };
        }
        Strategy::Ours => ours.to_vec(),
        Strategy::Theirs => theirs.to_vec(),
    };
    Merged::Settled { bytes, places }
}

struct Joined {
    text: String,
    end: &'static str,
}

impl Joined {
    /// Adds a line at the start of a line.
    fn line(&mut self, line: &str) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(self.end);
        }
        self.text.push_str(line);
    }
}

#[cfg(test)]
mod tests;
