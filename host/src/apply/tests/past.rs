//! Records: which change is the next to be undone, what is kept of each, when a merge is over.

use super::*;

/// Changes `a` from one number to the next; the number of the record.
fn change(root: &Path, from: u32, to: u32, undoes: Option<&Record>) -> u64 {
    let text = |number: u32| format!("{number}\n");
    let theirs = tree(&[("a", &text(to), false)]);
    let base = if root.join("a").exists() {
        tree(&[("a", &text(from), false)])
    } else {
        Tree::new()
    };
    let workspace = Workspace::open(root).unwrap();
    let plan = merge(&base, &theirs, &workspace, &merge::Options::default()).unwrap();
    let options = Options {
        undoes,
        ..Options::default()
    };
    let applied = super::super::apply(root, &plan, &[], &options).unwrap();
    applied.record.unwrap()
}

fn next(root: &Path) -> Option<u64> {
    last_change(root).unwrap().map(|record| record.id)
}

#[test]
fn an_undo_goes_back_and_never_forward() {
    let dir = scratch();
    let root = dir.path();
    change(root, 0, 1, None);
    change(root, 1, 2, None);
    change(root, 2, 3, None);
    let three = last_change(root).unwrap().unwrap();
    let undo = change(root, 3, 2, Some(&three));
    assert_eq!(next(root), Some(2));
    // Taking back the undo makes the change count again.
    let mut taken = record::read(&record::open(root).unwrap().unwrap(), undo, true)
        .unwrap()
        .unwrap();
    assert_eq!(taken.undoes, Some(3));
    change(root, 2, 3, Some(&taken));
    assert_eq!(next(root), Some(3));
    // A record from elsewhere that says it took back a later one, or itself, says nothing.
    taken.id = 900;
    let odd = change(root, 3, 4, Some(&taken));
    assert_eq!(next(root), Some(odd));
}

#[test]
fn ten_changes_can_be_undone_however_often_something_was() {
    let dir = scratch();
    let root = dir.path();
    for number in 0..12 {
        change(root, number, number + 1, None);
    }
    for _ in 0..20 {
        change(root, 12, 13, None);
        let last = last_change(root).unwrap().unwrap();
        change(root, 13, 12, Some(&last));
    }
    let ids: Vec<u64> = history(root)
        .unwrap()
        .iter()
        .map(|record| record.id)
        .collect();
    let kept = std::fs::read_dir(root.join(".scaffold/undo"))
        .unwrap()
        .count();
    // While the thirteenth could be undone, the third was one too many.
    assert_eq!(ids, (4..=12).rev().collect::<Vec<_>>());
    assert_eq!(kept, ids.len() + 20);
}

/// A text that is full of markers already, in conflict.
#[test]
fn only_the_markers_of_the_merge_have_to_go() {
    let dir = scratch();
    let root = dir.path().join("project");
    let mine = "<<<<<<< an example\nmine\n>>>>>>> of a conflict\n";
    put(&root, "a", mine.as_bytes());
    let plan = merge(
        &tree(&[("a", "1\n", false)]),
        &tree(&[("a", "2\n", false)]),
        &Workspace::open(&root).unwrap(),
        &merge::Options::default(),
    )
    .unwrap();
    assert_eq!(plan.conflicts().count(), 1);
    super::super::apply(&root, &plan, &[], &Options::default()).unwrap();
    let settle = || {
        let record = merge_under_way(&root).unwrap().unwrap();
        settle(&root, &record, &[path("a")], false, &Options::default()).unwrap()
    };
    let open = settle().open;
    assert!(
        matches!(
            &open[..],
            [(_, super::super::settle::Reason::Marker { line: 1 })]
        ),
        "{open:?}"
    );
    put(&root, "a", format!("{mine}2\n").as_bytes());
    assert_eq!(settle().settled, [path("a")]);
    assert_eq!(merge_under_way(&root).unwrap(), None);
    let record = last_change(&root).unwrap().unwrap();
    let file = record.file(&path("a")).unwrap();
    assert_eq!(file.old.as_deref(), Some(mine.as_bytes()));
    assert_eq!(file.new.as_deref(), Some(format!("{mine}2\n").as_bytes()));
}

/// What stays as it is and is in conflict is in the record, with a copy; what is damaged there does not count.
#[test]
fn a_conflict_that_writes_nothing_is_remembered() {
    let scenario = Scenario::full();
    scenario.apply(None).unwrap();
    let record = merge_under_way(&scenario.root).unwrap().unwrap();
    let open: Vec<_> = record
        .open()
        .map(|file| (&file.path, &file.conflict))
        .collect();
    let beside = Some(Conflict::Beside(path("conflict.bin.new")));
    assert_eq!(open, [(&path("conflict.bin"), &beside)]);
    let file = record.file(&path("conflict.bin")).unwrap();
    assert_eq!(file.old.as_deref(), Some(&b"\0mine"[..]));
    let copies = scenario.root.join(".scaffold/undo/1");
    for entry in std::fs::read_dir(copies).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "old") {
            assert_eq!(mode(&path) & 0o077, 0, "nobody else's");
            std::fs::write(path, b"damaged").unwrap();
        }
    }
    let record = merge_under_way(&scenario.root).unwrap().unwrap();
    assert_eq!(record.file(&path("conflict.bin")).unwrap().old, None);
}
