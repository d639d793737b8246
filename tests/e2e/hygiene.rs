//! Words that steer a terminal, in every field that a package, a registry or a command line has, shown by every command
//! that shows it.

use std::fs;

use scaffold::ui::clean::is_hidden;

use crate::environment::{Run, World};

/// Clears the screen, links, fills the clipboard, recolours, reverses, hides, overwrites.
const HOSTILE: &str = "a\u{1b}[2Jb\u{1b}]8;;http://x\u{7}c\u{1b}]52;c;ZXZpbA==\u{7}d\u{9b}31me\u{202e}f\u{200b}g\rh\u{feff}i";

/// The same without control characters, which some fields refuse.
const TWISTED: &str = "e\u{202e}f\u{200b}g\u{2066}h\u{feff}i";

/// A text as TOML and JSON write it.
fn escaped(text: &str) -> String {
    let escape = |c: char| match is_hidden(c) {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Nothing that is shown can steer a terminal, and `--json` is one document that lost nothing.
#[track_caller]
fn clean(run: Run) -> Run {
    for text in [&run.stdout, &run.stderr] {
        let bad = text.chars().find(|&c| c != '\n' && is_hidden(c));
        assert_eq!(bad, None, "{run}");
    }
    assert_ne!(run.code, Some(101), "{run}");
    assert_ne!(run.code, Some(70), "{run}");
    if run.line.contains("--json") {
        let read = serde_json::from_str::<serde_json::Value>(&run.stdout);
        assert!(read.is_ok(), "{run}");
    }
    run
}

/// Our own colours are taken out, and nothing else that an escape begins.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match digits.strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => out.push_str(&["\u{1b}[", part].concat()),
        }
    }
    out
}

/// Both as people and as programs read it.
#[track_caller]
fn both(world: &World, words: &[&str]) -> String {
    let people = clean(world.run(words));
    let programs = clean(world.run(&[words, &["--json"]].concat()));
    assert_eq!(people.code, programs.code, "{people}{programs}");
    people.stdout + &people.stderr + &programs.stdout
}

/// A module in `evil/` with hostile words wherever its author may choose words, and its registry.
fn world() -> World {
    let world = World::new();
    let words = escaped(HOSTILE);
    let twisted = escaped(TWISTED);
    world.write(
        "evil/scaffold.toml",
        format!(
            "[package]\nname = \"evil/x\"\nversion = \"1.0.0\"\nkind = \"project\"\nsummary = \"Harmless.\"\nlicense = \"MIT\"\n\
             engine = \"scaffold/template@^1\"\n\n\
             [[writes]]\npattern = \"**\"\nreason = \"It makes files.\"\n\n\
             [[questions]]\nname = \"colour\"\nprompt = \"{words}\"\nhelp = \"{words}\"\ntype = \"one-of\"\n\
             choices = [{{ value = \"{twisted}\", label = \"{words}\" }}, {{ value = \"plain\", label = \"{words}\" }}]\n\
             default = \"{twisted}\"\n\n\
             [[questions]]\nname = \"title\"\nprompt = \"{words}\"\ntype = \"text\"\ndefault = \"{twisted}\"\n\n\
             [[steps]]\nwhy = \"{words}\"\ncommand = \"echo {words}\"\n\n\
             [[notes]]\ntext = \"{words}\"\n"
        ),
    );
    world.write(
        "evil/template/page.txt.jinja",
        format!("{HOSTILE}\n{{{{ title }}}}\n"),
    );
    world.write("evil/README.md", HOSTILE);
    world.write("evil/CHANGELOG.md", changes("1.0.0"));
    world.registry(&["evil"]);
    world
}

fn changes(version: &str) -> String {
    format!("# Changes\n\n## [{version}]\n- {HOSTILE}\n")
}

#[test]
fn what_a_package_says_is_clean_in_every_command() {
    let world = world();
    let registry = format!("evil={}", world.path("registry").display());
    let line = |words: &[&'static str]| -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        ["--registry".to_owned(), registry.clone()]
            .into_iter()
            .chain(words)
            .collect()
    };
    let shown = |words: &[&'static str]| {
        let words = line(words);
        both(
            &world,
            &words.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    };
    let run = |words: &[&'static str]| {
        let words = line(words);
        clean(world.run(&words.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    // What steers a terminal is seen to be there, so it was not left out before it came to be shown.
    for words in [
        &["info", "evil/x"][..],
        &["new", "evil/x", "shop", "--no-input"],
        &["new", "evil/x", "shop", "--defaults", "-n", "--diff"],
    ] {
        assert!(shown(words).contains('\u{FFFD}'), "{words:?}");
    }
    for words in [
        &["search"][..],
        &["inspect", "evil/x"],
        &["inspect", "./evil"],
        &["pack", "evil", "-n"],
        &["new", "evil/x", "shop", "--defaults", "-n"],
        &["new", "evil/x", "shop", "--defaults", "--colour", "none"],
    ] {
        shown(words);
    }
    let help = run(&["new", "evil/x", "--help"]);
    assert!(help.stdout.contains('␛'), "{help}");

    let made = run(&["new", "evil/x", "shop", "--defaults"]).succeeded();
    assert!(made.stderr.contains("␛[2Jb␛]8;;http://x␇"), "{made}");
    for words in [
        &["-C", "shop", "list"][..],
        &["-C", "shop", "status"],
        &["-C", "shop", "verify"],
        &["-C", "shop", "outdated"],
        &["-C", "shop", "undo", "--list"],
    ] {
        shown(words);
    }
    // A file's own bytes reach a program that reads a patch, and no person.
    world.write("shop/page.txt", format!("{HOSTILE} edited\n"));
    let mut colored = world.scaffold("-C shop diff --color always").succeeded();
    colored.stdout = without_styles(&colored.stdout);
    assert!(clean(colored).stdout.contains("␛[2J"));
    shown(&["-C", "shop", "diff", "--stat"]);

    world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    world.write("evil/CHANGELOG.md", changes("1.1.0"));
    world.write("evil/template/page.txt.jinja", format!("{HOSTILE} anew\n"));
    world.registry(&["evil"]);
    let news = shown(&["-C", "shop", "update", "-n"]);
    assert!(
        news.contains("␛[2J") && news.contains("\\u001b[2J"),
        "{news}"
    );
    run(&["-C", "shop", "update"]).failed_with(3);
    shown(&["-C", "shop", "status"]);
    shown(&["-C", "shop", "resolve"]);
    run(&["-C", "shop", "abort"]);
}

#[test]
fn what_a_user_types_is_clean_as_well() {
    let world = world();
    let registry = format!("evil={}", world.path("registry").display());
    for words in [
        &["new", HOSTILE, "shop"][..],
        &["new", "evil/x", HOSTILE, "--defaults"],
        &["new", "evil/x", "shop", "--defaults", "--data", HOSTILE],
        &["new", "evil/x", "shop", "--defaults", "--title", HOSTILE],
        &["new", "evil/x", "shop", "--defaults", "--allow", HOSTILE],
        &["new", "evil/x", "shop", "--defaults", "--deny", HOSTILE],
        &["search", HOSTILE],
        &["info", HOSTILE],
        &["inspect", HOSTILE],
        &["-C", HOSTILE, "list"],
    ] {
        let words = [&["--registry", &registry][..], words].concat();
        let run = clean(world.run(&words));
        assert_ne!(run.code, Some(0), "{run}");
        clean(world.run(&[&words[..], &["--json"]].concat()));
    }
}

/// The fields that no package may have such words in: it is refused, and the refusal is clean.
#[test]
fn a_manifest_with_such_words_is_refused() {
    let world = world();
    let manifest = world.read("evil/scaffold.toml");
    for words in [HOSTILE, TWISTED].map(escaped) {
        for (field, other) in [
            ("summary = \"Harmless.\"", format!("summary = \"{words}\"")),
            ("license = \"MIT\"", format!("license = \"{words}\"")),
            (
                "license = \"MIT\"",
                format!("license = \"MIT\"\nkeywords = [\"{words}\"]"),
            ),
            ("name = \"evil/x\"", format!("name = \"evil/{words}\"")),
            ("version = \"1.0.0\"", format!("version = \"{words}\"")),
            ("kind = \"project\"", format!("kind = \"{words}\"")),
            (
                "engine = \"scaffold/template@^1\"",
                format!("engine = \"{words}\""),
            ),
            ("pattern = \"**\"", format!("pattern = \"{words}\"")),
            (
                "reason = \"It makes files.\"",
                format!("reason = \"{words}\""),
            ),
            ("name = \"colour\"", format!("name = \"{words}\"")),
        ] {
            assert!(manifest.contains(field), "{field}");
            world.write("evil/scaffold.toml", manifest.replacen(field, &other, 1));
            let run = clean(world.scaffold("pack evil -o out.tar.gz"));
            // A question's name is the engine's to read, and is looked at when it is asked.
            assert!(
                run.code == Some(1) || field.contains("colour"),
                "{other}: {run}"
            );
            clean(world.scaffold("inspect ./evil --json"));
        }
    }
}

/// A registry that does not keep to the rules.
#[test]
fn what_a_registry_says_is_clean() {
    let world = world();
    let index = "registry/v1/index/evil/x";
    let line = world.read(index);
    let words = escaped(HOSTILE);
    for (field, other) in [
        (
            "\"summary\":\"Harmless.\"",
            format!("\"summary\":\"{words}\""),
        ),
        (
            "\"reason\":\"It makes files.\"",
            format!("\"reason\":\"{words}\""),
        ),
        ("\"pattern\":\"**\"", format!("\"pattern\":\"{words}\"")),
        ("\"yanked\":null", format!("\"yanked\":\"{words}\"")),
        ("\"keywords\":[]", format!("\"keywords\":[\"{words}\"]")),
        ("\"version\":\"1.0.0\"", format!("\"version\":\"{words}\"")),
        ("\"name\":\"evil/x\"", format!("\"name\":\"{words}\"")),
        ("\"v\":1", format!("\"v\":\"{words}\"")),
    ] {
        assert!(line.contains(field), "{field} in {line}");
        world.write(index, line.replacen(field, &other, 1));
        for words in [
            "info evil/x",
            "new evil/x shop --defaults -n",
            "inspect evil/x",
        ] {
            let registry = ["--registry", "evil=registry"];
            let words: Vec<&str> = words.split(' ').collect();
            both(&world, &[&registry[..], &words].concat());
        }
    }
    world.write(index, line);
    let summaries = world.path("registry/v1/search");
    let mut seen = 0;
    for entry in fs::read_dir(summaries).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        seen += text.matches("Harmless.").count();
        fs::write(path, text.replace("Harmless.", &words)).unwrap();
    }
    assert!(seen > 0);
    both(&world, &["search", "--registry", "evil=registry"]);
}

/// The clean text is made in one module, and no other talks.
#[test]
fn only_ui_writes_to_the_terminal() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![sources.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = fs::read_to_string(&path).unwrap();
            let name = path
                .strip_prefix(&sources)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            for (call, homes) in [
                // Those of the compiler's child are pipes to its parent.
                ("io::stdout()", &["ui/stream.rs", "sandbox/worker.rs"][..]),
                (
                    "io::stderr()",
                    &["ui/stream.rs", "ui/mod.rs", "sandbox/worker.rs"],
                ),
                ("io::stdin()", &["ui/mod.rs", "sandbox/worker.rs"]),
                ("ProgressDrawTarget::stderr", &["ui/progress.rs"]),
                ("use inquire", &["ui/prompt.rs"]),
                ("write_exactly(&", &["ui/mod.rs", "ui/stream.rs"]),
                ("println!(", &[]),
                ("print!(", &[]),
                ("dbg!(", &[]),
            ] {
                assert!(
                    !text.contains(call) || homes.contains(&name.as_str()),
                    "{name} has {call}"
                );
            }
        }
    }
    assert!(files > 100);
}
