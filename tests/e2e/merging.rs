//! A merge that is under way: what shows it, what it forbids, how it ends.

use std::fs;

use crate::environment::{Session, World};

const MINE: &str = "# My very own title\n\nA small site.\n";

/// A project in conflict, and its files before that.
fn in_conflict() -> (World, crate::environment::Files) {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    world.write("shop/README.md", MINE);
    let before = world.files("shop");
    world
        .scaffold(&world.small("-C shop set title=Market"))
        .failed_with(3);
    (world, before)
}

/// Whether some file of our own folder holds that.
fn is_kept(world: &World, text: &str) -> bool {
    let mut folders = vec![world.path("shop/.scaffold/undo")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(path).unwrap() == text.as_bytes() {
                return true;
            }
        }
    }
    false
}

#[test]
fn it_is_shown_and_nothing_is_changed_until_it_is_settled() {
    let (world, before) = in_conflict();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.scaffold("-C shop list").succeeded());
    world.scaffold("-C shop verify").succeeded();
    session.add(&world.refused(&world.small("-C shop add blog"), 3));
    for line in [
        "update",
        "set title=X",
        "sync",
        "remove site",
        "undo",
        "add blog -n",
    ] {
        let run = world.refused(&world.small(&format!("-C shop {line}")), 3);
        assert!(run.stderr.contains("scaffold abort"), "{run}");
    }
    session.add(&world.refused("-C shop resolve", 3));
    session.add(&world.refused("-C shop resolve shop/nothing", 2));
    world.write("shop/README.md", "# My very own Market\n");
    session.add(&world.scaffold("-C shop resolve -n").succeeded());
    session.add(&world.scaffold("-C shop resolve README.md").succeeded());
    session.add(&world.scaffold("-C shop resolve").failed_with(1));
    session.add(&world.scaffold("-C shop status").succeeded());
    insta::assert_snapshot!(session);
    // Undone, it is exactly what it was before: what was settled is part of the change.
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert_eq!(world.read("shop/README.md"), "# My very own Market\n");
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
}

#[test]
fn given_up_it_leaves_exactly_what_was_there() {
    let (world, before) = in_conflict();
    world.write("shop/README.md", "half settled\n");
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop abort").succeeded());
    assert!(world.files("shop") == before);
    assert!(is_kept(&world, "half settled\n"));
    session.add(&world.scaffold("-C shop abort").failed_with(1));
    session.add(&world.scaffold("-C shop undo --list").succeeded());
    insta::assert_snapshot!(session);
    // It is no step forward: the next undo takes back what was done before.
    world.scaffold("-C shop undo").failed_with(3);
    assert_eq!(world.read("shop/README.md"), MINE);
}

#[test]
fn a_binary_file_is_settled_when_its_new_version_is_dealt_with() {
    let world = World::new();
    world.small_packages();
    let publish = |from: &str, to: &str, logo: &[u8]| {
        world.edit("site/scaffold.toml", from, to);
        world.write("site/template/logo.bin", logo);
        world
            .scaffold("publish site --registry registry")
            .succeeded();
    };
    publish("1.0.0", "1.0.1", b"\0one");
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    world.write("shop/logo.bin", b"\0mine");
    let before = world.files("shop");
    publish("1.0.1", "1.1.0", b"\0two");
    let update = world.small("-C shop update");
    world.scaffold(&update).failed_with(3);
    insta::assert_snapshot!(world.refused("-C shop resolve", 3));
    fs::rename(world.path("shop/logo.bin.new"), world.path("shop/logo.bin")).unwrap();
    world.scaffold("-C shop resolve").succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
    world.scaffold(&update).failed_with(3);
    world.write("shop/logo.bin", b"\0half");
    world.scaffold("-C shop abort").succeeded();
    assert!(world.files("shop") == before);
    assert!(is_kept(&world, "\0half"));
}

/// Files somebody edited and a command takes away stay, until it is said that they shall.
#[test]
fn what_was_edited_and_is_removed_is_a_conflict() {
    let (world, _) = in_conflict();
    world.scaffold("-C shop abort").succeeded();
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    world.write("shop/blog/posts.py", "posts = [1]\n");
    let before = world.files("shop");
    world.scaffold("-C shop remove blog").failed_with(3);
    assert_eq!(world.read("shop/blog/posts.py"), "posts = [1]\n");
    world.refused("-C shop remove site", 3);
    world.scaffold("-C shop abort").succeeded();
    assert!(world.files("shop") == before);
}

#[cfg(debug_assertions)]
#[test]
fn killed_at_every_step_it_is_given_up_or_not() {
    let (world, old) = in_conflict();
    world.write("shop/README.md", "half settled\n");
    let new = world.files("shop");
    world.killed_at_every_step("-C shop abort", |run| {
        world.scaffold("-C shop status").succeeded();
        let now = world.files("shop");
        assert!(now == old || now == new, "neither old nor new: {run}");
        if now == new {
            world.scaffold("-C shop abort").succeeded();
            assert!(world.files("shop") == old);
        }
        assert!(is_kept(&world, "half settled\n"));
        world.scaffold("-C shop abort").failed_with(1);
    });
}

#[cfg(debug_assertions)]
#[test]
fn killed_at_every_step_it_is_settled_or_not() {
    let (world, old) = in_conflict();
    world.write("shop/README.md", "# Settled\n");
    let now = world.files("shop");
    world.killed_at_every_step("-C shop resolve", |run| {
        assert!(world.files("shop") == now, "{run}");
        // Either way it can be ended, and taken back whole.
        let again = world.scaffold("-C shop resolve");
        assert!(matches!(again.code, Some(0 | 1)), "{run}{again}");
        world.scaffold("-C shop undo").succeeded();
        assert!(world.files("shop") == old, "{run}");
    });
}
