//! Registries that have something of an author's, and not the author's key: on a server, as a stranger would run one.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use scaffold_registry::{
    Config, PackageName, Release, Statement,
    keys::{KeySet, Note, SigningKey, State},
    release::{read_index, write_index},
};

use super::{
    registry,
    scene::{came_to_nothing, told, typed, within},
    server::served,
};
use crate::environment::{Run, World};

const INDEX: &str = "registry/v1/index/evil/x";
const CONFIG: &str = "registry/v1/config.json";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("evil", &[number; 32]).unwrap()
}

/// A registry with one package, `evil/x` 1.0.0, signed by key 1 of set 1.
fn world() -> World {
    let world = registry::world();
    put_keys(&world, &KeySet::first(&key(1)).unwrap());
    sign(&world, 1, &key(1), |_| {});
    world
}

fn put_keys(world: &World, set: &KeySet) {
    world.write(&keys_path(set.number()), set.to_note());
}

fn keys_path(number: u32) -> String {
    format!("registry/v1/namespaces/evil/{number}.note")
}

/// The last version of `evil/x` in the index.
fn listed(world: &World) -> Release {
    let name: PackageName = "evil/x".parse().unwrap();
    let mut releases = read_index(&name, &world.read(INDEX)).unwrap();
    releases.pop().unwrap()
}

fn note_path(release: &Release) -> String {
    format!("registry/v1/releases/evil/x/{}.note", release.version)
}

/// States and signs what the index says, with a change that the index then says as well.
fn sign(world: &World, set: u32, key: &SigningKey, change: impl FnOnce(&mut Release)) {
    let mut release = listed(world);
    change(&mut release);
    world.write(INDEX, write_index(std::slice::from_ref(&release)).unwrap());
    let path = note_path(&release);
    let statement = Statement::signed(release, set, key).unwrap();
    world.write(&path, statement.to_note());
}

/// Puts another version into the registry, signed by somebody.
fn next(world: &World, version: &str, set: u32, key: &SigningKey) {
    let before = world.read(INDEX);
    world.write(
        "evil/scaffold.toml",
        super::scene::manifest("").replace("1.0.0", version),
    );
    // By a folder beside it, since what is tried here is not what `publish` would do.
    world.scaffold("publish evil --registry beside").succeeded();
    let published = world.read("beside/v1/index/evil/x");
    let line = published.lines().last().unwrap().to_owned();
    world.write(INDEX, format!("{line}\n"));
    let release = listed(world);
    let hex = release.blob.hex();
    let blob = format!("v1/blobs/sha256/{}/{hex}", &hex[..2]);
    let bytes = fs::read(world.path(&format!("beside/{blob}"))).unwrap();
    world.write(&format!("registry/{blob}"), bytes);
    sign(world, set, key, |_| {});
    let line = world.read(INDEX);
    world.write(INDEX, before + &line);
}

fn new(world: &World, url: &str) -> Run {
    let _ = fs::remove_dir_all(world.path("shop"));
    typed(
        world,
        &format!("new evil/x shop --registry evil={url} --defaults"),
    )
}

/// With its registry changed, the package is not to be had: the integrity of something is at stake, and the error says why.
#[track_caller]
fn refused(why: &str, change: impl FnOnce(&World)) {
    let world = world();
    change(&world);
    let (url, _) = served(&world, |_, _| false);
    denied(&world, &url, why);
}

#[track_caller]
fn denied(world: &World, url: &str, why: &str) {
    let run = new(world, url).failed_with(5);
    came_to_nothing(world, &run);
    assert!(run.stderr.contains(why), "{why}: {run}");
}

/// After an honest first use, the registry is changed: what it had is believed no more.
#[track_caller]
fn refused_later(why: &str, change: impl FnOnce(&World)) -> (World, String) {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    change(&world);
    denied(&world, &url, why);
    (world, url)
}

#[test]
fn an_honest_signature_is_believed() {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    let run = new(&world, &url).succeeded();
    let key = key(1).verifying_key().to_string();
    assert!(
        run.stderr
            .contains(&format!("Trusting evil of {url}/ by {key}")),
        "{run}"
    );
    assert!(
        world
            .read("shop/scaffold.lock")
            .contains(&format!("signer = \"{key}\""))
    );
    let again = new(&world, &url).succeeded();
    assert!(!again.stderr.contains("Trusting"), "told once: {again}");
}

#[test]
fn no_statement() {
    refused("its author has made no statement", |world| {
        fs::remove_file(world.path(&note_path(&listed(world)))).unwrap();
    });
}

#[test]
fn no_signature() {
    refused("it is not signed", |world| {
        let statement = Statement::unsigned(listed(world)).unwrap();
        world.write(&note_path(&listed(world)), statement.to_note());
    });
}

#[test]
fn a_signature_by_another_key() {
    refused("none of its signatures is by a key of set 1", |world| {
        sign(world, 1, &key(9), |_| {});
    });
}

#[test]
fn a_statement_that_was_changed() {
    refused("none of its signatures is by a key of set 1", |world| {
        let release = listed(world);
        let note = world.read(&note_path(&release));
        world.write(
            &note_path(&release),
            note.replace("It means harm", "It means well"),
        );
        world.edit(INDEX, "It means harm", "It means well");
    });
}

#[test]
fn keys_nobody_has_signed() {
    refused("none of its own keys has signed it", |world| {
        let set = world.read(&keys_path(1));
        let (line, _) = set.split_once('\n').unwrap();
        world.write(&keys_path(1), format!("{line}\n\n"));
    });
}

#[test]
fn no_keys_at_all() {
    refused("has no keys for evil", |world| {
        fs::remove_file(world.path(&keys_path(1))).unwrap();
    });
}

#[test]
fn an_index_that_says_something_else() {
    for field in ["size", "summary", "keywords"] {
        refused(
            &format!("disagree about the {field} of evil/x 1.0.0"),
            |world| {
                let mut release = listed(world);
                match field {
                    "size" => release.size += 1,
                    "summary" => release.summary = "Harmless.".into(),
                    _ => release.keywords.push("x".into()),
                }
                world.write(INDEX, write_index(&[release]).unwrap());
            },
        );
    }
}

/// Its author lies: the index and the statement agree, and the package is another.
#[test]
fn a_statement_that_says_something_else_than_the_package() {
    let world = world();
    sign(&world, 1, &key(1), |release| release.writes.clear());
    let (url, _) = served(&world, |_, _| false);
    let run = new(&world, &url);
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("disagree about the writes"), "{run}");
}

#[test]
fn keys_that_changed() {
    let (world, _) = refused_later("are not those that were trusted", |world| {
        put_keys(world, &KeySet::first(&key(9)).unwrap());
        next(world, "1.1.0", 1, &key(9));
    });
    // Nor is it pinned by having been looked at.
    let run = world.scaffold("key trust").succeeded();
    assert!(
        run.stdout.contains(&key(1).verifying_key().to_string()),
        "{run}"
    );
    assert!(
        !run.stdout.contains(&key(9).verifying_key().to_string()),
        "{run}"
    );
}

#[test]
fn keys_that_were_lost() {
    refused_later("has lost key set 1 of evil", |world| {
        fs::remove_file(world.path(&keys_path(1))).unwrap();
        next(world, "1.1.0", 1, &key(9));
    });
}

#[test]
fn keys_that_are_rotated_as_they_should_be() {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    let first = KeySet::first(&key(1)).unwrap();
    put_keys(&world, &first.rotate(&key(1), &key(2), false).unwrap());
    next(&world, "1.1.0", 2, &key(2));
    let run = new(&world, &url).succeeded();
    assert!(run.stderr.contains("New keys: evil"), "{run}");
    // What the old key has signed stays good.
    let line = format!("new evil/x@=1.0.0 old --registry evil={url} --defaults");
    typed(&world, &line).succeeded();
}

#[test]
fn a_rotation_the_old_key_has_not_signed() {
    refused_later("no key of the set before it has signed it", |world| {
        let first = KeySet::first(&key(1)).unwrap();
        let set = first.rotate(&key(1), &key(9), false).unwrap().to_note();
        // The first signature is the old key's.
        let lines: Vec<&str> = set.lines().collect();
        let [line, "", _, by_new] = lines[..] else {
            panic!("two signatures: {set}");
        };
        world.write(&keys_path(2), format!("{line}\n\n{by_new}\n"));
        next(world, "1.1.0", 2, &key(9));
    });
}

#[test]
fn a_rotation_of_other_keys() {
    refused_later("it was made after another set", |world| {
        let other = KeySet::first(&key(9)).unwrap();
        put_keys(world, &other.rotate(&key(9), &key(8), false).unwrap());
        next(world, "1.1.0", 2, &key(8));
    });
}

/// Somebody makes up a past of the keys that are trusted, in which their own was among them.
#[test]
fn another_past() {
    let world = world();
    let first = KeySet::first(&key(1)).unwrap();
    put_keys(&world, &first.rotate(&key(1), &key(2), false).unwrap());
    sign(&world, 2, &key(2), |_| {});
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    // The honest key is in it as well, so the set that is trusted is signed by one of its keys.
    let line = first.to_note().lines().next().unwrap().to_owned();
    let honest = format!("\"{}\"", key(1).verifying_key());
    let both = format!("{honest},\"{}\"", key(9).verifying_key());
    let mut past = Note::unsigned(line.replace(&honest, &both));
    past.sign(&key(9));
    world.write(&keys_path(1), past.to_string());
    next(&world, "1.1.0", 1, &key(9));
    denied(&world, &url, "it was made after another set");
}

fn revoke(world: &World) {
    let first = KeySet::first(&key(1)).unwrap();
    put_keys(world, &first.rotate(&key(1), &key(2), true).unwrap());
}

#[test]
fn a_revoked_key() {
    refused("is signed by a key that was revoked", revoke);
}

#[test]
fn a_revocation_that_is_hidden_again() {
    let (world, url) = refused_later("is signed by a key that was revoked", revoke);
    fs::remove_file(world.path(&keys_path(2))).unwrap();
    denied(&world, &url, "is signed by a key that was revoked");
}

/// A project that has locked it goes on, and its owner hears of it.
#[test]
fn a_key_that_is_revoked_under_a_project() {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    fs::rename(world.path("shop"), world.path("old")).unwrap();
    revoke(&world);
    denied(&world, &url, "is signed by a key that was revoked");
    let verified = typed(&world, "-C old verify").succeeded();
    assert!(verified.stderr.contains("was revoked since"), "{verified}");
    // Also where it has to be fetched again.
    let mut command = world.command(&["-C", "old", "verify"]);
    command.env("SCAFFOLD_CACHE", world.path("empty"));
    within(&world, command).succeeded();
}

/// A clone of a project, on a machine that never saw the registry: it is held to what the lock says.
#[test]
fn a_lock_of_another_author() {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    put_keys(&world, &KeySet::first(&key(9)).unwrap());
    next(&world, "1.1.0", 1, &key(9));
    let mut command = world.command(&["-C", "shop", "--yes", "update"]);
    command.env("SCAFFOLD_CONFIG", world.path("another"));
    let run = within(&world, command).failed_with(5);
    told(&run);
    assert!(
        run.stderr
            .contains("scaffold.lock has packages of evil signed by"),
        "{run}"
    );
    assert!(!world.path("another/trust.toml").exists());
}

#[test]
fn a_lock_that_names_another_signer() {
    let world = world();
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    let (honest, other) = (
        key(1).verifying_key().to_string(),
        key(2).verifying_key().to_string(),
    );
    // One of the same author, so that only the statement itself can tell.
    let first = KeySet::first(&key(1)).unwrap();
    put_keys(&world, &first.rotate(&key(1), &key(2), false).unwrap());
    world.edit("shop/scaffold.lock", &honest, &other);
    let mut command = world.command(&["-C", "shop", "verify"]);
    command.env("SCAFFOLD_CACHE", world.path("empty"));
    let run = within(&world, command).failed_with(5);
    assert!(
        run.stderr
            .contains("scaffold.lock says that evil/x 1.0.0 is signed by"),
        "{run}"
    );
}

/// In a folder nobody has to sign; a signature that is there all the same has to be right.
#[test]
fn a_wrong_signature_in_a_folder() {
    let world = world();
    sign(&world, 1, &key(9), |_| {});
    let run = super::scene::new(&world, "").failed_with(5);
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("none of its signatures"), "{run}");
}

/// The registry says that this is how it was so long ago, by its own key.
fn as_of(world: &World, ago: Duration, signer: &SigningKey) {
    let config = Config {
        key: Some(signer.verifying_key()),
        state: Some(State::sign(SystemTime::now() - ago, signer).unwrap()),
        ..Config::new("evil")
    };
    world.write(CONFIG, config.to_json());
}

/// After an honest first use of a registry that says how new it is, it says something else.
#[track_caller]
fn state(why: &str, change: impl FnOnce(&World)) {
    let world = world();
    as_of(&world, Duration::ZERO, &key(5));
    let (url, _) = served(&world, |_, _| false);
    new(&world, &url).succeeded();
    // What is within a day is another copy of it.
    as_of(&world, DAY / 2, &key(5));
    new(&world, &url).succeeded();
    change(&world);
    denied(&world, &url, why);
}

#[test]
fn a_registry_as_it_was_long_ago() {
    state("it shows itself as it was at", |world| {
        as_of(world, DAY * 3, &key(5))
    });
}

#[test]
fn a_registry_that_says_no_more_how_new_it_is() {
    state("it says no more how new it is", |world| {
        let config = Config {
            key: Some(key(5).verifying_key()),
            ..Config::new("evil")
        };
        world.write(CONFIG, config.to_json());
    });
}

#[test]
fn a_registry_with_another_key() {
    state("itself has changed", |world| {
        as_of(world, Duration::ZERO, &key(6))
    });
    state("itself has changed", |world| {
        world.write(CONFIG, Config::new("evil").to_json())
    });
}

#[test]
fn a_state_by_somebody_else() {
    state("it is not signed by", |world| {
        let config = Config {
            key: Some(key(5).verifying_key()),
            state: Some(State::sign(SystemTime::now(), &key(6)).unwrap()),
            ..Config::new("evil")
        };
        world.write(CONFIG, config.to_json());
    });
}

#[test]
fn a_registry_that_stands_still() {
    let world = world();
    as_of(&world, DAY * 20, &key(5));
    let (url, _) = served(&world, |_, _| false);
    let run = new(&world, &url).succeeded();
    assert!(run.stderr.contains("may be hidden"), "{run}");
    as_of(&world, DAY * 13, &key(5));
    let run = new(&world, &url).succeeded();
    assert!(!run.stderr.contains("may be hidden"), "{run}");
}

/// A time far ahead would make every honest one after it too old.
#[test]
fn a_registry_from_the_future() {
    let world = world();
    let ahead = State::sign(SystemTime::now() + DAY * 400, &key(5)).unwrap();
    let config = Config {
        key: Some(key(5).verifying_key()),
        state: Some(ahead),
        ..Config::new("evil")
    };
    world.write(CONFIG, config.to_json());
    let (url, _) = served(&world, |_, _| false);
    let run = new(&world, &url).succeeded();
    assert!(run.stderr.contains("the clock"), "{run}");
    as_of(&world, Duration::ZERO, &key(5));
    new(&world, &url).succeeded();
}
