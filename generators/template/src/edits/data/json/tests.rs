use super::{merge, parse};

fn merged(source: &str, patch: &str) -> String {
    let once = merge(source, patch, false).unwrap();
    assert_eq!(merge(&once, patch, false).unwrap(), once, "not idempotent");
    once
}

const PACKAGE: &str = r#"{
    // the site's own
    "name": "site",
    "scripts": {
        "build": "vite build" // slow
    },
    "files": ["a", "b"],
    "empty": {},
    "paths": [
        "x",
    ],
}
"#;

#[test]
fn objects_and_arrays_get_what_they_lack() {
    assert_eq!(
        merged(
            PACKAGE,
            r#"{"scripts": {"build": "no", "test": "vitest"}, "files": ["b", "c"], "paths": ["y"]}"#
        ),
        PACKAGE
            .replace(
                "\"vite build\" // slow\n",
                "\"vite build\", // slow\n        \"test\": \"vitest\"\n"
            )
            .replace("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]")
            .replace("\"x\",\n", "\"x\",\n        \"y\",\n")
    );
}

#[test]
fn new_values_are_laid_out_as_the_file_is() {
    assert_eq!(
        merged(PACKAGE, r#"{"empty": {"a": {"b": [1, 2]}}, "list": [{"c": null}], "none": []}"#),
        PACKAGE.replace("{},", "{\n        \"a\": {\n            \"b\": [1, 2]\n        }\n    },").replace(
            "    ],\n}",
            "    ],\n    \"list\": [\n        {\n            \"c\": null\n        }\n    ],\n    \"none\": [],\n}"
        )
    );
    assert_eq!(merged("{\"a\": 1}", "{\"b\": 2}"), "{\"a\": 1, \"b\": 2}");
    assert_eq!(merged("", "{\"b\": 2}"), "{\n  \"b\": 2\n}\n");
}

#[test]
fn scalars_stay_unless_overwritten() {
    assert_eq!(merged(PACKAGE, r#"{"name": "other"}"#), PACKAGE);
    assert_eq!(
        merge(PACKAGE, r#"{"name": 1.0}"#, true).unwrap(),
        PACKAGE.replace("\"site\"", "1.0")
    );
    assert_eq!(
        merge("{\"a\": 1}", "{\"a\": 1.0}", true).unwrap(),
        "{\"a\": 1}"
    );
}

#[test]
fn the_order_of_keys_means_nothing_and_escapes_are_read() {
    assert_eq!(
        merged(r#"[{"a": "é", "b": 2}]"#, r#"[{"b": 2, "a": "\u00e9"}]"#),
        r#"[{"a": "é", "b": 2}]"#
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, wanted) in [
        ("{\n\"a\" 1}", "line 2: a colon"),
        ("[1 2]", "a comma"),
        ("{a: 1}", "`a` is no value"),
        ("[1", "ends"),
        ("\"a\n\"", "never closed"),
        ("/* ", "comment is never"),
        ("1 2", "follows"),
        ("[tru]", "`tru`"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    assert!(
        parse(&"[".repeat(100_000))
            .unwrap_err()
            .contains("too deep")
    );
    let error = merge(PACKAGE, r#"{"scripts": []}"#, false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`scripts` is an object there and an array in `merge`"),
        "{error}"
    );
}
