//! Scenarios of merging, as data: `tests/merges/*.txt`, each through the merge and onto a disk, the whole folder compared.
//! What a file of them looks like is in `scenario.rs`.
//!
//! `UPDATE_MERGES=1` writes what came out as what is expected; read the difference before it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use scaffold::apply::{self, apply};
use scaffold::merge;
use scaffold::path::ProjectPath;
use scaffold::plan::Plan;
use scaffold::tree::{File, Ownership, Tree};
use scaffold::workspace::Workspace;

use crate::scenario::{Content, Scenario, parse, show, split};

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/merges");
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
