//! Merging one text line by line, with the user's changes on one side and the new version's on the other.
//!
//! Where both changed the same lines, markers show all sides, as git's diff3 style does. Line ends and a missing last one
//! are the user's.

use diffy::{ConflictStyle, DiffOptions, IncompleteHunkStyle, Line, MergeOptions};

use super::options::Names;
use crate::text::{self, Ends};

/// What became of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Merged {
    Clean(Vec<u8>),
    Marked {
        bytes: Vec<u8>,
        places: usize,
    },
    /// Not merged: no text, or too far apart to be compared in bounded time.
    Apart,
}

const MARKER: usize = 7;

/// Merges `ours` and `theirs`, both made from `base`.
pub(super) fn merge(base: &[u8], ours: &[u8], theirs: &[u8], labels: &Names) -> Merged {
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
        Err(bytes) => label(
            &bytes,
            length,
            marker_length(&[&base, &ours, &theirs]),
            labels,
        ),
    };
    if let (true, Merged::Clean(bytes) | Merged::Marked { bytes, .. }) = (crlf, &mut merged) {
        *bytes = text::to_crlf(bytes);
    }
    merged
}

/// Puts two texts together that have no common past: what they share once, and every difference as a conflict.
pub(super) fn join(ours: &[u8], theirs: &[u8], labels: &Names) -> Merged {
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
    Merged::Marked {
        bytes: joined.text.into_bytes(),
        places,
    }
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

/// Gives the markers of a merge, which are `length` long, their usual length and the names of the sides.
fn label(bytes: &[u8], length: usize, usual: usize, labels: &Names) -> Merged {
    let mut labelled = Vec::with_capacity(bytes.len());
    let mut places = 0;
    for line in text::lines(bytes) {
        let (sign, name) = match line.first() {
            Some(b'<') => (b'<', labels.ours.as_str()),
            Some(b'|') => (b'|', labels.base.as_str()),
            Some(b'=') => (b'=', ""),
            Some(b'>') => (b'>', labels.theirs.as_str()),
            _ => (0, ""),
        };
        if sign == 0 || run(line) != length {
            labelled.extend_from_slice(line);
            continue;
        }
        places += usize::from(sign == b'<');
        labelled.extend(std::iter::repeat_n(sign, usual));
        if !name.is_empty() {
            labelled.push(b' ');
            labelled.extend_from_slice(name.as_bytes());
        }
        labelled.push(b'\n');
    }
    Merged::Marked {
        bytes: labelled,
        places,
    }
}

/// Seven, as every tool expects, or more where a text holds markers of that length already.
fn marker_length(texts: &[&[u8]]) -> usize {
    let outer = |line: &&[u8]| matches!(line.first(), Some(b'<' | b'>'));
    let longest = texts
        .iter()
        .flat_map(|text| text::lines(text).filter(outer).map(run))
        .max()
        .unwrap_or_default();
    if longest < MARKER {
        MARKER
    } else {
        longest + 1
    }
}

fn longest_run(text: &[u8]) -> usize {
    text::lines(text).map(run).max().unwrap_or_default()
}

/// How often a line repeats its first byte, if markers are made of it.
fn run(line: &[u8]) -> usize {
    match line.first() {
        Some(first @ (b'<' | b'|' | b'=' | b'>')) => {
            line.iter().take_while(|byte| *byte == first).count()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Names {
        Names::new("django 1.0.0", "django 1.1.0")
    }

    fn merged(base: &str, ours: &str, theirs: &str) -> Merged {
        merge(
            base.as_bytes(),
            ours.as_bytes(),
            theirs.as_bytes(),
            &labels(),
        )
    }

    fn clean(text: &str) -> Merged {
        Merged::Clean(text.into())
    }

    fn marked(text: &str, places: usize) -> Merged {
        Merged::Marked {
            bytes: text.into(),
            places,
        }
    }

    #[test]
    fn changes_apart_from_each_other_go_together() {
        assert_eq!(
            merged("1\n2\n3\n4\n", "1\nours\n2\n3\n4\n", "1\n2\n3\ntheirs\n"),
            clean("1\nours\n2\n3\ntheirs\n")
        );
        assert_eq!(merged("1\n2\n", "1\nx\n", "1\nx\n"), clean("1\nx\n"));
    }

    #[test]
    fn the_same_place_is_marked_with_all_sides() {
        assert_eq!(
            merged("1\n2\n3\n", "1\nours\n3\n", "1\ntheirs\n3\n"),
            marked(
                "1\n<<<<<<< yours\nours\n||||||| django 1.0.0\n2\n=======\ntheirs\n>>>>>>> django 1.1.0\n3\n",
                1
            )
        );
    }

    #[test]
    fn a_missing_last_line_end_stays_missing_and_never_swallows_a_marker() {
        assert_eq!(merged("1\n2\n3", "1\n2\n3", "0\n2\n3"), clean("0\n2\n3"));
        assert_eq!(
            merged("1\n2", "1\nours", "1\ntheirs"),
            marked(
                "1\n<<<<<<< yours\nours\n||||||| django 1.0.0\n2\n=======\ntheirs\n>>>>>>> django 1.1.0\n",
                1
            )
        );
    }

    #[test]
    fn line_ends_are_the_users() {
        assert_eq!(
            merged(
                "1\n2\n3\n4\n",
                "1\r\nours\r\n2\r\n3\r\n4\r\n",
                "1\n2\n3\ntheirs\n"
            ),
            clean("1\r\nours\r\n2\r\n3\r\ntheirs\r\n")
        );
        let Merged::Marked { bytes, places: 1 } = merged("1\n", "ours\r\n", "theirs\n") else {
            panic!()
        };
        assert_eq!(Ends::of(&bytes), Ends::CrLf);
    }

    #[test]
    fn text_that_looks_like_markers_is_not_taken_for_them() {
        let ours = "<<<<<<< a\n=======\n>>>>>>> b\n<<<<<<<< c\nours\n";
        let Merged::Marked { bytes, places } = merged("base\n", ours, "theirs\n") else {
            panic!()
        };
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(places, 1);
        assert!(text.contains(ours), "{text}");
        assert!(text.starts_with("<<<<<<<<< yours\n"), "{text}");
        let heading = merged(
            "Title\n=======\n1\n",
            "Title\n=======\n2\n",
            "Title\n=======\n3\n",
        );
        assert!(
            matches!(heading, Merged::Marked { bytes, places: 1 } if bytes.starts_with(b"Title\n=======\n<<<<<<< yours\n"))
        );
    }

    #[test]
    fn binary_and_far_apart_texts_are_not_merged() {
        assert_eq!(merge(b"a\0", b"b\n", b"c\n", &labels()), Merged::Apart);
        assert_eq!(merge(b"a\n", b"\xff\n", b"c\n", &labels()), Merged::Apart);
        let long = |start: usize| {
            (start..start + 20_000)
                .map(|n| format!("{n}\n"))
                .collect::<String>()
        };
        assert_eq!(
            merged(&long(0), &long(30_000), &long(60_000)),
            Merged::Apart
        );
        assert_eq!(join(b"a\0", b"b", &labels()), Merged::Apart);
    }

    #[test]
    fn without_a_past_every_difference_is_marked() {
        assert_eq!(
            join(b"1\n2\n3\n4", b"1\nx\n3\n4\n", &labels()),
            marked(
                "1\n<<<<<<< yours\n2\n=======\nx\n>>>>>>> django 1.1.0\n3\n<<<<<<< yours\n4\n=======\n4\n>>>>>>> django 1.1.0\n",
                2
            )
        );
        assert_eq!(join(b"1\n", b"1\n", &labels()), clean("1\n"));
        assert_eq!(
            join(b"a", b"b", &labels()),
            marked("<<<<<<< yours\na\n=======\nb\n>>>>>>> django 1.1.0\n", 1)
        );
    }
}
