//! Any trees, any edits of the user's, stopped anywhere.

use proptest::prelude::*;

use super::*;

/// Paths that get in each other's way, some of them.
const PATHS: [&str; 9] = [
    "a", "a/b", "a/b/c", "b", "c/d", "c/d/e", "c/f", "g/h/i", "g/k",
];

type Texts = BTreeMap<&'static str, u8>;

fn texts() -> impl Strategy<Value = Texts> {
    prop::collection::btree_map(prop::sample::select(&PATHS[..]), 0_u8..4, 0..7)
}

/// As many of the files as fit into one tree.
fn tree_of(texts: &Texts) -> Tree {
    let mut tree = Tree::new();
    for (at, text) in texts {
        let bytes = format!("{text}\n").repeat(3).into_bytes();
        // What does not fit is left out.
        let _ = tree.insert(
            path(at),
            File {
                bytes: bytes.into(),
                executable: text % 2 == 1,
                ownership: Ownership::Managed,
            },
        );
    }
    tree
}

fn write(root: &Path, tree: &Tree) {
    std::fs::create_dir_all(root).unwrap();
    for (at, file) in tree.iter() {
        put(root, at.as_str(), &file.bytes);
        chmod(
            &root.join(at.as_str()),
            if file.executable { 0o755 } else { 0o644 },
        );
    }
}

fn files(snapshot: &Snapshot) -> BTreeMap<String, Vec<u8>> {
    snapshot
        .iter()
        .filter_map(|(at, (_, bytes))| Some((at.clone(), bytes.clone()?)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_old_tree_or_exactly_what_the_plan_says(
        base in texts(),
        theirs in texts(),
        edits in texts(),
        keep in prop::collection::vec(any::<bool>(), PATHS.len()),
        stop in 0_usize..60,
        how in 0..3,
    ) {
        let (base, theirs) = (tree_of(&base), tree_of(&theirs));
        let mut ours = Tree::new();
        for (at, file) in base.iter() {
            if keep[PATHS.iter().position(|path| *path == at.as_str()).unwrap()] {
                ours.insert(at.clone(), file.clone()).unwrap();
            }
        }
        for (at, file) in tree_of(&edits).iter() {
            let _ = ours.insert(at.clone(), file.clone());
        }
        let dir = scratch();
        let root = dir.path().join("project");
        write(&root, &ours);
        let old = project(&root).unwrap();
        // Something of the user's stands in the way.
        let Ok(plan) = merge(&base, &theirs, &Workspace::open(&root).unwrap(), &merge::Options::default()) else { return Ok(()) };
        let mut expected = files(&old);
        for action in plan.writes() {
            match &action.after {
                Some(after) => expected.insert(action.path.to_string(), after.bytes.to_vec()),
                None => expected.remove(action.path.as_str()),
            };
        }
        let apply = |fault: Option<&Hook<'_>>| super::super::apply(&root, &plan, &[], &Options { fault, ..Options::default() });
        let result = match how {
            0 => Some(apply(None)),
            1 => Some(apply(Some(&failing(stop, io::ErrorKind::Other, false)))),
            _ => killed(stop, |hook| apply(Some(hook))),
        };
        match result {
            Some(Ok(_)) => prop_assert_eq!(files(&project(&root).unwrap()), expected),
            Some(Err(_)) => prop_assert_eq!(project(&root).unwrap(), old),
            None => {
                recover(&root, &Options::default()).unwrap();
                let now = project(&root).unwrap();
                prop_assert!(now == old || files(&now) == expected, "{:?}", now);
            }
        }
        // A failure to tidy is made up for without a word.
        let tidied = recover(&root, &Options::default()).unwrap();
        prop_assert!(matches!(tidied, None | Some(Recovered::Cleared)), "{:?}", tidied);
        prop_assert_eq!(recover(&root, &Options::default()).unwrap(), None);
    }
}
