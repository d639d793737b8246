//! What a user sees of hostile packages: through a registry and the real program.

use crate::{
    environment::{Run, World},
    guests::guest,
};

/// A world whose registry holds `evil/x`, which is this guest.
fn world_with(name: &str) -> World {
    let world = World::new();
    package(&world, name);
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    world
}

/// The package's folder, `evil/`, and an empty registry.
fn package(world: &World, name: &str) {
    world.write("evil/generator.wasm", guest(name));
    world.write(
        "evil/scaffold.toml",
        r#"[package]
name = "evil/x"
version = "1.0.0"
kind = "project"
summary = "A guest that means harm"
license = "MIT"

[[writes]]
pattern = "**"
reason = "It wants to."
"#,
    );
    std::fs::create_dir_all(world.path("registry")).unwrap();
}

fn new(world: &World, more: &str) -> Run {
    world.scaffold(&format!(
        "new evil/x shop --registry evil=registry --defaults {more}"
    ))
}

/// Nothing of a control character, of bidi or of zero width reaches the terminal.
#[track_caller]
fn clean(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let bad = text.chars().find(|&c| {
            (c.is_control() && c != '\n') || ['\u{202e}', '\u{200b}', '\u{9b}'].contains(&c)
        });
        assert_eq!(bad, None, "{run}");
    }
}

#[track_caller]
fn nothing_was_made(world: &World) {
    assert!(!world.path("shop").exists());
}

#[test]
fn a_crash_is_told_once_and_leaves_nothing() {
    let world = world_with("panics");
    let run = new(&world, "").failed_with(1);
    assert_eq!(run.to_string().matches("boom").count(), 1, "{run}");
    insta::assert_snapshot!(run);
    nothing_was_made(&world);

    let world = world_with("traps-after-writing");
    insta::assert_snapshot!(new(&world, "").failed_with(1));
    nothing_was_made(&world);
}

#[test]
fn a_limit_is_named_and_leaves_nothing() {
    for (name, limit) in [
        ("floods-the-log", "`log` (1 MiB)"),
        ("floods-the-project-with-files", "`files` (10000)"),
        ("grows-memory", "`memory` (256 MiB)"),
        ("fails-at-length", "`log` (1 MiB)"),
    ] {
        let world = world_with(name);
        let run = new(&world, "").failed_with(1);
        assert!(run.stderr.contains(limit), "{run}");
        assert!(run.stderr.contains("evil/x"), "{run}");
        assert_eq!(run.stdout, "", "{run}");
        nothing_was_made(&world);
    }
    let world = world_with("floods-the-host-with-calls");
    insta::assert_snapshot!(new(&world, "").failed_with(1));
}

#[test]
fn a_failure_names_the_path() {
    let world = world_with("writes-case-twins");
    insta::assert_snapshot!(new(&world, "").failed_with(1));
    nothing_was_made(&world);
    let world = world_with("writes-in-questions");
    insta::assert_snapshot!(new(&world, "").failed_with(1));
    nothing_was_made(&world);
}

#[test]
fn what_steers_a_terminal_never_reaches_it() {
    let world = world_with("speaks-in-escapes");
    let run = new(&world, "");
    clean(&run);
    insta::assert_snapshot!(run.succeeded());
    let world = world_with("speaks-in-escapes");
    for more in ["--dry-run", "--help", "--json"] {
        let run = new(&world, more);
        clean(&run);
        run.succeeded();
    }

    let world = world_with("asks-in-escapes");
    for more in ["", "--colour x", "--json", "--help"] {
        clean(&new(&world, more));
    }
    insta::assert_snapshot!(new(&world, "").failed_with(1));
    clean(&world.scaffold("info evil/x --registry evil=registry"));
    nothing_was_made(&world);

    let world = world_with("fails-in-escapes");
    let run = new(&world, "");
    clean(&run);
    insta::assert_snapshot!(run.failed_with(1));
    clean(&new(&world, "--json"));
    nothing_was_made(&world);
}

#[test]
fn a_question_whose_name_is_no_flag_is_refused() {
    let world = world_with("asks-under-a-forged-name");
    // Also where flags are read off the questions.
    for more in ["", "--colour x", "--help"] {
        let run = new(&world, more);
        clean(&run);
        assert_ne!(run.code, Some(101), "{run}");
    }
    insta::assert_snapshot!(new(&world, "").failed_with(1));
    clean(&world.scaffold("info evil/x --registry evil=registry"));
    nothing_was_made(&world);
}

#[test]
fn what_cannot_run_is_not_published() {
    for name in ["imports-wasi", "imports-wasi-preview1", "exports-nothing"] {
        let world = World::new();
        package(&world, name);
        let run = world.scaffold("publish evil --no-test --registry registry");
        assert!(run.code != Some(0) && run.code != Some(101), "{run}");
        insta::assert_snapshot!(name, run);
    }
}

#[test]
fn a_stranger_s_workflow_needs_its_own_yes() {
    let world = world_with("writes-a-workflow");
    let refused = new(&world, "").failed_with(4);
    assert!(refused.stderr.contains("--allow ci"), "{refused}");
    insta::assert_snapshot!(refused);
    nothing_was_made(&world);

    new(&world, "--yes").failed_with(4);
    nothing_was_made(&world);
    new(&world, "--yes --allow hooks,editor").failed_with(4);
    nothing_was_made(&world);

    new(&world, "--allow ci").succeeded();
    assert_eq!(world.read("shop/.github/workflows/ci.yml"), "on: push\n");
    let lock = world.read("shop/scaffold.lock");
    assert!(lock.contains("allow = [\"ci\"]"), "{lock}");
    world
        .scaffold("-C shop verify --registry evil=registry")
        .succeeded();

    // A lock from elsewhere that leaves the yes out does not replay.
    world.write(
        "shop/scaffold.lock",
        lock.replace("allow = [\"ci\"]", "allow = []"),
    );
    let run = world
        .scaffold("-C shop verify --registry evil=registry")
        .failed_with(4);
    assert!(run.stderr.contains("--allow ci"), "{run}");
}
