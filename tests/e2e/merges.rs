//! Scenarios of merging, as data: `tests/merges/*.txt`, each through the merge and onto a disk, the whole folder compared.
//!
//! A file of scenarios is a text. `=== NAME` starts a scenario, and options follow, a line each: `strategy: ours`,
//! `choice: PATH = theirs`, `rename: OLD -> NEW`, `folder: PATH` (where in a repository the project is), `only: unix` (it is about modes). Then files, each
//! with its text below a line `--- SIDE PATH (MARKS)`: `before` and `new` are what was generated and is now, `yours` is
//! what the user made of it; a file without `yours` is as it was made, `(gone)` was deleted. What is expected follows:
//! `--- plan` with a line for each file, and `--- then PATH` for every file of the folder afterwards.
//!
//! Marks: `executable`, `seed`, `crlf`, `bom`, `no newline`, `hex` (bytes that are no text), `times N` (lines with a `#`
//! that often, `#` being the number), `N lines` (too many to be shown: the first and last ones are).
//!
//! `UPDATE_MERGES=1` writes what came out as what is expected; read the difference before it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use scaffold::apply::{self, apply};
use scaffold::merge::{self, Options, Strategy};
use scaffold::path::ProjectPath;
use scaffold::plan::Plan;
use scaffold::tree::{File, Ownership, Tree};
use scaffold::workspace::Workspace;

/// What is longer is not shown whole.
const LONG: usize = 4000;

#[derive(Clone, PartialEq, Default)]
struct Content {
    bytes: Vec<u8>,
    executable: bool,
    seed: bool,
}

#[derive(Default)]
struct Scenario {
    /// The lines up to what is expected.
    given: String,
    expected: String,
    options: Options,
    folder: String,
    /// Modes are kept on some systems alone.
    skipped: bool,
    before: BTreeMap<String, Content>,
    new: BTreeMap<String, Content>,
    yours: BTreeMap<String, Option<Content>>,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/merges");
    let folder = env::var_os("MERGES").map_or(folder, PathBuf::from);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let update = env::var_os("UPDATE_MERGES").is_some();
    let (mut names, mut wrong) = (BTreeSet::new(), String::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (head, scenarios) = split(&text, "=== ");
        let mut actual = head.to_owned();
        for scenario in scenarios {
            let name = scenario.lines().next().unwrap();
            assert!(names.insert(name.to_owned()), "twice: {name}");
            let scenario = parse(scenario);
            let came = match scenario.skipped {
                true => scenario.expected.clone(),
                false => run(&scenario),
            };
            actual.push_str(&format!("{}{came}", scenario.given));
            if came != scenario.expected {
                let patch = diffy::create_patch(&scenario.expected, &came);
                let _ = writeln!(wrong, "{} {name}\n{patch}", file.display());
            }
        }
        if update {
            fs::write(&file, actual).unwrap();
        }
    }
    assert!(update || wrong.is_empty(), "\n{wrong}");
    assert!(names.len() >= 60, "{} scenarios", names.len());
}

/// What stands before the first line with a sign, and the parts that start with one.
fn split<'a>(text: &'a str, sign: &str) -> (&'a str, Vec<&'a str>) {
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

fn parse(text: &str) -> Scenario {
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
fn show(path: &str, content: &Content) -> String {
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

/// What comes of a scenario, in the form in which it is expected.
fn run(scenario: &Scenario) -> String {
    let world = tempfile::tempdir().unwrap();
    let root = world.path().join("repository").join(&scenario.folder);
    write(
        &world.path().join("repository/.git/config"),
        b"[core]\n",
        false,
    );
    write(&world.path().join("beside.txt"), b"beside\n", false);
    let mut folder: BTreeMap<String, Content> = scenario.before.clone();
    for (path, yours) in &scenario.yours {
        match yours {
            Some(yours) => drop(folder.insert(path.clone(), yours.clone())),
            None => drop(folder.remove(path)),
        }
    }
    fs::create_dir_all(&root).unwrap();
    for (path, content) in &folder {
        write(&root.join(path), &content.bytes, content.executable);
    }
    let (before, new) = (tree(&scenario.before), tree(&scenario.new));
    let workspace = Workspace::open(&root).unwrap();
    let plan = match merge::merge(&before, &new, &workspace, &scenario.options) {
        Ok(plan) => plan,
        Err(error) => return format!("--- refused\n{error}\n\n"),
    };
    apply(&root, &plan, &[], &apply::Options::default()).unwrap();
    let mut came = String::from("--- plan\n");
    for action in &plan.actions {
        let _ = write!(came, "{} {}", action.verb.name(), action.path);
        if let Some(origin) = &action.origin {
            let _ = write!(came, " from {}", origin.path);
        }
        match &action.note {
            Some(note) => drop(writeln!(came, ": {note}")),
            None => came.push('\n'),
        }
    }
    let conflicts = plan.conflicts().count();
    if conflicts > 0 {
        let _ = writeln!(came, "in conflict: {conflicts}");
    }
    let mut found = BTreeMap::new();
    read(world.path(), world.path(), &mut found);
    let inside = match scenario.folder.as_str() {
        "" => "repository/".to_owned(),
        folder => format!("repository/{folder}/"),
    };
    for (path, mut content) in found {
        let Some(path) = path.strip_prefix(&inside) else {
            assert!(
                path == "beside.txt" || path == "repository/.git/config",
                "{path}"
            );
            continue;
        };
        if path.starts_with(".git/") || path.starts_with(".scaffold/") {
            continue;
        }
        hide_secrets(path, &mut content, &plan);
        came.push_str(&show(path, &content));
    }
    came.push('\n');
    came
}

/// Puts placeholders back where a secret was drawn, which is another one each time.
fn hide_secrets(path: &str, content: &mut Content, plan: &Plan) {
    let action = plan.actions.iter().find(|a| a.path.as_str() == path);
    let Some(after) = action.and_then(|action| action.after.as_ref()) else {
        return;
    };
    let (planned, written) = (
        String::from_utf8_lossy(&after.bytes).into_owned(),
        String::from_utf8_lossy(&content.bytes).into_owned(),
    );
    if !planned.contains("scaffold-secret-") {
        return;
    }
    for (planned, written) in planned.lines().zip(written.lines()) {
        if let Some(at) = planned.find("scaffold-secret-") {
            assert!(written.starts_with(&planned[..at]), "{written}");
            assert!(!written.contains("placeholder"), "{written}");
        } else {
            assert_eq!(planned, written);
        }
    }
    content.bytes = planned.into_bytes();
}

fn tree(files: &BTreeMap<String, Content>) -> Tree {
    let mut tree = Tree::new();
    for (path, content) in files {
        let file = File {
            bytes: content.bytes.clone().into(),
            executable: content.executable,
            ownership: if content.seed {
                Ownership::Seed
            } else {
                Ownership::Managed
            },
        };
        tree.insert(ProjectPath::parse(path).unwrap(), file)
            .unwrap();
    }
    tree
}

fn write(path: &Path, bytes: &[u8], executable: bool) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = executable;
}

fn read(root: &Path, folder: &Path, found: &mut BTreeMap<String, Content>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, found);
            continue;
        }
        #[cfg(unix)]
        let executable = {
            use std::os::unix::fs::PermissionsExt as _;
            fs::metadata(&path).unwrap().permissions().mode() & 0o100 != 0
        };
        #[cfg(not(unix))]
        let executable = false;
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let content = Content {
            bytes: fs::read(&path).unwrap(),
            executable,
            seed: false,
        };
        found.insert(name.replace('\\', "/"), content);
    }
}
