mod any;

use std::path::Path;

use super::*;
use crate::plan::Totals;
use crate::secret::Placeholder;

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
    assert_eq!(
        one(&tree(OLD), new, OLD),
        (Verb::Kept, text(OLD[0].1), Some(Note::Seed))
    );
}

#[test]
fn binary_files_never_get_markers() {
    let bytes = |bytes: &[u8]| {
        let mut tree = Tree::new();
        tree.insert(path("img/logo.png"), file(bytes, Ownership::Managed, false))
            .unwrap();
        tree
    };
    let dir = project(&[("img/logo.png", "\0mine"), ("img/logo.png.new", "taken")]);
    let plan = plan_in(&bytes(b"\0old"), &bytes(b"\0new"), dir.path()).unwrap();
    let [yours, theirs] = &plan.actions[..] else {
        panic!("{plan:?}")
    };
    assert_eq!((yours.verb, yours.writes()), (Verb::Conflict, false));
    assert_eq!(
        yours.note,
        Some(Note::Beside(Some(path("img/logo.png.new-2"))))
    );
    assert_eq!(
        (theirs.verb, theirs.path.as_str()),
        (Verb::Create, "img/logo.png.new-2")
    );
    assert_eq!(&*theirs.after.as_ref().unwrap().bytes, b"\0new");

    // Once more before the user looked: the version that lies there already is the one.
    put(dir.path(), "img/logo.png.new-2", b"\0new");
    let again = plan_in(&bytes(b"\0old"), &bytes(b"\0new"), dir.path()).unwrap();
    assert!(again.is_empty());
    assert_eq!(again.conflicts().count(), 1);

    // Unedited, it is simply replaced; not known before, the user's is kept.
    put(dir.path(), "img/logo.png", b"\0old");
    assert_eq!(
        plan_in(&bytes(b"\0old"), &bytes(b"\0new"), dir.path())
            .unwrap()
            .totals()
            .updated,
        1
    );
    assert_eq!(
        plan_in(&Tree::new(), &bytes(b"\0new"), dir.path())
            .unwrap()
            .totals()
            .conflicts,
        1
    );
}

#[test]
fn line_ends_that_were_turned_round_are_no_edit() {
    let crlf = |files: Texts<'_>| {
        files
            .iter()
            .map(|(at, text)| ((*at).to_owned(), text.replace('\n', "\r\n")))
            .collect::<Vec<_>>()
    };
    let (old, new, edited) = (crlf(OLD), crlf(NEW), crlf(EDITED));
    fn view(files: &[(String, String)]) -> Vec<(&str, &str)> {
        files
            .iter()
            .map(|(at, text)| (at.as_str(), text.as_str()))
            .collect()
    }
    assert_eq!(
        one(&tree(OLD), &tree(NEW), &view(&old)),
        (Verb::Update, text(&new[0].1), None)
    );
    assert_eq!(one(&tree(OLD), &tree(OLD), &view(&old)).0, Verb::Unchanged);
    assert_eq!(one(&tree(OLD), &tree(NONE), &view(&old)).0, Verb::Delete);
    assert_eq!(one(&tree(NONE), &tree(OLD), &view(&old)).0, Verb::Unchanged);
    let merged = BOTH[0].1.replace('\n', "\r\n");
    assert_eq!(
        one(&tree(OLD), &tree(NEW), &view(&edited)),
        (Verb::Merge, text(&merged), None)
    );
    // And the other way round: generated with `\r\n`, worked on with `\n`.
    assert_eq!(
        one(&tree(&view(&old)), &tree(&view(&new)), EDITED),
        (Verb::Merge, text(BOTH[0].1), None)
    );
}

#[test]
fn a_secret_is_no_edit_and_stays() {
    let key = Placeholder::new("key", 8).unwrap();
    let env = |more: &str| {
        tree_of(
            &[(".env", &format!("KEY={key}\n{more}"))],
            Ownership::Managed,
        )
    };
    let fresh = plan(&Tree::new(), &env(""), NONE);
    assert_eq!(fresh.secrets, [key.clone()].into());
    let unedited = plan(&env(""), &env("A=1\n"), &[(".env", "KEY=abcd1234\n")]);
    assert!(unedited.secrets.is_empty());
    assert_eq!(unedited.actions[0].verb, Verb::Update);
    assert_eq!(
        &*unedited.actions[0].after.as_ref().unwrap().bytes,
        b"KEY=abcd1234\nA=1\n"
    );
    assert_eq!(
        one(&env(""), &Tree::new(), &[(".env", "KEY=abcd1234\n")]).0,
        Verb::Delete
    );
    // A value of the user's own is an edit, and stands.
    let own = plan(
        &env("B=1\n"),
        &env("B=1\nA=1\n"),
        &[(".env", "KEY=hunter-2\nB=1\n")],
    );
    assert!(own.secrets.is_empty());
    assert_eq!(
        &*own.actions[0].after.as_ref().unwrap().bytes,
        b"KEY=hunter-2\nB=1\nA=1\n"
    );
    assert_eq!(
        one(&env(""), &Tree::new(), &[(".env", "KEY=hunter-2\n")]).0,
        Verb::Conflict
    );
}

#[test]
fn a_new_file_gets_the_secret_the_project_has() {
    let key = Placeholder::new("key", 8).unwrap();
    let line = format!("KEY={key}\n");
    let new = tree(&[(".env", &line), ("other.env", &line)]);
    let plan_with = |ours: &str| plan(&tree(&[(".env", &line)]), &new, &[(".env", ours)]);
    let shared = plan_with("MORE=1\nKEY=abcd1234\n");
    assert!(shared.secrets.is_empty());
    assert_eq!(
        &*shared.actions[1].after.as_ref().unwrap().bytes,
        b"KEY=abcd1234\n"
    );
    // But a new generator gets nothing out of a file it did not make.
    let stolen = plan(&Tree::new(), &new, &[(".env", "KEY=abcd1234\nMINE=1\n")]);
    assert_eq!(stolen.secrets, [key].into());
}

#[test]
fn a_file_becomes_a_folder_and_the_reverse() {
    let (as_file, as_folder) = (
        tree(&[("a", "1\n")]),
        tree(&[("a/b", "2\n"), ("a/c/d", "3\n")]),
    );
    let into_folder = plan(&as_file, &as_folder, &[("a", "1\n")]);
    assert_eq!(
        (into_folder.totals().deleted, into_folder.totals().created),
        (1, 2)
    );
    let into_file = plan(&as_folder, &as_file, &[("a/b", "2\n"), ("a/c/d", "3\n")]);
    assert_eq!(
        (into_file.totals().deleted, into_file.totals().created),
        (2, 1)
    );
    // Not over the user's work.
    let error = plan_in(&as_file, &as_folder, project(&[("a", "mine\n")]).path()).unwrap_err();
    assert!(
        matches!(
            error,
            MergeError::Workspace(WorkspaceError::FileInTheWay { .. })
        ),
        "{error}"
    );
    for mine in [("a/b", "mine\n"), ("a/x", "mine\n")] {
        let dir = project(&[("a/b", "2\n"), ("a/c/d", "3\n")]);
        put(dir.path(), mine.0, mine.1.as_bytes());
        let error = plan_in(&as_folder, &as_file, dir.path()).unwrap_err();
        assert!(
            matches!(
                error,
                MergeError::Workspace(WorkspaceError::FolderInTheWay { .. })
            ),
            "{error}"
        );
    }
    // The user made a file of a folder: the files in it count as deleted.
    let plan = plan(
        &as_folder,
        &tree(&[("a/b", "new\n"), ("a/c/d", "3\n")]),
        &[("a", "mine")],
    );
    assert!(plan.is_empty());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(
        base: Option<bool>,
        theirs: Option<bool>,
        ours: Option<bool>,
        same: bool,
    ) -> (Verb, Option<bool>) {
        let tree = |executable: Option<bool>, text: &str| {
            let mut tree = Tree::new();
            if let Some(executable) = executable {
                tree.insert(
                    path("a"),
                    file(text.as_bytes(), Ownership::Managed, executable),
                )
                .unwrap();
            }
            tree
        };
        let dir = tempfile::tempdir().unwrap();
        if let Some(executable) = ours {
            put(dir.path(), "a", b"1\n");
            let mode = if executable { 0o755 } else { 0o644 };
            std::fs::set_permissions(dir.path().join("a"), PermissionsExt::from_mode(mode))
                .unwrap();
        }
        let plan = plan_in(
            &tree(base, "1\n"),
            &tree(theirs, if same { "1\n" } else { "2\n" }),
            dir.path(),
        )
        .unwrap();
        (
            plan.actions[0].verb,
            plan.actions[0].after.as_ref().map(|after| after.executable),
        )
    }

    #[test]
    fn the_executable_bit_is_merged() {
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(mode(no, yes, no, true), (Verb::Update, yes));
        assert_eq!(mode(yes, no, yes, true), (Verb::Update, no));
        assert_eq!(mode(no, no, yes, true), (Verb::Kept, yes));
        assert_eq!(mode(no, no, yes, false), (Verb::Merge, yes));
        assert_eq!(mode(yes, yes, no, false), (Verb::Merge, no));
        assert_eq!(mode(no, yes, yes, true), (Verb::Unchanged, yes));
        assert_eq!(mode(None, yes, no, true), (Verb::Merge, yes));
        assert_eq!(mode(None, no, yes, true), (Verb::Unchanged, yes));
    }

    #[test]
    fn a_link_stands_unless_a_new_file_needs_its_place() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/etc/passwd", dir.path().join("a")).unwrap();
        let kept = plan_in(&tree(OLD), &tree(NEW), dir.path()).unwrap();
        assert_eq!((kept.actions[0].verb, kept.is_empty()), (Verb::Kept, true));
        assert!(
            plan_in(&tree(OLD), &tree(NONE), dir.path())
                .unwrap()
                .is_empty()
        );
        assert!(
            plan_in(&tree(NONE), &tree_of(NEW, Ownership::Seed), dir.path())
                .unwrap()
                .is_empty()
        );
        let error = plan_in(&tree(NONE), &tree(NEW), dir.path()).unwrap_err();
        assert!(
            error.to_string().contains("a is a symbolic link"),
            "{error}"
        );
        let error = plan_in(&tree(NONE), &tree(&[("a/b", "")]), dir.path()).unwrap_err();
        assert!(
            error.to_string().contains("a is a symbolic link"),
            "{error}"
        );
    }
}
