//! The cache of compiled components holds machine code. Whatever becomes of its files, what runs is what this user's own
//! program compiled.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::scene::within;
use crate::{
    environment::{Run, World},
    guests::guest,
};

/// A project and a cache of its own with what its package was compiled to.
fn project() -> World {
    let world = super::scene::world_of(guest("writes-where-it-is-told"));
    let made = within(
        &world,
        cached(
            &world,
            "new evil/x shop --registry evil=registry --defaults",
        ),
    );
    made.succeeded();
    world
}

fn cached(world: &World, line: &str) -> Command {
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", world.path("cache"));
    command
}

fn verify(world: &World) -> Run {
    within(world, cached(world, "-C shop verify"))
}

/// The compiled component.
fn compiled(world: &World) -> PathBuf {
    let mut all: Vec<_> = fs::read_dir(world.path("cache/compiled"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// What was spoilt is not run: it is compiled again, and the file is a good one afterwards.
#[track_caller]
fn made_anew(spoil: impl Fn(&Path, Vec<u8>)) {
    let world = project();
    let file = compiled(&world);
    let good = fs::read(&file).unwrap();
    spoil(&file, good.clone());
    verify(&world).succeeded();
    let now = compiled(&world);
    assert!(now.symlink_metadata().unwrap().is_file());
    let bytes = fs::read(&now).unwrap();
    // What the same compiler makes of the same component for the same key is the same.
    assert!(bytes == good, "what was spoilt still stands");
    // The same again, so that the good one is what is believed now.
    verify(&world).succeeded();
    assert!(fs::read(&now).unwrap() == bytes);
}

#[test]
fn a_byte_of_the_code_changed() {
    made_anew(|file, mut bytes| {
        let last = bytes.len() - 100;
        bytes[last] ^= 1;
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn a_byte_of_the_mac_changed() {
    made_anew(|file, mut bytes| {
        bytes[0] ^= 1;
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn cut_short() {
    made_anew(|file, bytes| fs::write(file, &bytes[..bytes.len() / 2]).unwrap());
    made_anew(|file, bytes| fs::write(file, &bytes[..20]).unwrap());
}

#[test]
fn emptied() {
    made_anew(|file, _| fs::write(file, "").unwrap());
}

#[test]
fn code_of_somebody_else() {
    // Fit for the very engine, but authenticated with another user's key.
    let theirs = super::scene::world_of(guest("panics"));
    within(
        &theirs,
        cached(&theirs, "new evil/x shop --registry evil=registry"),
    )
    .failed_with(1);
    let code = fs::read(compiled(&theirs)).unwrap();
    made_anew(|file, _| fs::write(file, &code).unwrap());
}

/// A good file in the place of another: the MAC is over the name as well.
#[test]
fn one_component_in_the_place_of_another() {
    let world = project();
    let good = compiled(&world);
    let bytes = fs::read(&good).unwrap();
    world.write("evil/generator.wasm", guest("panics"));
    world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    // It fails, having been compiled.
    within(&world, cached(&world, "-C shop update")).failed_with(1);
    let all = fs::read_dir(world.path("cache/compiled")).unwrap();
    for entry in all {
        let path = entry.unwrap().path();
        if path != good {
            fs::copy(&path, &good).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
    }
    verify(&world).succeeded();
    let run = within(&world, cached(&world, "-C shop update")).failed_with(1);
    assert!(run.stderr.contains("boom"), "{run}");
}

#[test]
fn another_key() {
    let world = project();
    let before = fs::read(compiled(&world)).unwrap();
    fs::write(world.path("cache/compiled.key"), [7; 32]).unwrap();
    verify(&world).succeeded();
    assert!(fs::read(compiled(&world)).unwrap() != before);
    fs::write(world.path("cache/compiled.key"), "short").unwrap();
    verify(&world).succeeded();
    fs::remove_file(world.path("cache/compiled.key")).unwrap();
    verify(&world).succeeded();
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_others_may_write() {
        made_anew(|file, _| mode(file, 0o666));
        let world = project();
        mode(compiled(&world), 0o666);
        verify(&world).succeeded();
        assert_eq!(
            compiled(&world).metadata().unwrap().permissions().mode() & 0o077,
            0
        );
    }

    #[test]
    fn a_link_to_good_code() {
        made_anew(|file, bytes| {
            let elsewhere = file.with_file_name("../elsewhere");
            fs::write(&elsewhere, bytes).unwrap();
            mode(&elsewhere, 0o600);
            fs::remove_file(file).unwrap();
            symlink("../elsewhere", file).unwrap();
        });
    }

    /// Nobody else may look at it, and what was open is closed.
    #[test]
    fn a_cache_that_others_may_read() {
        let world = project();
        for (path, closed) in [("cache/compiled", 0o700), ("cache", 0o700)] {
            mode(world.path(path), 0o777);
            verify(&world).succeeded();
            let now = world.path(path).metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(now, closed, "{path}");
        }
        let key = world.path("cache/compiled.key").metadata().unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
        assert_eq!(
            compiled(&world).metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    /// A key that somebody else knows authenticates nothing.
    #[test]
    fn a_key_that_others_may_read() {
        let world = project();
        let key = world.path("cache/compiled.key");
        let known = fs::read(&key).unwrap();
        mode(&key, 0o644);
        verify(&world).succeeded();
        assert!(fs::read(&key).unwrap() != known, "it is still used");
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// The folder is somebody else's, by a link: nothing is taken from it or put in it.
    #[test]
    fn a_folder_that_is_a_link() {
        let world = project();
        fs::rename(world.path("cache/compiled"), world.path("theirs")).unwrap();
        symlink("../theirs", world.path("cache/compiled")).unwrap();
        let theirs = fs::read_dir(world.path("theirs"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        fs::write(&theirs, "poison").unwrap();
        verify(&world).succeeded();
        assert_eq!(fs::read(&theirs).unwrap(), b"poison");
    }

    #[test]
    fn a_pipe_in_place_of_code() {
        let world = project();
        let file = compiled(&world);
        fs::remove_file(&file).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        verify(&world).succeeded();
    }
}
