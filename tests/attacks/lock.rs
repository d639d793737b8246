//! Lock files that were written, damaged or merged by somebody else: in a clone, a pull request, a bad merge.

use std::fs;

use super::scene::{clean, told, typed, world_of};
use crate::{environment::World, guests::guest};

/// A project of `evil/x`, and its lock.
fn project() -> (World, String) {
    let world = world_of(guest("writes-where-it-is-told"));
    super::scene::new(&world, "").succeeded();
    let lock = world.read("shop/scaffold.lock");
    (world, lock)
}

/// The lock is refused by every kind of command, and nothing is written.
#[track_caller]
fn refused(change: impl Fn(&str) -> String, why: &str) {
    let (world, good) = project();
    let bad = change(&good);
    assert_ne!(bad, good);
    world.write("shop/scaffold.lock", bad);
    for line in [
        "status",
        "verify",
        "list",
        "add evil/x --as other",
        "remove x",
    ] {
        let before = world.files("shop");
        let run = typed(&world, &format!("-C shop {line}"));
        told(&run);
        assert!(run.stderr.contains(why), "{why}: {run}");
        assert!(world.files("shop") == before, "{run}");
    }
}

fn swap<'a>(from: &'a str, to: &'a str) -> impl Fn(&str) -> String + 'a {
    move |text| text.replacen(from, to, 1)
}

macro_rules! refused_locks {
    ($($name:ident: $change:expr, $why:expr;)*) => { $(#[test] fn $name() { refused($change, $why); })* };
}

refused_locks! {
    conflict_markers: |text| format!("<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n"), "conflict markers";
    conflict_markers_in_the_middle: swap("\n[[generator]]", "\n<<<<<<< HEAD\n[[generator]]"), "conflict markers";
    a_future_format: swap("version = 1\n", "version = 2\nnovel = true\n"), "format 2";
    a_format_of_nonsense: swap("version = 1\n", "version = -1\n"), "format -1";
    an_unknown_field: swap("blob = ", "run = \"rm -rf /\"\nblob = "), "scaffold.lock";
    a_missing_blob: |text| text.lines().filter(|line| !line.starts_with("blob")).map(|line| format!("{line}\n")).collect(), "scaffold.lock";
    a_missing_tree: |text| text.lines().filter(|line| !line.starts_with("tree")).map(|line| format!("{line}\n")).collect(), "scaffold.lock";
    another_hash: swap("blob = \"sha256:", "blob = \"md5:"), "scaffold.lock";
    a_digest_that_is_too_short: swap("blob = \"sha256:", "blob = \"sha256:0\" # "), "scaffold.lock";
    one_instance_twice: |text| format!("{text}{}", &text[text.find("[[generator]]").unwrap()..]), "there twice";
    a_consent_class_nobody_knows: swap("blob = ", "allow = [\"everything\"]\nblob = "), "scaffold.lock";
    no_toml_at_all: |_| "What is this?\n".to_owned(), "scaffold.lock";
    no_text_at_all: |_| "\0".repeat(100), "scaffold.lock";
}

#[test]
fn nesting_without_end() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let (world, good) = project();
        let deep = format!("x = {}{}\n", open.repeat(100_000), close.repeat(100_000));
        world.write("shop/scaffold.lock", format!("{deep}{good}"));
        told(&typed(&world, "-C shop status"));
        world.write("shop/scaffold.lock", &good);
        let manifest = world.read("shop/scaffold.toml");
        world.write("shop/scaffold.toml", format!("{deep}{manifest}"));
        told(&typed(&world, "-C shop status"));
    }
}

/// Too large for memory, on a disk where it takes no room.
#[test]
fn a_lock_of_a_terabyte() {
    for file in ["scaffold.lock", "scaffold.toml"] {
        let (world, _) = project();
        let lock = fs::OpenOptions::new()
            .write(true)
            .open(world.path("shop").join(file))
            .unwrap();
        // Some file systems have no room for it even so.
        if lock
            .set_len(1 << 40)
            .or_else(|_| lock.set_len(1 << 32))
            .is_err()
        {
            continue;
        }
        let run = typed(&world, "-C shop status");
        told(&run);
        assert!(run.stderr.contains("larger than"), "{run}");
    }
}

#[test]
fn another_blob_than_the_registry_has() {
    let (world, lock) = project();
    let at = lock.find("blob = \"sha256:").unwrap() + 15;
    world.write(
        "shop/scaffold.lock",
        format!("{}000000{}", &lock[..at], &lock[at + 6..]),
    );
    for line in ["status", "verify", "add evil/x --as other"] {
        let run = typed(&world, &format!("-C shop {line}")).failed_with(5);
        assert!(run.stderr.contains("the lock says"), "{run}");
    }
}

/// What was generated is what the lock says that it is, or the project is not touched.
#[test]
fn another_tree_than_the_generators_make() {
    let (world, lock) = project();
    let at = lock.find("tree = \"sha256:").unwrap() + 15;
    world.write(
        "shop/scaffold.lock",
        format!("{}000000{}", &lock[..at], &lock[at + 6..]),
    );
    let before = world.files("shop");
    for line in ["verify", "add evil/x --as other"] {
        told(&typed(&world, &format!("-C shop {line}")).failed_with(5));
    }
    assert!(world.files("shop") == before);
}

/// A pull request may say that an official package comes from somewhere else; it does not get what official ones get.
#[test]
fn an_official_name_from_another_source() {
    let world = World::new();
    world.write("fake/generator.wasm", guest("writes-a-workflow"));
    world.write(
        "fake/scaffold.toml",
        super::scene::manifest("").replace("evil/x", "scaffold/django"),
    );
    world.write("registry/keep", "");
    fs::remove_file(world.path("registry/keep")).unwrap();
    world
        .scaffold("publish fake --no-test --registry registry")
        .succeeded();
    let run = typed(
        &world,
        "new scaffold/django shop --registry scaffold=registry --defaults --yes",
    )
    .failed_with(4);
    assert!(run.stderr.contains("--allow ci"), "{run}");
    assert!(!world.path("shop").exists());
    // Nor by a lock that calls the other source official.
    typed(
        &world,
        "new scaffold/django shop --registry scaffold=registry --defaults --allow ci",
    )
    .succeeded();
    let lock = world.read("shop/scaffold.lock");
    let start = lock.find("registry = \"").unwrap();
    let end = start + lock[start..].find('\n').unwrap();
    let forged = format!("{}registry = \"official\"{}", &lock[..start], &lock[end..])
        .replace("allow = [\"ci\"]\n", "");
    world.write("shop/scaffold.lock", forged);
    let manifest = world.read("shop/scaffold.toml");
    let registries = manifest
        .find("[registries]")
        .map_or(manifest.clone(), |at| manifest[..at].to_owned());
    world.write("shop/scaffold.toml", registries);
    for line in ["status", "verify", "sync --yes"] {
        let run = typed(&world, &format!("-C shop {line}"));
        told(&run);
        assert_eq!(run.code, Some(5), "{run}");
    }
}

/// A yes that the lock does not have is not there, whatever was generated already.
#[test]
fn a_lock_without_the_consent() {
    let world = world_of(guest("writes-a-workflow"));
    super::scene::new(&world, "--allow ci").succeeded();
    world.edit("shop/scaffold.lock", "allow = [\"ci\"]\n", "");
    let run = typed(&world, "-C shop verify").failed_with(4);
    assert!(run.stderr.contains("--allow ci"), "{run}");
}

#[test]
fn a_registry_in_the_manifest_that_is_none() {
    let (world, _) = project();
    let manifest = world.read("shop/scaffold.toml");
    let at = manifest.find("evil = ").unwrap();
    let end = at + manifest[at..].find('\n').unwrap();
    for place in [
        "../../../../../../../../etc",
        "/dev",
        "http://example.invalid/",
        "ftp://example.invalid",
        "https://user:secret@example.invalid/",
        "\u{1b}[2J",
        "",
    ] {
        let place = serde_json::to_string(place).unwrap();
        world.write(
            "shop/scaffold.toml",
            format!("{}evil = {place}{}", &manifest[..at], &manifest[end..]),
        );
        let before = world.files("shop");
        let run = typed(&world, "-C shop add evil/x --as other --offline");
        told(&run);
        assert!(!run.stderr.contains("secret@"), "{run}");
        assert!(world.files("shop") == before, "{run}");
    }
}

#[test]
fn answers_that_steer_a_terminal() {
    let (world, lock) = project();
    world.write(
        "shop/scaffold.lock",
        lock + "\n[generator.answers]\n\"\\u001b[2J\" = \"\\u001b]52;c;x\\u0007\\u202e\"\n",
    );
    for line in [
        "status",
        "verify",
        "list",
        "set x=y",
        "explain x",
        "list --json",
    ] {
        clean(&typed(&world, &format!("-C shop {line}")));
    }
}

/// In a folder that everybody may write to, anybody can leave a project for all who work below. Only the administrator can give
/// files away, so nobody else can set this scene.
#[cfg(unix)]
#[test]
fn a_project_of_somebody_else_s_above() {
    use std::os::unix::fs::chown;

    if !rustix::process::getuid().is_root() {
        return;
    }
    let stranger = Some(65534);
    let (world, _) = project();
    let mine = world.path("shop/mine");
    fs::create_dir(&mine).unwrap();
    let theirs = ["scaffold.lock", "scaffold.toml", ".scaffold"]
        .map(|name| world.path(&format!("shop/{name}")))
        .into_iter()
        .filter(|path| path.exists());
    for path in theirs {
        chown(path, stranger, None).unwrap();
    }
    let before = world.files("shop");
    let commands = ["status", "verify", "add evil/x --as other", "undo", "lock"];
    let refused = |line: &str| {
        let run = typed(&world, &format!("-C shop/mine {line}"));
        told(&run);
        assert!(run.stderr.contains("put there by another user"), "{run}");
        assert_eq!(run.code, Some(4), "{run}");
        assert!(world.files("shop") == before, "{run}");
    };
    commands.into_iter().for_each(refused);
    // Nor one that is to be made anew.
    let lock = world.path("shop/scaffold.lock");
    let text = fs::read(&lock).unwrap();
    fs::remove_file(&lock).unwrap();
    for line in ["add evil/x --as other", "lock"] {
        let run = typed(&world, &format!("-C shop/mine {line}"));
        told(&run);
        assert!(run.stderr.contains("put there by another user"), "{run}");
    }
    fs::write(&lock, text).unwrap();
    // It can be named; and whoever shares a folder with its owner works in a project of theirs.
    world.scaffold("-C shop status").succeeded();
    chown(&lock, stranger, None).unwrap();
    chown(&mine, stranger, None).unwrap();
    world.scaffold("-C shop/mine status").succeeded();
}
