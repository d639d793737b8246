//! Who asks: tokens, where they are kept and where they go; and the ways to a registry.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use crate::{
    environment::{Run, Session, World},
    store::{line, shown, signed},
    web::{Asked, Web},
};

const TOKEN: &str = "sct_hush_hush";

/// A registry that shows itself to those alone who have the token, with an api that knows it.
fn private() -> (World, Web) {
    let world = signed();
    let config = world.read("registry/v1/config.json");
    let config = config.replace("\"api\":null", "\"api\":\"api/\"");
    world.write("registry/v1/config.json", config);
    let web = Web::with(world.path("registry"), |asked| {
        let is_known = asked.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        if !is_known {
            let body = b"{\"error\":\"nobody knows this token\"}".to_vec();
            return Some(Some(("401 Unauthorized".to_owned(), body)));
        }
        let me =
            b"{\"name\":\"ci\",\"namespaces\":[\"acme\"],\"expires\":\"2030-01-01T00:00:00Z\"}";
        (asked.path == "/api/v1/me").then(|| Some(("200 OK".to_owned(), me.to_vec())))
    });
    (world, web)
}

fn typed_in(world: &World, web: &Web, mut command: Command, input: &str) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    shown(world.ended(&command, &output), web)
}

/// With a folder for configuration in this world.
fn configured(world: &World, web: &Web, typed: &str) -> Command {
    let mut command = line(world, web, typed);
    command.env("SCAFFOLD_CONFIG", world.path("config"));
    command
}

#[test]
fn a_token_is_typed_once_checked_kept_and_sent() {
    let (world, web) = private();
    let run = |typed: &str| shown(world.finish(configured(&world, &web, typed)), &web);
    let login = |input: &str| {
        let command = configured(&world, &web, "login acme");
        typed_in(&world, &web, command, input)
    };
    let mut session = Session::default();
    session.add(&run("info acme/site").failed_with(4));
    session.add(&login("wrong\n").failed_with(4));
    session.add(&login("two words\n").failed_with(2));
    session.add(&login("\n").failed_with(2));
    assert!(!world.path("config/credentials.toml").exists());
    session.add(&login(&format!("{TOKEN}\n")).succeeded());
    let file = world.path("config/credentials.toml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    run("-v new acme/site shop --defaults").succeeded();
    run("-C shop add acme/site-blog --defaults").succeeded();
    for path in ["shop", "cache"] {
        for (name, (bytes, _)) in world.files(path) {
            let holds = bytes
                .windows(TOKEN.len())
                .any(|part| part == TOKEN.as_bytes());
            assert!(!holds, "{path}/{name}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        session.add(&run("info acme/site").failed_with(1));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    session.add(&run("logout acme").succeeded());
    session.add(&run("logout").succeeded());
    run("info acme/site").failed_with(4);
    session.add(&run("login nobody").failed_with(2));
    let text = session.to_string();
    assert!(!text.contains(TOKEN), "{text}");
    insta::assert_snapshot!(text);
}

/// Every request that came in with something that says who asks.
fn told(web: &Web) -> Vec<Asked> {
    let mut asked = web.asked();
    asked.retain(|asked| asked.header("authorization").is_some());
    asked
}

#[test]
fn the_token_of_the_environment_goes_to_the_registry_the_user_named_alone() {
    let (world, web) = private();
    let thief = Web::of(world.path("registry"));
    let with_token = |mut command: Command| {
        command.env("SCAFFOLD_TOKEN", TOKEN);
        command.env("SCAFFOLD_CONFIG", world.path("config"));
        let run = world.finish(command);
        assert!(!format!("{run}").contains(TOKEN), "{run}");
        run
    };
    // Named on the command line.
    with_token(line(&world, &web, "-v new acme/site shop --defaults")).succeeded();
    assert!(!told(&web).is_empty());

    // A project that names somewhere else for the namespace, and a lock that does.
    let lock = world.read("shop/scaffold.lock");
    world.write("shop/scaffold.lock", lock.replace(&web.url, &thief.url));
    let manifest = world
        .read("shop/scaffold.toml")
        .replace(&web.url, &thief.url);
    world.write("shop/scaffold.toml", manifest);
    let bare = |typed: &str| {
        let mut command = world.command(&typed.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("another-cache"));
        command
    };
    with_token(bare("-C shop update -v")).succeeded();
    assert!(thief.connections() > 0, "nobody went there");
    assert_eq!(told(&thief).len(), 0);

    // The only one that is configured.
    world.write(
        "config/config.toml",
        format!("[registries]\nacme = \"{}\"\n", web.url),
    );
    with_token(bare("info acme/site -v")).succeeded();
    with_token(bare("-C shop outdated -v")).succeeded();
    assert_eq!(told(&thief).len(), 0);
    // Two are too many.
    let two = format!(
        "[registries]\nacme = \"{}\"\nother = \"{}\"\n",
        web.url, thief.url
    );
    world.write("config/config.toml", two);
    with_token(bare("info acme/site -v")).failed_with(4);
    with_token(bare("info other/site -v"));
    assert_eq!(told(&thief).len(), 0);
}

#[test]
fn a_mirror_is_read_in_place_of_a_registry_and_gets_no_token_of_its() {
    let (world, web) = private();
    let mirror = Web::of(world.path("registry"));
    let config = format!(
        "[registries.acme]\nurl = \"{}\"\nmirror = \"{}\"\n",
        web.url, mirror.url
    );
    world.write("config/config.toml", config);
    let bare = |typed: &str| {
        let mut command = world.command(&typed.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        command.env("SCAFFOLD_CONFIG", world.path("config"));
        command
    };
    // Asks the registry itself, which alone knows its tokens.
    typed_in(&world, &web, bare("login acme"), TOKEN).succeeded();
    let before = web.connections();
    let run = world
        .finish(bare("new acme/site shop --defaults"))
        .succeeded();
    assert_eq!(web.connections(), before, "{run}");
    assert!(mirror.connections() > 0);
    assert_eq!(told(&mirror).len(), 0);
    let lock = world.read("shop/scaffold.lock");
    assert!(
        lock.contains(&web.url) && !lock.contains(&mirror.url),
        "{lock}"
    );
}

/// A server that leads somebody with a token elsewhere gets it to itself, and elsewhere gets nothing.
#[test]
fn a_redirect_does_not_carry_the_token() {
    let (world, _) = private();
    let thief = Arc::new(Web::of(world.path("registry")));
    let to = thief.url.clone();
    let sent = Arc::new(Mutex::new(0));
    let count = Arc::clone(&sent);
    let web = Web::with(world.path("registry"), move |asked| {
        *count.lock().unwrap() += usize::from(asked.header("authorization").is_some());
        let location = format!("302 Found\r\nLocation: {to}{}", &asked.path[1..]);
        Some(Some((location, Vec::new())))
    });
    let mut command = configured(&world, &web, "-v new acme/site shop --defaults");
    command.env("SCAFFOLD_TOKEN", TOKEN);
    let run = world.finish(command).failed_with(1);
    assert!(run.stderr.contains("not followed"), "{run}");
    assert!(!run.to_string().contains(TOKEN), "{run}");
    assert!(*sent.lock().unwrap() > 0, "the registry itself gets it");
    assert_eq!(thief.connections(), 0);
}
