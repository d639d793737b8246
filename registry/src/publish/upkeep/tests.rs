#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::fixtures::{name, package};
use crate::keys::{KeySet, SigningKey, State};
use crate::publish::{self, Yank};
use crate::source::{Config, layout};
use crate::storage::{Folder, Storage};
use crate::{Digest, Package, Source, Statement};

fn key() -> SigningKey {
    SigningKey::from_seed("acme", &[7; 32]).unwrap()
}

fn statement(archive: &[u8], key: &SigningKey) -> Statement {
    let release = Package::read(archive).unwrap().release(&[]);
    Statement::signed(release, 1, key).unwrap()
}

/// A registry with two packages, three versions and a yank, all signed.
fn signed(dir: &Path) -> Folder {
    let folder = Folder::new(dir);
    publish::put_keys(&folder, &KeySet::first(&key()).unwrap()).unwrap();
    for (name, version) in [
        ("acme/web", "1.0.0"),
        ("acme/web", "1.1.0"),
        ("acme/api", "0.1.0"),
    ] {
        let archive = package(name, version, "");
        publish::publish(&folder, &statement(&archive, &key()), &archive).unwrap();
    }
    let yank = Yank::new("Old.", false);
    publish::yank(&folder, &name("acme/web"), &"1.0.0".parse().unwrap(), &yank).unwrap();
    folder
}

fn source(dir: &Path) -> impl Source {
    crate::Folder::open(dir).unwrap()
}

/// What is wrong, each as `path: reason` without the folder.
fn problems(folder: &Folder) -> Vec<String> {
    let root = format!("{}/", folder.root().display());
    let problems = verify(folder).unwrap().problems;
    let told = problems
        .iter()
        .map(|one| format!("{}: {}", one.place, one.what));
    told.map(|text| text.replace(&root, "")).collect()
}

#[test]
fn a_registry_that_is_right_is_found_right() {
    let dir = tempfile::tempdir().unwrap();
    let folder = signed(dir.path());
    let found = verify(&folder).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!((found.packages, found.releases, found.archives), (2, 3, 3));
    assert_eq!((found.unsigned, found.unnamed.len()), (0, 0));
}

#[test]
fn whatever_is_wrong_is_named() {
    let blob = layout::blob(&Digest::of(&package("acme/web", "1.0.0", "")));
    for (what, path, bytes) in [
        ("it hashes to", &*blob, Some("other")),
        ("it is missing", &*blob, None),
        (
            "cannot be read",
            "v1/releases/acme/web/1.0.0.note",
            Some("{}\n\n"),
        ),
        ("not what the statements say", "v1/index/acme/web", Some("")),
        ("not what the statements say", "v1/index/acme/api", None),
        (
            "not what the statements say",
            "v1/search/0.json",
            Some("{\"v\":1,\"packages\":[]}"),
        ),
        (
            "no registry has such a file",
            "v1/blobs/readme.txt",
            Some("x"),
        ),
        (
            "no version that was published",
            "v1/index/acme/none",
            Some("x"),
        ),
        (
            "a version that nobody published",
            "v1/yanks/acme/web/9.0.0.json",
            Some("{}"),
        ),
        (
            "its namespace has no key sets",
            "v1/namespaces/acme/1.note",
            None,
        ),
        (
            "v1/namespaces/acme/2.note",
            "v1/namespaces/acme/2.note",
            Some("junk\n\n"),
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let folder = signed(dir.path());
        let at = dir.path().join(path);
        match bytes {
            Some(bytes) => {
                fs::create_dir_all(at.parent().unwrap()).unwrap();
                fs::write(at, bytes).unwrap();
            }
            None => fs::remove_file(at).unwrap(),
        }
        let told = problems(&folder);
        assert!(
            told.iter().any(|one| one.contains(what)),
            "{path}: {told:?}"
        );
        // What is derived can be made anew.
        if what.starts_with("not what") {
            publish::repair(&folder).unwrap();
            assert_eq!(problems(&folder), [""; 0], "{path}");
        }
    }
}

#[test]
fn a_statement_that_somebody_else_signed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let folder = signed(dir.path());
    let archive = package("acme/web", "2.0.0", "");
    let stranger = SigningKey::from_seed("acme", &[8; 32]).unwrap();
    publish::publish(&folder, &statement(&archive, &stranger), &archive).unwrap();
    let told = problems(&folder);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("v1/releases/acme/web/2.0.0.note: "));
}

#[test]
fn a_copy_is_the_same_and_grows_with_its_source() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to) = (signed(one.path()), Folder::new(two.path()));
    let copy = || mirror(&source(one.path()), &to, &[], false, |_| {}).unwrap();
    let done = copy();
    assert_eq!((done.copied.len(), done.had, done.yanks), (3, 0, 1));
    for path in [
        "v1/index/acme/web",
        "v1/releases/acme/web/1.0.0.note",
        "v1/namespaces/acme/1.note",
        "v1/search/0.json",
    ] {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(path)).unwrap();
        assert_eq!(read(&one), read(&two), "{path}");
    }
    assert_eq!(problems(&to), [""; 0]);
    // The next time only what is new, and what was taken back or offered again.
    let archive = package("acme/web", "1.2.0", "");
    publish::publish(&from, &statement(&archive, &key()), &archive).unwrap();
    publish::unyank(&from, &name("acme/web"), &"1.0.0".parse().unwrap()).unwrap();
    let done = copy();
    assert_eq!((done.copied.len(), done.had, done.yanks), (1, 3, 1));
    let again = copy();
    assert_eq!((again.copied.len(), again.yanks), (0, 0));
}

#[test]
fn a_part_can_be_copied() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    signed(one.path());
    let to = Folder::new(two.path());
    for (only, copied) in [("other", 0), ("acme/api", 1), ("acme", 2)] {
        let only = [only.parse().unwrap()];
        let done = mirror(&source(one.path()), &to, &only, false, |_| {}).unwrap();
        assert_eq!(done.copied.len(), copied);
    }
    assert!("Acme".parse::<Only>().is_err() && "a/b/c".parse::<Only>().is_err());
}

#[test]
fn what_nobody_signed_is_copied_from_where_one_trusts() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish::to_folder(one.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    let to = Folder::new(two.path());
    let error = mirror(&source(one.path()), &to, &[], false, |_| {}).unwrap_err();
    assert!(matches!(error, MirrorError::Signature { .. }), "{error}");
    assert_eq!(to.list("v1/releases").unwrap(), [""; 0]);
    let done = mirror(&source(one.path()), &to, &[], true, |_| {}).unwrap();
    assert_eq!(done.copied.len(), 1);
}

#[test]
fn a_source_that_lies_is_not_copied() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    signed(one.path());
    let to = Folder::new(two.path());
    let only = ["acme/api".parse().unwrap()];
    let refused = || mirror(&source(one.path()), &to, &only, false, |_| {}).unwrap_err();
    let index = one.path().join("v1/index/acme/api");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("About acme/api.", "Another.")).unwrap();
    let error = refused();
    assert!(matches!(error, MirrorError::Release(_)), "{error}");
    fs::write(&index, &text).unwrap();
    let blob = layout::blob(&Digest::of(&package("acme/api", "0.1.0", "")));
    let blob = one.path().join(blob);
    let mut bytes = fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let error = refused();
    assert!(matches!(error, MirrorError::Digest { .. }), "{error}");
    assert_eq!(to.list("v1/releases").unwrap(), [""; 0]);
}

#[test]
fn archives_that_nothing_names_go_after_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let folder = signed(dir.path());
    let lost = Digest::of(b"lost");
    folder.create(&layout::blob(&lost), b"lost").unwrap();
    assert_eq!(verify(&folder).unwrap().unnamed, [lost]);
    let day = Duration::from_secs(86_400);
    let young = gc(&folder, day, false).unwrap();
    assert_eq!((young.removed.len(), young.kept), (0, 1));
    let found = gc(&folder, Duration::ZERO, true).unwrap();
    assert_eq!(found.removed, [lost]);
    assert_eq!(verify(&folder).unwrap().unnamed, [lost], "a dry run");
    gc(&folder, Duration::ZERO, false).unwrap();
    let after = verify(&folder).unwrap();
    assert_eq!((after.unnamed.len(), after.archives), (0, 3));
}

#[test]
fn what_killed_writers_left_goes_after_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let folder = signed(dir.path());
    let left = ["v1/index/acme/.new-a", "v1/.new-b", "private/tokens/.new-c"];
    fs::create_dir_all(dir.path().join("private/tokens")).unwrap();
    for path in left.iter().chain(&[".new-ours", "elsewhere"]) {
        fs::write(dir.path().join(path), "half").unwrap();
    }
    let day = Duration::from_secs(86_400);
    for path in &left[..2] {
        let mut writing = fs::File::options();
        let file = writing.write(true).open(dir.path().join(path)).unwrap();
        file.set_modified(SystemTime::now() - 2 * day).unwrap();
    }
    let is_there = || left.map(|path| dir.path().join(path).exists());
    assert_eq!(gc(&folder, day, true).unwrap().half_written, 2);
    assert_eq!(is_there(), [true; 3], "a dry run");
    assert_eq!(gc(&folder, day, false).unwrap().half_written, 2);
    // Somebody may be writing it at this moment.
    assert_eq!(is_there(), [false, false, true]);
    assert_eq!(gc(&folder, Duration::ZERO, false).unwrap().half_written, 1);
    assert_eq!(is_there(), [false; 3]);
    // What lies beside the registry is nobody's.
    assert!(dir.path().join(".new-ours").exists());
    assert_eq!(problems(&folder), [""; 0]);
}

#[test]
fn a_registry_is_begun_once_and_says_when_it_was_looked_after() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(&dir.path().join("new"));
    assert!(init(&folder, &Config::new("acme")).unwrap());
    assert!(!init(&folder, &Config::new("other")).unwrap());
    let key = SigningKey::from_seed("acme", &[1; 32]).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    sign(&folder, &key, time).unwrap();
    let config = source(folder.root()).config().unwrap();
    assert_eq!(config.origin, "acme");
    assert_eq!(config.key, Some(key.verifying_key()));
    State::read(&config.state.unwrap(), &key.verifying_key()).unwrap();
    assert_eq!(problems(&folder), [""; 0]);
    // Where somebody was interrupted, or had no room.
    fs::create_dir_all(dir.path().join("begun/v1")).unwrap();
    assert!(
        init(
            &Folder::new(&dir.path().join("begun")),
            &Config::new("acme")
        )
        .unwrap()
    );
    fs::create_dir(dir.path().join("taken")).unwrap();
    fs::write(dir.path().join("taken/file"), "").unwrap();
    let taken = Folder::new(&dir.path().join("taken"));
    let error = init(&taken, &Config::new("acme")).unwrap_err();
    assert!(matches!(error, publish::PublishError::NotARegistry { .. }));
}
