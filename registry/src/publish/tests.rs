#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::fixtures::{name, package};
use crate::keys::{KeySet, SigningKey};
use crate::storage::Folder as Disk;
use crate::{Folder, Source};

/// Every file below a folder, with its bytes.
fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![dir.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn what_is_published_can_be_had() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("new/registry");
    let bytes = package(
        "acme/web",
        "1.0.0",
        "[requires]\n\"scaffold/django\" = \"^1\"\n",
    );
    let imports = ["scaffold:generator/log@0.1.0".to_owned()];
    let release = to_folder(&root, &bytes, &imports).unwrap();
    assert_eq!(release.world.as_deref(), Some("scaffold:generator@0.1.0"));
    to_folder(&root, &package("acme/web", "1.1.0", ""), &[]).unwrap();
    to_folder(&root, &package("acme/api", "2.0.0-rc.1", ""), &[]).unwrap();

    let folder = Folder::open(&root).unwrap();
    assert!(folder.id().starts_with("folder:"));
    let releases = folder.releases(&name("acme/web")).unwrap();
    assert_eq!(releases.len(), 2);
    assert_eq!(releases[0], release);
    let blob = folder.blob(&release).unwrap();
    assert_eq!(*blob, bytes);
    Package::read(&blob).unwrap().check(&release).unwrap();
    let statement = folder
        .statement(&release.name, &release.version)
        .unwrap()
        .unwrap();
    assert_eq!(statement.release, release);
    assert_eq!(
        folder.names().unwrap(),
        [name("acme/api"), name("acme/web")]
    );
    let found = folder.search().unwrap();
    assert_eq!(found[1].version.to_string(), "1.1.0");
    assert_eq!(found[1].summary, "About acme/web.");
}

#[test]
fn publishing_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = package("acme/web", "1.0.0", "");
    let first = to_folder(dir.path(), &bytes, &[]).unwrap();
    let before = snapshot(dir.path());
    assert_eq!(to_folder(dir.path(), &bytes, &[]).unwrap(), first);
    assert_eq!(snapshot(dir.path()), before);
    assert_eq!(repair(&Disk::new(dir.path())).unwrap(), 1);
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn the_order_of_publishing_leaves_no_trace() {
    let packages = [
        package("acme/web", "1.0.0", ""),
        package("acme/web", "1.10.0", ""),
        package("acme/web", "1.2.0", ""),
        package("acme/api", "0.1.0", ""),
    ];
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for bytes in &packages {
        to_folder(one.path(), bytes, &[]).unwrap();
    }
    for bytes in packages.iter().rev() {
        to_folder(other.path(), bytes, &[]).unwrap();
    }
    let relative = |dir: &Path| -> BTreeMap<PathBuf, Vec<u8>> {
        let files = snapshot(dir).into_iter();
        files
            .map(|(path, bytes)| (path.strip_prefix(dir).unwrap().to_owned(), bytes))
            .collect()
    };
    assert_eq!(relative(one.path()), relative(other.path()));
}

#[test]
fn a_version_is_immutable() {
    let dir = tempfile::tempdir().unwrap();
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    let before = snapshot(dir.path());
    let error = to_folder(dir.path(), &package("acme/web", "1.0.0", "# other\n"), &[]).unwrap_err();
    assert!(matches!(error, PublishError::VersionExists { .. }));
    assert!(
        error
            .to_string()
            .contains("acme/web 1.0.0 is already published"),
        "{error}"
    );
    assert!(error.to_string().contains("immutable"), "{error}");
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn of_two_publishers_of_one_version_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let packages: Vec<_> = (0..4)
        .map(|n| package("acme/web", "1.0.0", &format!("# {n}\n")))
        .collect();
    let won: usize = std::thread::scope(|scope| {
        let publishers: Vec<_> = packages
            .iter()
            .map(|bytes| scope.spawn(|| to_folder(dir.path(), bytes, &[])))
            .collect();
        publishers
            .into_iter()
            .map(|publisher| match publisher.join().unwrap() {
                Ok(_) => 1,
                Err(PublishError::VersionExists { .. }) => 0,
                Err(error) => panic!("{error}"),
            })
            .sum()
    });
    assert_eq!(won, 1);
    assert_eq!(
        Folder::open(dir.path())
            .unwrap()
            .releases(&name("acme/web"))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn repair_makes_derived_files_anew_and_keeps_yanks() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path());
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    to_folder(dir.path(), &package("acme/web", "1.1.0", ""), &[]).unwrap();
    let version = Version::new(1, 1, 0);
    yank(
        &disk,
        &name("acme/web"),
        &version,
        &Yank::new("broken", true),
    )
    .unwrap();
    let before = snapshot(dir.path());
    let index = dir.path().join(layout::index(&name("acme/web")));
    fs::write(&index, "junk\n").unwrap();
    fs::write(dir.path().join(layout::shard(0)), "junk").unwrap();

    assert_eq!(repair(&disk).unwrap(), 1);
    assert_eq!(snapshot(dir.path()), before);
    // One that reads well and is wrong.
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("About", "Much about")).unwrap();
    assert_eq!(repair(&disk).unwrap(), 1);
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn a_version_that_was_taken_back_is_listed_so_until_it_is_offered_again() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path());
    let (web, old) = (name("acme/web"), Version::new(1, 0, 0));
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    to_folder(dir.path(), &package("acme/web", "1.1.0", ""), &[]).unwrap();
    let before = snapshot(dir.path());

    let listed = yank(&disk, &web, &old, &Yank::new("it deletes things", true)).unwrap();
    assert_eq!(listed.yanked.as_deref(), Some("it deletes things"));
    assert!(listed.security);
    // What others publish later does not take it back.
    to_folder(dir.path(), &package("acme/web", "1.2.0", ""), &[]).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    assert_eq!(folder.releases(&web).unwrap()[0], listed);
    let statement = folder.statement(&web, &old).unwrap().unwrap();
    assert_eq!(statement.release.yanked, None);

    let listed = yank(&disk, &web, &old, &Yank::new("it is old", false)).unwrap();
    assert_eq!(
        (listed.yanked.as_deref(), listed.security),
        (Some("it is old"), false)
    );
    for _ in 0..2 {
        assert_eq!(unyank(&disk, &web, &old).unwrap().yanked, None);
    }
    fs::remove_file(dir.path().join(layout::note(&web, &Version::new(1, 2, 0)))).unwrap();
    repair(&disk).unwrap();
    let mut after = snapshot(dir.path());
    after.retain(|path, _| before.contains_key(path));
    assert_eq!(after, before);

    let error = yank(&disk, &web, &Version::new(9, 0, 0), &Yank::new("", false)).unwrap_err();
    assert!(matches!(error, PublishError::NoVersion { .. }), "{error}");
    assert!(
        yank(
            &Disk::new(&dir.path().join("none")),
            &web,
            &old,
            &Yank::new("", false)
        )
        .is_err()
    );
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("acme", &[number; 32]).unwrap()
}

#[test]
fn what_was_signed_is_published_as_it_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = package("acme/web", "1.0.0", "");
    let release = Package::read(&bytes).unwrap().release(&[]);
    let first = KeySet::first(&key(1)).unwrap();
    put_keys(&Disk::new(dir.path()), &first).unwrap();
    put_keys(&Disk::new(dir.path()), &first).unwrap();
    let statement = Statement::signed(release, 1, &key(1)).unwrap();
    publish(&Disk::new(dir.path()), &statement, &bytes).unwrap();

    let folder = Folder::open(dir.path()).unwrap();
    let chain = folder.chain("acme").unwrap().unwrap();
    let (name, version) = (&statement.release.name, &statement.release.version);
    let there = folder.statement(name, version).unwrap().unwrap();
    assert_eq!(there, statement);
    assert_eq!(chain.signer(&there), Ok(&key(1).verifying_key()));
    assert_eq!(there.check(&folder.releases(name).unwrap()[0]), Ok(()));
    assert_eq!(folder.chain("other").unwrap(), None);
}

#[test]
fn a_statement_about_another_package_is_not_published() {
    let dir = tempfile::tempdir().unwrap();
    let one = Package::read(&package("acme/web", "1.0.0", "")).unwrap();
    let statement = Statement::signed(one.release(&[]), 1, &key(1)).unwrap();
    let other = package("acme/web", "1.0.0", "# other\n");
    let error = publish(&Disk::new(dir.path()), &statement, &other).unwrap_err();
    assert!(
        error.to_string().contains("disagree about the archive"),
        "{error}"
    );
    assert!(snapshot(dir.path()).is_empty());
}

#[test]
fn key_sets_are_put_one_after_the_other_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path());
    let first = KeySet::first(&key(1)).unwrap();
    let second = first.rotate(&key(1), &key(2), true).unwrap();
    assert!(matches!(
        put_keys(&disk, &second),
        Err(PublishError::KeysGap { number: 2, .. })
    ));
    for set in [&first, &first, &second, &second, &first] {
        put_keys(&disk, set).unwrap();
    }
    let before = snapshot(dir.path());
    let other = KeySet::first(&key(9)).unwrap();
    let error = put_keys(&disk, &other).unwrap_err().to_string();
    assert!(error.contains("make number 2 of it"), "{error}");
    // Set 3 of somebody who has made up the two before it.
    let other = other.rotate(&key(9), &key(8), false).unwrap();
    let other = other.rotate(&key(8), &key(7), false).unwrap();
    let error = put_keys(&disk, &other).unwrap_err();
    assert!(matches!(error, PublishError::Keys(_)), "{error}");
    assert_eq!(snapshot(dir.path()), before);
    let newest = chain(&disk, "acme").unwrap().unwrap();
    assert_eq!(newest.newest(), &second);
}

#[test]
fn search_data_that_grows_long_is_cut_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path());
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    // Packages with long lines, as index files alone: publishing thousands takes too long for a test.
    let long = "x".repeat(30_000);
    for n in 0..60 {
        let release = Release {
            summary: long.clone(),
            ..crate::fixtures::release(&format!("many/p{n}"), "1.0.0")
        };
        let note = Statement::unsigned(release.clone()).unwrap().to_note();
        let path = layout::note(&release.name, &release.version);
        disk.create(&path, note.as_bytes()).unwrap();
    }
    assert_eq!(repair(&disk).unwrap(), 61);
    let names = || {
        let folder = Folder::open(dir.path()).unwrap();
        (
            folder.config().unwrap().shards,
            folder.names().unwrap().len(),
        )
    };
    let (parts, found) = names();
    assert!(parts > 1);
    assert_eq!(found, 61);
    // A line that a crash left behind in a part nobody read yet is brought up, and publishing goes on.
    to_folder(dir.path(), &package("acme/api", "1.0.0", ""), &[]).unwrap();
    assert_eq!(names(), (parts, 62));
    let before = snapshot(dir.path());
    repair(&disk).unwrap();
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn a_blob_that_rotted_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = package("acme/web", "1.0.0", "");
    let release = to_folder(dir.path(), &bytes, &[]).unwrap();
    let blob = dir.path().join(layout::blob(&release.blob));
    fs::write(&blob, "rotten").unwrap();
    to_folder(dir.path(), &bytes, &[]).unwrap();
    assert_eq!(fs::read(&blob).unwrap(), bytes);
}

#[test]
fn other_folders_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "x").unwrap();
    let error = to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap_err();
    assert!(
        matches!(error, PublishError::NotARegistry { .. }),
        "{error}"
    );
    assert_eq!(snapshot(dir.path()).len(), 1);
    assert!(matches!(
        repair(&Disk::new(dir.path())),
        Err(PublishError::NotARegistry { .. })
    ));
    let error = to_folder(dir.path(), b"junk", &[]).unwrap_err();
    assert!(matches!(error, PublishError::Package(_)), "{error}");
}

#[test]
fn a_broken_registry_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let release = to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    let note = dir
        .path()
        .join(layout::note(&release.name, &release.version));
    fs::write(&note, "junk").unwrap();
    // Of what the index has, the statement is not read again.
    fs::remove_file(dir.path().join(layout::index(&release.name))).unwrap();
    let before = snapshot(dir.path());
    let error = to_folder(dir.path(), &package("acme/web", "1.1.0", ""), &[]).unwrap_err();
    assert!(matches!(error, PublishError::Statement { .. }), "{error}");
    assert_eq!(snapshot(dir.path()), before);

    fs::write(dir.path().join(layout::CONFIG), "{\"v\":7}").unwrap();
    let error = to_folder(dir.path(), &package("acme/api", "1.0.0", ""), &[]).unwrap_err();
    assert!(
        matches!(
            error,
            PublishError::Config(SourceError::Format { found: 7, .. })
        ),
        "{error}"
    );
}

#[test]
fn packages_too_long_for_an_index_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let imports: Vec<_> = (0..9000)
        .map(|n| format!("scaffold:generator/i{n}@0.1.0"))
        .collect();
    let error = to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &imports).unwrap_err();
    assert!(matches!(error, PublishError::Unlistable { .. }), "{error}");
    assert!(snapshot(dir.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn files_can_be_served() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    for path in snapshot(&dir.path().join("v1")).keys() {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o444, 0o444, "{path:?}");
        assert!(
            !path.file_name().unwrap().to_str().unwrap().starts_with('.'),
            "{path:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_tried_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    let before = snapshot(&dir.path().join("v1/index"));
    let version = Version::new(1, 1, 0);
    let note = dir.path().join(layout::note(&name("acme/web"), &version));
    std::os::unix::fs::symlink("nowhere", &note).unwrap();
    let refused = to_folder(dir.path(), &package("acme/web", "1.1.0", ""), &[]).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("1.1.0.note") && text.contains("take it away"),
        "{text}"
    );
    assert_eq!(snapshot(&dir.path().join("v1/index")), before);
}
