#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::fixtures::{name, package};
use crate::keys::SigningKey;
use crate::release::write_index;
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
    assert_eq!(repair(dir.path()).unwrap(), 1);
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
            .filter(|_| true)
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
fn a_crash_at_any_step_is_mended_by_publishing_again() {
    let bytes = package("acme/web", "1.1.0", "");
    let whole = tempfile::tempdir().unwrap();
    to_folder(whole.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    to_folder(whole.path(), &bytes, &[]).unwrap();
    let release = Package::read(&bytes).unwrap().release(&[]);

    // What stands after each step, by how much of it is there.
    let steps = [
        layout::blob(&release.blob),
        layout::note(&release.name, &release.version),
        layout::index(&release.name),
    ];
    for done in 0..=steps.len() {
        let dir = tempfile::tempdir().unwrap();
        to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
        for step in &steps[..done] {
            disk::replace(
                &dir.path().join(step),
                &fs::read(whole.path().join(step)).unwrap(),
            )
            .unwrap();
        }
        fs::write(
            dir.path()
                .join(layout::notes(&release.name))
                .join(".new-half.note"),
            "{",
        )
        .unwrap();
        to_folder(dir.path(), &bytes, &[]).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert_eq!(
            folder.releases(&release.name).unwrap().len(),
            2,
            "after {done} steps"
        );
        assert_eq!(
            folder.search().unwrap()[0].version,
            release.version,
            "after {done} steps"
        );
    }
}

#[test]
fn repair_makes_derived_files_anew_and_keeps_yanks() {
    let dir = tempfile::tempdir().unwrap();
    to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
    to_folder(dir.path(), &package("acme/web", "1.1.0", ""), &[]).unwrap();
    let index = dir.path().join(layout::index(&name("acme/web")));
    let mut releases = Folder::open(dir.path())
        .unwrap()
        .releases(&name("acme/web"))
        .unwrap();
    releases[1].yanked = Some("broken".to_owned());
    fs::write(&index, format!("junk\n{}", write_index(&releases).unwrap())).unwrap();
    fs::write(dir.path().join(layout::shard(0)), "junk").unwrap();

    assert_eq!(repair(dir.path()).unwrap(), 1);
    let folder = Folder::open(dir.path()).unwrap();
    assert_eq!(folder.releases(&name("acme/web")).unwrap(), releases);
    assert_eq!(folder.search().unwrap()[0].version.to_string(), "1.0.0");
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
        repair(dir.path()),
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

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("acme", &[number; 32]).unwrap()
}

#[test]
fn what_was_signed_is_published_as_it_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = package("acme/web", "1.0.0", "");
    let release = Package::read(&bytes).unwrap().release(&[]);
    let first = KeySet::first(&key(1)).unwrap();
    keys_to_folder(dir.path(), &first).unwrap();
    keys_to_folder(dir.path(), &first).unwrap();
    let statement = Statement::signed(release, 1, &key(1)).unwrap();
    release_to_folder(dir.path(), &statement, &bytes).unwrap();

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
    let error = release_to_folder(dir.path(), &statement, &other).unwrap_err();
    assert!(
        error.to_string().contains("disagree about the archive"),
        "{error}"
    );
    assert!(snapshot(dir.path()).is_empty());
}

#[test]
fn key_sets_are_published_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let first = KeySet::first(&key(1)).unwrap();
    let second = first.rotate(&key(1), &key(2), true).unwrap();
    let error = keys_to_folder(dir.path(), &second).unwrap_err();
    assert!(error.to_string().contains("publish set 1 first"), "{error}");
    keys_to_folder(dir.path(), &first).unwrap();
    keys_to_folder(dir.path(), &second).unwrap();
    let before = snapshot(dir.path());
    // Another set of that number, and one that was made after another first set.
    let other = KeySet::first(&key(9)).unwrap();
    for set in [&other, &other.rotate(&key(9), &key(8), false).unwrap()] {
        let error = keys_to_folder(dir.path(), set).unwrap_err();
        assert!(matches!(error, PublishError::Keys(_)), "{error}");
    }
    assert_eq!(snapshot(dir.path()), before);
    let newest = Folder::open(dir.path()).unwrap().chain("acme").unwrap();
    assert_eq!(newest.unwrap().newest(), &second);
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
