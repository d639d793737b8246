//! What hostile guests run into, at the sandbox itself, with limits low enough for each to take milliseconds.

use std::{sync::Arc, time::Duration};

use scaffold::{
    grants::Patterns,
    path::ProjectPath,
    question::Answers,
    sandbox::{
        Generated, Generator, Input, Limits, Refusal, Request, Sandbox, SandboxError, import_names,
    },
    tree::{File, Ownership, Tree},
};
use scaffold_registry::{Digest, Package, archive};

use crate::guests::guest;

const KIB: usize = 1024;

/// Enough for anything honest that a test does.
fn low() -> Limits {
    Limits {
        memory: 8 * KIB * KIB,
        table_elements: 10_000,
        fuel: 20_000_000,
        time: Duration::from_secs(10),
        host_calls: 1000,
        output: 100 * KIB,
        files: 100,
        log: 20 * KIB,
        read: 50 * KIB,
        call_bytes: 1024 * KIB,
        ..Limits::default()
    }
}

fn load(limits: Limits, wasm: Vec<u8>) -> Result<Generator, SandboxError> {
    let identity = Digest::of(&wasm);
    Sandbox::new(limits, None)?.load("evil/x", &identity, || Ok(wasm))
}

#[track_caller]
fn refused(limits: Limits, wasm: Vec<u8>) -> SandboxError {
    load(limits, wasm).err().expect("it was loaded")
}

fn input(project_name: &str) -> Input {
    let manifest = r#"
        [package]
        name = "evil/x"
        version = "1.0.0"
        kind = "project"
        summary = "A guest that means harm"
        license = "MIT"
    "#;
    let entry = |bytes: &[u8]| archive::Entry {
        bytes: bytes.to_vec(),
        executable: false,
    };
    let files = [
        ("scaffold.toml".to_owned(), entry(manifest.as_bytes())),
        (
            "generator.wasm".to_owned(),
            entry(&guest("exports-nothing")),
        ),
    ];
    let packed = Package::pack(&files.into()).unwrap();
    let mut project = Tree::new();
    let readme = File {
        bytes: vec![b'x'; 1000].into(),
        executable: false,
        ownership: Ownership::Managed,
    };
    project
        .insert(ProjectPath::parse("README.md").unwrap(), readme)
        .unwrap();
    Input {
        request: Request {
            project_name: project_name.to_owned(),
            instance: "x".into(),
            answers: Answers::new(),
            applied: Vec::new(),
        },
        package: Arc::new(Package::read(&packed).unwrap()),
        project: Arc::new(project),
        writes: Arc::new(Patterns::new(["**"]).unwrap()),
    }
}

fn generate_with(limits: Limits, name: &str) -> Result<Generated, SandboxError> {
    load(limits, guest(name)).unwrap().generate(input("shop"))
}

fn generate(name: &str) -> Result<Generated, SandboxError> {
    generate_with(low(), name)
}

/// The name of the limit that stopped it. The message names it too, with the package and what it allows.
#[track_caller]
fn limit<T: std::fmt::Debug>(result: Result<T, SandboxError>) -> String {
    let error = result.unwrap_err();
    let message = error.to_string();
    let SandboxError::Limit { package, source } = error else {
        panic!("not a limit: {message}")
    };
    assert_eq!(
        message,
        format!(
            "`{package}` was stopped: it passed the limit `{}` ({})",
            source.name, source.allowed
        )
    );
    format!("{} {}", source.name, source.allowed)
}

#[track_caller]
fn crash<T: std::fmt::Debug>(result: Result<T, SandboxError>) -> String {
    let error = result.unwrap_err();
    let SandboxError::Crashed { reason, .. } = error else {
        panic!("not a crash: {error}")
    };
    reason
}

/// Code, message and subject of the failure.
#[track_caller]
fn failed<T: std::fmt::Debug>(result: Result<T, SandboxError>) -> (String, String, String) {
    let error = result.unwrap_err();
    let SandboxError::Failed { source, .. } = error else {
        panic!("not a failure: {error}")
    };
    (
        source.code,
        source.message,
        source.subject.unwrap_or_default(),
    )
}

#[test]
fn fuel_ends_every_loop() {
    let fuel = "fuel 20000000";
    for name in [
        "loops-in-generate",
        "loops-in-realloc",
        "loops-in-start",
        "loops-by-tail-call",
    ] {
        assert_eq!(limit(generate(name)), fuel, "{name}");
    }
    let questions = load(low(), guest("loops-in-questions"))
        .unwrap()
        .questions(input("shop"));
    assert_eq!(limit(questions), fuel);
    // The same guest is stopped at the same place every time: the verdict is not the machine's.
    assert_eq!(limit(generate("loops-in-generate")), fuel);
}

#[test]
fn time_ends_what_fuel_does_not() {
    let limits = Limits {
        fuel: u64::MAX,
        time: Duration::from_millis(20),
        ..low()
    };
    for name in ["loops-in-generate", "loops-in-realloc", "loops-in-start"] {
        assert_eq!(
            limit(generate_with(limits.clone(), name)),
            "time 20ms",
            "{name}"
        );
    }
}

#[test]
fn a_tick_of_one_call_does_not_end_the_next() {
    let limits = Limits {
        fuel: u64::MAX,
        time: Duration::from_millis(50),
        ..low()
    };
    let sandbox = Sandbox::new(limits, None).unwrap();
    let load = |name| {
        let wasm = guest(name);
        sandbox
            .load("evil/x", &Digest::of(&wasm), || Ok::<_, SandboxError>(wasm))
            .unwrap()
    };
    let (endless, honest) = (load("loops-in-generate"), load("writes-where-it-is-told"));
    assert_eq!(limit(endless.generate(input("shop"))), "time 50ms");
    assert!(honest.generate(input("shop")).is_ok());
}

#[test]
fn the_stack_ends() {
    assert_eq!(limit(generate("recurses")), "stack 1 MiB");
}

#[test]
fn memory_is_bounded_from_the_first_page_on() {
    assert_eq!(limit(generate("grows-memory")), "memory 8 MiB");
    assert_eq!(limit(generate("starts-with-much-memory")), "memory 8 MiB");
    assert_eq!(
        limit(generate_with(Limits::default(), "starts-with-much-memory")),
        "memory 256 MiB"
    );
}

#[test]
fn tables_are_bounded() {
    assert_eq!(limit(generate("grows-table")), "table-elements 10000");
}

#[test]
fn instances_are_bounded() {
    // A component that imports functions is made of several core instances.
    let limits = Limits {
        instances: 1,
        ..low()
    };
    assert_eq!(limit(generate_with(limits, "panics")), "instances 1");
}

#[test]
fn one_memory_is_all_a_module_gets() {
    let error = refused(low(), guest("has-many-memories"));
    assert!(matches!(error, SandboxError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("memor"), "{error}");
}

#[test]
fn a_component_has_a_size() {
    let wasm = guest("panics");
    let limits = Limits {
        component: wasm.len() - 1,
        ..low()
    };
    let error = refused(limits, wasm);
    assert!(matches!(error, SandboxError::TooLarge { .. }), "{error}");
    assert!(
        error.to_string().contains("the limit `component`"),
        "{error}"
    );
}

#[test]
fn host_calls_log_output_files_and_reads_are_counted() {
    for (name, expected) in [
        ("floods-the-host-with-calls", "host-calls 1000"),
        ("floods-the-log", "log 20 KiB"),
        ("floods-the-output", "output 100 KiB"),
        ("floods-the-project-with-files", "files 100"),
        ("reads-without-end", "read 50 KiB"),
        ("reads-the-project-without-end", "read 50 KiB"),
    ] {
        assert_eq!(limit(generate(name)), expected);
    }
    let removals = Limits {
        host_calls: 5,
        ..low()
    };
    assert_eq!(
        limit(generate_with(removals, "floods-the-host-with-calls")),
        "host-calls 5"
    );
}

#[test]
fn what_crosses_to_the_host_in_one_call_is_bounded() {
    for name in [
        "passes-a-huge-string",
        "answers-with-endless-notes",
        "fails-at-length",
    ] {
        assert_eq!(limit(generate(name)), "call-bytes 1 MiB", "{name}");
    }
    let questions = load(low(), guest("answers-with-endless-questions"))
        .unwrap()
        .questions(input("shop"));
    assert_eq!(limit(questions), "call-bytes 1 MiB");
}

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
    for name in ["imports-wasi-preview1"] {
        let error = refused(low(), guest(name));
        assert!(
            matches!(
                error,
                SandboxError::Refused {
                    source: Refusal::CoreModule,
                    ..
                }
            ),
            "{error}"
        );
    }
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
                source: Refusal::NotAComponent(_),
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
