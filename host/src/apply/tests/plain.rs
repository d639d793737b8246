//! What applying does when nothing goes wrong.

use super::*;
use crate::plan::Verb;
use crate::secret::Placeholder;

#[test]
fn every_kind_of_change_arrives() {
    let scenario = Scenario::full();
    let totals = scenario.plan.totals();
    assert_eq!(
        (totals.created, totals.updated, totals.merged),
        (6, 2, 1),
        "{:?}",
        scenario.plan.actions
    );
    assert_eq!(
        (totals.deleted, totals.conflicts, totals.unchanged),
        (3, 1, 1)
    );
    let applied = scenario.apply(None).unwrap();
    assert_eq!(
        applied,
        Applied {
            written: 12,
            deleted: 3,
            record: Some(1),
            warning: None,
        }
    );
    let now = project(&scenario.root).unwrap();
    let text = |at: &str| now.get(at).and_then(|(_, bytes)| bytes.as_deref());
    assert_eq!(text("update"), Some(&b"2\n"[..]));
    assert_eq!(text("dir/merge"), Some(&b"mine\n2\n3\nnew\n"[..]));
    assert_eq!(text("conflict.bin"), Some(&b"\0mine"[..]));
    assert_eq!(text("conflict.bin.new"), Some(&b"\x002"[..]));
    assert_eq!(text("file-to-folder/inner/a"), Some(&b"1\n"[..]));
    assert_eq!(text("folder-to-file"), Some(&b"1\n"[..]));
    assert_eq!(text("new/deep/create"), Some(&b"1\n"[..]));
    assert_eq!(text("scaffold.lock"), Some(&b"new"[..]));
    assert_eq!(text("dir/users"), Some(&b"mine"[..]));
    assert!(now.contains_key("empty") && !now.contains_key("gone"));
    let left = ["stage", "backup", "journal"]
        .map(|name| scenario.root.join(".scaffold").join(name).exists());
    assert_eq!(left, [false; 3]);
    assert_eq!(
        std::fs::read(scenario.root.join(".scaffold/.gitignore")).unwrap(),
        b"/*\n!/inputs/\n"
    );
    assert_eq!(text(input("new").as_str()), Some(&b"new"[..]));
}

#[test]
fn a_clone_that_holds_recorded_inputs_alone_is_ours_and_git_is_told_anew() {
    let scenario = Scenario::full();
    scenario.apply(None).unwrap();
    let state = scenario.root.join(".scaffold");
    let ignored = || std::fs::read(state.join(".gitignore")).unwrap();
    // As an earlier release wrote it.
    std::fs::write(state.join(".gitignore"), "*\n").unwrap();
    let again = |from: &str, to: &str| {
        let own = [own(ProjectPath::lock(), Some(from), to)];
        super::super::apply(&scenario.root, &Plan::default(), &own, &Options::default())
    };
    again("new", "newer").unwrap();
    assert_eq!(ignored(), b"/*\n!/inputs/\n");
    // What the user made of it stays.
    std::fs::write(state.join(".gitignore"), "mine\n").unwrap();
    again("newer", "newest").unwrap();
    assert_eq!(ignored(), b"mine\n");
    for name in [".gitignore", "lock"] {
        std::fs::remove_file(state.join(name)).unwrap();
    }
    std::fs::remove_dir_all(state.join("undo")).unwrap();
    assert_eq!(recover(&scenario.root, &Options::default()).unwrap(), None);
    again("newest", "last").unwrap();
    assert_eq!(ignored(), b"/*\n!/inputs/\n");
    assert!(scenario.root.join(input("new").as_str()).exists());
}

#[test]
fn an_empty_plan_writes_nothing_at_all() {
    let dir = scratch();
    let applied =
        super::super::apply(dir.path(), &Plan::default(), &[], &Options::default()).unwrap();
    assert_eq!(applied, Applied::default());
    assert!(snapshot(dir.path()).unwrap().is_empty());
    let missing = dir.path().join("missing");
    super::super::apply(&missing, &Plan::default(), &[], &Options::default()).unwrap();
    assert!(!missing.exists());
}

#[test]
fn a_new_project_is_all_there_or_not_at_all() {
    let scenario = Scenario::fresh();
    let applied = scenario.apply(None).unwrap();
    assert_eq!(
        applied,
        Applied {
            written: 6,
            deleted: 0,
            record: Some(1),
            warning: None,
        }
    );
    let now = project(&scenario.root).unwrap();
    assert_eq!(
        now.keys().collect::<Vec<_>>(),
        [
            ".scaffold/inputs",
            input("new").as_str(),
            "a",
            "d",
            "d/b",
            "d/e",
            "d/e/c",
            "scaffold.lock",
            "scaffold.toml"
        ]
    );
    assert_eq!(
        std::fs::read_dir(scenario.root.parent().unwrap())
            .unwrap()
            .count(),
        1
    );
    let record = last_change(&scenario.root).unwrap().unwrap();
    assert_eq!(
        (record.id, record.label.as_str(), record.files.len()),
        (1, "test", 6)
    );
}

#[cfg(unix)]
#[test]
fn modes_are_those_of_any_new_file_or_of_the_one_replaced() {
    let scenario = Scenario::full();
    chmod(&scenario.root.join("mode"), 0o640);
    scenario.apply(None).unwrap();
    let is = |at: &str| mode(&scenario.root.join(at)) & 0o777;
    // The usual umasks only take away what others may do.
    assert_eq!(
        (is("update"), is("dir/merge"), is("mode")),
        (0o600, 0o700, 0o750)
    );
    assert_eq!(
        (is("new/deep/create") & 0o700, is("dir/run") & 0o700),
        (0o600, 0o700)
    );
    let fresh = Scenario::fresh();
    fresh.apply(None).unwrap();
    assert_eq!(mode(&fresh.root.join("d/b")) & 0o700, 0o700);
    assert_eq!(mode(&fresh.root.join("a")) & 0o700, 0o600);
}

#[test]
fn secrets_are_drawn_once_a_name_and_never_twice_the_same() {
    let key = Placeholder::new("key", 32).unwrap();
    let line = format!("KEY={key}\n");
    let make = || {
        let dir = scratch();
        let root = dir.path().join("new");
        let theirs = tree(&[(".env", &line, false), ("other.env", &line, false)]);
        let plan = merge(
            &Tree::new(),
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        super::super::apply(&root, &plan, &[], &Options::default()).unwrap();
        let again = merge(
            &theirs,
            &theirs,
            &Workspace::open(&root).unwrap(),
            &merge::Options::default(),
        )
        .unwrap();
        assert!(
            again
                .actions
                .iter()
                .all(|action| action.verb == Verb::Unchanged),
            "{again:?}"
        );
        let read = |at: &str| std::fs::read_to_string(root.join(at)).unwrap();
        assert_eq!(read(".env"), read("other.env"));
        read(".env")
    };
    let (one, two) = (make(), make());
    assert_ne!(one, two);
    assert_eq!(one.len(), "KEY=\n".len() + 32);
    assert!(one[4..36].bytes().all(|b| b.is_ascii_alphanumeric()));
}

#[test]
fn the_last_ten_changes_are_remembered_with_what_they_replaced() {
    let dir = scratch();
    let root = dir.path();
    assert_eq!(last_change(root).unwrap(), None);
    for number in 0..13 {
        let text = |number: i32| format!("{number}\n");
        let old = if number == 0 {
            Tree::new()
        } else {
            tree(&[("a", &text(number - 1), false)])
        };
        let plan = merge(
            &old,
            &tree(&[("a", &text(number), false)]),
            &Workspace::open(root).unwrap(),
            &merge::Options::default(),
        );
        super::super::apply(
            root,
            &plan.unwrap(),
            &[],
            &Options {
                label: &format!("change {number}"),
                ..Options::default()
            },
        )
        .unwrap();
    }
    let mut kept: Vec<u32> = std::fs::read_dir(root.join(".scaffold/undo"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    kept.sort_unstable();
    assert_eq!(kept, (4..=13).collect::<Vec<_>>());
    let last = last_change(root).unwrap().unwrap();
    assert_eq!((last.id, last.label.as_str()), (13, "change 12"));
    let [file] = &last.files[..] else {
        panic!("{last:?}")
    };
    assert_eq!(file.path, path("a"));
    assert_eq!(file.old.as_deref(), Some(&b"11\n"[..]));
}

#[test]
fn a_project_that_was_just_made_can_be_looked_at_and_changed_again() {
    let scenario = Scenario::fresh();
    scenario.apply(None).unwrap();
    assert_eq!(recover(&scenario.root, &Options::default()).unwrap(), None);
    assert!(!is_interrupted(&scenario.root).unwrap());
    let base = tree(&[
        ("a", "1\n", false),
        ("d/b", "1\n", true),
        ("d/e/c", "", false),
    ]);
    let plan = merge(
        &base,
        &Tree::new(),
        &Workspace::open(&scenario.root).unwrap(),
        &merge::Options::default(),
    )
    .unwrap();
    super::super::apply(&scenario.root, &plan, &[], &Options::default()).unwrap();
    assert_eq!(
        project(&scenario.root)
            .unwrap()
            .into_keys()
            .collect::<Vec<_>>(),
        [
            ".scaffold/inputs",
            input("new").as_str(),
            "scaffold.lock",
            "scaffold.toml"
        ]
    );
}
