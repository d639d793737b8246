//! Keys, key files and what is signed, as they are written.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;

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
