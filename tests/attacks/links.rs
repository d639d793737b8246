//! Links and pipes in a project's folder, as a clone, an archive or another user leaves them. Next to the
//! project lies a folder with a secret: nothing in it may change, and nothing of it may come to light.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use super::scene::{told, typed, world_of};
use crate::{environment::World, guests::guest_of};

pub const SECRET: &str = "SECRET of another folder";

/// Writes these files, with these contents.
pub fn tree(files: &[(&str, &str)]) -> Vec<u8> {
    let mut data = String::new();
    let mut calls = String::new();
    for (number, (path, text)) in files.iter().enumerate() {
        let at = 2048 + number * 256;
        let contents = at + 128;
        data.push_str(&format!(
            "(data (i32.const {at}) \"{path}\")\n(data (i32.const {contents}) \"{text}\")\n"
        ));
        calls.push_str(&format!(
            "(call $write (i32.const {at}) (i32.const {}) (i32.const {contents}) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 1024))\n",
            path.len(),
            text.len()
        ));
    }
    guest_of(
        "tree",
        &format!("{data}(func (export \"generate\") (type $call)\n{calls}(i32.const 0))"),
    )
}

/// A project, a version it can be updated to, and the folder next to it.
pub fn project() -> World {
    let world = world_of(tree(&[
        ("a.txt", "one"),
        ("d/b.txt", "one"),
        ("old.txt", "one"),
    ]));
    super::scene::new(&world, "").succeeded();
    world.write(
        "evil/generator.wasm",
        tree(&[("a.txt", "two"), ("d/b.txt", "two"), ("n/c.txt", "two")]),
    );
    world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    for file in [
        "secret",
        "a.txt",
        "b.txt",
        "c.txt",
        "inner/x",
        "undo/1/journal",
        "journal",
        "inputs/x",
    ] {
        world.write(&format!("outside/{file}"), SECRET);
    }
    world
}

/// What stands below a folder, without following anything.
pub fn standing(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // One that somebody renames meanwhile is gone.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(meta) = path.symlink_metadata() else {
                continue;
            };
            let kind = meta.file_type();
            let bytes = if kind.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if kind.is_symlink() {
                fs::read_link(&path).map_or_else(
                    |_| Vec::new(),
                    |to| to.into_os_string().into_encoded_bytes(),
                )
            } else if kind.is_file() && meta.len() < 1 << 20 {
                fs::read(&path).unwrap_or_default()
            } else {
                Vec::new()
            };
            found.insert(path, (meta.permissions().mode(), bytes));
        }
    }
    found
}

/// No byte of the folder next to the project is in it.
#[track_caller]
pub fn nothing_leaked(world: &World) {
    for (path, (_, bytes)) in standing(&world.path("shop")) {
        assert!(
            !bytes.windows(6).any(|part| part == b"SECRET"),
            "{} has what was outside",
            path.display()
        );
    }
}

/// Every command, in a project with something in its way: the folder next to it stays as it is and unread, and none hangs
/// or crashes. The first update is handed back.
#[track_caller]
pub fn holds(prepare: impl Fn(&World)) -> (World, crate::environment::Run) {
    let world = project();
    prepare(&world);
    let outside = standing(&world.path("outside"));
    let mut first = None;
    for line in [
        "update",
        "status",
        "diff",
        "verify",
        "list",
        "undo",
        "update",
        "remove x",
        "abort",
        "resolve a.txt",
        "sync",
        "lock",
    ] {
        let run = typed(&world, &format!("-C shop {line}"));
        assert!(matches!(run.code, Some(0..=99)), "{run}");
        assert!(standing(&world.path("outside")) == outside, "{run}");
        assert!(
            !run.stdout.contains("SECRET") && !run.stderr.contains("SECRET"),
            "{run}"
        );
        nothing_leaked(&world);
        first.get_or_insert(run);
    }
    (world, first.unwrap())
}

/// The same, and the update is refused with these words.
#[track_caller]
fn refused(why: &str, prepare: impl Fn(&World)) {
    let (_, run) = holds(prepare);
    told(&run);
    assert!(run.stderr.contains(why), "{run}");
}

/// The same, and what was put in the place of one of its files stands.
#[track_caller]
fn stands(prepare: impl Fn(&World)) {
    let (_, run) = holds(prepare);
    let run = run.succeeded();
    assert!(
        run.stderr
            .contains("you put something else in its place, which stands"),
        "{run}"
    );
}

/// Puts a link in the place of what is there.
pub fn link(world: &World, to: &str, at: &str) {
    let at = world.path(at);
    let _ = fs::remove_file(&at);
    let _ = fs::remove_dir_all(&at);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    symlink(to, at).unwrap();
}

pub fn pipe(world: &World, at: &str) {
    let at = world.path(at);
    let _ = fs::remove_file(&at);
    let _ = fs::remove_dir_all(&at);
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &at, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

const LINK: &str = "is a symbolic link";

macro_rules! links_that_stand {
    ($($name:ident: $to:expr, $at:expr;)*) => { $(#[test] fn $name() { stands(|world| link(world, $to, $at)); })* };
}

links_that_stand! {
    a_link_in_place_of_a_file: "../outside/a.txt", "shop/a.txt";
    a_link_to_a_file_of_the_project: "old.txt", "shop/a.txt";
    a_dangling_link: "../outside/none", "shop/a.txt";
    a_link_in_place_of_a_folder: "../outside", "shop/d";
    a_link_to_a_device: "/dev/zero", "shop/a.txt";
    a_link_to_the_process_s_own: "/proc/self/fd/0", "shop/a.txt";
}

macro_rules! links {
    ($($name:ident: $to:expr, $at:expr;)*) => { $(#[test] fn $name() { refused(LINK, |world| link(world, $to, $at)); })* };
}

links! {
    a_dangling_link_where_a_file_comes: "../../outside/none", "shop/n/c.txt";
    a_link_where_a_file_comes: "../../outside/c.txt", "shop/n/c.txt";
    a_link_where_a_folder_comes: "../outside", "shop/n";
    a_link_to_the_project_itself: ".", "shop/n";
    a_link_to_above: "..", "shop/n";
    a_link_in_circles: "n", "shop/n";
    our_folder_is_a_link: "../outside", "shop/.scaffold";
    our_records_are_a_link: "../../outside/undo", "shop/.scaffold/undo";
    our_stage_is_a_link_to_a_folder: "../../outside", "shop/.scaffold/backup";
    our_journal_is_a_link: "../../outside/journal", "shop/.scaffold/journal";
}

#[test]
fn an_absolute_link() {
    stands(|world| {
        let to = world.path("outside/a.txt");
        link(world, to.to_str().unwrap(), "shop/a.txt");
    });
}

#[test]
fn a_chain_of_links() {
    stands(|world| {
        link(world, "../outside/a.txt", "shop/first");
        link(world, "first", "shop/second");
        link(world, "second", "shop/a.txt");
    });
}

#[test]
fn a_link_that_is_the_lock() {
    refused("not a plain file", |world| {
        fs::rename(world.path("shop/scaffold.lock"), world.path("there.lock")).unwrap();
        link(world, "../there.lock", "shop/scaffold.lock");
    });
}

#[test]
fn a_link_that_is_the_manifest() {
    refused("not a plain file", |world| {
        fs::rename(world.path("shop/scaffold.toml"), world.path("there.toml")).unwrap();
        link(world, "../there.toml", "shop/scaffold.toml");
    });
}

#[test]
fn the_file_of_our_turn_is_a_link() {
    refused("no plain file", |world| {
        link(world, "../../outside/secret", "shop/.scaffold/lock")
    });
}

/// What takes turns in a project empties the file it does it with; that file may be another one as well.
#[test]
fn the_file_of_our_turn_is_a_hard_link() {
    let (_, run) = holds(|world| {
        fs::remove_file(world.path("shop/.scaffold/lock")).unwrap();
        fs::hard_link(
            world.path("outside/secret"),
            world.path("shop/.scaffold/lock"),
        )
        .unwrap();
    });
    run.succeeded();
}

#[test]
fn a_hard_link_to_outside_is_not_written_through() {
    let world = project();
    for (file, outside) in [
        ("a.txt", "a.txt"),
        ("d/b.txt", "b.txt"),
        ("scaffold.lock", "lock"),
        ("scaffold.toml", "toml"),
    ] {
        let (file, outside) = (
            world.path("shop").join(file),
            world.path("outside").join(outside),
        );
        fs::copy(&file, &outside).unwrap();
        fs::remove_file(&file).unwrap();
        fs::hard_link(&outside, &file).unwrap();
    }
    let outside = standing(&world.path("outside"));
    typed(&world, "-C shop update").succeeded();
    assert_eq!(world.read("shop/a.txt"), "two");
    assert!(standing(&world.path("outside")) == outside);
    typed(&world, "-C shop undo").succeeded();
    assert_eq!(world.read("shop/a.txt"), "one");
    assert!(standing(&world.path("outside")) == outside);
}

#[test]
fn our_stage_is_a_link() {
    // It is ours to remove: the link goes, what it leads to stays.
    let (_, run) = holds(|world| link(world, "../../outside", "shop/.scaffold/stage"));
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
}

macro_rules! pipes {
    ($($name:ident: $at:expr, $why:expr;)*) => { $(#[test] fn $name() { refused($why, |world| pipe(world, $at)); })* };
}

pipes! {
    a_pipe_where_a_folder_comes: "shop/n", "a named pipe";
    a_pipe_that_is_the_lock: "shop/scaffold.lock", "not a plain file";
    a_pipe_that_is_the_manifest: "shop/scaffold.toml", "not a plain file";
    a_pipe_that_is_our_folder: "shop/.scaffold", "a named pipe";
    a_pipe_that_is_our_journal: "shop/.scaffold/journal", "a named pipe";
    a_pipe_that_is_the_file_of_our_turn: "shop/.scaffold/lock", "no plain file";
    a_pipe_that_is_a_record: "shop/.scaffold/undo/1/journal", "a named pipe";
}

#[test]
fn a_pipe_in_place_of_a_file() {
    stands(|world| pipe(world, "shop/a.txt"));
}

#[test]
fn a_pipe_in_place_of_a_folder() {
    stands(|world| pipe(world, "shop/d"));
}

#[test]
fn a_socket_in_place_of_a_file() {
    stands(|world| {
        fs::remove_file(world.path("shop/a.txt")).unwrap();
        // A path of a socket is short, and that of a test's folder may not be.
        let here = std::env::current_dir().unwrap();
        std::env::set_current_dir(world.path("shop")).unwrap();
        drop(std::os::unix::net::UnixListener::bind("a.txt").unwrap());
        std::env::set_current_dir(here).unwrap();
    });
}

#[test]
fn a_pipe_among_the_files_of_a_registry() {
    for at in ["v1/config.json", "v1/index/evil/x"] {
        let world = project();
        pipe(&world, &format!("registry/{at}"));
        told(&typed(&world, "-C shop update"));
        told(&super::scene::typed(
            &world,
            "new evil/x other --registry evil=registry --defaults",
        ));
    }
}

/// Beside the place of a new project a command leaves nothing but under a name of its own, and takes away nothing else.
#[test]
fn a_folder_named_almost_like_ours_is_not_cleared_away() {
    let world = project();
    world.write(".scaffold-new-thesis/chapter.txt", "mine");
    world.write("outside/inner/keep", "");
    link(&world, "outside", ".scaffold-new-0123456789abcdef");
    let outside = standing(&world.path("outside"));
    typed(
        &world,
        "new evil/x other --registry evil=registry --defaults",
    )
    .succeeded();
    assert_eq!(world.read(".scaffold-new-thesis/chapter.txt"), "mine");
    assert!(standing(&world.path("outside")) == outside);
}
