//! Crashes and races at every operation of a storage.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::fixtures::{name, package};
use crate::storage::{Folder as Disk, Part, Stored, Tag};
use crate::{Folder, Source};

/// A storage that calls something before and after each of its operations; what it says ends the operation there.
struct Watched<'a> {
    inner: &'a Disk,
    done: AtomicUsize,
    watch: &'a (dyn Fn(usize, Moment) -> Result<(), StorageError> + Sync),
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Moment {
    Before,
    After,
}

impl Watched<'_> {
    fn step<T>(
        &self,
        operation: impl FnOnce() -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        (self.watch)(number, Moment::Before)?;
        let answer = operation()?;
        (self.watch)(number, Moment::After)?;
        Ok(answer)
    }
}

impl Storage for Watched<'_> {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Stored>, StorageError> {
        self.step(|| self.inner.read(path, limit))
    }

    fn read_part(&self, path: &str, start: u64, most: u64) -> Result<Option<Part>, StorageError> {
        self.step(|| self.inner.read_part(path, start, most))
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool, StorageError> {
        self.step(|| self.inner.create(path, bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8], over: Option<&Tag>) -> Result<bool, StorageError> {
        self.step(|| self.inner.replace(path, bytes, over))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        self.step(|| self.inner.list(folder))
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        self.step(|| self.inner.remove(path))
    }

    fn place(&self, path: &str) -> String {
        self.inner.place(path)
    }
}

fn crashed() -> StorageError {
    StorageError::Io {
        action: "write",
        place: "there".to_owned(),
        source: std::io::Error::other("the power is gone"),
    }
}

/// All of a registry that is served, by path.
fn served(disk: &Disk) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec!["v1".to_owned()];
    while let Some(folder) = left.pop() {
        for entry in disk.list(&folder).unwrap() {
            let path = format!("{folder}/{entry}");
            match std::fs::read(disk.root().join(&path)) {
                Ok(bytes) => drop(found.insert(path, bytes)),
                Err(_) => left.push(path),
            }
        }
    }
    found
}

/// A registry that has `acme/web` 1.0.0, and a change to it.
struct Scene {
    dir: tempfile::TempDir,
    disk: Disk,
}

type Change<'a> = &'a (dyn Fn(&dyn Storage) -> Result<(), PublishError> + Sync);

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        to_folder(dir.path(), &package("acme/web", "1.0.0", ""), &[]).unwrap();
        let disk = Disk::new(dir.path());
        Self { dir, disk }
    }

    fn after(change: Change<'_>) -> BTreeMap<String, Vec<u8>> {
        let scene = Self::new();
        change(&scene.disk).unwrap();
        served(&scene.disk)
    }

    /// What is served is right: each version that is listed is there, by the author's word, and what is committed to
    /// is in no half state.
    fn is_sound(&self) {
        let folder = Folder::open(self.dir.path()).unwrap();
        for package in folder.names().unwrap() {
            for release in folder.releases(&package).unwrap() {
                let archive = folder.blob(&release).unwrap();
                assert_eq!(Digest::of(&archive), release.blob);
                let statement = folder.statement(&package, &release.version).unwrap();
                assert_eq!(statement.unwrap().release.blob, release.blob);
            }
        }
    }
}

fn publish_one(version: &'static str) -> impl Fn(&dyn Storage) -> Result<(), PublishError> + Sync {
    let archive = package("acme/web", version, "");
    move |storage| {
        let release = Package::read(&archive)?.release(&[]);
        publish(storage, &Statement::unsigned(release).unwrap(), &archive).map(drop)
    }
}

fn take_back(storage: &dyn Storage) -> Result<(), PublishError> {
    let (web, version) = (name("acme/web"), Version::new(1, 0, 0));
    yank(storage, &web, &version, &Yank::new("old", false)).map(drop)
}

fn offer_again(storage: &dyn Storage) -> Result<(), PublishError> {
    unyank(storage, &name("acme/web"), &Version::new(1, 0, 0)).map(drop)
}

#[test]
fn a_crash_at_any_operation_is_mended_by_doing_it_again_or_by_repair() {
    let new = publish_one("1.1.0");
    let changes: [Change<'_>; 3] = [&new, &take_back, &|storage| {
        take_back(storage)?;
        offer_again(storage)
    }];
    for change in changes {
        let right = Scene::after(change);
        for moment in [Moment::Before, Moment::After] {
            let mut at = 0;
            loop {
                let scene = Scene::new();
                let before = served(&scene.disk);
                let stop = |number, now| match number == at && now == moment {
                    true => Err(crashed()),
                    false => Ok(()),
                };
                let watched = Watched {
                    inner: &scene.disk,
                    done: AtomicUsize::new(0),
                    watch: &stop,
                };
                let ended = change(&watched);
                scene.is_sound();
                if ended.is_ok() {
                    break;
                }
                // Repair finishes what was committed to and undoes nothing.
                repair(&scene.disk).unwrap();
                scene.is_sound();
                let repaired = served(&scene.disk);
                let blob = |path: &String| !path.contains("/blobs/");
                let same = |other: &BTreeMap<String, Vec<u8>>| {
                    let of = |tree: &BTreeMap<String, Vec<u8>>| {
                        let files = tree.clone().into_iter();
                        files.filter(|(path, _)| blob(path)).collect::<Vec<_>>()
                    };
                    of(&repaired) == of(other)
                };
                let yanked = Scene::after(&take_back);
                assert!(
                    same(&before) || same(&right) || same(&yanked),
                    "operation {at}, {moment:?}"
                );
                change(&scene.disk).unwrap();
                assert_eq!(served(&scene.disk), right, "operation {at}, {moment:?}");
                at += 1;
            }
            assert!(at > 8, "so few operations: {at}");
        }
    }
}

#[test]
fn whatever_others_do_between_two_operations_nothing_is_lost() {
    let (one, other) = (publish_one("1.1.0"), publish_one("1.2.0"));
    let pairs: [(Change<'_>, Change<'_>); 4] = [
        (&one, &other),
        (&one, &take_back),
        (&take_back, &one),
        (&one, &|storage| {
            take_back(storage)?;
            offer_again(storage)
        }),
    ];
    for (mine, theirs) in pairs {
        let right = Scene::after(&|storage| {
            theirs(storage)?;
            mine(storage)
        });
        let mut at = 0;
        loop {
            let scene = Scene::new();
            let raced = AtomicUsize::new(0);
            let race = |number, now| {
                if number == at && now == Moment::Before {
                    raced.fetch_add(1, Ordering::Relaxed);
                    theirs(&scene.disk).unwrap();
                }
                Ok(())
            };
            let watched = Watched {
                inner: &scene.disk,
                done: AtomicUsize::new(0),
                watch: &race,
            };
            mine(&watched).unwrap();
            if raced.into_inner() == 0 {
                break;
            }
            assert_eq!(served(&scene.disk), right, "operation {at}");
            at += 1;
        }
        assert!(at > 8, "so few operations: {at}");
    }
}

#[test]
fn whoever_is_second_with_other_contents_hears_so_at_any_moment() {
    let mine = package("acme/web", "1.1.0", "");
    let theirs = package("acme/web", "1.1.0", "# other\n");
    let put = |storage: &dyn Storage, archive: &[u8]| {
        let release = Package::read(archive)?.release(&[]);
        publish(storage, &Statement::unsigned(release).unwrap(), archive)
    };
    let (mut won, mut lost) = (0, 0);
    for at in 0.. {
        let scene = Scene::new();
        let outcome = std::sync::Mutex::new(None);
        let race = |number, now| {
            if number == at && now == Moment::Before {
                *outcome.lock().unwrap() = Some(put(&scene.disk, &theirs));
            }
            Ok(())
        };
        let watched = Watched {
            inner: &scene.disk,
            done: AtomicUsize::new(0),
            watch: &race,
        };
        let first = put(&watched, &mine);
        let Some(second) = outcome.into_inner().unwrap() else {
            break;
        };
        let loser = match (&first, &second) {
            (Ok(_), Err(loser)) => {
                won += 1;
                loser
            }
            (Err(loser), Ok(_)) => {
                lost += 1;
                loser
            }
            both => panic!("operation {at}: {both:?}"),
        };
        assert!(
            matches!(loser, PublishError::VersionExists { .. }),
            "{loser}"
        );
        scene.is_sound();
    }
    assert!(won > 3 && lost > 3, "{won} won, {lost} lost");
}
