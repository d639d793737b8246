//! Components that are made to keep a compiler busy or to use up its memory. What becomes of the process that compiles
//! them is in `processes`.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use scaffold::sandbox::{Compiler, Limits, Sandbox, SandboxError};
use scaffold_registry::Digest;

use crate::{
    environment::World,
    guests::{guest, guest_of},
    limits::{command, publish, shop, works},
    sandbox::{input, low},
};

/// A guest with loops in loops, each of which may begin again with every local changed: a compiler has to say for each
/// loop where each local comes from. Its size is the sum of both numbers, what it costs is their product and more.
pub fn bomb(locals: usize, loops: usize) -> Vec<u8> {
    let mut text = format!("(func (param i32) (local {})", "i32 ".repeat(locals));
    text += &"(loop ".repeat(loops);
    for local in 1..=locals {
        text += &format!(
            "(local.set {local} (i32.add (local.get {local}) (local.get {})))",
            local - 1
        );
    }
    for depth in 0..loops {
        text += &format!("(br_if {depth} (local.get {}))", 1 + depth % locals);
    }
    text += &")".repeat(loops + 1);
    guest_of("is-hard-to-compile", &text)
}

/// Hours and tens of gigabytes, out of less than a hundred kilobytes.
pub fn large_bomb() -> Vec<u8> {
    let bomb = bomb(5000, 2000);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    bomb
}

#[test]
fn a_compile_bomb_is_stopped_by_time_and_by_memory() {
    let world = shop();
    publish(&world, "bomb", "module", large_bomb());
    let began = Instant::now();
    for (limit, config) in [
        ("compile-time", "compile-time = \"500 ms\""),
        #[cfg(target_os = "linux")]
        (
            "compile-memory",
            "compile-time = \"5 min\"\ncompile-memory = \"128 MiB\"",
        ),
    ] {
        let config = format!("[limits]\n{config}\n");
        let run = world.refuses(command(&world, &config, "add evil/bomb --defaults"), 1);
        insta::assert_snapshot!(limit, run);
        works(&world);
    }
    assert!(began.elapsed() < Duration::from_secs(120));
}

#[test]
fn a_compile_bomb_is_not_published() {
    let world = World::new();
    publish(&world, "bomb", "module", large_bomb());
    fs::create_dir_all(world.path("shop")).unwrap();
    let config = "[limits]\ncompile-time = \"500 ms\"\n";
    let publish = command(&world, config, "publish ../bomb");
    let run = world.refuses(publish, 1);
    assert!(run.stderr.contains("`compile-time` (500 ms)"), "{run}");
}

pub fn load(program: &str, limits: Limits, wasm: &[u8]) -> Result<(), SandboxError> {
    let sandbox = Sandbox::new(limits, Compiler::Child(program.into()), None)?;
    let generator = sandbox.load("evil/x", &Digest::of(wasm), || {
        Ok::<_, SandboxError>(wasm.to_vec())
    })?;
    generator.generate(input("shop")).map(drop)
}

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_scaffold");

#[test]
fn what_a_child_compiled_runs() {
    load(PROGRAM, low(), &guest("writes-where-it-is-told")).unwrap();
    let reason = |wasm: &[u8]| match load(PROGRAM, low(), wasm) {
        Err(SandboxError::Unusable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    let told = reason(&guest("has-many-memories"));
    assert!(told.starts_with("it does not compile: "), "{told}");
    assert!(told.contains("multiple memories"), "{told}");
}

#[test]
fn a_program_that_is_no_compiler_is_told_as_such() {
    let wasm = guest("panics");
    let reason = |program: &str| match load(program, low(), &wasm) {
        Err(SandboxError::Unusable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason("/there/is/none").starts_with("the compiler does not start: "));
    #[cfg(unix)]
    {
        // One ends well and says nothing, one fails and says nothing.
        assert!(!reason("/bin/true").is_empty());
        assert!(!reason("/bin/false").is_empty());
    }
}

/// Nobody starts it so, and it does no harm if they do.
#[test]
fn the_child_takes_wasm_and_nothing_else() {
    let compile = |args: &[&str], input: &[u8]| {
        let mut child = Command::new(PROGRAM)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(&(input.len() as u64).to_le_bytes());
        let _ = stdin.write_all(input);
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_ne!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
    };
    let engine = wasmtime::Engine::default();
    let code = engine.precompile_component(&guest("panics")).unwrap();
    let means = [":compile", "2147483648", "60"];
    compile(&means, b"");
    compile(&means, b"(component)");
    compile(&means, &code);
    compile(&[":compile"], b"");
    compile(&[":compile", "much", "60"], b"");
}
