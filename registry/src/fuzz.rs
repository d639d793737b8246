//! What the fuzzer runs on the readers of this crate, and what must hold whatever it comes up with.
//!
//! Compiled for tests, which run every function on its committed seeds, and with `--cfg fuzzing`; never into the
//! library. How to run the fuzzer: `tests/fuzz/README.md`.

#![allow(
    clippy::expect_used,
    reason = "a panic is how a fuzz target says that something does not hold"
)]

use std::io::Write;
use std::path::{Component, Path};

use flate2::{Compression, GzBuilder};
use unicode_normalization::UnicodeNormalization;

use crate::archive::{self, ArchiveError, Entry, Files};
use crate::keys::{Chain, KeySet, Note, State, VerifyingKey};
use crate::publish::Yank;
use crate::release::{read_index, write_index};
use crate::source::{find_in_shard, read_shard, write_shard};
use crate::{Config, Digest, Manifest, Package, PackageName, PackageRef, Statement, path};

#[cfg(feature = "http")]
pub use crate::source::oci_fuzz::oci;

#[cfg(feature = "server")]
pub use crate::server::fuzz::server;

/// Nothing is sent where there is no server.
#[cfg(not(feature = "server"))]
pub const fn server(_: &[u8]) {}

/// Nobody is asked where there is no network.
#[cfg(not(feature = "http"))]
pub const fn oci(_: &[u8]) {}

/// The name of a target, which is that of its seeds and of its binary as well, and the target.
#[cfg(test)]
type Target = (&'static str, fn(&[u8]));

#[cfg(test)]
pub(crate) const TARGETS: &[Target] = &[
    ("archive", archive),
    ("files", files),
    ("index", index),
    ("keys", keys),
    ("manifest", manifest),
    ("names", names),
    ("note", note),
    ("oci", oci),
    ("path", path),
    ("registry", registry),
    ("search", search),
    ("server", server),
];

/// Bytes for an archive: what is read can be written and is the same then. The first byte says how much is made right
/// first, since no fuzzer guesses a checksum: nothing, the gzip around a tar, or the sums of its headers as well.
pub fn archive(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let bytes = match how % 3 {
        0 => rest.to_vec(),
        1 => gzip(rest),
        _ => gzip(&summed(rest)),
    };
    let Ok(files) = archive::read(&bytes) else {
        return;
    };
    for path in files.keys() {
        stays_inside(path);
    }
    match archive::write(&files) {
        Ok(again) => assert_eq!(archive::read(&again).expect("what was written"), files),
        // It was packed less tightly than the writer packs.
        Err(ArchiveError::Ratio) => {}
        Err(error) => panic!("read and not written: {error}"),
    }
    // Whether it is a package as well does not matter; that this ends does.
    let _ = Package::read(&bytes);
}

/// Any files: what is written is read back, and written twice it is the same bytes.
pub fn files(data: &[u8]) {
    let files = some_files(data);
    let Ok(bytes) = archive::write(&files) else {
        return;
    };
    assert_eq!(archive::read(&bytes).expect("what was written"), files);
    assert_eq!(archive::write(&files).expect("as before"), bytes);
}

/// A package's manifest. Where it is wrong is a place in it.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Manifest::parse(text) {
        Ok(manifest) => {
            assert!(!manifest.summary.contains(char::is_control));
            assert!(manifest.keywords.len() <= crate::manifest::KEYWORDS);
            assert!(manifest.migrations.is_sorted_by_key(|one| &one.version));
        }
        Err(error) => assert!(error.line <= text.matches('\n').count() + 1, "{error}"),
    }
}

/// A package's name on a line of its own, then its index: what is read is written as an index that reads the same.
pub fn index(data: &[u8]) {
    let Some((name, text)) = about(data) else {
        return;
    };
    let Ok(releases) = read_index(&name, text) else {
        return;
    };
    assert!(releases.is_sorted_by_key(|release| &release.version));
    // A line that was just short enough may be too long in our own spelling.
    if let Ok(text) = write_index(&releases) {
        assert_eq!(read_index(&name, &text), Ok(releases));
    }
}

/// What is read by whoever checks signatures: a namespace and a number, or a key, on a line of their own, then a note that may
/// be a key set or a registry's state; or a key alone. What is read is written as the same bytes.
pub fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = text.parse::<VerifyingKey>() {
        assert_eq!(key.to_string(), text);
    }
    let Some((head, text)) = text.split_once('\n') else {
        return;
    };
    let Ok(note) = Note::parse(text) else {
        return;
    };
    assert_eq!(note.to_string(), text);
    if let Ok(key) = head.parse::<VerifyingKey>()
        && let Ok(state) = State::read(text, &key)
    {
        assert_eq!(state.origin, key.name());
    }
    let Some((namespace, number)) = head.split_once(' ') else {
        return;
    };
    let number = number.parse().unwrap_or(1);
    if let Ok(set) = KeySet::read(namespace, number, text) {
        assert_eq!(set.to_note(), text);
        assert!(set.keys().iter().all(|key| !set.revoked().contains(key)));
        assert!(set.keys().iter().any(|key| note.is_signed_by(key)));
        // Nothing follows itself.
        assert!(Chain::of(set.clone()).extend(set.clone()).is_err());
        assert!(Chain::of(set.clone()).extend_back(set.clone()).is_err());
        for key in set.keys() {
            let _ = State::read(text, key);
        }
    }
}

/// A package's name and version on a line of their own, then the note of the release.
pub fn note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some((head, note)) = text.split_once('\n') else {
        return;
    };
    let Some((name, version)) = head.split_once(' ') else {
        return;
    };
    let (Ok(name), Ok(version)) = (name.parse(), version.parse()) else {
        return;
    };
    let Ok(statement) = Statement::read(&name, &version, note) else {
        return;
    };
    assert_eq!(
        statement.to_note(),
        note,
        "signed bytes are kept as they are"
    );
    assert_eq!(statement.check(&statement.release), Ok(()));
}

/// What a registry says about itself, a part of its search data, and why a version was taken back.
pub fn registry(data: &[u8]) {
    if let Ok(config) = Config::parse(data, "fuzz", String::new) {
        let json = config.to_json();
        let again = Config::parse(json.as_bytes(), "fuzz", String::new);
        assert_eq!(again.expect("what was written"), config);
    }
    if let Ok(yank) = serde_json::from_slice::<Yank>(data) {
        let kept = Yank::new(&yank.reason, yank.security);
        assert!(yank.reason.starts_with(&kept.reason));
        let json = kept.to_json();
        assert_eq!(json.matches('\n').count(), 1, "a line");
        assert_eq!(serde_json::from_str::<Yank>(&json).expect("as above"), kept);
    }
    if let Ok(packages) = read_shard(data) {
        let again = write_shard(packages.clone()).expect("texts and names");
        let mut sorted = packages;
        sorted.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(
            read_shard(again.as_bytes()).expect("what was written"),
            sorted
        );
    }
}

/// Words on a line of their own, then a part of the search data: which lines are not read as JSON changes nothing in what is
/// found, nor does who searches.
pub fn search(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (words, part) = (String::from_utf8_lossy(&data[..end]), &data[end + 1..]);
    let words: Vec<_> = words.split_whitespace().map(str::to_lowercase).collect();
    let Ok(packages) = read_shard(part) else {
        let _ = find_in_shard(part, &words);
        return;
    };
    let ours = write_shard(packages).expect("texts and names");
    // In another shape, so that every line is read.
    let other = format!(" {ours}");
    let found = find_in_shard(other.as_bytes(), &words).expect("what was written");
    assert_eq!(
        find_in_shard(ours.as_bytes(), &words).expect("what was written"),
        found
    );
    #[cfg(feature = "server")]
    {
        let lines = crate::source::Lines::read(ours.as_bytes()).expect("what was written");
        let mut hits = crate::source::Hits::new(&words, 0..usize::MAX);
        hits.search(&lines);
        assert_eq!(hits.count(), found.len());
        assert_eq!(hits.shown(), found);
    }
}

/// Names of packages, with and without a version, and digests: one spelling each.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(name) = text.parse::<PackageName>() {
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        assert_eq!(name.short().parse(), Ok(name.clone()));
        // Names are parts of paths and of addresses.
        stays_inside(&name.to_string());
        path::check(&name.to_string()).expect("a name that is a path");
    }
    if let Ok(reference) = text.parse::<PackageRef>() {
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
}

/// Paths: one that passes stays inside, and so does every folder above it; its key is that of all its spellings.
pub fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if path::check(text).is_err() {
        return;
    }
    stays_inside(text);
    for (at, _) in text.match_indices('/') {
        path::check(&text[..at]).expect("a folder above it");
    }
    let key = path::fold(text);
    assert_eq!(path::fold(&key), key, "folded twice");
    // Decomposed first: the capital of one character can be two, and a mark behind it would go with the second.
    let decomposed: String = text.nfd().collect();
    for twin in [
        decomposed.to_uppercase(),
        decomposed.to_lowercase(),
        decomposed,
    ] {
        assert_eq!(path::fold(&twin), key, "{twin:?}");
    }
    assert_eq!(key.matches('/').count(), text.matches('/').count());
}

/// For whoever opens it, on this system, it is a file or folder below.
fn stays_inside(path: &str) {
    let parts: Vec<_> = Path::new(path).components().collect();
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    assert!(!parts.is_empty() && parts.iter().all(plain), "{path:?}");
    assert!(!path.contains(['\\', ':', '\0']), "{path:?}");
}

fn about(data: &[u8]) -> Option<(PackageName, &str)> {
    let (name, text) = std::str::from_utf8(data).ok()?.split_once('\n')?;
    Some((name.parse().ok()?, text))
}

/// A byte of flags, the path's length and the path, the contents' length and the contents, and so on. Contents may be
/// repeated, since large files are not made of small inputs otherwise.
fn some_files(mut data: &[u8]) -> Files {
    let mut files = Files::new();
    let mut take = |length: usize| {
        let (taken, rest) = data.split_at_checked(length)?;
        data = rest;
        Some(taken)
    };
    while let Some(&[flags, path, bytes]) = take(3) {
        let (Some(path), Some(bytes)) = (take(path.into()), take(bytes.into())) else {
            break;
        };
        let times = if flags & 2 == 0 { 1 } else { 1 << (flags >> 3) };
        let entry = Entry {
            bytes: bytes.repeat(times.min(1 << 12)),
            executable: flags & 1 == 1,
        };
        files.insert(String::from_utf8_lossy(path).into_owned(), entry);
    }
    files
}

/// Packed so that no ratio matters.
fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::none());
    gzip.write_all(tar).expect("memory");
    gzip.finish().expect("memory")
}

/// A tar with the right sum in each header, as far as it can be followed, and a right end.
fn summed(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    let mut at = 0;
    while let Some(block) = tar.get_mut(at..at + 512) {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = block[124..136]
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .fold(0, |size: usize, digit| size * 8 + usize::from(digit - b'0'));
        at = at.saturating_add(512 + size.min(1 << 20).next_multiple_of(512));
    }
    tar.resize(at.min(1 << 20), 0);
    tar.extend([0; 1024]);
    tar
}

#[cfg(test)]
#[path = "../../tests/fuzz/seeds.rs"]
mod seeds;
