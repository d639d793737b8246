//! Paths that lead out of a project, to a device, to git's own files or to ours: as what a guest changes or reads, and as
//! what a lock says was read.

use super::scene::{came_to_nothing, manifest, new, told, typed, world_of};
use crate::{
    environment::World,
    guests::{guest, guest_of},
    sandbox::{failed, input, load, low},
};

/// A lock in which a generator was told of one file.
fn lock_with(input: &str) -> String {
    let digest = format!("sha256:{}", "0".repeat(64));
    // A string of TOML, with what cannot stand in one written as JSON has it.
    let input = serde_json::to_string(input).unwrap();
    let input = input.replace('\u{7f}', "\\u007f");
    format!(
        "version = 1\nproject = \"shop\"\ntree = \"{digest}\"\n\n[[generator]]\ninstance = \"x\"\npackage = \"evil/x\"\n\
         version = \"1.0.0\"\nregistry = \"folder:/nowhere\"\nblob = \"{digest}\"\n\n[generator.inputs]\n{input} = \"listed\"\n"
    )
}

/// Neither a guest nor a lock file may name it.
#[track_caller]
fn refused(path: &str) {
    let sandbox = low();
    for name in ["writes-where-it-is-told", "removes-where-it-is-told"] {
        let guest = load(sandbox.clone(), guest(name)).unwrap();
        let (code, message, _) = failed(guest.generate(input(path)));
        assert_eq!(code, "invalid-path", "{name} {path:?}: {message}");
        assert!(!message.contains(char::is_control), "{path:?}: {message}");
    }
    let world = World::new();
    world.write("shop/scaffold.lock", lock_with(path));
    let run = world.refused("-C shop status", 5);
    let why = ["cannot be used", "scaffold's own"];
    assert!(why.iter().any(|why| run.stderr.contains(why)), "{run}");
    super::scene::clean(&run);
}

macro_rules! refused_paths {
    ($($name:ident: $path:expr;)*) => { $(#[test] fn $name() { refused($path); })* };
}

refused_paths! {
    empty: "";
    a_dot: ".";
    dot_dot: "..";
    dot_dot_first: "../x";
    dot_dot_in_the_middle: "a/../../x";
    absolute: "/etc/passwd";
    two_slashes_first: "//x";
    two_slashes_inside: "a//b";
    a_slash_at_the_end: "a/";
    a_drive: "C:";
    a_drive_and_a_path: "C:/x";
    a_drive_without_a_slash: "C:x";
    unc: "\\\\server\\share";
    a_backslash: "a\\b";
    dot_dot_and_a_backslash: "..\\x";
    a_stream_of_ntfs: "a:b";
    home: "~/x";
    home_of_somebody: "~root/x";
    nul: "a\0b";
    a_line_break: "a\nb";
    an_escape: "a\u{1b}[2Jb";
    a_delete: "a\u{7f}b";
    a_c1_control: "a\u{9b}b";
    percent_encoded_dots: "%2e%2e/x";
    a_percent_encoded_slash: "a%2Fb";
    a_percent_encoded_nul: "a%00b";
    a_trailing_dot: "x.";
    a_trailing_space: "x ";
    a_folder_with_a_trailing_dot: "a./b";
    a_short_name: "PROGRA~1/x";
    a_device: "CON";
    a_device_with_an_extension: "a/nul.txt";
    a_numbered_device: "COM1";
    a_device_with_a_superscript: "COM\u{b9}";
    a_device_of_the_console: "CONIN$";
    not_in_nfc: "e\u{301}.txt";
    a_kelvin_sign: ".hus\u{212a}y/pre-commit";
    right_to_left: "a\u{202e}txt.exe";
    zero_width: "a\u{200b}b";
    git_s_folder: ".git/config";
    git_s_folder_itself: ".git";
    git_in_capitals: ".GIT/hooks/pre-commit";
    git_with_a_trailing_dot: ".git./config";
    git_with_a_trailing_space: ".git /config";
    git_by_its_short_name: "git~1/config";
    git_below: "sub/.git/config";
    git_with_an_invisible_letter: ".gi\u{200c}t/config";
    our_lock: "scaffold.lock";
    our_lock_in_capitals: "SCAFFOLD.LOCK";
    our_manifest: "scaffold.toml";
    our_state: ".scaffold/journal";
    our_state_in_capitals: ".Scaffold/undo/1/journal";
    our_lock_by_its_short_name: "SCAFFO~1.LOC";
    a_recorded_input: ".scaffold/inputs/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

#[test]
fn a_path_without_end() {
    refused(&"x/".repeat(2000));
    refused(&format!("{}x", "a/".repeat(40)));
    refused(&"x".repeat(256));
}

/// The other way round: what only looks odd may be made, or these tests would pass with everything refused.
#[test]
fn honest_paths_are_taken() {
    let guest = load(low(), guest("writes-where-it-is-told")).unwrap();
    for path in [
        "a.txt",
        "app/[...slug].tsx",
        ".gitignore",
        "a/.github/x",
        "ü.txt",
        "sub/scaffold.lock",
        "git~x",
    ] {
        assert_eq!(
            guest.generate(input(path)).unwrap().changes.files.len(),
            1,
            "{path}"
        );
        let world = World::new();
        world.write("shop/scaffold.lock", lock_with(path));
        let run = typed(&world, "-C shop status");
        assert!(!run.stderr.contains(path), "{run}");
    }
}

/// Writes these paths one after the other, and fails with the host's first refusal.
fn writes(paths: &[&str]) -> Vec<u8> {
    let mut data = String::new();
    let mut calls = String::new();
    for (number, path) in paths.iter().enumerate() {
        let at = 2048 + number * 64;
        data.push_str(&format!("(data (i32.const {at}) \"{path}\")\n"));
        calls.push_str(&format!(
            "(call $write (i32.const {at}) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))\n\
             (if (i32.load8_u (i32.const 1024)) (then (return (i32.const 1024))))\n",
            path.len()
        ));
    }
    guest_of(
        "writes",
        &format!("{data}(func (export \"generate\") (type $call)\n{calls}(i32.const 0))"),
    )
}

macro_rules! cannot_stand_together {
    ($($name:ident: $paths:expr;)*) => { $(
        #[test]
        fn $name() {
            let world = world_of(writes(&$paths));
            let run = new(&world, "");
            came_to_nothing(&world, &run);
            // By the sandbox, before there is a plan.
            assert!(run.stderr.contains("`evil/x` failed"), "{run}");
            assert!(run.stderr.contains($paths[1]), "{run}");
        }
    )* };
}

cannot_stand_together! {
    case_twins: ["README.md", "readme.md"];
    case_twins_of_folders: ["src/a", "SRC/b"];
    twins_that_fold_alike: ["strasse.txt", "straße.txt"];
    twins_with_a_long_s: ["style.css", "ſtyle.css"];
    a_file_where_a_folder_is: ["a/b", "a"];
    a_folder_where_a_file_is: ["a", "a/b"];
}

#[test]
fn outside_of_what_the_manifest_says() {
    let world = world_of(writes(&["docs/a", "src/main.rs"]));
    world.write(
        "evil/scaffold.toml",
        manifest("")
            .replace("\"**\"", "\"docs/**\"")
            .replace("1.0.0", "1.1.0"),
    );
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    let run = new(&world, "");
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("src/main.rs"), "{run}");
}

#[test]
fn patterns_match_whole_paths_in_their_own_case() {
    for path in ["doc/x", "docs", "Docs/x", "a/docs/x", "docs2/x"] {
        let world = world_of(writes(&[path]));
        world.write(
            "evil/scaffold.toml",
            manifest("")
                .replace("\"**\"", "\"docs/**\"")
                .replace("1.0.0", "1.1.0"),
        );
        world
            .scaffold("publish evil --no-test --registry registry")
            .succeeded();
        let run = new(&world, "");
        came_to_nothing(&world, &run);
        assert!(run.stderr.contains(path), "{run}");
    }
}

/// Names of packages become paths of a registry.
macro_rules! no_package {
    ($($name:ident: $text:expr;)*) => { $(
        #[test]
        fn $name() {
            let world = World::new();
            world.write("registry/v1/config.json", "{\"v\":1}");
            world.write("x", "outside");
            let run = world.run(&["new", $text, "shop", "--registry", "registry", "--defaults"]);
            came_to_nothing(&world, &run);
            assert!(run.stderr.contains("is not a package name"), "{run}");
        }
    )* };
}

no_package! {
    a_package_above: "../x";
    a_package_further_above: "evil/../../x";
    a_package_at_a_path: "/etc/passwd";
    a_package_with_a_backslash: "evil\\x";
    a_package_that_is_a_device: "evil/con";
    a_package_with_a_nul_in_percent: "evil/x%00";
}

#[test]
fn a_version_that_is_a_path() {
    for version in [
        "1.0.0-../../x",
        "1.0.0+../x",
        "../1.0.0",
        "1.0.0-a..",
        "1.0.0-A",
    ] {
        let world = world_of(guest("writes-where-it-is-told"));
        super::scene::relist(&world, |line| line["version"] = version.into());
        let run = new(&world, "");
        came_to_nothing(&world, &run);
        assert!(run.stderr.contains("index of evil/x"), "{run}");
    }
}

#[test]
fn a_project_in_the_lock_that_is_a_path() {
    for name in ["../x", "/etc", "a/b", "..", "con", ""] {
        let world = World::new();
        world.write(
            "shop/scaffold.lock",
            lock_with("a").replace("\"shop\"", &format!("{name:?}")),
        );
        let run = world.refused("-C shop status", 5);
        assert!(run.stderr.contains("name of a project"), "{run}");
    }
}

#[test]
fn an_instance_that_is_a_path() {
    let world = world_of(guest("writes-where-it-is-told"));
    new(&world, "").succeeded();
    let before = world.files("shop");
    for instance in ["../x", "a\\b", "C:x", ".git", "/etc", "a/", "a//b", "-x"] {
        let registry = format!("evil={}", world.path("registry").display());
        let run = world.run(&[
            "-C",
            "shop",
            "add",
            "evil/x",
            "--registry",
            &registry,
            &format!("--as={instance}"),
        ]);
        told(&run);
        assert!(run.stderr.contains(instance), "{run}");
        let lock = lock_with("a").replace("instance = \"x\"", &format!("instance = {instance:?}"));
        world.write("there/scaffold.lock", lock);
        let run = world.refused("-C there status", 5);
        assert!(run.stderr.contains("name of a generator"), "{run}");
        assert!(world.files("shop") == before);
    }
}

/// What a manifest says of files, refused when it is published and, should a registry serve it all the same, when it is read.
macro_rules! no_manifest {
    ($($name:ident: $more:expr;)*) => { $(
        #[test]
        fn $name() {
            let world = world_of(guest("writes-where-it-is-told"));
            let text = manifest($more);
            world.write("evil/scaffold.toml", &text);
            told(&world.scaffold("publish evil --no-test --registry registry"));
            super::scene::serve(&world, &super::archives::package(&text));
            let run = new(&world, "");
            came_to_nothing(&world, &run);
            assert!(run.stderr.contains("scaffold.toml"), "{run}");
        }
    )* };
}

no_manifest! {
    a_migration_out_of_the_project: "\n[[migrations]]\nversion = \"1.0.0\"\nrename-file = { from = \"a\", to = \"../x\" }\n";
    a_migration_from_outside: "\n[[migrations]]\nversion = \"1.0.0\"\nrename-file = { from = \"/etc/passwd\", to = \"a\" }\n";
    a_migration_onto_git_s_own: "\n[[migrations]]\nversion = \"1.0.0\"\nrename-file = { from = \"a\", to = \".git/hooks/pre-commit\" }\n";
    a_pattern_above_the_project: "\n[[writes]]\npattern = \"../**\"\nreason = \"Up.\"\n";
    a_pattern_at_the_root: "\n[[reads]]\npattern = \"/etc/**\"\nreason = \"Down.\"\n";
}
