//! Modes and links.

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
        std::fs::set_permissions(dir.path().join("a"), PermissionsExt::from_mode(mode)).unwrap();
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
