//! Long transfers over a line that breaks off, stands still, or is given up: through the real program and the real server.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    environment::{World, loopback},
    registry_server::Server,
    signing::{token, told},
    terminal::talk_to,
};

/// More than any other answer here, and less than the archive.
const HALF: usize = 200 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

enum Fate {
    Passes,
    Breaks,
    Waits(Duration),
}

/// A line to a server, which does with every piece what it is told for the way and the bytes so far in a connection.
struct Line {
    url: String,
    /// Everything that was sent up.
    asked: Arc<Mutex<Vec<u8>>>,
}

impl Line {
    fn to(server: &Server, fate: impl Fn(Way, usize) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(loopback()).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let there = server
            .url
            .trim_start_matches("http://")
            .trim_end_matches('/');
        let (there, fate) = (there.to_owned(), Arc::new(fate));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for here in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(&there) else {
                    return;
                };
                let (fate, log) = (Arc::clone(&fate), Arc::clone(&log));
                let ends = (here.try_clone().unwrap(), there.try_clone().unwrap());
                let back = Arc::clone(&fate);
                thread::spawn(move || {
                    pass(ends.0, ends.1, &|bytes, part| {
                        log.lock().unwrap().extend_from_slice(part);
                        fate(Way::Up, bytes)
                    })
                });
                thread::spawn(move || pass(there, here, &|bytes, _| back(Way::Down, bytes)));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> String {
        String::from_utf8_lossy(&self.asked.lock().unwrap()).to_lowercase()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, fate: &dyn Fn(usize, &[u8]) -> Fate) {
    let (mut part, mut bytes) = ([0; 8192], 0);
    while let Ok(length @ 1..) = from.read(&mut part) {
        bytes += length;
        match fate(bytes, &part[..length]) {
            Fate::Passes => {}
            Fate::Breaks => break,
            Fate::Waits(time) => thread::sleep(time),
        }
        if to.write_all(&part[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// A server, the token of `acme`'s author, and a package whose archive is long; published if that is asked for.
fn scene(is_published: bool) -> (World, Server, String) {
    let world = World::new();
    world.scaffold("key new acme").succeeded();
    world.small_packages();
    // Nothing that packs well.
    let mut seed = 1_u32;
    let noise = (0..2 * HALF).map(|_| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed.to_le_bytes()[0]
    });
    world.write("site/template/app/photo.png", noise.collect::<Vec<u8>>());
    let token = token(&world, "ours", "acme");
    let server = Server::start(&world, "ours", "");
    if is_published {
        told(&world, &token, &publish(&server.url)).succeeded();
    }
    (world, server, token)
}

fn publish(url: &str) -> String {
    format!("publish site -y --no-test --registry {url}")
}

/// With a cache of its own.
fn new(world: &World, url: &str) -> Command {
    let line = format!("new acme/site shop --defaults --registry acme={url}");
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", world.path("cache"));
    command
}

#[test]
fn an_archive_that_breaks_off_is_taken_up_where_it_was() {
    let (world, server, _) = scene(true);
    let broken = AtomicBool::new(false);
    let line = Line::to(&server, move |way, bytes| {
        match way == Way::Down && bytes > HALF && !broken.swap(true, Ordering::SeqCst) {
            true => Fate::Breaks,
            false => Fate::Passes,
        }
    });
    let run = world.finish(new(&world, &line.url)).succeeded();
    let asked = line.asked();
    assert_eq!(asked.matches("range: bytes=").count(), 1, "{asked}");
    assert!(!asked.contains("range: bytes=0-"), "{asked}");
    // Nobody looks at a bar where there is no terminal.
    assert!(
        !run.stderr.contains(['\r', '\u{1b}']) && !run.stderr.contains("Fetching"),
        "{run}"
    );
    world.scaffold("-C shop verify").succeeded();
}

#[test]
fn somebody_at_a_terminal_sees_how_far_it_is() {
    let (world, server, _) = scene(true);
    let waited = AtomicBool::new(false);
    let line = Line::to(&server, move |way, bytes| {
        match way == Way::Down && bytes > HALF && !waited.swap(true, Ordering::SeqCst) {
            true => Fate::Waits(Duration::from_secs(2)),
            false => Fate::Passes,
        }
    });
    let mut command = new(&world, &line.url);
    command.arg("--yes");
    let shown = talk_to(&command, &[]);
    assert!(shown.contains("KiB/"), "{shown:?}");
    assert!(world.path("shop/app/photo.png").exists(), "{shown:?}");
}

/// The same program so that Ctrl-C ends it: whoever runs the tests in the background of a script has every child ignore it.
fn interruptible(program: &Command) -> Command {
    let mut command = Command::new("/usr/bin/env");
    if cfg!(target_os = "linux") {
        command.arg("--default-signal=INT");
    }
    command
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(program.get_current_dir().unwrap())
        .env_clear();
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

/// A line that stands still once, in the middle of the archive; and whether it does.
fn standing_still(server: &Server, on: Way) -> (Line, Arc<AtomicBool>) {
    let begun = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&begun);
    let line = Line::to(server, move |way, bytes| {
        match way == on && bytes > HALF && !seen.swap(true, Ordering::SeqCst) {
            true => Fate::Waits(Duration::from_secs(20)),
            false => Fate::Passes,
        }
    });
    (line, begun)
}

/// Ctrl-C, once `begun`.
#[track_caller]
fn interrupted(command: &Command, begun: &AtomicBool) {
    let mut command = interruptible(command);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !begun.load(Ordering::SeqCst) {
        assert!(Instant::now() < deadline, "it never came so far");
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    // A shell calls it 130.
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

#[test]
fn a_download_that_is_given_up_leaves_nothing_behind() {
    let (world, server, _) = scene(true);
    let (line, begun) = standing_still(&server, Way::Down);
    interrupted(&new(&world, &line.url), &begun);
    assert!(!world.path("shop").exists());
    assert_eq!(
        world
            .files("cache")
            .keys()
            .filter(|name| name.starts_with("blobs/"))
            .count(),
        0
    );
    world.finish(new(&world, &line.url)).succeeded();
}

#[test]
fn an_upload_that_is_given_up_publishes_nothing() {
    let (world, server, token) = scene(false);
    let (line, begun) = standing_still(&server, Way::Up);
    let words = publish(&line.url);
    let mut command = world.command(&words.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_TOKEN", &token);
    interrupted(&command, &begun);
    for path in ["ours/v1/index", "ours/v1/releases", "ours/v1/blobs"] {
        assert!(!world.path(path).exists(), "{path}");
    }
    told(&world, &token, &words).succeeded();
    world.finish(new(&world, &line.url)).succeeded();
}
