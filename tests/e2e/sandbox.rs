//! What hostile guests run into, at the sandbox itself, with limits low enough for each to take milliseconds.

use std::{sync::Arc, time::Duration};

use scaffold::{
    grants::Patterns,
    inputs::Source,
    path::ProjectPath,
    question::Answers,
    sandbox::{Compiler, Generated, Generator, Input, Limits, Request, Sandbox, SandboxError},
    tree::{File, Ownership, Tree},
};
use scaffold_registry::{Digest, Package, archive};

use crate::guests::guest;

const KIB: usize = 1024;

/// Enough for anything honest that a test does.
pub fn low() -> Limits {
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

pub fn load(limits: Limits, wasm: Vec<u8>) -> Result<Generator, SandboxError> {
    let identity = Digest::of(&wasm);
    Sandbox::new(limits, Compiler::Here, None)?.load("evil/x", &identity, || Ok(wasm))
}

#[track_caller]
pub fn refused(limits: Limits, wasm: Vec<u8>) -> SandboxError {
    load(limits, wasm).err().expect("it was loaded")
}

pub fn input(project_name: &str) -> Input {
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
        own: Source::nothing(),
        writes: Arc::new(Patterns::new(["**"]).unwrap()),
    }
}

fn generate_with(limits: Limits, name: &str) -> Result<Generated, SandboxError> {
    load(limits, guest(name)).unwrap().generate(input("shop"))
}

pub fn generate(name: &str) -> Result<Generated, SandboxError> {
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
pub fn crash<T: std::fmt::Debug>(result: Result<T, SandboxError>) -> String {
    let error = result.unwrap_err();
    let SandboxError::Crashed { reason, .. } = error else {
        panic!("not a crash: {error}")
    };
    reason
}

/// Code, message and subject of the failure.
#[track_caller]
pub fn failed<T: std::fmt::Debug>(result: Result<T, SandboxError>) -> (String, String, String) {
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
    for name in ["loops-in-generate", "loops-in-realloc", "loops-in-start"] {
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
            "time 20 ms",
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
    let sandbox = Sandbox::new(limits, Compiler::Here, None).unwrap();
    let load = |name| {
        let wasm = guest(name);
        sandbox
            .load("evil/x", &Digest::of(&wasm), || Ok::<_, SandboxError>(wasm))
            .unwrap()
    };
    let (endless, honest) = (load("loops-in-generate"), load("writes-where-it-is-told"));
    assert_eq!(limit(endless.generate(input("shop"))), "time 50 ms");
    assert!(honest.generate(input("shop")).is_ok());
}

#[test]
fn the_stack_ends() {
    assert_eq!(limit(generate("recurses")), "stack 1 MiB");
}

#[test]
fn a_stack_is_as_large_as_the_limit_whatever_this_thread_has() {
    let recurse = |stack| {
        let limits = Limits {
            stack,
            fuel: u64::MAX,
            ..low()
        };
        limit(generate_with(limits, "recurses"))
    };
    assert_eq!(recurse(64 * KIB), "stack 64 KiB");
    // More than this thread has, and than a program's first thread mostly has.
    assert_eq!(recurse(64 * KIB * KIB), "stack 64 MiB");
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
    let allowed = format!("component {} bytes", limits.component);
    assert_eq!(limit::<()>(Err(refused(limits, wasm))), allowed);
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
    let recorded = ["a", "b", "c"].map(|path| (ProjectPath::parse(path).unwrap(), None));
    let own = Source::Recorded(Arc::new(recorded.into()));
    let listing = |inputs| {
        let limits = Limits { inputs, ..low() };
        let generator = load(limits, guest("lists-what-is-there")).unwrap();
        generator.generate(Input {
            own: own.clone(),
            ..input("shop")
        })
    };
    assert_eq!(limit(listing(2)), "inputs 2");
    assert!(listing(3).is_ok());
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
fn questions_are_counted() {
    let limits = Limits {
        call_bytes: Limits::default().call_bytes,
        ..low()
    };
    let questions = load(limits, guest("answers-with-endless-questions"))
        .unwrap()
        .questions(input("shop"));
    assert_eq!(limit(questions), "questions 200");
}
