mod any;
mod special;
#[cfg(unix)]
mod unix;

use std::path::Path;

use super::*;
use crate::plan::Totals;
use crate::tree::{File, Ownership};

type Texts<'a> = &'a [(&'a str, &'a str)];

fn path(at: &str) -> ProjectPath {
    ProjectPath::parse(at).unwrap()
}

fn file(bytes: &[u8], ownership: Ownership, executable: bool) -> File {
    File {
        bytes: bytes.into(),
        executable,
        ownership,
    }
}

fn tree(files: Texts<'_>) -> Tree {
    tree_of(files, Ownership::Managed)
}

fn tree_of(files: Texts<'_>, ownership: Ownership) -> Tree {
    let mut tree = Tree::new();
    for (at, text) in files {
        tree.insert(path(at), file(text.as_bytes(), ownership, false))
            .unwrap();
    }
    tree
}

fn put(root: &Path, at: &str, bytes: &[u8]) {
    let to = root.join(at);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, bytes).unwrap();
}

fn project(files: Texts<'_>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (at, text) in files {
        put(dir.path(), at, text.as_bytes());
    }
    dir
}

fn plan_in(base: &Tree, theirs: &Tree, dir: &Path) -> Result<Plan, MergeError> {
    merge(
        base,
        theirs,
        &Workspace::open(dir).unwrap(),
        &Options::default(),
    )
}

fn plan(base: &Tree, theirs: &Tree, ours: Texts<'_>) -> Plan {
    plan_in(base, theirs, project(ours).path()).unwrap()
}

/// The one action of a plan about one file, and its text afterwards.
fn one(base: &Tree, theirs: &Tree, ours: Texts<'_>) -> (Verb, Option<String>, Option<Note>) {
    let mut plan = plan(base, theirs, ours);
    assert_eq!(plan.actions.len(), 1, "{:?}", plan.actions);
    let action = plan.actions.remove(0);
    (
        action.verb,
        action
            .after
            .map(|after| String::from_utf8_lossy(&after.bytes).into_owned()),
        action.note,
    )
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const NONE: Texts<'static> = &[];
const OLD: Texts<'static> = &[("a", "1\n2\n3\n4\n")];
const NEW: Texts<'static> = &[("a", "1\n2\n3\nnew\n")];
const BOTH: Texts<'static> = &[("a", "mine\n2\n3\nnew\n")];
const EDITED: Texts<'static> = &[("a", "mine\n2\n3\n4\n")];

#[test]
fn a_new_project_is_all_creation() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan_in(
        &Tree::new(),
        &tree(&[("b/c", "1\n"), ("a", "1\n2")]),
        &dir.path().join("new"),
    )
    .unwrap();
    assert_eq!(
        plan.totals(),
        Totals {
            created: 2,
            added: 3,
            ..Totals::default()
        }
    );
    assert!(plan.actions.is_sorted_by_key(|action| &action.path));
    assert!(
        plan.actions
            .iter()
            .all(|action| action.before.is_none() && action.writes())
    );
}

#[test]
fn the_table_for_managed_files() {
    let (none, old, new) = (&tree(NONE), &tree(OLD), &tree(NEW));
    assert_eq!(one(none, new, NONE), (Verb::Create, text(NEW[0].1), None));
    assert_eq!(one(none, new, NEW), (Verb::Unchanged, text(NEW[0].1), None));
    assert_eq!(
        one(none, new, &[("a", "")]),
        (Verb::Merge, text(NEW[0].1), None)
    );
    assert_eq!(one(old, old, OLD), (Verb::Unchanged, text(OLD[0].1), None));
    assert_eq!(
        one(old, old, EDITED),
        (Verb::Kept, text(EDITED[0].1), Some(Note::Edited))
    );
    assert_eq!(one(old, old, NONE), (Verb::Kept, None, None));
    assert_eq!(one(old, new, OLD), (Verb::Update, text(NEW[0].1), None));
    assert_eq!(one(old, new, NEW), (Verb::Unchanged, text(NEW[0].1), None));
    assert_eq!(one(old, new, EDITED), (Verb::Merge, text(BOTH[0].1), None));
    assert_eq!(
        one(old, new, BOTH),
        (Verb::Kept, text(BOTH[0].1), Some(Note::Edited))
    );
    assert_eq!(
        one(old, new, NONE),
        (Verb::Kept, None, Some(Note::DeletedByUser))
    );
    assert_eq!(one(old, none, OLD), (Verb::Delete, None, None));
    assert_eq!(
        one(old, none, EDITED),
        (
            Verb::Conflict,
            text(EDITED[0].1),
            Some(Note::NoLongerGenerated)
        )
    );
    assert!(plan(old, none, NONE).actions.is_empty());
}

#[test]
fn both_changing_one_place_is_marked() {
    let (verb, after, note) = one(&tree(OLD), &tree(&[("a", "theirs\n2\n3\n4\n")]), EDITED);
    assert_eq!((verb, note), (Verb::Conflict, Some(Note::Markers(1))));
    assert_eq!(
        after,
        text("<<<<<<< yours\nmine\n||||||| before\n1\n=======\ntheirs\n>>>>>>> new\n2\n3\n4\n")
    );
}

#[test]
fn both_adding_a_file_marks_only_what_differs() {
    let (verb, after, note) = one(&Tree::new(), &tree(OLD), EDITED);
    assert_eq!((verb, note), (Verb::Conflict, Some(Note::Markers(1))));
    assert_eq!(
        after,
        text("<<<<<<< yours\nmine\n=======\n1\n>>>>>>> new\n2\n3\n4\n")
    );
}

#[test]
fn seeds_are_made_once() {
    let seed = |files| tree_of(files, Ownership::Seed);
    let (none, old, new) = (&Tree::new(), &seed(OLD), &seed(NEW));
    assert_eq!(one(none, old, NONE).0, Verb::Create);
    assert_eq!(
        one(none, old, EDITED),
        (Verb::Kept, text(EDITED[0].1), Some(Note::Seed))
    );
    assert_eq!(one(none, old, OLD).0, Verb::Unchanged);
    assert_eq!(
        one(old, new, OLD),
        (Verb::Kept, text(OLD[0].1), Some(Note::Seed))
    );
    assert_eq!(
        one(old, new, EDITED),
        (Verb::Kept, text(EDITED[0].1), Some(Note::Seed))
    );
    assert_eq!(one(old, new, NONE), (Verb::Kept, None, Some(Note::Seed)));
    assert_eq!(
        one(old, none, EDITED),
        (Verb::Kept, text(EDITED[0].1), Some(Note::Seed))
    );
    assert_eq!(one(old, none, OLD).0, Verb::Delete);
}

#[test]
fn a_managed_file_nobody_edited_becomes_the_seed_and_comes_back() {
    let (managed, seed) = (&tree(OLD), &tree_of(NEW, Ownership::Seed));
    assert_eq!(
        one(managed, seed, OLD),
        (Verb::Update, text(NEW[0].1), None)
    );
    assert_eq!(
        one(seed, managed, NEW),
        (Verb::Update, text(OLD[0].1), None)
    );
    assert_eq!(
        one(managed, seed, EDITED),
        (Verb::Kept, text(EDITED[0].1), Some(Note::Seed))
    );
    assert_eq!(one(managed, seed, NEW).0, Verb::Unchanged);
    assert_eq!(
        one(managed, seed, NONE),
        (Verb::Kept, None, Some(Note::Seed))
    );
}
