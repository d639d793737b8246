//! What is kept of registries and packages, and who takes it away: through the real program and a real web server.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use crate::{
    environment::{Run, Session, World},
    signing::{keys, replaced},
    web::{Web, file},
};

/// A world with [`World::small_packages`], signed, as they have to be on a server.
pub fn signed() -> World {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    world
}

/// A world with [`World::small_packages`] behind a web server, and a cache of its own.
pub fn hosted() -> (World, Web) {
    let world = signed();
    let web = Web::of(world.path("registry"));
    (world, web)
}

/// A line with the registry, and with the cache of this world alone: what was said at an address is remembered.
pub fn line(world: &World, web: &Web, line: &str) -> Command {
    let line = format!("{line} --registry acme={}", web.url);
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", world.path("cache"));
    if !world.path("cache").exists() {
        with_compiled(world);
    }
    command
}

/// Engines need not be compiled by every test: that is kept by itself, and no test here is about it.
fn with_compiled(world: &World) {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-cache");
    let to = world.path("cache/compiled");
    fs::create_dir_all(&to).unwrap();
    let _ = fs::copy(
        shared.join("compiled.key"),
        world.path("cache/compiled.key"),
    );
    for file in walk(&shared.join("compiled")) {
        if file.extension().is_some_and(|end| end == "bin") {
            let _ = fs::copy(&file, to.join(file.file_name().unwrap()));
        }
    }
}

pub fn run(world: &World, web: &Web, typed: &str) -> Run {
    shown(world.finish(line(world, web, typed)), web)
}

/// Without what differs from run to run or build to build: the port, sizes, digests in paths.
pub fn shown(run: Run, web: &Web) -> Run {
    let plain = |text: String| {
        let text = text.replace(web.url.trim_end_matches('/'), "http://[HOST]");
        let text = replaced(&text, "acme+", "[KEY]", 53);
        let lines = text.split_inclusive('\n').map(without_digests);
        without_sizes(&lines.collect::<String>())
    };
    Run {
        line: plain(run.line),
        stdout: plain(run.stdout),
        stderr: plain(run.stderr),
        ..run
    }
}

fn without_digests(line: &str) -> String {
    let parts = line.split_inclusive(['/', ' ', ':', ';', '\n']);
    let hex = |part: &str| {
        let word = part.trim_end_matches(['/', ' ', ':', ';', '\n']);
        let is_hex = word.len() >= 16 && word.bytes().all(|b| b.is_ascii_hexdigit());
        match is_hex {
            true => format!("[HEX]{}", &part[word.len()..]),
            false => part.to_owned(),
        }
    };
    let text: String = parts.map(hex).collect();
    // The folder that a digest begins with.
    match text.split_once("sha256/") {
        Some((before, after)) if after.contains("/[HEX]") => {
            format!("{before}sha256/{}", &after[3..])
        }
        _ => text,
    }
}

fn without_sizes(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 1..words.len() {
        if words[at].starts_with("KiB") && words[at - 1] != "0" {
            words[at - 1] = "[N]";
        }
    }
    words.join(" ")
}

/// What depends on nothing that is not known yet is asked for together: first what the registry is and which versions
/// there are, then the statement, the keys it is signed with and the archive. Fewer cannot be: the index names the archive.
#[test]
fn a_cold_cache_takes_two_rounds_and_a_warm_one_asks_what_changed() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    let cold = web.rounds();
    let connections = web.connections();
    assert!(
        connections <= 4,
        "each round uses them again: {connections}"
    );
    run(&world, &web, "new acme/site other --defaults").succeeded();
    let warm = web.rounds();
    run(&world, &web, "-C shop verify").succeeded();
    let locked = web.rounds();
    insta::assert_snapshot!(format!("cold:\n{cold}\nwarm:\n{warm}\nlocked:\n{locked}"));
}

/// A copy vouches for nothing by itself: whoever remembers the key of the registry refuses it in its place.
#[test]
fn a_copy_that_stands_in_is_believed_by_who_remembers_the_registry() {
    let (world, web) = hosted();
    let key = keys(&world).join("1.pem").display().to_string();
    let index = world.scaffold(&format!("registry index registry --key {key}"));
    index.succeeded();
    run(&world, &web, "info acme/site").succeeded();
    world.scaffold("registry mirror registry copy").succeeded();
    let copy = Web::of(world.path("copy"));
    let settings = format!(
        "[registries.acme]\nurl = \"{}\"\nmirror = \"{}\"\n",
        web.url, copy.url
    );
    let config = keys(&world).join("../../config.toml");
    fs::write(config, settings).unwrap();
    let refused = run(&world, &web, "info acme/site").failed_with(5);
    assert!(refused.stderr.contains("itself has changed"), "{refused}");
    world
        .scaffold("registry mirror registry copy --stand-in")
        .succeeded();
    let before = web.connections();
    run(&world, &web, "info acme/site").succeeded();
    assert_eq!(web.connections(), before);
}

#[test]
fn what_cannot_be_kept_was_not_fetched() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    world.write("file", "");
    let mut command = line(&world, &web, "-C shop fetch");
    command.env("SCAFFOLD_CACHE", world.path("file/cache"));
    let run = shown(world.finish(command), &web).failed_with(1);
    assert!(run.stderr.contains("could not be kept"), "{run}");
}

#[test]
fn a_registry_that_takes_back_what_it_published_is_not_believed() {
    let (world, web) = hosted();
    let index = "registry/v1/index/acme/site";
    let before = world.read(index);
    world.publish_next("site", "1.0.0", "1.1.0");
    let after = world.read(index);
    let mut session = Session::default();
    session.add(&run(&world, &web, "info acme/site").succeeded());

    world.write(index, &before);
    session.add(&run(&world, &web, "info acme/site").failed_with(5));
    session.add(&run(&world, &web, "new acme/site shop --defaults").failed_with(5));
    let digits = |line: &str| line.split("sha256:").nth(1).unwrap()[..64].to_owned();
    let other = digits(&before).chars().rev().collect::<String>();
    world.write(index, after.replace(&digits(&before), &other));
    session.add(&run(&world, &web, "info acme/site").failed_with(5));
    fs::remove_file(world.path(index)).unwrap();
    session.add(&run(&world, &web, "info acme/site").failed_with(5));
    // Junk neither passes nor makes anybody forget.
    world.write(index, "junk\n");
    run(&world, &web, "info acme/site").failed_with(1);
    world.write(index, &before);
    run(&world, &web, "info acme/site").failed_with(5);

    world.write(index, &after);
    run(&world, &web, "info acme/site").succeeded();
    // Whoever knows that it was made anew says so.
    world.write(index, &before);
    let mut forget = world.command(&["cache", "clean", "--registry", &web.url]);
    forget.env("SCAFFOLD_CACHE", world.path("cache"));
    session.add(&shown(world.finish(forget).succeeded(), &web));
    run(&world, &web, "info acme/site").succeeded();
    insta::assert_snapshot!(session);
}

#[test]
fn a_version_that_turned_dangerous_is_told_by_whatever_looks() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    run(&world, &web, "new acme/site other --defaults").succeeded();
    let yank = world.small("yank acme/site@1.0.0 --security --reason Leaks.");
    world.scaffold(&yank).succeeded();
    let mut session = Session::default();
    // What nobody has asked the registry for since, nobody knows.
    session.add(&run(&world, &web, "-C shop status").succeeded());
    session.add(&run(&world, &web, "-C shop fetch").succeeded());
    session.add(&run(&world, &web, "-C shop verify").succeeded());
    session.add(&run(&world, &web, "-C shop add acme/site-blog --yes").succeeded());
    session.add(&run(&world, &web, "-C shop update --yes").succeeded());
    world.publish_next("site", "1.0.0", "1.0.1");
    session.add(&run(&world, &web, "-C shop update --yes").succeeded());
    session.add(&run(&world, &web, "-C shop fetch").succeeded());
    // Who adds something from a registry asks it for what is there already as well, whatever the cache knows.
    fs::remove_dir_all(world.path("cache/index")).unwrap();
    session.add(&run(&world, &web, "-C other add acme/site-blog --yes").succeeded());
    insta::assert_snapshot!(session);
}

#[test]
fn what_the_cache_holds_can_be_seen_checked_and_cleared_up() {
    let (world, web) = hosted();
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    let cache = |typed: &str| {
        let mut command = world.command(&typed.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        shown(world.finish(command), &web)
    };
    let listed = |run: &Run| -> serde_json::Value { serde_json::from_str(&run.stdout).unwrap() };
    let list = listed(&cache("cache list --json").succeeded());
    let names: Vec<_> = list["packages"].as_array().unwrap().iter().collect();
    assert!(
        names.iter().any(|p| p["package"] == "acme/site 1.0.0"),
        "{list}"
    );
    assert_eq!(list["registries"][0]["registry"], "http://[HOST]/");

    // An answer that was damaged is as good as none, and is asked for again.
    web.asked();
    for entry in walk(&world.path("cache/index")) {
        let mut bytes = fs::read(&entry).unwrap();
        bytes.pop();
        fs::write(entry, bytes).unwrap();
    }
    run(&world, &web, "info acme/site").succeeded();
    assert!(
        web.asked()
            .iter()
            .all(|asked| !asked.status.starts_with("304"))
    );
    let mut session = Session::default();
    session.add(&cache("cache verify").failed_with(5));
    session.add(&cache("cache verify").succeeded());

    // Nothing is older than it can be.
    session.add(&cache("cache prune").succeeded());
    let old = SystemTime::now() - Duration::from_secs(40 * 24 * 60 * 60);
    let blobs = walk(&world.path("cache/blobs"));
    for blob in &blobs {
        fs::File::open(blob).unwrap().set_modified(old).unwrap();
    }
    // What was used is not old.
    run(&world, &web, "-C shop verify").succeeded();
    session.add(&cache("cache prune -n").succeeded());
    for blob in &blobs {
        fs::File::open(blob).unwrap().set_modified(old).unwrap();
    }
    let would = cache("cache prune -n --json --older-than 30d").succeeded();
    assert_eq!(listed(&would)["files"], blobs.len());
    assert!(blobs.iter().all(|blob| blob.exists()));
    cache("cache prune --older-than 30d").succeeded();
    assert!(blobs.iter().all(|blob| !blob.exists()));
    let all = cache("cache prune --larger-than 0bytes --json").succeeded();
    assert_eq!(listed(&all)["left"], 0);
    assert!(
        !walk(&world.path("cache/index")).is_empty(),
        "what it said stays"
    );
    session.add(&cache("cache prune --larger-than 5").failed_with(2));
    run(&world, &web, "-C shop verify").succeeded();
    insta::assert_snapshot!(session);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Everything half-made: what lies in the cache and is neither kept nor the lock.
fn half_made(world: &World) -> Vec<std::path::PathBuf> {
    walk(&world.path("cache/tmp"))
}

#[test]
fn many_processes_fill_one_cache_at_once() {
    let (world, web) = hosted();
    let all: Vec<_> = (0..6)
        .map(|number| {
            let typed = format!("new acme/site shop{number} --defaults");
            let mut command = line(&world, &web, &typed);
            command.stdin(Stdio::null()).stdout(Stdio::null());
            command.stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert!(!told.contains("warning"), "{told}");
    }
    for number in 0..6 {
        run(&world, &web, &format!("-C shop{number} verify")).succeeded();
    }
    run(&world, &web, "cache verify").succeeded();
    assert_eq!(half_made(&world), Vec::<std::path::PathBuf>::new());
}

#[cfg(unix)]
#[test]
fn what_a_running_process_uses_stays_and_what_is_interrupted_leaves_nothing() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = signed();
    let root = world.path("registry");
    let begun = std::sync::Arc::new(AtomicBool::new(false));
    let (seen, from) = (std::sync::Arc::clone(&begun), root.clone());
    let web = Web::with(root, move |asked| {
        let archive = asked.path.contains("/blobs/");
        if archive && !seen.swap(true, Ordering::SeqCst) {
            // Half of it, and then nothing for as long as anybody waits.
            let (status, bytes) = file(&from, asked);
            let half = bytes[..bytes.len() / 2].to_vec();
            std::thread::sleep(Duration::from_secs(20));
            return Some(Some((status, half)));
        }
        None
    });
    let mut busy = line(&world, &web, "new acme/site shop --defaults")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = SystemTime::now() + Duration::from_secs(30);
    while !begun.load(Ordering::SeqCst) {
        assert!(SystemTime::now() < deadline, "it never asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut session = Session::default();
    for typed in ["cache prune --no-wait", "cache clean --no-wait"] {
        let mut command = world.command(&typed.split(' ').collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("cache"));
        session.add(&world.finish(command).failed_with(1));
    }
    // As Ctrl-C does.
    kill_process(Pid::from_child(&busy), Signal::INT).unwrap();
    assert!(!busy.wait().unwrap().success());
    assert!(!world.path("shop").exists());
    assert_eq!(
        walk(&world.path("cache/blobs")),
        Vec::<std::path::PathBuf>::new()
    );
    assert_eq!(half_made(&world), Vec::<std::path::PathBuf>::new());
    // And nothing is in the way of the next.
    run(&world, &web, "new acme/site shop --defaults").succeeded();
    run(&world, &web, "cache prune --no-wait").succeeded();
    insta::assert_snapshot!(session);
}
