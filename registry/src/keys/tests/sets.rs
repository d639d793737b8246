//! One key set.

use super::*;

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
