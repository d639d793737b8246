//! Lines, their ends, and how far two texts are apart.
//!
//! Comparing is bounded: finding the shortest edit takes time that grows with the square of the number of changes, and
//! the texts may come from a stranger.

use std::borrow::Cow;
use std::collections::HashMap;

/// The most changed lines for which two texts are merged or shown as a difference; some tenths of a second.
pub(crate) const MOST_CHANGES: usize = 10_000;
/// The same where only a number is wanted, once for every file of a plan.
const MOST_COUNTED: usize = 2_000;

/// Whether people read it: UTF-8 without NUL. Anything else is never given markers or merged line by line.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// The lines of a text, each with its end.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// No line ends in it.
    None,
    Lf,
    CrLf,
    Mixed,
}

impl Ends {
    pub(crate) fn of(text: &[u8]) -> Self {
        let (mut lf, mut crlf) = (false, false);
        for line in lines(text).filter(|line| line.ends_with(b"\n")) {
            if line.ends_with(b"\r\n") {
                crlf = true
            } else {
                lf = true
            }
        }
        match (lf, crlf) {
            (false, false) => Self::None,
            (true, false) => Self::Lf,
            (false, true) => Self::CrLf,
            (true, true) => Self::Mixed,
        }
    }
}

/// A text without its carriage returns at line ends.
pub(crate) fn to_lf(text: &[u8]) -> Cow<'_, [u8]> {
    if !matches!(Ends::of(text), Ends::CrLf | Ends::Mixed) {
        return Cow::Borrowed(text);
    }
    let mut changed = Vec::with_capacity(text.len());
    for line in lines(text) {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                changed.extend_from_slice(line);
                changed.push(b'\n');
            }
            None => changed.extend_from_slice(line),
        }
    }
    Cow::Owned(changed)
}

/// A text whose lines end in `\n`, with `\r\n` instead.
pub(crate) fn to_crlf(text: &[u8]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(text.len() + text.len() / 32);
    for line in lines(text) {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                changed.extend_from_slice(line);
                changed.extend_from_slice(b"\r\n");
            }
            None => changed.extend_from_slice(line),
        }
    }
    changed
}

/// The lines that come and go when `old` becomes `new`; nothing is counted in what is no text. Where too much changed, the
/// whole differing middle counts.
pub(crate) fn count(old: Option<&[u8]>, new: Option<&[u8]>) -> (usize, usize) {
    let old = old.filter(|bytes| is_text(bytes)).unwrap_or_default();
    let new = new.filter(|bytes| is_text(bytes)).unwrap_or_default();
    if old.is_empty() || new.is_empty() {
        return (lines(new).count(), lines(old).count());
    }
    let middle = Middle::of(old, new);
    let (old, new) = (middle.old.len(), middle.new.len());
    let (added, removed) = match distance(&middle.old, &middle.new, MOST_COUNTED) {
        // Of `distance` steps, as many more are additions as the new text is longer.
        Some(distance) => ((distance + new - old) / 2, (distance + old - new) / 2),
        None => (new, old),
    };
    (added + middle.only_new, removed + middle.only_old)
}

/// Whether two texts can be compared line by line in bounded time.
pub(crate) fn is_comparable(old: &[u8], new: &[u8]) -> bool {
    let middle = Middle::of(old, new);
    let unmatched = middle.only_old + middle.only_new;
    unmatched <= MOST_CHANGES
        && distance(&middle.old, &middle.new, MOST_CHANGES - unmatched).is_some()
}

/// What is left of two texts without the lines they begin and end with in common, a number for each line that both have,
/// and how many lines only one has: those match nothing, so they need not be searched for.
struct Middle {
    old: Vec<u32>,
    new: Vec<u32>,
    only_old: usize,
    only_new: usize,
}

impl Middle {
    fn of(old: &[u8], new: &[u8]) -> Self {
        let (old, new): (Vec<_>, Vec<_>) = (lines(old).collect(), lines(new).collect());
        let head = old
            .iter()
            .zip(&new)
            .take_while(|(old, new)| old == new)
            .count();
        let (old, new) = (&old[head..], &new[head..]);
        let tail = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take_while(|(old, new)| old == new)
            .count();
        let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
        let numbers: HashMap<&[u8], u32> = old
            .iter()
            .zip(0..)
            .map(|(&line, number)| (line, number))
            .collect();
        let mut known = vec![false; old.len()];
        let matched: Vec<u32> = new
            .iter()
            .filter_map(|line| numbers.get(line).copied())
            .collect();
        for &number in &matched {
            known[number as usize] = true;
        }
        let in_both = |line: &&[u8]| {
            numbers
                .get(line)
                .copied()
                .filter(|&number| known[number as usize])
        };
        let kept: Vec<u32> = old.iter().filter_map(in_both).collect();
        Self {
            only_old: old.len() - kept.len(),
            only_new: new.len() - matched.len(),
            old: kept,
            new: matched,
        }
    }
}

/// The least number of lines to add and remove, if it is at most `most`: the greedy algorithm of Myers, stopped there.
fn distance(old: &[u32], new: &[u32], most: usize) -> Option<usize> {
    let most = most.min(old.len() + new.len());
    if old.len().abs_diff(new.len()) > most {
        return None;
    }
    // On diagonal `k`, `reach[most + k]` is how far into `old` the steps so far lead; its place in `new` is `- k` from it.
    let mut reach = vec![0_usize; 2 * most + 2];
    for steps in 0..=most {
        for k in (most - steps..=most + steps).step_by(2) {
            let down = k == most - steps || (k != most + steps && reach[k - 1] < reach[k + 1]);
            let mut x = if down { reach[k + 1] } else { reach[k - 1] + 1 };
            let mut y = x + most - k;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                x += 1;
                y += 1;
            }
            reach[k] = x;
            if x >= old.len() && y >= new.len() {
                return Some(steps);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_text_from_the_rest() {
        assert!(is_text("größe\n".as_bytes()) && is_text(b""));
        assert!(!is_text(b"a\0b") && !is_text(b"\xff\xfe"));
    }

    #[test]
    fn line_ends() {
        assert_eq!(Ends::of(b"a"), Ends::None);
        assert_eq!(Ends::of(b"a\nb"), Ends::Lf);
        assert_eq!(Ends::of(b"a\r\nb\r\n"), Ends::CrLf);
        assert_eq!(Ends::of(b"a\r\nb\n"), Ends::Mixed);
        assert_eq!(&*to_lf(b"a\r\nb\rc\r\nd"), b"a\nb\rc\nd");
        assert_eq!(to_crlf(b"a\nb"), b"a\r\nb");
    }

    #[test]
    fn counts_lines() {
        assert_eq!(count(None, Some(b"a\nb")), (2, 0));
        assert_eq!(count(Some(b"a\n"), None), (0, 1));
        assert_eq!(count(Some(b"a\nb\nc\n"), Some(b"a\nx\nc\ny\n")), (2, 1));
        assert_eq!(count(Some(b"a\n"), Some(b"a\n")), (0, 0));
        assert_eq!(count(Some(b"\0"), Some(b"a\n")), (1, 0));
        let long = |start: usize| {
            (start..start + 50_000)
                .map(|n| format!("{n}\n"))
                .collect::<String>()
        };
        assert_eq!(
            count(Some(long(0).as_bytes()), Some(long(10).as_bytes())),
            (10, 10)
        );
        assert_eq!(
            count(Some(long(0).as_bytes()), Some(long(90_000).as_bytes())),
            (50_000, 50_000)
        );
        assert!(!is_comparable(long(0).as_bytes(), long(90_000).as_bytes()));
        assert!(is_comparable(long(0).as_bytes(), long(100).as_bytes()));
    }

    proptest! {
        #[test]
        fn counts_as_the_shown_difference_does(old in "([abc]\n){0,20}[ab]?", new in "([abc]\n){0,20}[ab]?") {
            let patch = diffy::create_patch(&old, &new);
            let lines = || patch.hunks().iter().flat_map(|hunk| hunk.lines());
            let added = lines().filter(|line| matches!(line, diffy::Line::Insert(_))).count();
            let removed = lines().filter(|line| matches!(line, diffy::Line::Delete(_))).count();
            prop_assert_eq!(count(Some(old.as_bytes()), Some(new.as_bytes())), (added, removed));
        }

        #[test]
        fn line_ends_survive_the_way_there_and_back(text in "([ab]{0,3}\n){0,9}[ab]?") {
            let crlf = to_crlf(text.as_bytes());
            prop_assert_eq!(&*to_lf(&crlf), text.as_bytes());
        }
    }
}
