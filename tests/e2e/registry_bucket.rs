//! A registry in a bucket of an object store, which `tests/prove-buckets.sh` starts: the bucket, the store's address and its
//! keys are in the environment. Built with the feature `prove-buckets` alone.

use std::{env, sync::Barrier, thread};

use scaffold_registry::storage;

use crate::{
    environment::World,
    registry_server::{Author, Server, killed_while_publishing, race},
};

/// Who asks at the same moment.
const RACERS: usize = 8;

/// What the object store is set up with.
fn settings() -> Vec<(String, String)> {
    let known = ["AWS_", "AZURE_", "AZURITE_", "GOOGLE_"];
    env::vars()
        .filter(|(name, _)| known.iter().any(|start| name.starts_with(start)))
        .collect()
}

/// The folder `prefix` of the bucket.
fn place(prefix: &str) -> String {
    let bucket = env::var("BUCKET").expect("run tests/prove-buckets.sh, which sets BUCKET");
    format!("{bucket}/{prefix}")
}

/// Each racer's answer.
fn at_once(racer: impl Fn(usize) -> bool + Sync) -> Vec<bool> {
    let start = Barrier::new(RACERS);
    thread::scope(|scope| {
        let run = |n| {
            let (start, racer) = (&start, &racer);
            scope.spawn(move || {
                start.wait();
                racer(n)
            })
        };
        let all: Vec<_> = (0..RACERS).map(run).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// That a publish is safe hangs on these two puts, so it is the store that is tried here, with nothing of ours between.
#[test]
fn the_store_keeps_to_conditional_puts() {
    let store = storage::open(&place("puts"), settings()).unwrap();
    store.check().unwrap();
    for round in 0..50 {
        let path = format!("file-{round}");
        let created = at_once(|n| {
            store
                .create(&path, format!("racer {n}").as_bytes())
                .unwrap()
        });
        let winner = created.iter().position(|&won| won).unwrap();
        assert_eq!(
            created.iter().filter(|&&won| won).count(),
            1,
            "round {round}"
        );
        let there = store.read(&path, 100).unwrap().unwrap();
        assert_eq!(there.bytes, format!("racer {winner}").as_bytes());

        let replaced = at_once(|n| {
            let text = format!("replaced by {n}");
            store
                .replace(&path, text.as_bytes(), Some(&there.tag))
                .unwrap()
        });
        let winner = replaced.iter().position(|&won| won).unwrap();
        assert_eq!(
            replaced.iter().filter(|&&won| won).count(),
            1,
            "round {round}"
        );
        let now = store.read(&path, 100).unwrap().unwrap();
        assert_eq!(now.bytes, format!("replaced by {winner}").as_bytes());
    }
    assert_eq!(store.read("none", 100).unwrap(), None);
    assert!(store.read("file-0", 3).is_err());
    let part = store.read_part("file-0", 2, 3).unwrap().unwrap();
    assert_eq!((part.bytes.len(), part.total), (3, 13));
    assert!(store.list("").unwrap().contains(&"file-7".to_owned()));
    store.remove("file-7").unwrap();
    store.remove("file-7").unwrap();
    assert!(!store.list("").unwrap().contains(&"file-7".to_owned()));
}

fn scene(prefix: &str) -> (World, String, Vec<(String, String)>, Author) {
    let world = World::new();
    let place = place(prefix);
    let env = settings();
    let author = Author::with_env(&world, &place, "acme", &borrowed(&env));
    (world, place, env, author)
}

fn borrowed(env: &[(String, String)]) -> Vec<(&str, &str)> {
    env.iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn two_servers_of_one_bucket_agree() {
    let (world, place, env, author) = scene("two");
    let servers = [0, 1].map(|_| Server::start_with(&world, &place, "--rate 0", &borrowed(&env)));
    author.put_keys(&servers[0]).unwrap();
    race(&servers, &author, 3, 6);
}

#[test]
fn a_server_of_a_bucket_that_is_killed_leaves_nothing_half_made() {
    let (world, place, env, author) = scene("killed");
    let start = || Server::start_with(&world, &place, "", &borrowed(&env));
    author.put_keys(&start()).unwrap();
    killed_while_publishing(&world, start, &author, 8);
}
