#![allow(clippy::unwrap_used)]
use super::*;

const FULL: &str = r#"# A package.
[package]
name = "acme/web"
version = "1.0.0-rc.1"
kind = "module"
summary = "One line."
license = "MIT OR Apache-2.0"
keywords = ["django", "web-app"]
engine = "template@^1"

[requires]
"scaffold/django" = "^1"
[conflicts]
"other/thing" = "*"

[[reads]]
pattern = "docs/**"
reason = "Shown to a person."
[[writes]]
pattern = "**"
reason = "All of it."

[template]
root = "template"
[[questions]]
name = "x"
"#;

fn error(text: &str) -> String {
    Manifest::parse(text).unwrap_err().to_string()
}

fn replaced(from: &str, to: &str) -> String {
    assert!(FULL.contains(from), "{from}");
    error(&FULL.replacen(from, to, 1))
}

#[test]
fn a_full_manifest_is_read() {
    let manifest = Manifest::parse(FULL).unwrap();
    assert_eq!(manifest.name.to_string(), "acme/web");
    assert_eq!(manifest.version.to_string(), "1.0.0-rc.1");
    assert_eq!(manifest.kind, Kind::Module);
    assert_eq!(manifest.summary, "One line.");
    assert_eq!(manifest.license.as_deref(), Some("MIT OR Apache-2.0"));
    assert_eq!(manifest.keywords, ["django", "web-app"]);
    assert_eq!(manifest.engine.unwrap().to_string(), "scaffold/template@^1");
    assert_eq!(manifest.requires.len(), 1);
    assert_eq!(
        manifest.conflicts.values().next().unwrap(),
        &VersionReq::STAR
    );
    assert_eq!(manifest.reads[0].pattern, "docs/**");
    assert_eq!(manifest.writes[0].reason, "All of it.");
}

#[test]
fn a_small_manifest_is_read() {
    let text = "[package]\nname='a/b'\nversion='0.1.0'\nkind='engine'\nsummary='Runs.'\n";
    let manifest = Manifest::parse(text).unwrap();
    assert_eq!((manifest.license, manifest.engine), (None, None));
    assert!(
        manifest.keywords.is_empty() && manifest.requires.is_empty() && manifest.writes.is_empty()
    );
}

#[test]
fn errors_have_a_place() {
    assert_eq!(
        replaced("kind = ", "knd = "),
        "scaffold.toml:5:1: `[package]` has no key `knd`; did you mean `kind`?"
    );
    assert_eq!(
        replaced("\"module\"", "\"plugin\""),
        "scaffold.toml:5:8: \"plugin\" is no kind of package; write one of `project`, `module`, `theme`, `engine`"
    );
    assert!(
        replaced("version = \"1.0.0-rc.1\"\n", "")
            .starts_with("scaffold.toml:2:1: `[package]` has no `version`")
    );
    assert!(
        replaced("1.0.0-rc.1", "1.0").starts_with("scaffold.toml:4:11: \"1.0\" is not a version: ")
    );
    assert!(
        replaced("\"One line.\"", "3")
            .contains("6:11: `summary` must be a string in quotes, not an integer")
    );
    assert!(
        replaced("summary = ", "summary = = ")
            .starts_with("scaffold.toml:6:11: this is not TOML: ")
    );
    assert!(
        replaced("\"^1\"\n[con", "\"^^\"\n[con")
            .starts_with("scaffold.toml:12:21: \"^^\" is no version requirement")
    );
    assert!(
        replaced("pattern = \"**\"", "patern = \"**\"")
            .contains("20:1: `[[writes]]` has no key `patern`; did you mean `pattern`?")
    );
    assert!(
        replaced("reason = \"All of it.\"\n", "")
            .starts_with("scaffold.toml:19:1: `[[writes]]` has no `reason`")
    );
    assert!(error("x = 1\n").starts_with("scaffold.toml:1:1: there is no `[package]`"));
    assert!(error("").starts_with("scaffold.toml:1:1: "));
    assert!(error("package = 3").contains("`package` must be a table, not an integer"));
}

#[test]
fn columns_count_characters() {
    let text = FULL.replacen("[package]", "[package] # é\n\"é\" = 1", 1);
    assert!(error(&text).starts_with("scaffold.toml:3:1: "));
    assert!(
        error("a = \"é\" b").starts_with("scaffold.toml:1:9: "),
        "{}",
        error("a = \"é\" b")
    );
}

#[test]
fn other_tables_belong_to_an_engine_only() {
    let without = replaced("engine = \"template@^1\"\n", "");
    assert!(
        without.contains("22:2: the manifest has no key `template`; known are `package`")
            && without.contains("needs one: `engine = \"scaffold/template@^1\"`"),
        "{without}"
    );
    let scalar = error(&format!("loose = 1\n{FULL}"));
    assert!(
        scalar.starts_with("scaffold.toml:1:1: the manifest has no key `loose`"),
        "{scalar}"
    );
    let list = error(&format!("loose = [1]\n{FULL}"));
    assert!(list.contains("no key `loose`"), "{list}");
}

#[test]
fn names_relations_and_engines_are_checked() {
    assert!(replaced("acme/web", "web").contains("write `namespace/web`"));
    assert!(replaced("acme/web", "acme/Web").contains("did you mean \"web\"?"));
    assert!(replaced("template@^1", "acme/web").contains("its own engine"));
    assert!(replaced("\"module\"", "\"engine\"").contains("cannot itself be run by an engine"));
    assert!(replaced("other/thing", "acme/web").contains("names the package itself"));
    assert!(replaced("[conflicts]", "\"django\" = \"*\"\n[conflicts]").contains("twice"));
    assert!(
        replaced("template@^1", "template@").contains("asks for a version that cannot be read")
    );
    assert!(replaced("1.0.0-rc.1", "1.0.0+x").contains("build metadata"));
    assert!(replaced("1.0.0-rc.1", "1.0.0-RC").contains("lower case"));
}

#[test]
fn text_is_bounded_and_clean() {
    for bad in ["", "  ", "a\\nb", "a\\u001b[2J", "a\\u202eb", "a\\u200bb"] {
        assert!(
            replaced("One line.", bad).starts_with("scaffold.toml:6:11: `summary`"),
            "{bad}"
        );
    }
    assert!(replaced("One line.", &"x".repeat(201)).contains("201 bytes"));
    assert!(replaced("web-app", "Web App").contains("keyword"));
    let many = vec!["\"a\""; 17].join(",");
    assert!(replaced("\"django\", \"web-app\"", &many).contains("17 entries"));
    assert!(error(&format!("#{}", " ".repeat(MANIFEST_BYTES))).contains("longer than"));
    for bad in ["/etc/**", "../**", "a\\\\b", "C:/x", "~/x", "a//b", "./a"] {
        assert!(
            replaced("\"docs/**\"", &format!("\"{bad}\"")).contains("inside the project"),
            "{bad}"
        );
    }
}

#[test]
fn deep_nesting_does_not_overflow() {
    let text = format!("a = {}", "[".repeat(200_000));
    assert!(!error(&text).is_empty());
}

const MIGRATIONS: &str = r#"[package]
name = "acme/web"
version = "2.0.0"
kind = "module"
summary = "One line."

[[migrations]]
version = "2.0.0"
rename-file = { from = "app/b.py", to = "app/c.py" }
[[migrations]]
version = "1.1.0"
rename-answer = { from = "db", to = "database" }
[[migrations]]
version = "1.1.0"
rename-file = { from = "a.py", to = "app/b.py" }
"#;

#[test]
fn migrations_are_read_from_the_oldest_to_the_newest() {
    let manifest = Manifest::parse(MIGRATIONS).unwrap();
    let read: Vec<String> = manifest
        .migrations
        .iter()
        .map(|migration| match &migration.rename {
            Rename::File { from, to } => format!("{} file {from} > {to}", migration.version),
            Rename::Answer { from, to } => format!("{} answer {from} > {to}", migration.version),
        })
        .collect();
    assert_eq!(
        read,
        [
            "1.1.0 answer db > database",
            "1.1.0 file a.py > app/b.py",
            "2.0.0 file app/b.py > app/c.py"
        ]
    );
}

#[test]
fn migrations_are_checked() {
    for (from, to, wanted) in [
        (
            "version = \"1.1.0\"\n",
            "",
            "10:1: `[[migrations]]` has no `version`",
        ),
        (
            "\"1.1.0\"",
            "\"2.0.1\"",
            "11:11: the package is 2.0.0, which is older than 2.0.1",
        ),
        ("\"1.1.0\"", "\"1.1\"", "11:11: \"1.1\" is not a version"),
        (
            "rename-answer",
            "rename-anser",
            "did you mean `rename-answer`?",
        ),
        (
            "{ from = \"db\", to = \"database\" }",
            "\"db\"",
            "12:17: `rename-answer` must be a table",
        ),
        (
            "to = \"database\"",
            "into = \"x\"",
            "`rename-answer` has no key `into`",
        ),
        (", to = \"database\"", "", "`rename-answer` has no `to`"),
        ("\"database\"", "\"Data_base\"", "no name of a question"),
        ("\"database\"", "\"db\"", "renames \"db\" to itself"),
        (
            "app/c.py",
            "../c.py",
            "9:41: the path \"../c.py\" cannot be used",
        ),
        ("app/c.py", ".git/config", "cannot be used"),
        (
            "rename-file = { from = \"app/b.py\", to = \"app/c.py\" }\n",
            "",
            "neither `rename-file` nor `rename-answer`",
        ),
        (
            "rename-answer = ",
            "rename-file = { from = \"x\", to = \"y\" }\nrename-answer = ",
            "renames two things",
        ),
        // In one version a name has one meaning.
        (
            "version = \"2.0.0\"\nrename",
            "version = \"1.1.0\"\nrename",
            "13:1: \"app/b.py\" is renamed twice in 1.1.0",
        ),
    ] {
        assert!(MIGRATIONS.contains(from), "{from}");
        let error = error(&MIGRATIONS.replacen(from, to, 1));
        assert!(error.contains(wanted), "{from} > {to}: {error}");
    }
    let many = "[[migrations]]\nversion = \"1.0.0\"\n".repeat(257);
    assert!(error(&format!("{MIGRATIONS}{many}")).contains("at most 256"));
}
