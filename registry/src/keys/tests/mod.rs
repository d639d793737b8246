//! Keys, and sets that follow each other; what is tested with them is sorted by topic.
#![allow(clippy::unwrap_used)]

mod chains;
mod notes;
mod sets;

use super::*;
use crate::Statement;
use crate::fixtures::release;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("acme", &[number; 32]).unwrap()
}

fn public(number: u8) -> VerifyingKey {
    key(number).verifying_key()
}

/// Signed by key `number` as set `keys`.
fn statement(number: u8, keys: u32) -> Statement {
    Statement::signed(release("acme/web", "1.0.0"), keys, &key(number)).unwrap()
}

/// Sets 1 to n: key 1, then each key the next; those in `revoked` were revoked when they were replaced.
fn sets(keys: u8, revoked: &[u8]) -> Vec<KeySet> {
    let mut sets = vec![KeySet::first(&key(1)).unwrap()];
    for number in 2..=keys {
        let next = sets[sets.len() - 1].rotate(
            &key(number - 1),
            &key(number),
            revoked.contains(&(number - 1)),
        );
        sets.push(next.unwrap());
    }
    sets
}

fn chain(keys: u8, revoked: &[u8]) -> Chain {
    let mut sets = sets(keys, revoked).into_iter();
    let mut chain = Chain::of(sets.next().unwrap());
    sets.for_each(|set| chain.extend(set).unwrap());
    chain
}

/// The line of a set, changed and signed by these keys, as whoever holds them could.
fn forged(set: &KeySet, from: &str, to: &str, signers: &[u8]) -> String {
    let line = Note::parse(&set.to_note()).unwrap().line().to_owned();
    assert!(line.contains(from), "{line}");
    let mut note = Note::unsigned(line.replacen(from, to, 1));
    signers.iter().for_each(|number| note.sign(&key(*number)));
    note.to_string()
}
