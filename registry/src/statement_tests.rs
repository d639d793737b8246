#![allow(clippy::unwrap_used)]
use super::*;
use crate::fixtures::release;

fn key() -> SigningKey {
    SigningKey::from_seed("a", &[1; 32]).unwrap()
}

#[test]
fn a_statement_is_a_note_of_the_release() {
    let statement = Statement::unsigned(release("a/b", "1.0.0").yanked_for("broken")).unwrap();
    let note = statement.to_note();
    assert!(note.starts_with("{\"v\":1,\"name\":\"a/b\""), "{note}");
    assert!(note.ends_with("\"yanked\":null}\n\n"), "{note}");
    let (name, version) = (&statement.release.name, &statement.release.version);
    assert_eq!(Statement::read(name, version, &note).unwrap(), statement);
    assert!(!statement.claims_a_signature());

    let other: Version = "1.0.1".parse().unwrap();
    for (version, text) in [
        (version, note.trim_end().to_owned()),
        (version, format!("{note}trailing\n")),
        (version, format!("{note}\u{2014} acme AAAA\n")),
        (version, format!("{note}\u{2014} acme AAAAAAA=")),
        (version, note.replace("\"v\":1", "\"v\":9")),
        (version, note.replace("\"v\":1", "\"v\":1,\"keys\":-1")),
        (
            version,
            note.replace("\"v\":1", "\"v\":1,\"keys\":1,\"keys\":2"),
        ),
        (version, note.replace("\"yanked\":null", "\"yanked\":\"x\"")),
        (&other, note.clone()),
    ] {
        assert!(Statement::read(name, version, &text).is_err(), "{text}");
    }
}

#[test]
fn what_is_signed_is_every_byte_of_the_line() {
    let statement = Statement::signed(release("a/b", "1.0.0"), 3, &key()).unwrap();
    assert_eq!(statement.keys(), 3);
    assert!(statement.is_signed_by(&key().verifying_key()));
    let note = statement.to_note();
    let (name, version) = (&statement.release.name, &statement.release.version);
    let signed = |note: &str| {
        let read = Statement::read(name, version, note).unwrap();
        assert!(read.claims_a_signature());
        assert_eq!(read.to_note(), note);
        read.is_signed_by(&key().verifying_key())
    };
    assert!(signed(&note));
    // Also what this program does not know: a field that is ignored is signed as well.
    assert!(!signed(&note.replace("{\"v\":1,", "{\"v\":1,\"later\":1,")));
    assert!(!signed(&note.replace("\"keys\":3", "\"keys\":2")));
    assert!(!signed(&note.replace("About", "about")));
    assert!(!signed(&note.replace("{\"v\":1", "{ \"v\":1")));
}

#[test]
fn an_index_has_to_say_the_same() {
    let stated = release("a/b", "1.0.0");
    let statement = Statement::unsigned(stated.clone()).unwrap();
    assert_eq!(statement.check(&stated), Ok(()));
    // Taking back is the registry's to say.
    assert_eq!(
        statement.check(&stated.clone().yanked_for("broken")),
        Ok(())
    );
    for (field, listed) in [
        (
            "size",
            Release {
                size: 8,
                ..stated.clone()
            },
        ),
        ("requires", stated.clone().requiring("a/c", "^1")),
        ("kind", stated.clone().of_kind(crate::Kind::Engine)),
        (
            "imports",
            Release {
                imports: vec!["x".into()],
                ..stated.clone()
            },
        ),
        (
            "version",
            Release {
                version: Version::new(1, 0, 1),
                ..stated.clone()
            },
        ),
    ] {
        let error = statement.check(&listed).unwrap_err().to_string();
        assert!(
            error.contains(&format!("disagree about the {field} of a/b 1.0.0")),
            "{error}"
        );
    }
}

#[test]
fn a_package_with_too_much_to_say_is_not_stated() {
    let long = Release {
        summary: "x".repeat(LINE_BYTES),
        ..release("a/b", "1.0.0")
    };
    let error = Statement::unsigned(long).unwrap_err();
    assert!(error.contains("shorten the manifest"), "{error}");
}
