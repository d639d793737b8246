//! Sets that follow each other, and whom they let sign.

use super::*;

#[test]
fn a_chain_takes_what_the_set_before_has_signed() {
    let sets = sets(3, &[1]);
    let mut chain = Chain::of(sets[0].clone());
    let refused = |chain: &mut Chain, number, note: &str, why: &str| {
        let before = chain.clone();
        let set = KeySet::read("acme", number, note).unwrap();
        let error = chain.extend(set).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
        assert_eq!(*chain, before);
    };
    // By its own new key alone: whoever serves the registry could make that.
    refused(
        &mut chain,
        2,
        &forged(&sets[1], "", "", &[2]),
        "no key of the set before it",
    );
    // Out of turn.
    refused(
        &mut chain,
        3,
        &sets[2].to_note(),
        "does not come after set 1",
    );
    chain.extend(sets[1].clone()).unwrap();
    refused(
        &mut chain,
        2,
        &sets[1].to_note(),
        "does not come after set 2",
    );
    // A revoked key stays revoked.
    let forgotten = forged(
        &sets[2],
        &format!("\"revoked\":[\"{}\"]", public(1)),
        "\"revoked\":[]",
        &[2, 3],
    );
    refused(&mut chain, 3, &forgotten, "takes back that");
    // And it does not speak for the next set, even if it was in the one before.
    refused(
        &mut chain,
        3,
        &forged(&sets[2], "", "", &[1, 3]),
        "no key of the set before it",
    );
    chain.extend(sets[2].clone()).unwrap();
    assert_eq!(chain.newest().number(), 3);
}

#[test]
fn nobody_makes_up_another_past() {
    let sets = sets(2, &[]);
    // Somebody who has no key of theirs puts their own beside the honest one, and signs the set with it.
    let both = format!("\"{}\",\"{}\"", public(1), public(9));
    let past = forged(&sets[0], &format!("\"{}\"", public(1)), &both, &[9]);
    let past = KeySet::read("acme", 1, &past).unwrap();
    let mut chain = Chain::of(sets[1].clone());
    let error = chain.extend_back(past).unwrap_err().to_string();
    assert!(error.contains("made after another set"), "{error}");
    chain.extend_back(sets[0].clone()).unwrap();
    assert_eq!(chain.sets(), sets);
    assert!(chain.knows(&public(1)) && !chain.knows(&public(9)));
}

#[test]
fn a_key_signs_until_it_is_revoked() {
    let kept = chain(2, &[]);
    assert_eq!(kept.signer(&statement(1, 1)), Ok(&public(1)));
    assert_eq!(kept.signer(&statement(2, 2)), Ok(&public(2)));
    let revoked = chain(3, &[1]);
    assert_eq!(
        revoked.signer(&statement(1, 1)),
        Err(Refused::Revoked(public(1)))
    );
    assert_eq!(revoked.signer(&statement(2, 2)), Ok(&public(2)));
}

#[test]
fn who_may_not_sign_is_refused() {
    let chain = chain(2, &[]);
    let refused = |statement: &Statement, why: &str| {
        let error = chain.signer(statement).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    };
    let unsigned = Statement::unsigned(release("acme/web", "1.0.0")).unwrap();
    refused(&unsigned, "not signed");
    refused(
        &statement(9, 1),
        "none of its signatures is by a key of set 1",
    );
    refused(
        &statement(1, 2),
        "none of its signatures is by a key of set 2",
    );
    refused(
        &statement(2, 1),
        "none of its signatures is by a key of set 1",
    );
    refused(&statement(1, 3), "there are sets 1 to 2");
    let other = Statement::signed(release("acne/web", "1.0.0"), 1, &key(1)).unwrap();
    refused(&other, "another namespace");
    // A signature taken from another version.
    let note = statement(1, 1).to_note().replace("1.0.0", "1.0.1");
    let moved = Statement::read(
        &"acme/web".parse().unwrap(),
        &semver::Version::new(1, 0, 1),
        &note,
    );
    refused(&moved.unwrap(), "none of its signatures");
}

#[test]
fn a_registry_takes_what_the_newest_keys_sign() {
    let chain = chain(2, &[]);
    assert_eq!(chain.accept(&statement(2, 2)), Ok(&public(2)));
    let error = chain.accept(&statement(1, 1)).unwrap_err().to_string();
    assert!(error.contains("the newest is set 2"), "{error}");
    assert!(chain.accept(&statement(9, 2)).is_err());
}

#[test]
fn rotating_needs_the_old_key() {
    let first = KeySet::first(&key(1)).unwrap();
    let error = first
        .rotate(&key(9), &key(2), false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not in it"), "{error}");
    let second = first.rotate(&key(1), &key(2), true).unwrap();
    assert!(
        second.rotate(&key(2), &key(1), false).is_err(),
        "revoked for ever"
    );
    let stranger = SigningKey::from_seed("acne", &[3; 32]).unwrap();
    assert!(second.rotate(&key(2), &stranger, false).is_err());
    let none = SigningKey::from_seed("no/namespace", &[3; 32]).unwrap();
    assert!(KeySet::first(&none).is_err());
}

#[test]
fn a_chain_is_read_from_its_first_set() {
    let sets = sets(3, &[]);
    let get = |number: u32| -> Result<Option<String>, KeySetError> {
        Ok(sets.get(number as usize - 1).map(KeySet::to_note))
    };
    assert_eq!(Chain::read("acme", get).unwrap().unwrap().sets(), sets);
    let none = |_| -> Result<Option<String>, KeySetError> { Ok(None) };
    assert_eq!(Chain::read("acme", none).unwrap(), None);
}
