use std::{
    fs,
    time::{Duration, SystemTime},
};

use scaffold_registry::keys::SigningKey;

use super::*;

const REGISTRY: &str = "https://packages.example.org/";

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("acme", &[number; 32]).unwrap()
}

fn first() -> KeySet {
    KeySet::first(&key(1)).unwrap()
}

fn second() -> KeySet {
    first().rotate(&key(1), &key(2), true).unwrap()
}

fn pin(set: KeySet) -> NamespacePin {
    NamespacePin {
        registry: REGISTRY.into(),
        set,
        confirmed: false,
    }
}

fn seen(seconds: u64) -> RegistryPin {
    RegistryPin {
        registry: REGISTRY.into(),
        key: key(5).verifying_key(),
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
    }
}

#[test]
fn what_is_pinned_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut pins = Pins::open(Some(folder.path())).unwrap();
    pins.save().unwrap();
    assert!(!folder.path().join("trust.toml").exists(), "nothing to say");
    pins.set_namespace(NamespacePin {
        confirmed: true,
        ..pin(second())
    });
    pins.set_registry(seen(7));
    pins.save().unwrap();
    let read = Pins::open(Some(folder.path())).unwrap();
    assert_eq!(read.namespaces(), pins.namespaces());
    assert_eq!(read.registries(), [seen(7)]);
    assert_eq!(read.namespace(REGISTRY, "acme").unwrap().set, second());
    assert!(read.namespace("https://other/", "acme").is_none());
}

/// Two commands at once: each keeps what it found out, and neither takes the other back.
#[test]
fn of_two_commands_the_newer_counts() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Pins::open(Some(folder.path())).unwrap();
    let (mut one, mut other) = (open(), open());
    one.set_namespace(pin(second()));
    one.set_registry(seen(9));
    one.save().unwrap();
    other.set_namespace(pin(first()));
    other.set_registry(seen(8));
    let elsewhere = NamespacePin {
        registry: "https://other/".into(),
        ..pin(first())
    };
    other.set_namespace(elsewhere.clone());
    other.save().unwrap();
    let read = open();
    assert_eq!(read.namespace(REGISTRY, "acme").unwrap().set, second());
    assert_eq!(read.namespace("https://other/", "acme"), Some(&elsewhere));
    assert_eq!(read.registries(), [seen(9)]);
}

#[test]
fn what_is_forgotten_may_be_older_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut pins = Pins::open(Some(folder.path())).unwrap();
    pins.set_namespace(pin(second()));
    pins.set_registry(seen(9));
    pins.save().unwrap();
    assert!(pins.forget_namespace(REGISTRY, "acme"));
    assert!(!pins.forget_namespace(REGISTRY, "acme"));
    assert!(pins.forget_registry(REGISTRY));
    pins.set_namespace(pin(first()));
    pins.save().unwrap();
    let read = Pins::open(Some(folder.path())).unwrap();
    assert_eq!(read.namespaces(), [pin(first())]);
    assert_eq!(read.registries(), []);
}

#[test]
fn a_file_that_was_tampered_with_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    let mut pins = Pins::open(Some(folder.path())).unwrap();
    pins.set_namespace(pin(first()));
    pins.save().unwrap();
    let honest = fs::read_to_string(&path).unwrap();
    let mine = key(1).verifying_key().to_string();
    for (from, to) in [
        (&*mine, &*key(9).verifying_key().to_string()),
        ("version = 1", "version = 2"),
        ("set = 1", "set = 2"),
        ("\nregistry", "\nregister"),
        ("\"acme\"", "\"acne\""),
    ] {
        assert!(honest.contains(from), "{from} in {honest}");
        fs::write(&path, honest.replacen(from, to, 1)).unwrap();
        let error = Pins::open(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("trust.toml"), "{error}");
    }
}

fn told(trust: &Trust) -> Vec<News> {
    let mut told = Vec::new();
    trust.tell_news(|news| told.push(news));
    told
}

#[test]
fn without_a_folder_nothing_is_remembered_and_nothing_fails() {
    let trust = Trust::open(None, false, true).unwrap();
    trust.pin(REGISTRY, &Chain::of(first()));
    assert_eq!(trust.pins().namespaces().len(), 1);
    let news = told(&trust);
    assert!(matches!(&news[..], [News::Done("Trusting", _)]), "{news:?}");
    assert_eq!(told(&trust), []);
}

#[test]
fn what_was_only_looked_at_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let trust = Trust::open(Some(folder.path()), false, false).unwrap();
    trust.pin(REGISTRY, &Chain::of(first()));
    told(&trust);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Whatever else the same run found out that is to be kept at once.
#[test]
fn a_first_use_is_kept_once_it_was_told_and_not_before() {
    const OTHER: &str = "https://other/";
    let folder = tempfile::tempdir().unwrap();
    let open = || Pins::open(Some(folder.path())).unwrap();
    let mut pins = open();
    pins.set_namespace(pin(first()));
    pins.set_registry(seen(7));
    pins.save().unwrap();
    let elsewhere = |set| NamespacePin {
        registry: OTHER.into(),
        ..pin(set)
    };
    // What is known goes on; elsewhere two sets are seen for the first time, one after the other, and a registry's key.
    pins.set_namespace(elsewhere(first()));
    pins.set_namespace(elsewhere(second()));
    pins.set_registry(RegistryPin {
        registry: OTHER.into(),
        ..seen(7)
    });
    pins.set_namespace(pin(second()));
    pins.set_registry(seen(9));
    for _ in 0..2 {
        pins.save_what_follows().unwrap();
        assert_eq!(open().namespaces(), [pin(second())]);
        assert_eq!(open().registries(), [seen(9)]);
    }
    pins.save().unwrap();
    assert_eq!(open().namespace(OTHER, "acme"), Some(&elsewhere(second())));
    assert!(open().registry(OTHER).is_some());
}

/// Not while it is being told either: the program may end there.
#[test]
fn what_is_being_told_is_not_kept_yet() {
    let folder = tempfile::tempdir().unwrap();
    let trust = Trust::open(Some(folder.path()), false, true).unwrap();
    trust.pin(REGISTRY, &Chain::of(first()));
    let file = folder.path().join("trust.toml");
    let mut said = 0;
    trust.tell_news(|_| {
        assert!(!file.exists());
        said += 1;
    });
    assert_eq!(said, 1);
    assert!(file.exists());
}
