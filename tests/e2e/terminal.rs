//! With somebody at a real terminal: what is asked, in which order, and what a yes gives.
//!
//! `script`, which every Linux has, makes the terminal.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use scaffold::ui::clean::is_hidden;

use crate::environment::World;

/// How long something may take to be shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is shown until the program ends, when each reply is typed after the words before it were shown.
#[track_caller]
fn talk(world: &World, line: &str, replies: &[(&str, &str)]) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    talk_to(&world.command(&words), replies)
}

#[track_caller]
pub fn talk_to(program: &Command, replies: &[(&str, &str)]) -> String {
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
    let mut inner = format!(
        "stty cols 100 rows 40; exec {}",
        quoted(program.get_program())
    );
    for word in program.get_args() {
        inner.push_str(&format!(" {}", quoted(word)));
    }
    let mut command = Command::new("/usr/bin/script");
    command.env_clear();
    for (key, value) in program.get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    command
        .envs([
            ("TERM", "xterm"),
            ("SHELL", "/bin/sh"),
            ("PATH", "/usr/bin:/bin"),
        ])
        .current_dir(program.get_current_dir().unwrap())
        .args(["-qefc", &inner, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut typed = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (send, shown) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = screen.read(&mut part) {
            if send.send(part[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut all = Vec::new();
    let mut seen = 0;
    for (words, reply) in replies {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = String::from_utf8_lossy(&all[seen..]).into_owned();
            if text.contains(words) {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            match shown.recv_timeout(left) {
                Ok(part) => all.extend(part),
                Err(_) => {
                    let _ = child.kill();
                    panic!("{words:?} was not shown: {text}");
                }
            }
        }
        seen = all.len();
        typed.write_all(reply.as_bytes()).unwrap();
    }
    all.extend(shown.iter().flatten());
    assert!(
        child.wait().unwrap().success(),
        "{}",
        String::from_utf8_lossy(&all)
    );
    reader.join().unwrap();
    String::from_utf8(all).unwrap()
}

/// A world whose registry holds `acme/quotes`, which asks to read and makes a workflow.
fn world(default: &str) -> World {
    let world = World::new();
    world.write(
        "quotes/scaffold.toml",
        format!(
            "[package]\nname = \"acme/quotes\"\nversion = \"1.0.0\"\nkind = \"module\"\nsummary = \"Quotes.\"\nlicense = \"MIT\"\n\
             engine = \"scaffold/template@^1\"\n\n[[reads]]\npattern = \"*.md\"\nreason = \"It quotes them.\"\n\n\
             [[writes]]\npattern = \"**\"\nreason = \"Quotes.\"\n\n\
             [[questions]]\nname = \"title\"\nprompt = \"Which title?\"\ntype = \"text\"\ndefault = \"{default}\"\n"
        ),
    );
    world.write("quotes/template/.github/workflows/ci.yml", "on: push\n");
    world.write(
        "quotes/template/quotes.txt.jinja",
        "{{ title }}: {{ project_file('README.md') }}\n",
    );
    world.registry(&["quotes"]);
    world.write("shop/README.md", "mine");
    world
}

#[test]
fn reading_and_classes_are_asked_one_by_one_and_then_the_plan() {
    let world = world("Quotes");
    let line = world.small("-C shop add acme/quotes --color never");
    let replies = [
        ("Allow these?", "y\r"),
        ("Which title?", "\r"),
        ("Allow these?", "y\r"),
        ("Apply?", "y\r"),
    ];
    let shown = talk(&world, &line, &replies);
    let place = |words: &str| {
        shown
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {shown}"))
    };
    assert!(place("read *.md: It quotes them.") < place("Which title?"));
    assert!(place("Which title?") < place("ci  .github/workflows/ci.yml"));
    assert!(place("ci  .github/workflows/ci.yml") < place("Plan for shop"));
    assert_eq!(world.read("shop/quotes.txt"), "Quotes: mine\n");
    let lock = world.read("shop/scaffold.lock");
    assert!(
        lock.contains("allow = [\"ci\"]") && lock.contains("patterns = [\"*.md\"]"),
        "{lock}"
    );
}

/// What inquire and our own styles send is left; what the package says is not.
#[test]
fn a_text_that_is_offered_cannot_steer_the_terminal() {
    let world = world("my\\u202epohs\\u200b\\ufeff");
    let line = world.small("-C shop add acme/quotes --allow ci,read --color never");
    let shown = talk(&world, &line, &[("Which title?", "\r"), ("Apply?", "y\r")]);
    assert!(shown.contains("my\u{FFFD}pohs\u{FFFD}\u{FFFD}"), "{shown}");
    let bad = shown
        .chars()
        .find(|&c| is_hidden(c) && !c.is_ascii_control());
    assert_eq!(bad, None, "{shown:?}");
    // It is what the author meant all the same.
    assert_eq!(
        world.read("shop/quotes.txt"),
        "my\u{202e}pohs\u{200b}\u{feff}: mine\n"
    );
}
