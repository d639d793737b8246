//! The lines that show both sides of a conflict.

use std::collections::BTreeMap;

use super::options::Names;
use super::three::Merged;
use crate::text;

/// How long every tool makes them.
pub(super) const MARKER: usize = 7;

/// Gives the markers of a merge, which are `length` long, their usual length and the names of the sides.
pub(super) fn label(bytes: &[u8], length: usize, usual: usize, labels: &Names) -> Merged {
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

/// Takes one side in every place of a merge whose markers are `length` long: the one that starts behind `sign`. `side` is
/// the whole text of that side, whose last line may have no end.
pub(super) fn settle(bytes: &[u8], length: usize, sign: u8, side: &[u8]) -> Merged {
    let mut settled = Vec::with_capacity(bytes.len());
    let mut places = 0;
    let mut part = None;
    let mut chosen_last = false;
    for line in text::lines(bytes) {
        if run(line) == length {
            places += usize::from(line.first() == Some(&b'<'));
            part = line.first().copied().filter(|sign| *sign != b'>');
        } else if part.is_none_or(|part| part == sign) {
            settled.extend_from_slice(line);
            chosen_last = part.is_some();
        }
    }
    // A marker may follow, so a line in conflict always has an end in a merge.
    if chosen_last && !side.ends_with(b"\n") && settled.ends_with(b"\n") {
        settled.pop();
    }
    Merged::Settled {
        bytes: settled,
        places,
    }
}

/// Whether a text holds a conflict that was marked and not settled yet: the three markers every tool leaves, of one length
/// and in order. Markers of another length stand for themselves: a text that is about markers has longer ones around it.
pub(super) fn is_marked(text: &[u8]) -> bool {
    let mut awaited = BTreeMap::new();
    for line in text::lines(text) {
        let length = run(line);
        if length < MARKER {
            continue;
        }
        let awaited = awaited.entry(length).or_insert(b'<');
        *awaited = match (line.first(), *awaited) {
            (Some(b'<'), _) => b'=',
            (Some(b'='), b'=') => b'>',
            (Some(b'>'), b'>') => return true,
            (_, same) => same,
        };
    }
    false
}

/// Seven, as every tool expects, or more where a text holds markers of that length already.
pub(super) fn marker_length(texts: &[&[u8]]) -> usize {
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

pub(super) fn longest_run(text: &[u8]) -> usize {
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

    #[test]
    fn a_marked_file_is_told_from_a_heading() {
        let bytes = b"<<<<<<< yours\n2\n||||||| before\n1\n=======\n3\n>>>>>>> new\n";
        assert!(is_marked(bytes) && is_marked(&text::to_crlf(bytes)));
        assert!(!is_marked(b"Title\n=======\n>>>>>>> quoted\n"));
        assert!(!is_marked(b"<<<<<<< a\n>>>>>>> b\n"));
        assert!(!is_marked(b"<<<<<<< a\n========\n>>>>>>> b\n"));
    }

    #[test]
    fn half_a_conflict_hides_none_around_it() {
        let quoted = "<<<<<<< a\n1\n=======\n";
        assert!(!is_marked(quoted.as_bytes()));
        let marked = format!("{quoted}<<<<<<<< yours\n2\n========\n3\n>>>>>>>> new\n");
        assert!(is_marked(marked.as_bytes()));
        let around = format!("<<<<<<<< yours\n{quoted}========\n3\n>>>>>>>> new\n");
        assert!(is_marked(around.as_bytes()));
        let twice = format!("{quoted}{quoted}2\n>>>>>>> b\n");
        assert!(is_marked(twice.as_bytes()));
    }
}
