//! What lies in `.scaffold` may have come with a clone.

use scaffold_registry::Digest;

use super::journal::Journal;
use super::settle;

/// A journal, whose last line is made right first if the first byte says so, since no fuzzer guesses a digest; and the
/// same bytes as a note of what was settled. What is read is written as something that reads the same.
pub fn journal(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let mut bytes = rest.to_vec();
    if how & 1 == 1 {
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        let check = Digest::of(&bytes);
        bytes.extend(format!("{{\"check\":\"{check}\"}}\n").into_bytes());
    }
    if let Ok(journal) = Journal::parse(&bytes) {
        let again = Journal::parse(journal.to_text().as_bytes());
        assert_eq!(again.ok(), Some(journal));
    }
    let settled = settle::parse(rest);
    assert_eq!(settle::parse(settle::to_text(&settled).as_bytes()), settled);
}
