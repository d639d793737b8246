//! Files that are no plain text on both sides: binary ones, turned line ends, secrets, folders in the way.

use super::*;
use crate::secret::Placeholder;

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

/// Edits bring a map to another map. A file that the user made something else of has no place for an entry.
#[test]
fn a_file_of_another_kind_is_a_conflict() {
    for (name, base, theirs, ours) in [
        ("a.yaml", "a: 1\n", "a: 1\nb: 2\n", "1\n"),
        ("a.yaml", "a: 1\n", "a: 1\nb: 2\n", "[]\n"),
        ("a.yaml", "- a\n", "- a\n- b\n", "{}\n"),
        ("a.json", "{\"a\": 1}\n", "{\"a\": 1, \"b\": 2}\n", "1\n"),
        ("a.json", "[1]\n", "[1, 2]\n", "\"\"\n"),
    ] {
        let (verb, after, _) = one(
            &tree(&[(name, base)]),
            &tree(&[(name, theirs)]),
            &[(name, ours)],
        );
        assert_eq!(verb, Verb::Conflict, "{ours}");
        assert!(after.unwrap().contains(ours), "{ours}");
    }
}
