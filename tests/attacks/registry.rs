//! Registries that lie: a folder with one file changed. Those on a web server are in `server`.

use std::{fs, thread};

use super::scene::{came_to_nothing, new, relist, told, typed, world_of};
use crate::{environment::World, guests::guest};

/// A registry whose package nobody has in a cache yet.
pub fn world() -> World {
    fresh(world_of(guest("writes-where-it-is-told")))
}

/// A package with a key, nowhere published.
pub fn unpublished() -> World {
    let world = World::new();
    world.write("evil/generator.wasm", guest("writes-where-it-is-told"));
    world.write("evil/scaffold.toml", super::scene::manifest(""));
    world.write("evil/salt", world.path("").to_str().unwrap());
    world.scaffold("key new evil").succeeded();
    world
}

/// The same, with a package that is signed, as it has to be on a server.
pub fn signed() -> World {
    let world = world_of(guest("writes-where-it-is-told"));
    world.scaffold("key new evil").succeeded();
    fresh(world)
}

fn fresh(world: World) -> World {
    world.write("evil/salt", world.path("").to_str().unwrap());
    fs::remove_dir_all(world.path("registry")).unwrap();
    fs::create_dir(world.path("registry")).unwrap();
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    world
}

const INDEX: &str = "registry/v1/index/evil/x";

/// With its registry changed, the package is not to be had, and the error says why.
#[track_caller]
fn refused(why: &str, change: impl Fn(&World)) {
    let world = world();
    change(&world);
    let run = new(&world, "");
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains(why), "{why}: {run}");
}

fn index(change: impl Fn(String) -> String) -> impl Fn(&World) {
    move |world| {
        let text = world.read(INDEX);
        world.write(INDEX, change(text));
    }
}

#[test]
fn a_blob_that_does_not_hash() {
    refused("has the digest", |world| {
        for entry in walk(&world.path("registry/v1/blobs")) {
            let mut bytes = fs::read(&entry).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(entry, bytes).unwrap();
        }
    });
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_blob_that_is_longer_than_it_says() {
    refused("bytes and the release of", |world| {
        relist(world, |line| line["size"] = 10.into())
    });
}

#[test]
fn a_blob_that_is_shorter_than_it_says() {
    refused("bytes and the release of", |world| {
        relist(world, |line| line["size"] = 1_000_000.into())
    });
}

#[test]
fn a_size_larger_than_any_package() {
    refused("longer than", |world| {
        relist(world, |line| line["size"] = u64::MAX.into())
    });
}

#[test]
fn a_blob_that_is_not_there() {
    refused("does not have its archive", |world| {
        fs::remove_dir_all(world.path("registry/v1/blobs")).unwrap()
    });
}

#[test]
fn a_junk_line() {
    refused(
        "line 2 of the index of evil/x",
        index(|text| text + "junk\n"),
    );
}

#[test]
fn a_line_without_end() {
    refused(
        "longer than 65536 bytes",
        index(|text| text + &"x".repeat(70_000)),
    );
}

#[test]
fn an_index_without_end() {
    refused(
        "more than a registry may send",
        index(|text| text.clone() + &text.replace("1.0.0", "2.0.0").repeat(10_000)),
    );
}

#[test]
fn nesting_without_end() {
    refused("line 1 of the index", index(|_| "[".repeat(60_000)));
}

#[test]
fn an_index_that_is_no_text() {
    refused("is not UTF-8", |world| {
        fs::write(world.path(INDEX), b"\xff\xfe").unwrap()
    });
}

#[test]
fn one_version_twice() {
    refused("a second time", index(|text| text.repeat(2)));
}

#[test]
fn a_line_about_another_package() {
    refused("it is about evil/y", |world| {
        relist(world, |line| line["name"] = "evil/y".into())
    });
}

#[test]
fn a_format_nobody_knows_is_no_release() {
    refused("evil/x", |world| relist(world, |line| line["v"] = 2.into()));
}

/// What a line of a later format says does not count, and those beside it do.
#[test]
fn a_line_of_a_later_format_is_skipped() {
    let world = world();
    let text = world.read(INDEX);
    world.write(INDEX, format!("{{\"v\":2,\"novel\":true}}\n{text}"));
    new(&world, "").succeeded();
}

macro_rules! disagrees {
    ($($name:ident: $change:expr;)*) => { $(
        #[test]
        fn $name() {
            let change: fn(&mut serde_json::Value) = $change;
            refused("registry", |world| relist(world, change));
        }
    )* };
}

// What was resolved and shown has to be what runs.
disagrees! {
    an_index_that_hides_what_is_written: |line| line["writes"] = serde_json::json!([]);
    an_index_with_another_version: |line| line["version"] = "2.0.0".into();
    an_index_with_another_kind: |line| line["kind"] = "theme".into();
    an_index_with_another_tree: |line| line["tree"] = format!("sha256:{}", "0".repeat(64)).into();
    an_index_with_an_engine: |line| line["engine"] = "scaffold/template@^1".into();
}

#[test]
fn a_registry_of_a_later_format() {
    refused("update scaffold", |world| {
        world.write("registry/v1/config.json", "{\"v\":2}")
    });
}

#[test]
fn a_config_without_end() {
    refused("more than a registry may send", |world| {
        world.write("registry/v1/config.json", " ".repeat(1 << 20))
    });
}

#[test]
fn no_registry_at_all() {
    refused("there is no registry", |world| {
        fs::remove_file(world.path("registry/v1/config.json")).unwrap()
    });
}

/// Names that look like another are no names: there is one way to write each.
#[test]
fn a_name_that_looks_like_another() {
    let world = world();
    for name in [
        "evil/X",
        "evil/x_y",
        "evil/\u{0445}",
        "\u{435}vil/x",
        "evil/x--y",
        "evil/-x",
        "evil/x\u{200b}",
        "evil/\u{ff58}",
    ] {
        let run = world.run(&[
            "new",
            name,
            "shop",
            "--registry",
            "evil=registry",
            "--defaults",
        ]);
        came_to_nothing(&world, &run);
        assert!(run.stderr.contains("is not a package name"), "{run}");
    }
}

/// A namespace that is configured comes from its registry alone, whoever else has the name.
#[test]
fn a_private_name_in_a_public_registry() {
    let world = world();
    world.write(
        "private/v1/config.json",
        world.read("registry/v1/config.json"),
    );
    let run = typed(
        &world,
        "new evil/x shop --registry evil=private --registry registry --defaults",
    );
    came_to_nothing(&world, &run);
    fs::remove_dir_all(world.path("private")).unwrap();
    let run = typed(
        &world,
        "new evil/x shop --registry evil=private --registry registry --defaults",
    );
    came_to_nothing(&world, &run);
}

/// A package whose bytes changed under its version is not taken for the one that was locked.
#[test]
fn a_version_that_was_replaced() {
    let world = world();
    new(&world, "").succeeded();
    super::scene::serve(
        &world,
        &super::archives::package(
            &super::scene::manifest("\n").replace("It means harm", "It means well"),
        ),
    );
    let line = "-C shop verify";
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    // Where nothing is in the cache.
    command.env("SCAFFOLD_CACHE", world.path("empty"));
    let run = super::scene::within(&world, command).failed_with(5);
    assert!(run.stderr.contains("the lock says"), "{run}");
}

#[test]
fn two_publishers_of_one_version() {
    let world = world();
    let before = world.read(INDEX);
    world.write("evil/generator.wasm", guest("panics"));
    let run = typed(&world, "publish evil --no-test --registry registry");
    told(&run);
    assert_eq!(world.read(INDEX), before, "{run}");
}

#[test]
fn two_that_publish_at_once() {
    let world = world();
    for round in 2..32 {
        let folders = ["one", "two"];
        for (folder, wasm) in folders.iter().zip(["panics", "recurses"]) {
            world.write(&format!("{folder}/generator.wasm"), guest(wasm));
            world.write(
                &format!("{folder}/scaffold.toml"),
                super::scene::manifest("").replace("1.0.0", &format!("1.0.{round}")),
            );
        }
        let codes: Vec<_> = thread::scope(|scope| {
            let runs = folders.map(|folder| {
                let world = &world;
                scope.spawn(move || {
                    typed(
                        world,
                        &format!("publish {folder} --no-test --registry registry"),
                    )
                    .code
                })
            });
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(
            codes.iter().filter(|code| **code == Some(0)).count(),
            1,
            "round {round}: {codes:?}"
        );
        assert_eq!(world.read(INDEX).lines().count(), round, "round {round}");
    }
    typed(&world, "info evil/x --registry evil=registry").succeeded();
}

/// The same where the package is in the cache already, which says nothing of what the registry lists it as.
#[test]
fn an_index_that_changes_its_mind() {
    let world = world();
    new(&world, "--dry-run").succeeded();
    for (field, lie) in [
        ("writes", serde_json::json!([])),
        ("kind", "theme".into()),
        ("version", "2.0.0".into()),
        ("requires", serde_json::json!({"scaffold/django": "^1"})),
        ("tree", format!("sha256:{}", "0".repeat(64)).into()),
    ] {
        let honest = world.read(INDEX);
        relist(&world, |line| line[field] = lie.clone());
        let run = new(&world, "");
        came_to_nothing(&world, &run);
        assert!(run.stderr.contains("registry"), "{field}: {run}");
        world.write(INDEX, honest);
    }
}

/// A lock that calls a package by another's name, where its bytes are in the cache.
#[test]
fn a_lock_that_calls_it_by_another_name() {
    let world = world();
    new(&world, "").succeeded();
    let lock = world.read("shop/scaffold.lock");
    for (from, to) in [
        ("evil/x", "scaffold/django"),
        ("version = \"1.0.0\"", "version = \"9.0.0\""),
    ] {
        world.write("shop/scaffold.lock", lock.replace(from, to));
        let run = typed(&world, "-C shop verify").failed_with(5);
        assert!(run.stderr.contains("evil/x"), "{run}");
    }
}
