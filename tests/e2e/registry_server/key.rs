//! `registry serve --key`: the server says every hour that it is up to date, and readers hold it to that.

use std::{
    net::{SocketAddr, TcpListener},
    thread,
    time::{Duration, SystemTime},
};

use scaffold_registry::{
    Config, Http,
    keys::{SigningKey, State},
};

use super::Server;
use crate::environment::{Run, World, loopback};

const CONFIG: &str = "registry/v1/config.json";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A registry with `acme/site` in a folder, two keys that may become its own, and an address that is always the same.
struct Scene {
    world: World,
    at: SocketAddr,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        world.small_packages();
        world.scaffold("key new acme").succeeded();
        std::fs::remove_dir_all(world.path("registry")).unwrap();
        for line in [
            "registry init registry --origin ours",
            "publish site --registry registry",
        ] {
            world.scaffold(line).succeeded();
        }
        for (file, number) in [("ours.pem", 1), ("other.pem", 2)] {
            world.write(file, key(number).to_pem(None).unwrap().as_str());
        }
        let free = TcpListener::bind(loopback()).unwrap();
        let at = free.local_addr().unwrap();
        Self { world, at }
    }

    fn serve(&self, more: &str) -> Server {
        Server::start_at(&self.world, self.at, "registry", more, &[])
    }

    /// What a user's program says when it makes a project.
    fn make(&self, project: &str) -> Run {
        let registry = format!("acme=http://{}/", self.at);
        self.world.run(&[
            "new",
            "acme/site",
            project,
            "--registry",
            &registry,
            "--defaults",
            "--yes",
        ])
    }

    /// Nobody gets anything, and is told why.
    #[track_caller]
    fn is_refused(&self, why: &str) {
        let run = self.make("refused").failed_with(5);
        assert!(run.stderr.contains(why), "{run}");
        assert!(!self.world.path("refused").exists(), "{run}");
    }

    /// What the user's program remembers of the registry: its key, and the newest state.
    fn remembered(&self) -> (String, SystemTime) {
        let text = self.world.read("../home/.config/scaffold/trust.toml");
        let trust: toml::Table = text.parse().unwrap();
        let pin = &trust["registry"][0];
        let time = humantime::parse_rfc3339(pin["time"].as_str().unwrap());
        (pin["key"].as_str().unwrap().to_owned(), time.unwrap())
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed("ours", &[number; 32]).unwrap()
}

#[test]
fn readers_remember_the_key_and_the_newest_state_that_a_server_showed() {
    let scene = Scene::new();
    let before = scene.world.read(CONFIG);
    let server = scene.serve("--key ours.pem");
    let config = Http::open(&server.url).unwrap().config().unwrap().clone();
    assert_eq!(config.key, Some(key(1).verifying_key()));
    State::read(&config.state.unwrap(), &key(1).verifying_key()).unwrap();
    scene.make("one").succeeded();
    let (pinned, first) = scene.remembered();
    assert_eq!(pinned, key(1).verifying_key().to_string());
    drop(server);
    // To the second.
    thread::sleep(Duration::from_millis(1100));
    let _server = scene.serve("--key ours.pem");
    scene.make("two").succeeded();
    let (pinned, second) = scene.remembered();
    assert_eq!(pinned, key(1).verifying_key().to_string());
    assert!(second > first, "{second:?} {first:?}");
    // It is the server's word; the registry it serves is as it was.
    assert_eq!(scene.world.read(CONFIG), before);
}

#[test]
fn a_server_that_comes_back_as_it_was_or_as_another_is_refused() {
    let scene = Scene::new();
    let own = scene.world.read(CONFIG);
    let server = scene.serve("--key ours.pem");
    scene.make("one").succeeded();
    let remembered = scene.remembered();
    drop(server);
    // Without the key it was seen with, and with another one.
    let server = scene.serve("");
    scene.is_refused("itself has changed");
    drop(server);
    let server = scene.serve("--key other.pem");
    scene.is_refused("itself has changed");
    drop(server);
    // An old copy, whose word is right and was said long ago.
    let old = Config {
        key: Some(key(1).verifying_key()),
        state: Some(State::sign(SystemTime::now() - 3 * DAY, &key(1)).unwrap()),
        ..Config::new("ours")
    };
    scene.world.write(CONFIG, old.to_json());
    let server = scene.serve("");
    scene.is_refused("it shows itself as it was at");
    drop(server);
    // A registry that has a key is not served with another.
    let refused = format!(
        "registry serve registry --listen {} --key other.pem",
        scene.at
    );
    let run = scene.world.scaffold(&refused).failed_with(1);
    assert!(run.stderr.contains("not the one in config.json"), "{run}");
    // None of that was remembered, and what is right is still right.
    assert_eq!(scene.remembered(), remembered);
    scene.world.write(CONFIG, own);
    let _server = scene.serve("--key ours.pem");
    scene.make("two").succeeded();
}
