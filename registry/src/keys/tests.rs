#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

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

/// The key and the note in C2SP's own description of the format, made by the program it was written for.
const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "If you think cryptography is the answer to your problem, then you don't know what your problem is.";

#[test]
fn keys_are_written_as_c2sp_writes_them() {
    let key: VerifyingKey = VKEY.parse().unwrap();
    assert_eq!(key.to_string(), VKEY);
    assert_eq!(key.name(), "PeterNeumann");
    // RFC 8032, 7.1, test 1: the public key of this secret. Hash and signature were made by sha256sum and openssl.
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,
        0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
        0x7f, 0x60,
    ];
    let key = SigningKey::from_seed("acme", &seed).unwrap();
    assert_eq!(
        key.verifying_key().to_string(),
        "acme+37854264+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
    );
    let mut note = Note::unsigned(NOTE.to_owned());
    note.sign(&key);
    assert_eq!(
        note.to_string(),
        format!(
            "{NOTE}\n\n\u{2014} acme N4VCZAytBk7j8bCcfjTsPvUOv6oumir8nYdJiiHyIWpBm/LKgynbZ5/JUB6YkbiVjAdJuiM3sEGHLBWQ3yRjIgGJ1QQ=\n"
        )
    );
}

#[test]
fn only_one_spelling_of_a_key_is_read() {
    let text = public(1).to_string();
    assert_eq!(text.parse::<VerifyingKey>().unwrap(), public(1));
    let (head, base64) = text.rsplit_once('+').unwrap();
    let hash = head.rsplit_once('+').unwrap().1;
    for wrong in [
        String::new(),
        "acme".into(),
        "acme+1+2".into(),
        text.to_uppercase(),
        text.replace("acme", "acne"),
        text.replace(
            hash,
            &hash
                .to_uppercase()
                .replace(|c: char| c.is_ascii_digit(), "A"),
        ),
        text.replace(hash, "00000000"),
        format!("{text} "),
        format!("{text}="),
        format!(" {text}"),
        format!("{head}+{}", base64.trim_end_matches('=')),
        format!(
            "{head}+{}",
            base64.replacen("AQ", "Ag", 1).replacen("AX", "Bg", 1)
        ),
        // The neutral point, which "signs" anything.
        "acme+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        text.replace("acme", "ac me"),
        text.replace("acme", "\u{430}cme"),
        text.replace("acme", &"a".repeat(129)),
    ] {
        if wrong != text {
            let error = wrong.parse::<VerifyingKey>().unwrap_err().to_string();
            assert!(error.contains("is not a key"), "{error}");
        }
    }
}

#[test]
fn a_signature_is_of_one_key_and_one_text() {
    let mut note = Note::unsigned("{}".into());
    note.sign(&key(1));
    note.sign(&key(2));
    note.sign(&key(1));
    let text = note.to_string();
    assert_eq!(text.matches('\u{2014}').count(), 2, "once each: {text}");
    let read = Note::parse(&text).unwrap();
    assert!(read.is_signed_by(&public(1)) && read.is_signed_by(&public(2)));
    assert!(!read.is_signed_by(&public(3)));
    let other = SigningKey::from_seed("acne", &[1; 32]).unwrap();
    assert!(
        !read.is_signed_by(&other.verifying_key()),
        "the same key, another name"
    );

    let changed = Note::parse(&text.replacen("{}", "[]", 1)).unwrap();
    assert!(!changed.is_signed_by(&public(1)));

    // A signature that is not what it claims to be spoils those beside it.
    let lines: Vec<&str> = text.lines().collect();
    let another = {
        let mut note = Note::unsigned("another text".into());
        note.sign(&key(1));
        note.to_string().lines().last().unwrap().to_owned()
    };
    let both = format!("{text}{another}\n");
    assert!(!Note::parse(&both).unwrap().is_signed_by(&public(1)));
    assert!(Note::parse(&both).unwrap().is_signed_by(&public(2)));
    assert_eq!(lines[0], "{}");
}

#[test]
fn what_is_no_note_is_refused() {
    let line = {
        let mut note = Note::unsigned("{}".into());
        note.sign(&key(1));
        note.to_string().lines().last().unwrap().to_owned()
    };
    let good = format!("{{}}\n\n{line}\n");
    assert_eq!(Note::parse(&good).unwrap().to_string(), good);
    for wrong in [
        String::new(),
        "{}".into(),
        "{}\n".into(),
        format!("\n\n{line}\n"),
        format!("{{}}\n\n{line}"),
        format!("{{}}\n\n{line}\r\n"),
        format!("{{}}\n\n\n{line}\n"),
        format!("{{}}\n\n{line}\n\n"),
        format!("{{}}\n\n {line}\n"),
        format!("{{}}\n{{}}\n\n{line}\n"),
        format!("{{\t}}\n\n{line}\n"),
        format!("{{}}\n\n{}\n", line.replace('\u{2014}', "-")),
        format!("{{}}\n\n{}\n", line.replace("acme", "ac+me")),
        format!("{{}}\n\n{}\n", line.replace("acme ", "acme  ")),
        format!("{{}}\n\n{}\n", line.trim_end_matches('=')),
        "{}\n\n\u{2014} acme AAAA\n".to_owned(),
        format!("{{}}\n\n{}", format!("{line}\n").repeat(33)),
        format!("{}\n\n{line}\n", "x".repeat(70_000)),
    ] {
        assert!(Note::parse(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_key_file_is_read_back_and_says_what_is_wrong() {
    let pem = key(1).to_pem(None).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", *pem);
    let read = |pem: &str, passphrase| SigningKey::from_pem("acme", pem, passphrase);
    assert_eq!(read(&pem, None).unwrap().verifying_key(), public(1));
    assert_eq!(
        read(&pem, Some("unneeded")).unwrap().verifying_key(),
        public(1)
    );

    let locked = key(1).to_pem(Some("correct horse")).unwrap();
    assert!(locked.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(
        read(&locked, Some("correct horse"))
            .unwrap()
            .verifying_key(),
        public(1)
    );
    assert_eq!(
        read(&locked, None).unwrap_err(),
        KeyFileError::NeedsPassphrase
    );
    assert_eq!(
        read(&locked, Some("wrong")).unwrap_err(),
        KeyFileError::Passphrase
    );

    for wrong in [
        "",
        "junk",
        &pem[..60],
        &pem.replace("PRIVATE", "PUBLIC"),
        &pem.replace("MC4", "MC5"),
    ] {
        let error = read(wrong, None).unwrap_err();
        assert!(matches!(error, KeyFileError::File(_)), "{wrong:?}: {error}");
    }
    assert!(matches!(
        SigningKey::generate("ac me"),
        Err(KeyFileError::Name(_))
    ));
    let (one, other) = (SigningKey::generate("acme"), SigningKey::generate("acme"));
    assert_ne!(one.unwrap().verifying_key(), other.unwrap().verifying_key());
}

/// Made by `openssl genpkey -algorithm ed25519`, and by that with `-aes-256-cbc -pass pass:secret`.
#[test]
fn key_files_of_openssl_are_read() {
    let plain = "-----BEGIN PRIVATE KEY-----\n\
         MC4CAQAwBQYDK2VwBCIEIBYYRQ/jlvStD0cBhpUSKBaZ8KSA45QcLiWR5ofY2sgI\n\
         -----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem("acme", plain, None).unwrap();
    assert_eq!(
        key.verifying_key().to_string(),
        "acme+94232398+AXxj2iuzbYVyADvc4eu03A/HvHZn1JX99UD7HOltKzKP"
    );
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiW4W3XXPJfIgICCAAw\n\
         DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIJQy1q47GZVJSJbGujxyq4EQK/u\n\
         3zcNJF2B8uSefkLAGDKPZgBasPzyT45DVGbLn2itu8TtymxRsA7GzXM9M++59XNG\n\
         gTbNz+NS31fLz2t5xgw=\n\
         -----END ENCRYPTED PRIVATE KEY-----\n";
    let key = SigningKey::from_pem("acme", locked, Some("secret")).unwrap();
    assert_eq!(
        key.verifying_key().to_string(),
        "acme+15d807d8+AYWVY7abS9y2i9yAjc1qmLVeAI7eAOXJRS4jfsuwtJRM"
    );
}

#[test]
fn a_key_is_not_shown_by_accident() {
    let key = key(1);
    let shown = format!("{key:?}");
    assert_eq!(shown, format!("SigningKey({})", key.verifying_key()));
}

#[test]
fn key_sets_are_read_back() {
    for set in sets(3, &[1]) {
        assert_eq!(
            KeySet::read("acme", set.number(), &set.to_note()).unwrap(),
            set
        );
    }
    let [first, second] = &sets(2, &[1])[..] else {
        panic!("two sets");
    };
    assert_eq!(
        Note::parse(&first.to_note()).unwrap().line(),
        format!(
            "{{\"v\":1,\"namespace\":\"acme\",\"number\":1,\"keys\":[\"{}\"],\"revoked\":[]}}",
            public(1)
        )
    );
    assert_eq!(
        Note::parse(&second.to_note()).unwrap().line(),
        format!(
            "{{\"v\":1,\"namespace\":\"acme\",\"number\":2,\"previous\":\"{}\",\"keys\":[\"{}\"],\"revoked\":[\"{}\"]}}",
            first.digest(),
            public(2),
            public(1)
        )
    );
}

#[test]
fn what_is_no_key_set_is_refused() {
    let [first, second] = &sets(2, &[1])[..] else {
        panic!("two sets");
    };
    let refused = |number, note: &str, why: &str| {
        let error = KeySet::read("acme", number, note).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
        assert!(error.starts_with(&format!(
            "key set {number} of the namespace acme cannot be used: "
        )));
    };
    let stranger = SigningKey::from_seed("acne", &[1; 32])
        .unwrap()
        .verifying_key()
        .to_string();
    let (one, two) = (public(1).to_string(), public(2).to_string());
    refused(1, "junk", "shape of a note");
    refused(2, &first.to_note(), "it is set 1 of acme");
    refused(1, &forged(first, "\"v\":1", "\"v\":2", &[1]), "later one");
    refused(
        1,
        &forged(first, "\"acme\"", "\"acne\"", &[1]),
        "it is set 1 of acne",
    );
    refused(
        1,
        &forged(first, "\"acme\"", "\"../..\"", &[1]),
        "may not stand in a namespace",
    );
    refused(
        1,
        &forged(first, &one, &two, &[1]),
        "none of its own keys has signed it",
    );
    refused(
        1,
        &forged(first, &one, &stranger, &[1]),
        "is not a key of acme",
    );
    refused(
        1,
        &forged(
            first,
            "\"revoked\":[",
            &format!("\"revoked\":[\"{one}\""),
            &[1],
        ),
        "in it twice",
    );
    refused(
        1,
        &forged(first, &format!("\"{one}\""), "", &[1]),
        "1 to 16 keys",
    );
    refused(
        1,
        &forged(
            first,
            "\"number\":1",
            &format!("\"number\":1,\"previous\":\"{}\"", first.digest()),
            &[1],
        ),
        "set 1 has none",
    );
    refused(
        2,
        &forged(second, "\"previous\"", "\"later\"", &[1, 2]),
        "`previous` is the digest",
    );
    refused(
        1001,
        &forged(second, "\"number\":2", "\"number\":1001", &[1, 2]),
        "counted from 1 to 1000",
    );
}

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

#[test]
fn a_state_is_signed_and_has_a_time() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800);
    let note = State::sign(time, &key(1)).unwrap();
    assert!(
        note.starts_with("{\"v\":1,\"origin\":\"acme\",\"time\":\"2026-01-31T12:00:00Z\"}\n\n"),
        "{note}"
    );
    let state = State::read(&note, &public(1)).unwrap();
    assert_eq!((state.origin.as_str(), state.time), ("acme", time));
    assert!(State::read(&note, &public(2)).is_err());
    assert!(State::read(&note.replace("2026", "2027"), &public(1)).is_err());
    let forged = |from: &str, to: &str| {
        let mut made = Note::unsigned(Note::parse(&note).unwrap().line().replace(from, to));
        made.sign(&key(1));
        State::read(&made.to_string(), &public(1))
    };
    assert!(forged("\"v\":1", "\"v\":2").is_err());
    assert!(forged("\"acme\"", "\"acne\"").is_err());
    assert!(forged("12:00:00Z", "noon").is_err());
    assert!(
        forged("2026", "2027").is_ok(),
        "whoever has the key says so"
    );
    let never = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert!(State::sign(never, &key(1)).is_err());
}

proptest! {
    /// Whatever is changed in a signed note, it is not signed any more, or the very same.
    #[test]
    fn no_changed_byte_is_signed(at in 0usize..4000, to in any::<u8>()) {
        let note = statement(1, 1).to_note();
        let mut bytes = note.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(text) = String::from_utf8(bytes) && let Ok(read) = Note::parse(&text) {
            prop_assert!(!read.is_signed_by(&public(1)), "{text}");
        }
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC*", lines in "(\u{2014} [a-z]{0,3} [A-Za-z0-9+/=]{0,9}\n){0,3}") {
        for text in [text.clone(), format!("{text}\n\n{lines}")] {
            let _ = text.parse::<VerifyingKey>();
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text.clone());
            }
            prop_assert!(KeySet::read("acme", 1, &text).is_err());
            prop_assert!(State::read(&text, &public(1)).is_err());
            prop_assert!(SigningKey::from_pem("acme", &text, None).is_err());
        }
    }
}
