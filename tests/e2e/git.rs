//! Conflicts in git's index, as git itself shows them.

use std::{fs, process::Command, thread, time::Duration};

use crate::environment::{Session, World};

const MINE: &str = "# Mine\n\nA small site.\n";

/// Runs git in a folder, with nothing of the machine's configuration.
fn try_git(world: &World, folder: &str, arguments: &str) -> (bool, String) {
    let output = Command::new("git")
        .args(arguments.split_whitespace())
        .current_dir(world.path(folder))
        .env("HOME", world.path("../home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "T"),
            ("GIT_AUTHOR_EMAIL", "t@example.org"),
        ])
        .envs([
            ("GIT_COMMITTER_NAME", "T"),
            ("GIT_COMMITTER_EMAIL", "t@example.org"),
        ])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn git(world: &World, folder: &str, arguments: &str) -> String {
    let (done, text) = try_git(world, folder, arguments);
    assert!(done, "git {arguments}: {text}");
    text
}

/// A committed project in `shop`, made by `git init` with those arguments; the README is edited and not committed.
fn committed(init: &str) -> World {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    git(&world, "shop", &format!("init -q {init}"));
    git(&world, "shop", "add .");
    git(&world, "shop", "commit -q -m first");
    world.write("shop/README.md", MINE);
    world
}

/// Ends in a conflict in the README, and in nothing else.
fn conflict(world: &World, folder: &str) -> crate::environment::Run {
    world
        .scaffold(&world.small(&format!("-C {folder} set title=Market")))
        .failed_with(3)
}

fn stage(world: &World, stage: u8) -> String {
    git(world, "shop", &format!("show :{stage}:README.md"))
}

#[test]
fn git_shows_a_conflict_as_its_own() {
    let world = committed("");
    conflict(&world, "shop");
    let marked = world.read("shop/README.md");
    assert_eq!(
        git(&world, "shop", "status --porcelain"),
        "UU README.md\n M scaffold.lock\n M scaffold.toml\n"
    );
    assert_eq!(git(&world, "shop", "ls-files -u").lines().count(), 3);
    assert_eq!(stage(&world, 1), "# Shop\n\nA small site.\n");
    assert_eq!(stage(&world, 2), MINE);
    assert_eq!(stage(&world, 3), "# Market\n\nA small site.\n");
    assert!(git(&world, "shop", "diff").contains("diff --cc README.md"));
    // What a merge tool is handed.
    let temporary = git(
        &world,
        "shop",
        "checkout-index --stage=all --temp README.md",
    );
    assert_eq!(temporary.split_whitespace().count(), 4, "{temporary}");
    git(&world, "shop", "checkout --ours README.md");
    assert_eq!(world.read("shop/README.md"), MINE);
    git(&world, "shop", "checkout --theirs README.md");
    assert_eq!(world.read("shop/README.md"), "# Market\n\nA small site.\n");
    git(&world, "shop", "checkout --merge README.md");
    assert!(world.read("shop/README.md").contains("<<<<<<<"));
    assert!(
        !try_git(&world, "shop", "commit -m no").0,
        "git refuses as well"
    );
    world.write("shop/README.md", marked);
    assert_eq!(git(&world, "shop", "fsck --strict --no-dangling"), "");
}

#[test]
fn resolving_stages_what_was_settled_and_nothing_else() {
    let world = committed("");
    conflict(&world, "shop");
    world.write("shop/README.md", "# Both\n");
    world.scaffold("-C shop resolve").succeeded();
    assert_eq!(
        git(&world, "shop", "status --porcelain"),
        "M  README.md\n M scaffold.lock\n M scaffold.toml\n"
    );
    assert_eq!(git(&world, "shop", "show :README.md"), "# Both\n");
    git(&world, "shop", "commit -q -a -m settled");
    assert_eq!(git(&world, "shop", "status --porcelain"), "");
    assert_eq!(git(&world, "shop", "show HEAD:README.md"), "# Both\n");
}

#[test]
fn a_conflict_settled_by_deleting_is_a_deletion() {
    let world = committed("");
    conflict(&world, "shop");
    fs::remove_file(world.path("shop/README.md")).unwrap();
    world.scaffold("-C shop resolve").succeeded();
    assert!(git(&world, "shop", "status --porcelain").starts_with("D  README.md\n"));
}

#[test]
fn giving_up_puts_the_index_back() {
    let world = committed("");
    // Something staged, and something more on top of it.
    world.write("shop/README.md", "# Staged\n\nA small site.\n");
    git(&world, "shop", "add README.md");
    world.write("shop/README.md", MINE);
    git(
        &world,
        "shop",
        "update-index --assume-unchanged app/style.css",
    );
    let look = || {
        [
            "status --porcelain",
            "ls-files --stage",
            "ls-files -v",
            "diff",
            "diff --cached",
        ]
        .map(|arguments| git(&world, "shop", arguments))
    };
    let before = look();
    conflict(&world, "shop");
    assert!(look() != before);
    // Half settled, in git's way.
    world.write("shop/README.md", "# Half\n");
    git(&world, "shop", "add README.md");
    world.scaffold("-C shop abort").succeeded();
    assert_eq!(look(), before);
}

#[test]
fn a_version_that_is_missing_has_no_stage() {
    let world = World::new();
    world.small_packages();
    world.write("shop/README.md", MINE);
    git(&world, "shop", "init -q");
    git(&world, "shop", "add .");
    git(&world, "shop", "commit -q -m first");
    world
        .scaffold(&world.small("-C shop add acme/site --defaults"))
        .failed_with(3);
    let status = git(&world, "shop", "status --porcelain");
    assert!(status.starts_with("AA README.md\n"), "{status}");
    world.write("shop/README.md", MINE);
    world.scaffold("-C shop resolve").succeeded();
    git(&world, "shop", "add .");
    git(&world, "shop", "commit -q -m second");
    world
        .scaffold(&world.small("-C shop remove site"))
        .failed_with(3);
    let status = git(&world, "shop", "status --porcelain");
    assert!(status.contains("UD README.md\n"), "{status}");
    world.scaffold("-C shop resolve").succeeded();
    assert_eq!(git(&world, "shop", "ls-files -u"), "");
}

#[test]
fn what_git_does_not_track_is_not_told_to_it() {
    let world = committed("");
    git(&world, "shop", "rm -q --cached README.md");
    git(&world, "shop", "commit -q -m untracked");
    world.write("shop/.gitignore", "README.md\n");
    conflict(&world, "shop");
    assert_eq!(git(&world, "shop", "ls-files -u"), "");
    world.write("shop/README.md", MINE);
    world.scaffold("-C shop resolve").succeeded();
    assert!(!git(&world, "shop", "ls-files").contains("README.md"));
}

#[test]
fn a_project_in_a_folder_of_a_repository() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site all/sites/shop --defaults")
        .succeeded();
    git(&world, "all", "init -q");
    git(&world, "all", "add .");
    git(&world, "all", "commit -q -m first");
    world.write("all/sites/shop/README.md", MINE);
    conflict(&world, "all/sites/shop");
    let status = git(&world, "all", "status --porcelain");
    assert!(status.starts_with("UU sites/shop/README.md\n"), "{status}");
    world.scaffold("-C all/sites/shop abort").succeeded();
    assert_eq!(
        git(&world, "all", "status --porcelain"),
        " M sites/shop/README.md\n"
    );
}

#[test]
fn a_project_in_a_linked_worktree() {
    let world = committed("");
    git(&world, "shop", "worktree add -q ../other");
    world.write("other/README.md", MINE);
    conflict(&world, "other");
    let status = git(&world, "other", "status --porcelain");
    assert!(status.starts_with("UU README.md\n"), "{status}");
    assert_eq!(git(&world, "shop", "status --porcelain"), " M README.md\n");
    world.scaffold("-C other abort").succeeded();
    assert_eq!(git(&world, "other", "status --porcelain"), " M README.md\n");
}

#[test]
fn line_ends_are_stored_as_git_stores_them() {
    let world = committed("");
    git(&world, "shop", "config core.autocrlf true");
    world.write("shop/README.md", MINE.replace('\n', "\r\n"));
    conflict(&world, "shop");
    for number in 1..=3 {
        assert!(!stage(&world, number).contains('\r'), "stage {number}");
    }
    world.write("shop/README.md", "# Both\r\n");
    world.scaffold("-C shop resolve").succeeded();
    assert_eq!(git(&world, "shop", "show :README.md"), "# Both\n");
}

/// An edit of the same length in the same second in which git looked: the index has to keep git in doubt, also when it is
/// written in the next.
#[test]
fn an_edit_right_after_git_looked_is_still_seen() {
    let world = committed("");
    world.write("shop/app/style.css", "body { color: blood }\n");
    git(&world, "shop", "add app/style.css");
    world.write("shop/app/style.css", "body { color: brown }\n");
    thread::sleep(Duration::from_millis(1100));
    conflict(&world, "shop");
    let status = git(&world, "shop", "status --porcelain");
    assert!(status.contains("MM app/style.css\n"), "{status}");
}

/// Whatever is wrong with the repository, the command does its work and says what it could not do.
#[test]
fn a_repository_that_cannot_be_told_is_left_alone() {
    let mut session = Session::default();
    let world = committed("");
    world.write("shop/.git/index.lock", "");
    let index = fs::read(world.path("shop/.git/index")).unwrap();
    session.add(&conflict(&world, "shop"));
    assert!(fs::read(world.path("shop/.git/index")).unwrap() == index);
    assert!(
        world.path("shop/.git/index.lock").exists(),
        "it is somebody else's"
    );
    world.scaffold("-C shop abort").succeeded();

    let world = committed("");
    git(&world, "shop", "update-index --split-index");
    session.add(&conflict(&world, "shop"));
    assert_eq!(
        git(&world, "shop", "status --porcelain"),
        " M README.md\n M scaffold.lock\n M scaffold.toml\n"
    );

    let world = committed("");
    git(&world, "shop", "sparse-checkout init --cone --sparse-index");
    git(&world, "shop", "sparse-checkout set other");
    world.write("shop/README.md", MINE);
    conflict(&world, "shop");
    git(&world, "shop", "status --porcelain");
    git(&world, "shop", "fsck --strict --no-dangling");

    let world = committed("");
    world.write("shop/.git/index", "DIRC and then nothing of the kind");
    session.add(&conflict(&world, "shop"));

    let world = committed("--object-format=sha256");
    session.add(&conflict(&world, "shop"));
    assert_eq!(git(&world, "shop", "fsck --strict --no-dangling"), "");
    insta::assert_snapshot!(session);
}

/// A repository may come from anybody. It names programs; none is run, and what they would make is left alone.
#[cfg(unix)]
#[test]
fn nothing_a_repository_names_is_run() {
    let world = committed("");
    let trap = world.path("trap");
    let line = format!("touch {}", trap.display());
    for key in [
        "filter.evil.clean",
        "filter.evil.process",
        "core.fsmonitor",
        "core.editor",
        "merge.evil.driver",
    ] {
        git(&world, "shop", &format!("config {key} {}", "x"));
        let config = world
            .read("shop/.git/config")
            .replace("= x\n", &format!("= \"{line}\"\n"));
        world.write("shop/.git/config", config);
    }
    world.write("shop/.gitattributes", "* filter=evil merge=evil\n");
    for hook in ["post-index-change", "pre-commit", "post-checkout"] {
        let hook = format!("shop/.git/hooks/{hook}");
        world.write(&hook, format!("#!/bin/sh\n{line}\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(world.path(&hook), mode).unwrap();
    }
    let index = fs::read(world.path("shop/.git/index")).unwrap();
    conflict(&world, "shop");
    assert!(fs::read(world.path("shop/.git/index")).unwrap() == index);
    fs::remove_file(world.path("shop/.gitattributes")).unwrap();
    world.scaffold("-C shop abort").succeeded();
    conflict(&world, "shop");
    assert!(fs::read(world.path("shop/.git/index")).unwrap() != index);
    world.write("shop/README.md", MINE);
    world.scaffold("-C shop resolve").succeeded();
    assert!(!trap.exists());
}

/// Killed while it tells git, the project is whole, and so is git's index but for a lock that may be left, as git leaves it.
#[cfg(debug_assertions)]
#[test]
fn killed_while_git_is_told() {
    let world = committed("");
    let before = world.files("shop");
    let line = world.small("-C shop set title=Market");
    world.killed_at_every_step(&line, |run| {
        world.scaffold("-C shop status").succeeded();
        let _ = fs::remove_file(world.path("shop/.git/index.lock"));
        git(&world, "shop", "status --porcelain");
        git(&world, "shop", "fsck --strict --no-dangling");
        if world.read("shop/README.md") != MINE {
            world.scaffold("-C shop abort").succeeded();
        }
        let mut now = world.files("shop");
        let mut then = before.clone();
        for files in [&mut now, &mut then] {
            files.retain(|path, _| !path.starts_with(".git/"));
        }
        assert!(now == then, "{run}");
        assert_eq!(git(&world, "shop", "ls-files -u"), "", "{run}");
        assert_eq!(
            git(&world, "shop", "status --porcelain"),
            " M README.md\n",
            "{run}"
        );
    });
}
