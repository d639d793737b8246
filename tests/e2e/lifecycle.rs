//! A project over time: edited by hand, joined, changed, taken apart, interrupted.

use std::fs;

use crate::environment::{Session, World};

#[test]
fn an_edit_by_hand_stays() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    // In a file that auth changes, in one that it does not, and a file of their own.
    world.edit("shop/config/settings/base.py", "\"\"\"", "\"\"\"Edited. ");
    world.edit("shop/README.md", "#", "# Our own");
    world.write("shop/notes.txt", "mine\n");
    insta::assert_snapshot!(world.scaffold("-C shop add auth --defaults").succeeded());
    let settings = world.read("shop/config/settings/base.py");
    assert!(
        settings.contains("Edited. ") && settings.contains("allauth"),
        "{settings}"
    );
    assert!(world.read("shop/README.md").starts_with("# Our own"));
    assert_eq!(world.read("shop/notes.txt"), "mine\n");

    // What the generators made is the same as without the edits: they never saw them.
    world
        .scaffold("new django plain/shop --with auth --defaults")
        .succeeded();
    assert_eq!(
        world.read("shop/scaffold.lock"),
        world.read("plain/shop/scaffold.lock")
    );
}

#[test]
fn an_edit_by_another_package_leaves_a_file_executable_and_whose_it_is() {
    let world = World::new();
    let package = |name: &str, more: &str| {
        world.write(
            &format!("{name}/scaffold.toml"),
            format!(
                "[package]\nname = \"acme/{name}\"\nversion = \"1.0.0\"\nkind = \"module\"\n\
                 summary = \"About {name}.\"\nlicense = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n\
                 [[writes]]\npattern = \"**\"\nreason = \"It has to.\"\n{more}"
            ),
        );
    };
    package(
        "first",
        "\n[[files]]\nmatch = \"run.sh\"\nexecutable = true\n\n[[files]]\nmatch = \"once\"\nseed = true\n",
    );
    world.write("first/template/run.sh", "#!/bin/sh\n");
    world.write("first/template/once", "once\n");
    let edit = |file: &str| {
        format!("\n[[edits]]\nfile = \"{file}\"\nop = \"lines\"\nlines = [\"more\"]\n")
    };
    package("second", &(edit("run.sh") + &edit("once")));
    world.registry(&["first", "second"]);
    world.write("shop/README.md", "mine\n");
    world
        .scaffold(&world.small("-C shop add acme/first acme/second --allow executable"))
        .succeeded();
    let (text, executable) = &world.files("shop")["run.sh"];
    assert_eq!(text, b"#!/bin/sh\nmore\n");
    assert!(*executable || cfg!(windows));
    assert_eq!(world.read("shop/once"), "once\nmore\n");
    // A seed that was edited, and is made otherwise, stays as the user has it.
    world.write("shop/once", "mine\n");
    world
        .scaffold(&world.small("-C shop remove second"))
        .succeeded();
    assert_eq!(world.read("shop/once"), "mine\n");
}

#[test]
fn edits_that_conflict_are_marked() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    world.write("shop/README.md", "# My very own title\n\nA small site.\n");
    let mut session = Session::default();
    session.add(
        &world
            .scaffold(&world.small("-C shop set title=Market"))
            .failed_with(3),
    );
    let text = world.read("shop/README.md");
    assert!(
        text.contains("<<<<<<< ")
            && text.contains("# My very own title")
            && text.contains("# Market"),
        "{text}"
    );
    session.add(&world.scaffold("-C shop status").succeeded());
    // Settled, it is an edit like any other.
    world.write("shop/README.md", "# My very own Market\n\nA small site.\n");
    session.add(&world.scaffold("-C shop resolve").succeeded());
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.scaffold(&world.small("-C shop add blog")).succeeded());
    insta::assert_snapshot!(session.to_string() + "\n--- README.md\n" + &text);
}

#[test]
fn an_answer_is_changed() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    insta::assert_snapshot!(world.scaffold("-C shop set database=postgres").succeeded());
    // As if it had been the answer from the first.
    world
        .scaffold("new django at-once/shop --defaults --database postgres")
        .succeeded();
    assert!(world.files("shop") == world.files("at-once/shop"));
    world.scaffold("-C shop set database=sqlite").succeeded();
    world
        .scaffold("new django before/shop --defaults")
        .succeeded();
    assert!(world.files("shop") == world.files("before/shop"));
}

#[test]
fn what_is_removed_leaves_nothing_behind() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    let before = world.files("shop");
    world.scaffold("-C shop add auth --defaults").succeeded();
    assert!(world.files("shop") != before);
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop remove auth").succeeded());
    assert!(world.files("shop") == before, "byte for byte");
    session.add(&world.scaffold("-C shop status").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn how_the_files_stand() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    let mut session = Session::default();
    session.add(&world.scaffold("-C shop status --exit-code").succeeded());
    world.write("shop/README.md", "# Mine\n");
    fs::remove_file(world.path("shop/app/style.css")).unwrap();
    fs::remove_file(world.path("shop/app/settings.py")).unwrap();
    fs::create_dir(world.path("shop/app/settings.py")).unwrap();
    session.add(&world.scaffold("-C shop status").succeeded());
    session.add(&world.scaffold("-C shop status --exit-code").failed_with(1));
    insta::assert_snapshot!(session);
}

#[test]
fn what_is_touched_after_a_look_is_seen_at_the_next() {
    let world = World::new();
    world.small_packages();
    // This cache is looked into and damaged.
    let scaffold = |line: &str| {
        let mut command = world.command(&line.split(' ').collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        world.finish(command)
    };
    scaffold("--registry registry new acme/site shop --defaults").succeeded();
    let clean = || scaffold("-C shop status --exit-code").succeeded();
    clean();
    // A file says nothing of itself until the clock has moved on.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    clean();
    let looks = fs::read_dir(world.path("cache/seen")).unwrap().count();
    assert_eq!(looks, usize::from(cfg!(unix)));
    clean();
    let style = world.path("shop/app/style.css");
    let (written, text) = (
        fs::metadata(&style).unwrap().modified().unwrap(),
        fs::read(&style).unwrap(),
    );
    // Of the same size and, as far as it can be made so, of the same time.
    fs::write(&style, vec![b'x'; text.len()]).unwrap();
    let file = fs::File::options().write(true).open(&style).unwrap();
    file.set_modified(written).unwrap();
    let run = scaffold("-C shop status --exit-code").failed_with(1);
    assert!(run.stdout.contains("edited   app/style.css"), "{run}");
    let run = scaffold("-C shop diff").succeeded();
    assert!(run.stdout.contains("+xxx"), "{run}");
    fs::write(&style, &text).unwrap();
    clean();
    // A kept tree that was damaged is made again.
    for entry in fs::read_dir(world.path("cache/trees")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    }
    world.write("shop/app/style.css", "y");
    for line in ["status", "diff --stat"] {
        let run = scaffold(&format!("-C shop {line}")).succeeded();
        assert!(run.stdout.contains("app/style.css"), "{run}");
    }
}

#[test]
fn newer_versions_are_taken() {
    let world = World::new();
    world.small_packages();
    // Nothing but scaffold.toml keeps it from the next major version.
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    let update = world.small("-C shop update");
    let mut session = Session::default();
    let before = world.files("shop");
    session.add(&world.scaffold(&update).succeeded());
    assert!(world.files("shop") == before);
    world.edit("shop/README.md", "A small site.", "My small site.");
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    world.edit("site/template/app/style.css", "black", "navy");
    world.edit(
        "site/template/README.md.jinja",
        "# {{ title }}",
        "# {{ title }}!",
    );
    world
        .scaffold("publish site --registry registry")
        .succeeded();
    session.add(&world.scaffold(&update).succeeded());
    assert_eq!(world.read("shop/README.md"), "# Shop!\n\nMy small site.\n");
    // What does not satisfy scaffold.toml is not newer.
    world.edit("site/scaffold.toml", "1.1.0", "2.0.0");
    world
        .scaffold("publish site --registry registry")
        .succeeded();
    session.add(&world.scaffold(&update).succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn scaffold_toml_is_edited_by_hand() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    world.edit(
        "shop/scaffold.toml",
        "database = \"sqlite\"",
        "database = \"postgres\" # as in production",
    );
    insta::assert_snapshot!(world.scaffold("-C shop sync").succeeded());
    assert!(
        world
            .read("shop/scaffold.toml")
            .contains("# as in production")
    );
    world.scaffold("-C shop sync").succeeded();
}

/// A folder made by hand is joined, and what it holds already is not overwritten.
#[test]
fn a_folder_made_by_hand_is_joined() {
    let world = World::new();
    world.small_packages();
    world.write("old/README.md", "# An old site\n");
    world.write("old/other.txt", "mine\n");
    let run = world
        .scaffold(&world.small("-C old add acme/site --defaults"))
        .failed_with(3);
    insta::assert_snapshot!(format!(
        "{run}--- README.md\n{}",
        world.read("old/README.md")
    ));
    assert_eq!(world.read("old/other.txt"), "mine\n");
}

/// What git brings of our own folder is what was committed of it.
#[test]
fn a_clone_is_a_project_like_any_other() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    fs::remove_dir_all(world.path("shop/.scaffold")).unwrap();
    world.write("shop/.scaffold/.gitignore", "*\n!inputs/\n");
    world.write("shop/.scaffold/inputs/some", "what a generator read\n");
    let before = world.files("shop");
    world.scaffold("-C shop status --exit-code").succeeded();
    world.refused(&world.small("-C shop add nothing-like-it"), 2);
    world.scaffold(&world.small("-C shop add blog")).succeeded();
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == before);
    assert_eq!(world.read("shop/.scaffold/.gitignore"), "*\n!inputs/\n");
    assert!(world.path("shop/.scaffold/inputs/some").exists());
}

/// Killed at every step, the next command finds the project as it was, or finishes what it was to become.
#[cfg(debug_assertions)]
#[test]
fn killed_at_every_step() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    world.edit("shop/README.md", "A small site.", "My small site.");
    let old = world.files("shop");
    let line = world.small("-C shop add blog");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    world.run(&arguments).succeeded();
    let new = world.files("shop");
    world.scaffold("-C shop undo").succeeded();
    assert!(world.files("shop") == old);

    let mut finished = None;
    let mut steps = 0;
    loop {
        steps += 1;
        let mut command = world.command(&arguments);
        command.env("SCAFFOLD_FAULT", steps.to_string());
        let run = world.finish(command);
        if run.code == Some(0) {
            break;
        }
        assert_eq!(run.code, None, "step {steps}: {run}");
        // A look writes nothing, and says why it cannot look.
        let interrupted = world.path("shop/.scaffold/journal").exists();
        if interrupted {
            let look = world.refused(&world.small("-C shop add blog -n"), 1);
            assert!(look.stderr.contains("interrupted"), "step {steps}: {look}");
        }
        let next = world.scaffold("-C shop status").succeeded();
        let now = world.files("shop");
        assert!(
            now == old || now == new,
            "step {steps} is neither old nor new: {next}"
        );
        if next.stderr.starts_with("Finished") {
            finished.get_or_insert(next);
        } else {
            assert_eq!(next.stderr, "", "step {steps}");
        }
        assert!(
            !world.path("shop/.scaffold/journal").exists(),
            "step {steps}"
        );
        world.scaffold("-C shop verify").succeeded();
        if now == new {
            world.scaffold("-C shop undo").succeeded();
            assert!(world.files("shop") == old, "step {steps}");
        }
    }
    assert!(steps > 10, "the steps were counted: {steps}");
    assert!(world.files("shop") == new);
    insta::assert_snapshot!(finished.expect("what was begun is finished"));
}

/// The same for a project that is only being made.
#[cfg(debug_assertions)]
#[test]
fn killed_while_a_project_is_made() {
    let world = World::new();
    world.small_packages();
    let mut steps = 0;
    loop {
        steps += 1;
        let mut command = world.command(&[
            "--registry",
            "registry",
            "new",
            "acme/site",
            "shop",
            "--defaults",
        ]);
        command.env("SCAFFOLD_FAULT", steps.to_string());
        let run = world.finish(command);
        if run.code == Some(0) {
            break;
        }
        assert_eq!(run.code, None, "step {steps}: {run}");
        // The same command again makes it, whatever the first one left.
        let again = world.scaffold("--registry registry new acme/site shop --defaults");
        if again.code != Some(0) {
            // It was made already but for the telling.
            assert!(
                again.stderr.contains("is not empty"),
                "step {steps}: {again}"
            );
        }
        world.scaffold("-C shop verify").succeeded();
        fs::remove_dir_all(world.path("shop")).unwrap();
    }
    assert!(steps > 5, "the steps were counted: {steps}");
}
