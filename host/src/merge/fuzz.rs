//! Any three texts. What holds for those that were made up (`tests/any.rs`) holds for these.

use std::collections::BTreeMap;

use super::data::Format;
use super::file::{self, Decision, Manner, Sides};
use super::options::{Names, Strategy};
use crate::plan::{Note, Verb};
use crate::secret::Secrets;
use crate::text::is_text;
use crate::tree::{File, Ownership};
use crate::workspace::Found;

/// The first byte is what kind of file it is, who wins, and whether there is a past; the old, the user's and the new text
/// follow with 0xff between them, which is in no text.
pub fn merge(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (old, ours, new) = (part(), part(), part());
    let case = Case {
        manner: Manner {
            names: Names::new("before", "new"),
            strategy: match how >> 2 & 3 {
                2 => Strategy::Ours,
                3 => Strategy::Theirs,
                _ => Strategy::Markers,
            },
            format: match how & 3 {
                1 => Some(Format::Toml),
                2 => Some(Format::Json),
                3 => Some(Format::Yaml),
                _ => None,
            },
        },
        known: how & 0x10 == 0,
    };
    if case.known {
        assert_eq!(case.after(old, old, new), new, "without an edit");
        assert_eq!(case.after(old, ours, old), ours, "without a new version");
    }
    case.check(old, ours, new);
}

struct Case {
    manner: Manner,
    known: bool,
}

impl Case {
    fn decide(&self, old: &[u8], ours: &[u8], new: &[u8]) -> Decision {
        let file = |bytes: &[u8]| File {
            bytes: bytes.into(),
            executable: false,
            ownership: Ownership::Managed,
        };
        let found = Found {
            bytes: ours.into(),
            executable: false,
        };
        let (old, new) = (file(old), file(new));
        let sides = Sides {
            base: self.known.then_some(&old),
            theirs: Some(&new),
            ours: Some(&found),
        };
        match file::decide(sides, &Secrets::default(), &self.manner) {
            Some(decision) => decision,
            None => panic!("there is something to say of a file on both sides"),
        }
    }

    fn after(&self, old: &[u8], ours: &[u8], new: &[u8]) -> Vec<u8> {
        after(&self.decide(old, ours, new)).to_vec()
    }

    fn check(&self, old: &[u8], ours: &[u8], new: &[u8]) {
        let decision = self.decide(old, ours, new);
        let merged = after(&decision);
        let text = String::from_utf8_lossy(merged);
        if self.manner.strategy != Strategy::Markers {
            assert_ne!(decision.verb, Verb::Conflict, "{text}");
        }
        if [old, ours, new].into_iter().all(is_text) {
            assert!(is_text(merged));
        }
        if let Some(Note::Markers(places)) = decision.note {
            assert!(places > 0 && super::is_marked(merged), "{text}");
        }
        match self.manner.format {
            None if self.manner.strategy == Strategy::Markers => {
                let old = if self.known { old } else { b"" };
                no_line_is_lost(old, ours, merged);
            }
            None => {}
            Some(format) => {
                let sides = [ours, new, if self.known { old } else { new }];
                for reads in [
                    |format: Format, text: &[u8]| format.reads(text),
                    reads_elsewhere,
                ] {
                    if decision.verb != Verb::Conflict
                        && sides.iter().all(|side| reads(format, side))
                    {
                        assert!(reads(format, merged), "cannot be read:\n{text}");
                    }
                }
            }
        }
    }
}

fn after(decision: &Decision) -> &[u8] {
    match &decision.after {
        Some(after) => &after.bytes,
        None => panic!("a file on both sides stays"),
    }
}

/// Of a line the user has more often than before, at least the additional ones are there.
fn no_line_is_lost(old: &[u8], ours: &[u8], merged: &[u8]) {
    fn count(text: &[u8]) -> BTreeMap<&[u8], usize> {
        let mut counts = BTreeMap::new();
        for line in crate::text::lines(text) {
            // A carriage return at the end of a text ends no line, and does once another line follows.
            let end = line.iter().rposition(|byte| !b"\r\n".contains(byte));
            let line = &line[..end.map_or(0, |end| end + 1)];
            *counts.entry(line).or_default() += 1;
        }
        counts
    }
    let (old, merged) = (count(old), count(merged));
    for (line, times) in count(ours) {
        let more = times.saturating_sub(old.get(line).copied().unwrap_or_default());
        let now = merged.get(line).copied().unwrap_or_default();
        assert!(
            now >= more,
            "{:?}: {more} -> {now}",
            String::from_utf8_lossy(line)
        );
    }
}

/// What other readers than the merge's own say.
fn reads_elsewhere(format: Format, text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    match format {
        Format::Toml => text.parse::<toml::Table>().is_ok(),
        Format::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        // There is one reader only.
        Format::Yaml => false,
    }
}
