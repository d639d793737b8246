//! Taking back what a command did.

use std::fs;

use crate::environment::{Session, World};

/// A newer `acme/site` that changes the same file as [`edit`] does, at another place.
fn publish_another(world: &World) {
    world.edit(
        "site/template/README.md.jinja",
        "# {{ title }}",
        "# {{ title }}!",
    );
    world.edit("site/template/app/style.css", "black", "navy");
    world.publish_next("site", "1.0.0", "1.1.0");
}

#[test]
fn a_command_is_undone_and_then_the_one_before_it() {
    let world = World::small_project();
    let first = world.files("shop");
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    let second = world.files("shop");
    world
        .scaffold(&world.small("-C shop set title=Market"))
        .succeeded();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop undo --list").succeeded());
    session.add(&world.scaffold("-C shop undo").succeeded());
    assert!(world.files("shop") == second);
    session.add(&world.scaffold("-C shop undo").succeeded());
    assert!(world.files("shop") == first);
    session.add(&world.scaffold("-C shop undo --list").succeeded());
    insta::assert_snapshot!(session);
    // A command after that is the next to be undone.
    world
        .scaffold(&world.small("-C shop set title=Bazaar"))
        .succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == first);
}

/// Neither the lock nor a replay knows what an edit and a new version make together.
#[test]
fn a_file_that_was_merged_comes_back_as_it_was() {
    let world = World::small_project();
    publish_another(&world);
    world.edit("shop/README.md", "A small site.", "My small site.");
    world.edit("shop/scaffold.toml", "title", "# what it is called\ntitle");
    let before = world.files("shop");
    world.scaffold(&world.small("-C shop update")).succeeded();
    assert_eq!(world.read("shop/README.md"), "# Shop!\n\nMy small site.\n");
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
}

/// What already was as the new version has it was not changed, so it is not changed back.
#[test]
fn what_the_command_left_alone_stays() {
    let world = World::small_project();
    publish_another(&world);
    world.write("shop/README.md", "# Shop!\n\nA small site.\n");
    let before = world.files("shop");
    world.scaffold(&world.small("-C shop update")).succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
}

#[test]
fn edits_made_since_are_merged() {
    let world = World::small_project();
    publish_another(&world);
    world.scaffold(&world.small("-C shop update")).succeeded();
    world.edit("shop/README.md", "A small site.", "My small site.");
    let toml = world.read("shop/scaffold.toml") + "# mine\n";
    world.write("shop/scaffold.toml", toml);
    world.scaffold("-C shop undo").succeeded();
    assert_eq!(world.read("shop/README.md"), "# Shop\n\nMy small site.\n");
    assert_eq!(world.read("shop/app/style.css"), "body { color: black }\n");
    assert!(world.read("shop/scaffold.toml").ends_with("# mine\n"));
    world.scaffold("-C shop verify").succeeded();
}

/// What the command left alone, undo has no need of the place of.
#[test]
fn a_folder_in_the_place_of_a_file_that_is_no_longer_made_stays() {
    let world = World::small_project();
    fs::remove_file(world.path("shop/app/style.css")).unwrap();
    world.write("shop/app/style.css/mine.css", "mine\n");
    let before = world.files("shop");
    world.edit(
        "site/template/README.md.jinja",
        "# {{ title }}",
        "# {{ title }}!",
    );
    fs::remove_file(world.path("site/template/app/style.css")).unwrap();
    world.publish_next("site", "1.0.0", "1.1.0");
    world.scaffold(&world.small("-C shop update")).succeeded();
    assert!(world.read("shop/README.md").starts_with("# Shop!"));
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
}

/// The plan is the one that takes the change back, so who wins a conflict is asked of that one.
#[test]
fn an_undo_that_meets_edits_can_be_told_to_fail() {
    let world = World::small_project();
    publish_another(&world);
    world.scaffold(&world.small("-C shop update")).succeeded();
    world.edit("shop/README.md", "# Shop!", "# My shop");
    let before = world.files("shop");
    world
        .scaffold("-C shop undo --conflict=fail")
        .failed_with(3);
    assert!(world.files("shop") == before);
    world.scaffold("-C shop undo --conflict=ours").succeeded();
    assert!(world.read("shop/README.md").starts_with("# My shop"));
    assert_eq!(world.read("shop/app/style.css"), "body { color: black }\n");
}

#[test]
fn folders_come_back_and_go_as_they_were() {
    let world = World::small_project();
    // Empty, and there before the blog is.
    fs::create_dir(world.path("shop/blog")).unwrap();
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert!(world.path("shop/blog").is_dir());
    fs::remove_dir(world.path("shop/blog")).unwrap();
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    world.scaffold("-C shop remove blog").succeeded();
    assert!(!world.path("shop/blog").exists());
    world.scaffold("-C shop undo").succeeded();
    assert!(world.path("shop/blog/posts.py").exists());
    world.scaffold("-C shop undo").succeeded();
    assert!(!world.path("shop/blog").exists());
}

#[test]
fn a_new_project_is_undone() {
    let world = World::small_project();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop undo").succeeded());
    assert!(world.files("shop").is_empty());
    // In its place another can be made.
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    // What was edited is the user's, and not thrown away with the rest.
    world.write("shop/README.md", "# Mine\n");
    world.write("shop/notes.txt", "mine\n");
    session.add(&world.scaffold("-C shop undo").failed_with(3));
    let left: Vec<String> = world.files("shop").into_keys().collect();
    assert_eq!(left, ["README.md", "notes.txt"]);
    session.add(&world.scaffold("-C shop resolve").succeeded());
    session.add(&world.scaffold("-C shop undo").failed_with(2));
    insta::assert_snapshot!(session);
}

/// What only its owner could read stays so, also when it was away.
#[cfg(unix)]
#[test]
fn permissions_come_back_with_a_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::small_project();
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    let file = world.path("shop/blog/posts.py");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    world.scaffold("-C shop remove blog").succeeded();
    assert!(!file.exists());
    world.scaffold("-C shop undo").succeeded();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_lock_that_something_else_changed_is_not_overwritten() {
    let world = World::small_project();
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    let lock = world.read("shop/scaffold.lock") + "\n";
    world.write("shop/scaffold.lock", lock);
    insta::assert_snapshot!(world.refused("-C shop undo", 1));
}

#[cfg(debug_assertions)]
#[test]
fn killed_at_every_step_an_undo_is_done_or_not() {
    let world = World::small_project();
    publish_another(&world);
    world.edit("shop/README.md", "A small site.", "My small site.");
    let old = world.files("shop");
    world.scaffold(&world.small("-C shop update")).succeeded();
    let new = world.files("shop");
    world.killed_at_every_step("-C shop undo", |run| {
        world.scaffold("-C shop status").succeeded();
        let now = world.files("shop");
        assert!(now == old || now == new, "neither old nor new: {run}");
        world.scaffold("-C shop verify").succeeded();
        if now == new {
            world.scaffold("-C shop undo").succeeded();
            assert!(world.files("shop") == old);
        }
    });
    assert!(world.files("shop") == old);
}

/// The lock file goes with it, so only our own folder says where the project was.
#[cfg(debug_assertions)]
#[test]
fn killed_at_every_step_a_new_project_is_undone_or_not() {
    let world = World::small_project();
    world.write("shop/README.md", "# Mine\n");
    let old = world.files("shop");
    world.killed_at_every_step("-C shop undo", |run| {
        world.scaffold("-C shop status").succeeded();
        let now = world.files("shop");
        if now == old {
            return;
        }
        let left: Vec<&String> = now.keys().collect();
        assert_eq!(left, ["README.md"], "{run}");
        world.scaffold("-C shop abort").succeeded();
        assert!(world.files("shop") == old, "{run}");
    });
}
