#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::fixtures::file;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter()
        .map(|(path, text)| ((*path).to_owned(), file(text)))
        .collect()
}

#[test]
fn what_is_written_is_read() {
    let mut all = files(&[("a", ""), ("a-b", "x"), ("a.b/c", "é"), ("z/日本.txt", "y")]);
    all.insert(
        "bin/run".to_owned(),
        Entry {
            bytes: vec![0; 512],
            executable: true,
        },
    );
    all.insert(
        "long".to_owned(),
        Entry {
            bytes: vec![7; 513],
            executable: false,
        },
    );
    let long = format!("{}/{}", "d".repeat(150), "f".repeat(99));
    all.insert(long, file("long"));
    let archive = write(&all).unwrap();
    assert_eq!(read(&archive).unwrap(), all);
    assert_eq!(
        write(&all).unwrap(),
        archive,
        "the same files give the same bytes"
    );
    assert_eq!(read(&write(&Files::new()).unwrap()).unwrap(), Files::new());
}

#[test]
fn nothing_of_the_machine_is_in_the_bytes() {
    let archive = write(&files(&[("a", "x")])).unwrap();
    assert_eq!(&archive[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
}

#[test]
fn the_tree_digest_is_the_documented_one() {
    let mut all = files(&[("b", "x")]);
    all.insert(
        "a".to_owned(),
        Entry {
            bytes: b"y".to_vec(),
            executable: true,
        },
    );
    let text = format!(
        "scaffold-tree 1\n755 {} a\n644 {} b\n",
        Digest::of(b"y").hex(),
        Digest::of(b"x").hex()
    );
    assert_eq!(tree_digest(&all), Digest::of(text.as_bytes()));
}

#[test]
fn the_writer_refuses_what_no_package_may_hold() {
    let refused = |list: &[(&str, &str)]| write(&files(list)).unwrap_err();
    assert!(matches!(refused(&[("../a", "")]), ArchiveError::Path(_)));
    assert!(matches!(
        refused(&[("README", ""), ("readme", "")]),
        ArchiveError::Twins { .. }
    ));
    assert!(matches!(
        refused(&[("A/x", ""), ("a/y", "")]),
        ArchiveError::Twins { .. }
    ));
    assert!(matches!(
        refused(&[("a", ""), ("a/b", "")]),
        ArchiveError::FileAndFolder { .. }
    ));
    assert!(matches!(
        refused(&[(&"n".repeat(101), "")]),
        ArchiveError::Unencodable { .. }
    ));
    let deep = format!("{}/{}/x", "d".repeat(100), "e".repeat(100));
    assert!(matches!(
        refused(&[(&deep, "")]),
        ArchiveError::Unencodable { .. }
    ));

    let many: Files = (0..=ENTRIES)
        .map(|number| (format!("{number:05}"), Entry::default()))
        .collect();
    assert!(matches!(write(&many), Err(ArchiveError::TooMany)));
    let zeros = |length| {
        Files::from([(
            "z".to_owned(),
            Entry {
                bytes: vec![0; length],
                executable: false,
            },
        )])
    };
    assert!(matches!(write(&zeros(2 << 20)), Err(ArchiveError::Ratio)));
    assert!(matches!(
        write(&zeros(65 << 20)),
        Err(ArchiveError::TooLarge)
    ));
    // Past the ratio, but small.
    let small = write(&zeros(1 << 19)).unwrap();
    assert!(small.len() * 100 < 1 << 19);
    assert!(read(&small).is_ok());
}

#[test]
fn a_folder_is_read_without_version_control() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("sub/.github")).unwrap();
    std::fs::create_dir_all(root.path().join(".git/objects")).unwrap();
    std::fs::write(root.path().join(".git/config"), "x").unwrap();
    std::fs::write(root.path().join("a"), "1").unwrap();
    std::fs::write(root.path().join("sub/.github/cafe\u{301}"), "2").unwrap();
    let all = from_folder(root.path()).unwrap();
    assert_eq!(all, files(&[("a", "1"), ("sub/.github/caf\u{e9}", "2")]));

    std::fs::create_dir_all(root.path().join("sub/.git")).unwrap();
    assert!(matches!(
        from_folder(root.path()),
        Err(ArchiveError::Path(_))
    ));
    let gone = from_folder(&root.path().join("none")).unwrap_err();
    assert!(matches!(gone, ArchiveError::Io { .. }));
}

#[cfg(unix)]
#[test]
fn a_folder_with_links_or_odd_files_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    std::fs::write(&run, "x").unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(from_folder(root.path()).unwrap()["run"].executable);

    symlink("run", root.path().join("link")).unwrap();
    assert!(matches!(
        from_folder(root.path()),
        Err(ArchiveError::Special { what: "a link", .. })
    ));
    std::fs::remove_file(root.path().join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    assert!(matches!(
        from_folder(root.path()),
        Err(ArchiveError::Special { .. })
    ));
}

fn any_files() -> impl Strategy<Value = Files> {
    let path = prop::collection::vec("[a-z0-9{}% ._-]{0,12}[a-z0-9}é]", 1..5)
        .prop_map(|parts| parts.join("/"));
    let entry = (prop::collection::vec(any::<u8>(), 0..2000), any::<bool>())
        .prop_map(|(bytes, executable)| Entry { bytes, executable });
    prop::collection::btree_map(path, entry, 0..20)
}

proptest! {
    #[test]
    fn every_archive_written_is_read_back(all in any_files()) {
        // Paths the rule refuses come up now and then; what is written at all must be read.
        if let Ok(archive) = write(&all) {
            prop_assert_eq!(read(&archive).unwrap(), all);
        }
    }

    #[test]
    fn damaged_archives_are_refused_or_whole(all in any_files(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        if let Ok(mut archive) = write(&all) {
            let at = at.index(archive.len());
            archive[at] ^= 1 << bit;
            // The bytes about the compressor are nobody's concern; anywhere else one bit is noticed.
            if let Ok(read) = read(&archive) {
                prop_assert_eq!(read, all);
            }
        }
    }

    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(&noise).is_err());
    }
}
