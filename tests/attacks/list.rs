//! Nothing on the list of threats is forgotten: every line of `threats.txt` has a test or a reason, every attack is on it, and
//! every attack has a patch in `removed/` that makes it fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The least there have to be.
const ATTACKS: usize = 120;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A line of the list: `class | threat | tests`, or `class | threat | - why there is none`.
struct Threat {
    text: String,
    tests: Vec<String>,
}

fn threats() -> Vec<Threat> {
    let text = read("tests/attacks/threats.txt");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [class, threat, tests] = parts[..] else {
                panic!("not a line of the list: {line}");
            };
            assert!(
                !class.is_empty() && !threat.is_empty() && !tests.is_empty(),
                "{line}"
            );
            let tests = if let Some(reason) = tests.strip_prefix("- ") {
                assert!(reason.len() > 20, "a reason says why: {line}");
                Vec::new()
            } else {
                tests.split_whitespace().map(str::to_owned).collect()
            };
            Threat {
                text: format!("{class}: {threat}"),
                tests,
            }
        })
        .collect()
}

/// Every test of this binary, as it says itself.
fn tests() -> BTreeSet<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--format", "terse"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// Whether a test is there: of this binary by its path, of a library as `file.rs::name`.
fn exists(test: &str, tests: &BTreeSet<String>) -> bool {
    match test.split_once(".rs::") {
        Some((file, name)) => read(&format!("{file}.rs")).contains(&format!("fn {name}(")),
        None => tests.contains(test) || tests.contains(&format!("attacks::{test}")),
    }
}

#[test]
fn every_threat_has_a_test_and_every_attack_is_on_the_list() {
    let tests = tests();
    let mut named = BTreeSet::new();
    for Threat {
        text,
        tests: wanted,
    } in threats()
    {
        for test in wanted {
            assert!(exists(&test, &tests), "{text}: there is no test {test}");
            named.insert(test);
        }
    }
    let attacks = || {
        tests
            .iter()
            .filter_map(|test| test.strip_prefix("attacks::"))
    };
    let forgotten: Vec<_> = attacks()
        .filter(|test| !test.starts_with("list::") && !named.contains(*test))
        .collect();
    assert!(forgotten.is_empty(), "not on the list: {forgotten:#?}");
    let through_the_whole = named.iter().filter(|test| !test.contains(".rs::")).count();
    assert!(
        through_the_whole >= ATTACKS,
        "{through_the_whole} are not {ATTACKS}"
    );
}

/// What each patch says of itself: `Defence: …`, `Fails: …`.
fn patches() -> BTreeMap<String, Vec<String>> {
    let folder = fs::read_dir(root().join("tests/attacks/removed")).unwrap();
    folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".patch"))
        .map(|name| {
            let text = read(&format!("tests/attacks/removed/{name}"));
            let fails = text.lines().filter_map(|line| line.strip_prefix("Fails: "));
            let fails = fails
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect();
            assert!(
                text.contains("\nDefence: ") || text.starts_with("Defence: "),
                "{name}"
            );
            (name, fails)
        })
        .collect()
}

/// Whoever moves a defence takes its patch along, or `tests/prove-defences.sh` could take nothing away.
#[test]
fn every_patch_is_about_the_code_as_it_is() {
    let stale: Vec<_> = patches()
        .into_keys()
        .filter(|name| {
            let check = Command::new("git")
                .args(["apply", "--check", "-C1"])
                .arg(Path::new("tests/attacks/removed").join(name))
                .current_dir(root())
                .output();
            !check.expect("git runs").status.success()
        })
        .collect();
    assert!(stale.is_empty(), "do not apply: {stale:#?}");
}

/// Whoever writes an attack takes its defence away once, or says why nobody can.
#[test]
fn every_attack_has_a_patch_that_takes_its_defence_away() {
    let tests = tests();
    let mut proven = BTreeSet::new();
    for (name, fails) in patches() {
        assert!(!fails.is_empty(), "{name} names no test");
        for test in fails {
            assert!(exists(&test, &tests), "{name}: there is no test {test}");
            proven.insert(test);
        }
    }
    let text = read("tests/attacks/removed/cannot.txt");
    let excused = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (test, why) = line.split_once(" | ").unwrap();
            assert!(exists(test, &tests) && why.len() > 20, "{line}");
            test.to_owned()
        });
    let proven: BTreeSet<String> = proven.into_iter().chain(excused).collect();
    let open: Vec<_> = tests
        .iter()
        .filter_map(|test| test.strip_prefix("attacks::"))
        .filter(|test| !test.starts_with("list::") && !proven.contains(*test))
        .collect();
    assert!(open.is_empty(), "nobody took the defence away: {open:#?}");
}
