//! The form of a scenario of merging.
//!
//! A file of scenarios is a text. `=== NAME` starts a scenario, and options follow, a line each: `strategy: ours`,
//! `choice: PATH = theirs`, `rename: OLD -> NEW`, `folder: PATH` (where in a repository the project is), `only: unix` (it
//! is about modes). Then files, each with its text below a line `--- SIDE PATH (MARKS)`: `before` and `new` are what was generated and is now, `yours` is
//! what the user made of it; a file without `yours` is as it was made, `(gone)` was deleted. What is expected follows:
//! `--- plan` with a line for each file, and `--- then PATH` for every file of the folder afterwards.
//!
//! Marks: `executable`, `seed`, `crlf`, `bom`, `no newline`, `hex` (bytes that are no text), `times N` (lines with a `#`
//! that often, `#` being the number), `N lines` (too many to be shown: the first and last ones are).

use std::collections::BTreeMap;

use scaffold::merge::{Options, Strategy};
use scaffold::path::ProjectPath;

/// What is longer is not shown whole.
const LONG: usize = 4000;

#[derive(Clone, PartialEq, Default)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub executable: bool,
    pub seed: bool,
}

#[derive(Default)]
pub struct Scenario {
    /// The lines up to what is expected.
    pub given: String,
    pub expected: String,
    pub options: Options,
    pub folder: String,
    /// Modes are kept on some systems alone.
    pub skipped: bool,
    pub before: BTreeMap<String, Content>,
    pub new: BTreeMap<String, Content>,
    pub yours: BTreeMap<String, Option<Content>>,
}

/// What stands before the first line with a sign, and the parts that start with one.
pub fn split<'a>(text: &'a str, sign: &str) -> (&'a str, Vec<&'a str>) {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(sign) {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    let parts = starts.windows(2).map(|ends| &text[ends[0]..ends[1]]);
    (&text[..starts[0]], parts.collect())
}

pub fn parse(text: &str) -> Scenario {
    let mut scenario = Scenario::default();
    let (head, parts) = split(text, "--- ");
    scenario.given.push_str(head);
    for line in head.lines().skip(1) {
        let Some((option, value)) = line.split_once(": ") else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
            continue;
        };
        let path = |path: &str| ProjectPath::parse(path).unwrap();
        match option {
            "strategy" => scenario.options.strategy = strategy(value),
            "choice" => {
                let (at, choice) = value.split_once(" = ").unwrap();
                scenario.options.choices.insert(path(at), strategy(choice));
            }
            "rename" => {
                let (old, new) = value.split_once(" -> ").unwrap();
                scenario.options.renames.insert(path(old), path(new));
            }
            "folder" => scenario.folder = value.to_owned(),
            "only" => scenario.skipped = value == "unix" && !cfg!(unix),
            _ => assert!(line.starts_with('#'), "no option: {line}"),
        }
    }
    for part in parts {
        let (title, body) = part.split_once('\n').unwrap();
        let title = title.trim_start_matches("--- ");
        let Some((side, rest)) = title.split_once(' ') else {
            scenario.expected.push_str(part);
            continue;
        };
        if side == "then" {
            scenario.expected.push_str(part);
            continue;
        }
        scenario.given.push_str(part);
        let (path, marks) = rest.split_once(" (").unwrap_or((rest, ""));
        let marks: Vec<&str> = marks.trim_end_matches(')').split(", ").collect();
        let content = content(body, &marks);
        let path = path.to_owned();
        match side {
            "before" => drop(scenario.before.insert(path, content)),
            "new" => drop(scenario.new.insert(path, content)),
            "yours" if marks.contains(&"gone") => drop(scenario.yours.insert(path, None)),
            "yours" => drop(scenario.yours.insert(path, Some(content))),
            _ => panic!("no side: {title}"),
        }
    }
    scenario
}

fn strategy(name: &str) -> Strategy {
    match name {
        "ours" => Strategy::Ours,
        "theirs" => Strategy::Theirs,
        "markers" => Strategy::Markers,
        _ => panic!("no strategy: {name}"),
    }
}

fn content(body: &str, marks: &[&str]) -> Content {
    let mut text = body.to_owned();
    for mark in marks {
        match *mark {
            "" | "executable" | "seed" | "gone" | "hex" => {}
            "crlf" => text = text.replace('\n', "\r\n"),
            "bom" => text.insert(0, '\u{feff}'),
            "no newline" => text.truncate(text.trim_end_matches(['\r', '\n']).len()),
            mark => {
                let times: usize = mark.strip_prefix("times ").unwrap().parse().unwrap();
                let lines = text.split_inclusive('\n').flat_map(|line| {
                    let times = if line.contains('#') { times } else { 1 };
                    (0..times).map(move |number| line.replace('#', &number.to_string()))
                });
                text = lines.collect();
            }
        }
    }
    let hex = |text: &str| u8::from_str_radix(text, 16).unwrap();
    Content {
        bytes: if marks.contains(&"hex") {
            text.split_whitespace().map(hex).collect()
        } else {
            text.into_bytes()
        },
        executable: marks.contains(&"executable"),
        seed: marks.contains(&"seed"),
    }
}

/// A file below its line, as a scenario has it.
pub fn show(path: &str, content: &Content) -> String {
    let mut marks = Vec::new();
    let mut text = String::from_utf8_lossy(&content.bytes).into_owned();
    if content.bytes.len() > LONG {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        marks.push(format!("{} lines", lines.len()));
        let ends = [&lines[..2], &["…\n"], &lines[lines.len() - 2..]];
        text = ends.concat().concat();
    } else if content.bytes.contains(&0) || std::str::from_utf8(&content.bytes).is_err() {
        marks.push("hex".to_owned());
        let hex: Vec<String> = content.bytes.iter().map(|b| format!("{b:02x}")).collect();
        text = format!("{}\n", hex.join(" "));
    } else {
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            marks.push("bom".to_owned());
            text = rest.to_owned();
        }
        if text.contains("\r\n") && !text.replace("\r\n", "").contains('\n') {
            marks.push("crlf".to_owned());
            text = text.replace("\r\n", "\n");
        }
        if !text.is_empty() && !text.ends_with('\n') {
            marks.push("no newline".to_owned());
            text.push('\n');
        }
    }
    if content.executable {
        marks.push("executable".to_owned());
    }
    let marks = match marks.is_empty() {
        true => String::new(),
        false => format!(" ({})", marks.join(", ")),
    };
    format!("--- then {path}{marks}\n{}", text.replace('\r', "\\r"))
}
