//! Any three texts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Strategy, *};

use super::*;

/// Texts of few different lines, so that the sides often agree and often do not.
fn some_text() -> impl Strategy<Value = String> {
    "([abcde]{1,2}\r?\n|[abcde]{1,2}\n|=======\n|<<<<<<< x\n){0,8}[ab]?"
}

/// Pieces of all three formats, rarely a whole.
fn some_structure() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a = 1\n",
        "[t]\n",
        "[[l]]\n",
        "x = [1, 2]\n",
        "y = { z = 1 }\n",
        "a.b = 1\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        "\"a\": 1",
        "\"b\": [1, \"ä\"]",
        "// c\n",
        "/*",
        "*/",
        "a: 1\n",
        "b:\n",
        "  - 1\n",
        "  c: |\n",
        "    text\n",
        "# c\n",
        "&x ",
        "*x",
        "!!t ",
        "'",
        "\"",
        "---\n",
        "\r\n",
        "\u{feff}",
        "- - a\n",
        "? b\n",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn without_edits_the_result_is_exactly_the_new_version(base in some_text(), theirs in some_text()) {
        let merged = plan(&tree(&[("a", &base)]), &tree(&[("a", &theirs)]), &[("a", &base)]);
        let after = merged.actions[0].after.as_ref().unwrap();
        prop_assert_eq!(&*after.bytes, theirs.as_bytes());
    }

    #[test]
    fn without_a_new_version_the_users_stands(base in some_text(), ours in some_text()) {
        let merged = plan(&tree(&[("a", &base)]), &tree(&[("a", &base)]), &[("a", &ours)]);
        prop_assert!(merged.is_empty());
    }

    #[test]
    fn edits_in_different_places_all_survive(
        before in prop::collection::vec("[m-p]{1,4}", 3..8),
        between in prop::collection::vec("[m-p]{1,4}", 3..8),
        swap in any::<bool>(),
    ) {
        let numbered = |lines: &[String], from: usize| lines.iter().enumerate().map(|(n, line)| format!("{}{line}\n", n + from)).collect::<String>();
        let (first, second) = (numbered(&before, 0), numbered(&between, 100));
        let base = format!("head\n{first}middle\n{second}tail\n");
        let (one, two) = (base.replace("head", "HEAD\nmore"), base.replace("tail", "TAIL"));
        let (ours, theirs) = if swap { (two, one) } else { (one, two) };
        let merged = plan(&tree(&[("a", &base)]), &tree(&[("a", &theirs)]), &[("a", &ours)]);
        let after = merged.actions[0].after.as_ref().unwrap();
        prop_assert_eq!(merged.actions[0].verb, Verb::Merge);
        let expected = format!("HEAD\nmore\n{first}middle\n{second}TAIL\n");
        prop_assert_eq!(&*after.bytes, expected.as_bytes());
    }

    /// What the user added is in the result, whatever the sides are.
    #[test]
    fn no_line_of_the_users_disappears(base in some_text(), theirs in some_text(), ours in some_text(), known in any::<bool>()) {
        let base_tree = if known { tree(&[("a", &base)]) } else { Tree::new() };
        let merged = plan(&base_tree, &tree(&[("a", &theirs)]), &[("a", &ours)]);
        let action = merged.actions.iter().find(|action| action.path.as_str() == "a").unwrap();
        let after = String::from_utf8(action.after.as_ref().unwrap().bytes.to_vec()).unwrap();
        let count = |text: &str| text.lines().map(str::to_owned).fold(BTreeMap::new(), |mut counts, line| {
            *counts.entry(line).or_insert(0_usize) += 1;
            counts
        });
        let (base, ours, after) = (if known { count(&base) } else { BTreeMap::new() }, count(&ours), count(&after));
        for (line, times) in &ours {
            let old = base.get(line).copied().unwrap_or_default();
            let now = after.get(line).copied().unwrap_or_default();
            // Of a line the user has more often than before, at least the additional ones are there.
            prop_assert!(now >= times.saturating_sub(old), "{line:?} {times} -> {now}");
        }
    }

    /// Whatever the texts are, merging by structure ends, and without an edit the new version is what comes out.
    #[test]
    fn any_text_in_a_structured_file(
        base in some_structure(),
        theirs in some_structure(),
        ours in some_structure(),
        name in prop::sample::select(vec!["a.toml", "a.json", "a.yaml"]),
    ) {
        let merged = |ours: &str| plan(&tree(&[(name, &base)]), &tree(&[(name, &theirs)]), &[(name, ours)]);
        let _ = merged(&ours);
        let unedited = merged(&base);
        prop_assert_eq!(&*unedited.actions[0].after.as_ref().unwrap().bytes, theirs.as_bytes());
    }

    /// Entries that each side adds to one table are all there, in every format, once.
    #[test]
    fn entries_of_both_sides_are_kept(
        base in prop::collection::btree_set("[a-h]", 1..4),
        ours in prop::collection::btree_set("[i-p]", 0..4),
        theirs in prop::collection::btree_set("[q-z]", 0..4),
        format in 0..3_usize,
        reverse in any::<bool>(),
    ) {
        let write = |more: &BTreeSet<String>| {
            let mut keys: Vec<&String> = base.iter().chain(more).collect();
            if reverse {
                keys.reverse();
            }
            let lines = |line: fn(&str) -> String, between: &str| {
                keys.iter().map(|key| line(key)).collect::<Vec<_>>().join(between)
            };
            match format {
                0 => format!("[table]\n{}\n", lines(|key| format!("{key} = 1"), "\n")),
                1 => format!("{{\n  {}\n}}\n", lines(|key| format!("\"{key}\": 1"), ",\n  ")),
                _ => format!("table:\n  {}\n", lines(|key| format!("{key}: 1"), "\n  ")),
            }
        };
        let name = ["a.toml", "a.json", "a.yaml"][format];
        let none = BTreeSet::new();
        let merged = plan(&tree(&[(name, &write(&none))]), &tree(&[(name, &write(&theirs))]), &[(name, &write(&ours))]);
        prop_assert_eq!(merged.conflicts().count(), 0);
        let after = String::from_utf8(merged.actions[0].after.as_ref().unwrap().bytes.to_vec()).unwrap();
        for key in base.iter().chain(&ours).chain(&theirs) {
            let found = after.lines().filter(|line| line.trim().trim_start_matches('"').starts_with(key.as_str())).count();
            // `table:` starts with a letter as well.
            prop_assert_eq!(found - usize::from(key == "t" && format == 2), 1, "{} in {}", key, after);
        }
    }
}
