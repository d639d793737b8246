//! Edits and a new version that want something else, through `--conflict`.

use crate::environment::{Session, World};

const UPDATE: &str = "-C shop update";

/// A project at 1.1.0 with edits that meet 1.2.0: in a line, in a table to which both add, in a file that goes, in one
/// that is no text.
fn edited() -> World {
    let world = World::new();
    world.small_packages();
    world.write(
        "site/template/menu.json",
        "{\n  \"scripts\": {\n    \"build\": \"vite build\"\n  }\n}\n",
    );
    world.write("site/template/old.txt", "generated\n");
    world.write("site/template/logo.png", b"\x89\0one");
    world.publish_next("site", "1.0.0", "1.1.0");
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    world.edit("shop/README.md", "A small site.", "My small site.");
    world.edit("shop/app/style.css", "black", "teal");
    world.edit(
        "shop/menu.json",
        "build\"\n",
        "build\",\n    \"mine\": \"echo mine\"\n",
    );
    world.edit("shop/old.txt", "generated", "mine");
    world.write("shop/logo.png", b"\x89\0mine");

    world.edit(
        "site/template/README.md.jinja",
        "# {{ title }}",
        "# {{ title }}!",
    );
    world.edit("site/template/app/style.css", "black", "navy");
    world.edit(
        "site/template/menu.json",
        "build\"\n",
        "build\",\n    \"lint\": \"eslint .\"\n",
    );
    std::fs::remove_file(world.path("site/template/old.txt")).unwrap();
    world.write("site/template/logo.png", b"\x89\0two");
    world.publish_next("site", "1.1.0", "1.2.0");
    world
}

/// The texts of the folder, and how the other files stand.
fn texts(world: &World) -> String {
    let files = world.files("shop").into_iter();
    let files = files.filter(|(path, _)| !path.starts_with("scaffold."));
    files
        .map(|(path, (bytes, _))| match bytes.contains(&0) {
            true => format!("--- {path}: {}\n", bytes.escape_ascii()),
            false => format!("--- {path}\n{}", String::from_utf8_lossy(&bytes)),
        })
        .collect()
}

#[test]
fn markers_by_default() {
    let world = edited();
    let mut session = Session::default();
    session.add(&world.scaffold(&world.small(UPDATE)).failed_with(3));
    session.add(&world.scaffold("-C shop status").succeeded());
    insta::assert_snapshot!(format!("{session}\n{}", texts(&world)));
}

#[test]
fn ours_settles_what_is_in_conflict() {
    let world = edited();
    let line = world.small("-C shop update --conflict=ours");
    let run = world.scaffold(&line).succeeded();
    insta::assert_snapshot!(format!("{run}\n{}", texts(&world)));
}

#[test]
fn theirs_settles_what_is_in_conflict() {
    let world = edited();
    let line = world.small("-C shop update --conflict theirs");
    let run = world.scaffold(&line).succeeded();
    // What was edited and is gone now is in the record of the change.
    let kept = world.files("shop/.scaffold/undo");
    assert!(kept.values().any(|(bytes, _)| bytes == b"mine\n"));
    insta::assert_snapshot!(format!("{run}\n{}", texts(&world)));
}

#[test]
fn fail_lists_them_and_writes_nothing() {
    let world = edited();
    let mut session = Session::default();
    let line = world.small("-C shop update --conflict=fail");
    session.add(&world.refused(&line, 3));
    session.add(&world.scaffold(&format!("{line} --json")).failed_with(3));
    // Without a conflict it is an update like any other.
    world.write("shop/app/style.css", "body { color: black }\n");
    world.write("shop/old.txt", "generated\n");
    world.write("shop/logo.png", b"\x89\0one");
    session.add(&world.scaffold(&line).succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn ask_needs_somebody_to_ask() {
    let world = edited();
    let mut session = Session::default();
    for who in ["ask", "nobody"] {
        let line = world.small(&format!("-C shop update --conflict={who}"));
        session.add(&world.refused(&line, 2));
    }
    insta::assert_snapshot!(session);
}
