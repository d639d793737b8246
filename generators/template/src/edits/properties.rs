//! What holds for every edit, whatever the file: done twice it is done once, nothing that was there is lost,
//! and what was to be added is there.

use proptest::prelude::*;

use super::{Problem, Side, data, insert, lines, python};

/// A document, whatever its format.
#[derive(Debug, Clone)]
enum Tree {
    Number(i64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "web", "db", "on", "x-y", "é"]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "plain",
        "two words",
        "a: b",
        "# no comment",
        "- no item",
        "it's",
        "\"quoted\"",
        "[x",
        "{y",
        "tab\there",
        "80",
        "true",
        "",
        "*star",
        "line\nbreak",
        "trailing ",
        "a,b",
        "ünï",
    ])
    .prop_map(str::to_owned)
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (0_i64..5).prop_map(Tree::Number),
        text().prop_map(Tree::Text)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            map_of(inner)
        ]
    })
}

fn map_of(inner: impl Strategy<Value = Tree> + 'static) -> impl Strategy<Value = Tree> {
    prop::collection::btree_map(word(), inner, 0..4)
        .prop_map(|map| Tree::Map(map.into_iter().collect()))
}

fn json(tree: &Tree, indent: Option<usize>) -> String {
    let nested = |open: &str, items: Vec<String>, close: &str| match indent {
        _ if items.is_empty() => format!("{open}{close}"),
        None => format!("{open}{}{close}", items.join(", ")),
        Some(depth) => {
            let inner = "  ".repeat(depth + 1);
            format!(
                "{open}\n{inner}{}\n{}{close}",
                items.join(&format!(",\n{inner}")),
                "  ".repeat(depth)
            )
        }
    };
    let deeper = indent.map(|depth| depth + 1);
    match tree {
        Tree::Number(number) => number.to_string(),
        Tree::Text(text) => crate::words::quote(text),
        Tree::List(items) => nested(
            "[",
            items.iter().map(|item| json(item, deeper)).collect(),
            "]",
        ),
        Tree::Map(entries) => {
            let entry =
                |(key, value): &(String, Tree)| format!("\"{key}\": {}", json(value, deeper));
            nested("{", entries.iter().map(entry).collect(), "}")
        }
    }
}

/// How a document is laid out: bits that are used up one by one, in turn.
struct Layout {
    bits: u32,
    step: usize,
}

impl Layout {
    fn flip(&mut self) -> bool {
        self.bits = self.bits.rotate_right(1);
        self.bits & 1 == 1
    }
}

/// Block style, with flow style, comments and blank lines here and there.
fn yaml(tree: &Tree, depth: usize, layout: &mut Layout, out: &mut String) {
    let indent = " ".repeat(depth * layout.step);
    match tree {
        Tree::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                if layout.flip() && layout.flip() {
                    out.push_str(&format!("\n{indent}# about {key}\n"));
                }
                out.push_str(&format!("{indent}{key}:"));
                yaml_value(value, depth, layout, out);
            }
        }
        Tree::List(items) if !items.is_empty() => {
            for item in items {
                if layout.flip() && layout.flip() {
                    out.push_str(&format!("{indent}# next\n"));
                }
                out.push_str(&format!("{indent}-"));
                yaml_value(item, depth, layout, out);
            }
        }
        scalar => out.push_str(&format!("{indent}{}\n", json(scalar, None))),
    }
}

fn yaml_value(value: &Tree, depth: usize, layout: &mut Layout, out: &mut String) {
    let is_nested = matches!(value, Tree::Map(entries) if !entries.is_empty())
        || matches!(value, Tree::List(items) if !items.is_empty());
    if is_nested && (layout.flip() || layout.flip()) {
        out.push('\n');
        yaml(value, depth + 1, layout, out);
        return;
    }
    let comment = if layout.flip() && layout.flip() {
        "  # why"
    } else {
        ""
    };
    match value {
        Tree::Text(text) if layout.flip() && text.contains('\n') => {
            let lines: Vec<String> = text
                .lines()
                .map(|line| format!("{}{line}", " ".repeat((depth + 1) * layout.step)))
                .collect();
            out.push_str(&format!(" |-\n{}\n", lines.join("\n")));
        }
        Tree::Text(text) if text == "plain" || text == "two words" => {
            out.push_str(&format!(" {text}{comment}\n"))
        }
        value => out.push_str(&format!(" {}{comment}\n", json(value, None))),
    }
}

fn toml(tree: &Tree, path: &str, out: &mut String) {
    let Tree::Map(entries) = tree else { return };
    let tables = |value: &Tree| matches!(value, Tree::Map(_)) && !path.contains('.');
    for (key, value) in entries.iter().filter(|(_, value)| !tables(value)) {
        out.push_str(&format!("\"{key}\" = {}\n", toml_value(value)));
    }
    for (key, value) in entries.iter().filter(|(_, value)| tables(value)) {
        let path = if path.is_empty() {
            format!("\"{key}\"")
        } else {
            format!("{path}.\"{key}\"")
        };
        out.push_str(&format!("\n# about {key}\n[{path}]\n"));
        toml(value, &path, out);
    }
}

fn toml_value(tree: &Tree) -> String {
    match tree {
        Tree::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("\"{key}\" = {}", toml_value(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Tree::List(items) => format!(
            "[{}]",
            items.iter().map(toml_value).collect::<Vec<_>>().join(", ")
        ),
        other => json(other, None),
    }
}

/// Whether two documents have a value of another kind in one place, which is a mistake to merge.
fn clash(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Map(a), Tree::Map(b)) => a.iter().any(|(key, value)| {
            b.iter()
                .any(|(other, wanted)| key == other && clash(value, wanted))
        }),
        (Tree::List(_), Tree::List(_)) => false,
        (Tree::Number(_) | Tree::Text(_), Tree::Number(_) | Tree::Text(_)) => false,
        _ => true,
    }
}

fn is_part(part: &str, whole: &str) -> bool {
    let mut lines = whole.lines().map(|line| line.trim().trim_end_matches(','));
    part.lines()
        .map(|line| line.trim().trim_end_matches(','))
        .all(|line| lines.any(|other| other.contains(line)))
}

type Merge = fn(&str, &str, bool) -> Result<String, Problem>;

/// A merge works exactly where the kinds agree; it works once; and a document is part of itself.
fn check(merge: Merge, base: &str, new: &str, works: bool) -> Result<(), TestCaseError> {
    match merge(base, new, false) {
        Ok(once) => {
            prop_assert!(works, "merged all the same:\n{}\nand\n{}", base, new);
            prop_assert_eq!(
                merge(&once, new, false).unwrap(),
                once.clone(),
                "twice is not once"
            );
            prop_assert_eq!(
                merge(&once, base, false).unwrap(),
                once.clone(),
                "something was lost"
            );
            Ok(())
        }
        Err(problem) => {
            prop_assert!(!works, "{problem}\nmerging\n{}\nand\n{}", base, new);
            Ok(())
        }
    }
}

fn python_item() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "\"a\"",
        "'b'",
        "'a'",
        "c",
        "f(1, 2)",
        "path(\"x/\", view)",
        "[1, 2,]",
        "{'k': \"v\"}",
        "r'\\d'",
        "f\"{x}\"",
        "lambda: 0",
    ])
    .prop_map(str::to_owned)
}

fn python_list(items: &[String], bits: u32) -> String {
    let mut layout = Layout { bits, step: 4 };
    let one_line = layout.flip();
    let mut list = String::from("NAME = [");
    for (at, item) in items.iter().enumerate() {
        let comma = if at + 1 < items.len() || (layout.flip() && !one_line) {
            ","
        } else {
            ""
        };
        if one_line {
            list.push_str(&format!("{item}{comma} "));
        } else {
            let above = if layout.flip() && layout.flip() {
                "\n    # above, [ \""
            } else {
                ""
            };
            let behind = if layout.flip() && layout.flip() {
                "  # behind ]'"
            } else {
                ""
            };
            list.push_str(&format!("{above}\n    {item}{comma}{behind}"));
        }
    }
    if !one_line {
        list.push('\n');
    }
    format!("import os\n\n{}]\n\nLAST = 1\n", list.trim_end_matches(' '))
}

fn import_line() -> impl Strategy<Value = String> {
    let module = prop::sample::select(vec![
        "os",
        "re",
        "django.urls",
        "django",
        "shop.views",
        ".models",
        "zlib",
    ]);
    let names = prop::collection::btree_set(
        prop::sample::select(vec!["A", "b", "MAX", "z as y", "include"]),
        1..4,
    );
    (module, names, any::<bool>()).prop_map(|(module, names, plain)| {
        if plain && !module.starts_with('.') {
            return format!("import {module}");
        }
        format!(
            "from {module} import {}",
            names.into_iter().collect::<Vec<_>>().join(", ")
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_merges(base in map_of(tree()), new in map_of(tree()), wide in any::<bool>()) {
        let works = !clash(&base, &new);
        check(data::json, &json(&base, wide.then_some(0)), &json(&new, None), works)?;
    }

    #[test]
    fn toml_merges(base in map_of(tree()), new in map_of(tree())) {
        let (mut a, mut b) = (String::new(), String::new());
        toml(&base, "", &mut a);
        toml(&new, "", &mut b);
        check(data::toml, &a, &b, !clash(&base, &new))?;
    }

    #[test]
    fn yaml_merges(base in map_of(tree()), new in map_of(tree()), bits in any::<(u32, u32)>(), step in 1_usize..5) {
        let (mut a, mut b) = (String::new(), String::new());
        yaml(&base, 0, &mut Layout { bits: bits.0, step: step.max(2) }, &mut a);
        yaml(&new, 0, &mut Layout { bits: bits.1, step: 2 }, &mut b);
        check(data::yaml, &a, &b, !clash(&base, &new))?;
    }

    #[test]
    fn python_lists(
        items in prop::collection::vec(python_item(), 0..5),
        new in prop::collection::vec(python_item(), 0..4),
        bits in any::<u32>(),
        anchor in any::<Option<(bool, usize)>>(),
    ) {
        let source = python_list(&items, bits);
        let anchor = anchor.filter(|_| !items.is_empty()).map(|(after, at)| {
            (if after { Side::After } else { Side::Before }, items[at % items.len()].as_str())
        });
        let once = python::list(&source, "NAME", &new, anchor).unwrap();
        prop_assert_eq!(python::list(&once, "NAME", &new, anchor).unwrap(), once.clone());
        prop_assert_eq!(python::list(&once, "NAME", &items, None).unwrap(), once.clone());
        prop_assert!(once.starts_with("import os\n\nNAME = [") && once.ends_with("]\n\nLAST = 1\n"), "{}", once);
        prop_assert_eq!(once.matches("# ").count(), source.matches("# ").count(), "{}", once);
    }

    #[test]
    fn python_imports(there in prop::collection::vec(import_line(), 0..5), new in prop::collection::vec(import_line(), 1..4)) {
        let is_local = |root: &str| root == "shop";
        let source = format!("\"\"\"Doc.\"\"\"\n\n{}\n\nX = 1\n", there.join("\n"));
        let once = python::import(&source, &new, &is_local).unwrap();
        prop_assert_eq!(python::import(&once, &new, &is_local).unwrap(), once.clone());
        prop_assert_eq!(python::import(&once, &there, &is_local).unwrap(), once.clone());
        prop_assert!(once.starts_with("\"\"\"Doc.\"\"\"\n\n") && once.ends_with("\nX = 1\n"), "{}", once);
    }

    #[test]
    fn python_blocks(blocks in prop::collection::vec(prop::sample::select(vec!["A = 1", "def f():\n    return 'x'", "# only words", "@d\nclass B:\n    pass\n", "B = [\n    1,\n]"]), 1..5)) {
        let mut text = String::new();
        for block in &blocks {
            let once = python::append(&text, block).unwrap();
            prop_assert_eq!(python::append(&once, block).unwrap(), once.clone());
            prop_assert!(is_part(&text, &once));
            text = once;
        }
    }

    #[test]
    fn lines_and_texts(source in "([a-c#= ]{0,3}\n){0,6}", new in prop::collection::vec("[a-c#=]{0,3}", 1..4), under in any::<bool>()) {
        let under = under.then_some("# heading");
        let once = lines::add(&source, &new, under).unwrap();
        prop_assert_eq!(lines::add(&once, &new, under).unwrap(), once.clone());
        prop_assert!(is_part(source.trim_end(), &once));

        let source = format!("{source}MARK\n");
        let text = format!("x{}", new.join("\n"));
        for side in [Side::After, Side::Before] {
            let once = insert::add(&source, side, "MARK", &text, &[]).unwrap();
            prop_assert_eq!(insert::add(&once, side, "MARK", &text, &[]).unwrap(), once);
        }
    }

    /// Nothing that can stand in a file makes an edit panic.
    #[test]
    fn any_text_will_do(source in "(?s).{0,60}", patch in "(?s).{0,30}") {
        for merge in [data::json, data::toml, data::yaml] {
            let _ = merge(&source, &patch, true);
        }
        let _ = python::list(&source, "a", std::slice::from_ref(&patch), None);
        let _ = python::import(&source, std::slice::from_ref(&patch), &|_| false);
        let _ = python::append(&source, &patch);
        let _ = insert::add(&source, Side::After, &patch, "x", &[]);
    }

    #[test]
    fn any_yaml_will_do(source in "([ab]: |- |  |\n|#|\\[|\\]|,|x|\"|&a |\\*a|\\|\n|: |\\{|\\}){0,20}", patch in "(a|b): (x|\n  - y|\n  c: z|\\[1\\])") {
        let _ = data::yaml(&source, &patch, true);
    }

    #[test]
    fn any_python_will_do(source in "(a|=|\\[|\\]|\\(|\\)|,|\n|  |'|\"|#|f'|\\{|\\}|from|import| |:|\\\\){0,25}") {
        let _ = python::list(&source, "a[0]", &["x".to_owned()], Some((Side::Before, "y")));
        let _ = python::import(&source, &["from a import b".to_owned(), "import c".to_owned()], &|_| false);
        let _ = python::append(&source, "x = 1");
    }
}
