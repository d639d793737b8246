#![allow(clippy::unwrap_used)]

use super::*;

fn why(path: &str) -> Option<Reason> {
    check(path).err().map(|error| error.reason)
}

#[test]
fn ordinary_paths_pass() {
    for path in [
        "a",
        "scaffold.toml",
        "template/{{ project_slug }}/x.py.jinja",
        "template/{% if docker %}Dockerfile{% endif %}.jinja",
        "pages/[...slug].tsx",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".gitattributes",
        "git",
        "console.log",
        "com10",
        "aux-files/x",
        "a~1b",
        "backup~",
        "longer-name~1",
        "naïve/日本語.txt",
        "100%/x",
        "a b.txt",
        "...x",
    ] {
        assert_eq!(why(path), None, "{path:?}");
    }
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    assert_eq!(why("/etc/passwd"), Some(Reason::Absolute));
    assert_eq!(why("//host/share"), Some(Reason::Absolute));
    assert_eq!(why(".."), Some(Reason::Dots));
    assert_eq!(why("."), Some(Reason::Dots));
    assert_eq!(why("a/../b"), Some(Reason::Dots));
    assert_eq!(why("a/./b"), Some(Reason::Dots));
    assert_eq!(why(""), Some(Reason::Empty));
    assert_eq!(why("a//b"), Some(Reason::Empty));
    assert_eq!(why("a/"), Some(Reason::Empty));
    assert_eq!(why("..\\x"), Some(Reason::Character('\\')));
    assert_eq!(why("\\\\host\\share"), Some(Reason::Character('\\')));
    assert_eq!(why("C:/x"), Some(Reason::Character(':')));
    assert_eq!(why("a:b"), Some(Reason::Character(':')));
    assert_eq!(why("~/x"), Some(Reason::Tilde));
    assert_eq!(why("~root"), Some(Reason::Tilde));
    assert_eq!(why("%2e%2e/x"), Some(Reason::Encoded));
    assert_eq!(why("a%2Fb"), Some(Reason::Encoded));
}

#[test]
fn device_names_are_refused() {
    for path in [
        "CON",
        "con",
        "Con.txt",
        "a/nul",
        "NUL.tar.gz",
        "COM1",
        "com¹",
        "LPT9.x",
        "lpt³",
        "CONIN$",
        "conout$",
        "AUX .txt",
        "prn",
        "COM0",
        "CLOCK$",
    ] {
        assert_eq!(why(path), Some(Reason::Reserved), "{path:?}");
    }
}

#[test]
fn git_is_refused_in_every_spelling() {
    for path in [
        ".git",
        ".GIT",
        "a/.Git/hooks/x",
        ".git/config",
        ".gıt",
        ".gİt",
    ] {
        // The dotted capital folds to two characters, which no file system takes for `i`.
        let expected = if path == ".gİt" {
            None
        } else {
            Some(Reason::Git)
        };
        assert_eq!(why(path), expected, "{path:?}");
    }
    assert_eq!(why(".git."), Some(Reason::Trailing));
    assert_eq!(why(".git "), Some(Reason::Trailing));
    assert_eq!(why("git~1"), Some(Reason::ShortName));
    assert_eq!(why("GIT~2/x"), Some(Reason::ShortName));
    assert_eq!(why("PROGRA~1"), Some(Reason::ShortName));
    assert_eq!(why("abc~1.txt"), Some(Reason::ShortName));
    assert_eq!(why(".g\u{200c}it"), Some(Reason::Invisible));
    assert_eq!(why(".git::$INDEX_ALLOCATION"), Some(Reason::Character(':')));
}

#[test]
fn deceiving_text_is_refused() {
    assert_eq!(why("a\0b"), Some(Reason::Control));
    assert_eq!(why("a\nb"), Some(Reason::Control));
    assert_eq!(why("a\u{1b}[2J"), Some(Reason::Control));
    assert_eq!(why("a\u{9b}"), Some(Reason::Control));
    assert_eq!(why("a\u{202e}txt.exe"), Some(Reason::Invisible));
    assert_eq!(why("a\u{feff}"), Some(Reason::Invisible));
    assert_eq!(why("a\u{2028}b"), Some(Reason::Control));
    assert_eq!(why("cafe\u{301}"), Some(Reason::NotNfc));
    assert_eq!(why("a."), Some(Reason::Trailing));
    assert_eq!(why("a /b"), Some(Reason::Trailing));
    let shown = check("a\u{202e}\u{1b}x")
        .map_err(|error| error.to_string())
        .unwrap_err();
    assert!(!shown.contains(['\u{202e}', '\u{1b}']), "{shown:?}");
}

#[test]
fn lengths_are_bounded() {
    assert_eq!(why(&"a".repeat(255)), None);
    assert_eq!(why(&"a".repeat(256)), Some(Reason::ComponentTooLong));
    assert_eq!(why(&"é".repeat(128)), Some(Reason::ComponentTooLong));
    assert_eq!(why(&vec!["a"; 32].join("/")), None);
    assert_eq!(why(&vec!["a"; 33].join("/")), Some(Reason::TooDeep));
    assert_eq!(
        why(&vec!["a".repeat(200); 6].join("/")),
        Some(Reason::TooLong)
    );
}

#[test]
fn twins_share_a_key() {
    for (one, other) in [
        ("README.md", "readme.MD"),
        ("caf\u{e9}", "CAFE\u{301}"),
        ("straße", "STRASSE"),
        ("straße", "STRAẞE"),
        ("ſet", "Set"),
        ("ΟΔΟΣ", "οδος"),
        ("K", "\u{212a}"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    assert_ne!(fold("a/b"), fold("a-b"));
}

#[test]
fn every_spelling_of_every_character_has_its_key() {
    for c in '\0'..=char::MAX {
        let one = c.to_string();
        let decomposed: String = one.nfd().collect();
        let spellings = [decomposed, one.to_uppercase(), one.to_lowercase()];
        if spellings.iter().all(|spelling| *spelling == one) {
            continue;
        }
        let key = fold(&one);
        assert_eq!(fold(&key), key, "{c:?} twice");
        for twin in spellings {
            assert_eq!(fold(&twin), key, "{c:?} as {twin:?}");
        }
    }
}
