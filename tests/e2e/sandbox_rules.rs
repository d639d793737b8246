//! What the sandbox takes from a hostile guest and what it does not: bytes, data, paths, names.

use std::sync::Arc;

use scaffold::{
    grants::Patterns,
    sandbox::{Input, Refusal, SandboxError, import_names},
};

use crate::{
    guests::guest,
    sandbox::{crash, failed, generate, input, load, low, refused},
};

#[test]
fn what_a_guest_hands_over_is_checked() {
    for (name, why) in [
        ("passes-a-string-past-its-memory", "out of bounds"),
        ("passes-broken-text", "utf-8"),
        ("passes-an-unknown-level", "discriminant"),
        ("answers-with-a-wild-pointer", "out of bounds"),
        ("calls-the-host-in-realloc", "leave"),
    ] {
        let reason = crash(generate(name));
        assert!(reason.contains(why), "{name}: {reason}");
        assert!(!reason.contains('\n'), "{name}: {reason}");
    }
}

#[test]
fn a_trap_leaves_nothing_behind() {
    assert_eq!(
        crash(generate("traps-after-writing")),
        "wasm trap: wasm `unreachable` instruction executed"
    );
}

#[test]
fn a_panic_says_where_it_was() {
    assert_eq!(crash(generate("panics")), "panic at src/lib.rs:3:5: boom");
}

#[test]
fn nothing_foreign_links() {
    let foreign = refused(low(), guest("imports-wasi"));
    let SandboxError::Refused {
        source: Refusal::ForeignImport(name),
        ..
    } = &foreign
    else {
        panic!("{foreign}")
    };
    assert_eq!(name, "wasi:cli/environment@0.2.0");
    let module = refused(low(), guest("imports-wasi-preview1"));
    assert!(
        matches!(
            module,
            SandboxError::Refused {
                source: Refusal::CoreModule,
                ..
            }
        ),
        "{module}"
    );
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    let whole = guest("panics");
    // Cut anywhere, also between two sections.
    for length in (0..whole.len()).step_by(7) {
        let error = refused(low(), whole[..length].to_vec());
        assert!(
            matches!(
                error,
                SandboxError::Refused { .. } | SandboxError::Unusable { .. }
            ),
            "{length}: {error}"
        );
    }
    let error = refused(low(), guest("exports-nothing"));
    assert!(error.to_string().contains("no generator"), "{error}");
}

#[test]
fn machine_code_is_never_taken() {
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&guest("panics")).unwrap();
    let error = refused(low(), code.clone());
    assert!(
        matches!(
            error,
            SandboxError::Refused {
                source: Refusal::NotWasm,
                ..
            }
        ),
        "{error}"
    );
    assert!(import_names(&code).is_err());
}

#[test]
fn text_is_not_taken_for_wasm() {
    let error = refused(low(), b"(component)".to_vec());
    assert!(matches!(error, SandboxError::Refused { .. }), "{error}");
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let sandbox = low();
    let guests = [
        "writes-where-it-is-told",
        "removes-where-it-is-told",
        "reads-where-it-is-told",
    ]
    .map(|name| load(sandbox.clone(), guest(name)).unwrap());
    for path in [
        "",
        ".",
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "//x",
        "a//b",
        "a/",
        "C:",
        "C:/x",
        "C:x",
        "\\\\server\\share",
        "a\\b",
        "..\\x",
        "a\0b",
        "a\nb",
        "a\u{1b}[2Jb",
        "a:b",
        "~/x",
        ".git",
        ".git/config",
        ".GIT/config",
        ".Git/hooks/pre-commit",
        ".git./config",
        ".git /config",
        "git~1/config",
        "GIT~1",
        "sub/.git/config",
        ".gi\u{200c}t/config",
        "CON",
        "con.txt",
        "a/NUL",
        "COM1",
        "COM\u{b9}",
        "CONIN$",
        "x.",
        "x ",
        "a./b",
        "e\u{301}.txt",
        "scaffold.lock",
        "Scaffold.Lock",
        "scaffold.toml",
        ".scaffold/x",
        ".Scaffold/journal",
        ".scaffold",
    ] {
        for guest in &guests[..2] {
            let (code, message, _) = failed(guest.generate(input(path)));
            assert_eq!(code, "invalid-path", "{path:?}: {message}");
            assert!(!message.contains('\u{1b}'), "{path:?}: {message}");
        }
        // Reading below a folder that cannot be is refused as well.
        let read = guests[2].generate(input(path));
        assert_eq!(failed(read).0, "invalid-path", "{path:?}");
    }
    for path in [
        "a.txt",
        "app/[...slug].tsx",
        ".gitignore",
        "a/.github/x",
        "ü.txt",
    ] {
        let made = guests[0].generate(input(path)).unwrap();
        assert_eq!(made.changes.files.len(), 1, "{path}");
    }
}

#[test]
fn writes_stay_within_the_manifest() {
    let generator = load(low(), guest("writes-where-it-is-told")).unwrap();
    let only = |path| Input {
        writes: Arc::new(Patterns::new(["docs/**", "*.md"]).unwrap()),
        ..input(path)
    };
    for path in ["src/main.rs", "doc/x", "docs", "a/b.md", "Docs/x"] {
        let (code, _, subject) = failed(generator.generate(only(path)));
        assert_eq!((code.as_str(), subject.as_str()), ("not-granted", path));
    }
    for path in ["docs/a", "docs/a/b", "x.md"] {
        assert!(generator.generate(only(path)).is_ok(), "{path}");
    }
    let nowhere = Input {
        writes: Arc::new(Patterns::new([]).unwrap()),
        ..input("x.md")
    };
    assert_eq!(failed(generator.generate(nowhere)).0, "not-granted");
}

#[test]
fn questions_do_not_write() {
    let generator = load(low(), guest("writes-in-questions")).unwrap();
    let (code, message, _) = failed(generator.questions(input("shop")));
    assert_eq!(code, "not-granted", "{message}");
}

#[test]
fn files_that_cannot_stand_together_are_refused() {
    for name in ["writes-case-twins", "writes-a-file-under-a-file"] {
        assert_eq!(failed(generate(name)).0, "conflict", "{name}");
    }
}

#[test]
fn a_secret_has_a_name_that_can_stand_in_a_file() {
    let (code, message, _) = failed(generate("asks-for-a-secret-by-a-bad-name"));
    assert_eq!(code, "invalid-secret");
    assert!(!message.contains('\u{1b}'), "{message}");
}
