//! Keys, signatures and trust, as an author and a user meet them.

use std::fs;

use scaffold_registry::keys::SigningKey;

use crate::{
    attacks::server::served,
    environment::{Run, Session, World},
    registry_server::Server,
    web::Web,
};

/// What differs from run to run: keys, the place of the home, the port of a server.
fn shown(world: &World, session: &Session) -> String {
    let home = world.path("").join("../home").canonicalize().unwrap();
    let text = session
        .to_string()
        .replace(home.to_str().unwrap(), "[HOME]");
    let text = replaced(&text, "acme+", "[KEY]", 53);
    let Some(at) = text.find("http://127.") else {
        return text;
    };
    let address: String = text[at + 7..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
        .collect();
    text.replace(&format!("http://{address}"), "[SERVER]")
}

/// Everything that begins so and goes on for so many characters more.
pub fn replaced(text: &str, start: &str, by: &str, more: usize) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += by;
        out += &part[more..];
    }
    out
}

pub fn keys(world: &World) -> std::path::PathBuf {
    world.path("../home/.config/scaffold/keys/acme")
}

/// With the registry named as a user names a server.
fn with(world: &World, url: &str, line: &str) -> Run {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let registry = format!("acme={url}");
    words.extend(["--registry", &registry]);
    world.run(&words)
}

#[test]
fn an_author_makes_a_key_and_publishes_with_it() {
    let world = World::new();
    world.small_packages();
    let mut session = Session::default();
    session.add(&world.scaffold("key list").succeeded());
    session.add(
        &world
            .scaffold("publish site --registry registry")
            .succeeded(),
    );
    session.add(&world.scaffold("key new acme").succeeded());
    session.add(&world.scaffold("key new acme").failed_with(2));
    session.add(&world.scaffold("key new Acme").failed_with(2));
    session.add(&world.scaffold("key new other -n --json").succeeded());
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    session.add(
        &world
            .scaffold("publish site --registry registry")
            .succeeded(),
    );
    session.add(
        &world
            .scaffold("info acme/site --registry registry")
            .succeeded(),
    );
    session.add(&world.scaffold("key list").succeeded());
    insta::assert_snapshot!(shown(&world, &session));
}

#[test]
fn a_user_hears_whom_they_trust_and_may_change_it() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    let (url, _) = served(&world, |_, _| false);
    let mut session = Session::default();
    session.add(&world.scaffold("key trust").succeeded());
    // Nothing is remembered of what was only looked at.
    with(&world, &url, "new acme/site shop --defaults -n").succeeded();
    let trust = world.path("../home/.config/scaffold/trust.toml");
    assert!(!trust.exists());
    session.add(&with(&world, &url, "new acme/site shop --defaults").succeeded());
    session.add(&with(&world, &url, "-C shop add blog").succeeded());
    session.add(&world.scaffold("key trust").succeeded());
    session.add(&world.scaffold("key trust acme --json").succeeded());
    session.add(&world.scaffold("key trust acme --forget").succeeded());
    session.add(&world.scaffold("key trust acme --forget").failed_with(2));
    session.add(&with(&world, &url, "info acme/site --json").succeeded());
    let other = SigningKey::from_seed("acme", &[9; 32])
        .unwrap()
        .verifying_key();
    session.add(
        &world
            .scaffold(&format!("key trust acme --key {other}"))
            .failed_with(5),
    );
    session.add(
        &world
            .scaffold("key trust acme --key nonsense")
            .failed_with(2),
    );
    let lock = world.read("shop/scaffold.lock");
    let signer = lock.lines().find_map(|line| line.strip_prefix("signer = "));
    let line = format!("key trust acme --key {}", signer.unwrap().trim_matches('"'));
    session.add(&world.scaffold(&line).succeeded());
    assert!(
        fs::read_to_string(&trust)
            .unwrap()
            .contains("confirmed = true")
    );
    insta::assert_snapshot!(shown(&world, &session));
}

/// What is seen for the first time is not remembered from a run that came to nothing before it was told.
#[test]
fn whom_nobody_was_told_of_nobody_trusts() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    let note = "registry/v1/releases/acme/site-blog/1.0.0.note";
    let good = world.read(note);
    let (statement, _) = good.split_once("\n\n").unwrap();
    let other = world.read("registry/v1/releases/acme/site/1.0.0.note");
    let (_, signature) = other.split_once("\n\n").unwrap();
    world.write(note, format!("{statement}\n\n{signature}"));
    let (url, _) = served(&world, |_, _| false);
    let new = "new acme/site shop --defaults --with acme/site-blog";
    let run = with(&world, &url, new).failed_with(5);
    assert!(!run.stderr.contains("Trusting"), "{run}");
    let trust = world.path("../home/.config/scaffold/trust.toml");
    assert!(!trust.exists(), "{run}");
    world.write(note, good);
    let run = with(&world, &url, new).succeeded();
    assert!(run.stderr.contains("Trusting acme"), "{run}");
    assert!(trust.exists());
}

#[test]
fn a_key_is_replaced_and_its_followers_follow() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    let (url, _) = served(&world, |_, _| false);
    with(&world, &url, "new acme/site shop --defaults").succeeded();
    let mut session = Session::default();
    session.add(&world.scaffold("key rotate nobody").failed_with(2));
    session.add(&world.scaffold("key rotate acme").succeeded());
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    session.add(
        &world
            .scaffold("publish site --registry registry")
            .succeeded(),
    );
    session.add(&with(&world, &url, "-C shop update --yes").succeeded());
    session.add(
        &world
            .scaffold("key rotate acme --revoke --registry registry")
            .succeeded(),
    );
    session.add(&with(&world, &url, "new acme/site other --defaults").failed_with(5));
    session.add(&world.scaffold("-C shop verify").succeeded());
    world.edit("site/scaffold.toml", "1.1.0", "1.2.0");
    world
        .scaffold("publish site --registry registry")
        .succeeded();
    session.add(&with(&world, &url, "-C shop update --yes").succeeded());
    session.add(&world.scaffold("-C shop verify").succeeded());
    insta::assert_snapshot!(shown(&world, &session));
}

/// A token of the registry in a folder, for one namespace.
pub fn token(world: &World, place: &str, namespace: &str) -> String {
    let line = format!("registry token new {place} --name Ann --namespace {namespace}");
    world.scaffold(&line).succeeded().stdout.trim().to_owned()
}

/// A line of somebody who has a token.
pub fn told(world: &World, token: &str, line: &str) -> Run {
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_TOKEN", token);
    world.finish(command)
}

#[test]
fn a_served_registry_is_told_at_once_that_a_key_was_replaced() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    let (mine, theirs) = (
        token(&world, "ours", "acme"),
        token(&world, "ours", "other"),
    );
    let server = Server::start(&world, "ours", "");
    let rotate = format!("key rotate acme --registry {}", server.url);
    let mut session = Session::default();
    // Who may not put the next set makes no key.
    session.add(&world.scaffold(&rotate).failed_with(4));
    session.add(&told(&world, "scaffold_made_up", &rotate).failed_with(4));
    session.add(&told(&world, &theirs, &rotate).failed_with(4));
    session.add(&told(&world, &mine, &format!("{rotate} --dry-run")).succeeded());
    assert!(!keys(&world).join("2.pem").exists());
    assert!(!world.path("ours/v1/namespaces").exists());
    session.add(&told(&world, &mine, &rotate).succeeded());
    session.add(&told(&world, &mine, &format!("{rotate} --revoke --json")).succeeded());
    for number in 1..=3 {
        let set = format!("{number}.note");
        let there = world.read(&format!("ours/v1/namespaces/acme/{set}"));
        assert_eq!(there, fs::read_to_string(keys(&world).join(set)).unwrap());
    }
    let publish = format!("publish site -y --registry {}", server.url);
    told(&world, &mine, &publish).succeeded();
    // What was not handed over goes with the next publication, also of a version that is there.
    world.scaffold("key rotate acme").succeeded();
    told(&world, &mine, &publish).succeeded();
    world.read("ours/v1/namespaces/acme/4.note");
    with(&world, &server.url, "new acme/site shop --defaults").succeeded();
    // Somebody else was faster with the next set.
    fs::remove_file(keys(&world).join("4.note")).unwrap();
    session.add(&told(&world, &mine, &rotate).failed_with(5));
    assert!(!keys(&world).join("4.note").exists());
    let id = theirs.split('_').nth(1).unwrap();
    insta::assert_snapshot!(shown(&world, &session).replace(id, "[TOKEN]"));
}

#[test]
fn a_key_that_was_made_and_not_taken_is_said_to_be_there() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    let config = world.read("registry/v1/config.json");
    let config = config.replace("\"api\":null", "\"api\":\"api/\"");
    world.write("registry/v1/config.json", config);
    let web = Web::with(world.path("registry"), |asked| {
        let answer = match (asked.method.as_str(), asked.path.ends_with("/1")) {
            ("PUT", true) => ("200 OK", ""),
            ("PUT", false) => ("409 Conflict", "{\"error\":\"somebody was faster\"}"),
            _ => return None,
        };
        Some(Some((answer.0.to_owned(), answer.1.into())))
    });
    let line = format!("key rotate acme --registry {}", web.url);
    let mut session = Session::default();
    session.add(&told(&world, "hush", &line).failed_with(1));
    insta::assert_snapshot!(shown(&world, &session));
    assert!(keys(&world).join("2.note").exists());
}

#[test]
fn a_key_under_a_passphrase() {
    let world = World::new();
    world.small_packages();
    let run = |line: &str, passphrase: Option<&str>| {
        let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
        if let Some(passphrase) = passphrase {
            command.env("SCAFFOLD_KEY_PASSPHRASE", passphrase);
        }
        world.finish(command)
    };
    let mut session = Session::default();
    session.add(&run("key new acme --passphrase", Some("")).failed_with(2));
    session.add(&run("key new acme --passphrase", Some("correct horse")).succeeded());
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    session.add(&run("publish site --registry registry", Some("wrong")).failed_with(2));
    session.add(&run("publish site --registry registry", None).failed_with(2));
    assert!(!world.read("registry/v1/index/acme/site").contains("1.1.0"));
    session.add(&run("publish site --registry registry", Some("correct horse")).succeeded());
    session.add(&world.scaffold("key list").succeeded());
    insta::assert_snapshot!(shown(&world, &session));
    let pem = fs::read_to_string(keys(&world).join("1.pem")).unwrap();
    assert!(
        pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        "{pem}"
    );
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    world.edit("site/scaffold.toml", "1.0.0", "1.1.0");
    let mut session = Session::default();
    let key = keys(&world).join("1.pem");
    let pem = fs::read(&key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |mode| fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o644);
        session.add(&world.refused("publish site --registry registry", 4));
        mode(0o600);
    }
    fs::write(&key, "junk").unwrap();
    session.add(&world.refused("publish site --registry registry", 1));
    // The key of somebody else.
    let other = SigningKey::from_seed("acme", &[9; 32]).unwrap();
    fs::write(&key, other.to_pem(None).unwrap().as_bytes()).unwrap();
    session.add(&world.refused("publish site --registry registry", 5));
    fs::write(&key, pem).unwrap();
    // The namespace belongs to other keys in that registry.
    let set = scaffold_registry::keys::KeySet::first(&other).unwrap();
    world.write(
        "other/v1/config.json",
        world.read("registry/v1/config.json"),
    );
    world.write("other/v1/namespaces/acme/1.note", set.to_note());
    session.add(&world.refused("publish site --registry other", 5));
    // What is trusted cannot be read.
    world.write("../home/.config/scaffold/trust.toml", "version = 9\n");
    session.add(&world.refused("key trust", 1));
    session.add(&world.refused("info django", 1));
    insta::assert_snapshot!(shown(&world, &session));
}
