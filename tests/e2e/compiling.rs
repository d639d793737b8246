//! Components that are made to keep a compiler busy or to use up its memory, and what becomes of the process that
//! compiles them.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use scaffold::sandbox::{Compiler, Limits, Sandbox, SandboxError};
use scaffold_registry::Digest;

use crate::{
    environment::World,
    guests::{guest, made_of},
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
    made_of("is-hard-to-compile", &text)
}

/// Hours and tens of gigabytes, out of less than a hundred kilobytes.
fn large_bomb() -> Vec<u8> {
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

fn load(program: &str, limits: Limits, wasm: &[u8]) -> Result<(), SandboxError> {
    let sandbox = Sandbox::new(limits, Compiler::Child(program.into()), None)?;
    let generator = sandbox.load("evil/x", &Digest::of(wasm), || {
        Ok::<_, SandboxError>(wasm.to_vec())
    })?;
    generator.generate(input("shop")).map(drop)
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_scaffold");

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

/// The processes that have this parent, and the state of each.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<(u32, char)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name before is in parentheses, and may hold anything.
        let Some((_, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let mut fields = rest.split(' ');
        let (state, its) = (fields.next().unwrap(), fields.next().unwrap());
        if its == parent.to_string() {
            let pid = entry.file_name().to_str().unwrap().parse().unwrap();
            found.push((pid, state.chars().next().unwrap()));
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[track_caller]
fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "not seen: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The program at work on a bomb that nothing stops for minutes, and its child.
#[cfg(target_os = "linux")]
fn at_work(world: &World) -> (Child, u32) {
    let config = "[limits]\ncompile-time = \"10 min\"\ncompile-memory = \"4 GiB\"\n";
    let program = command(world, config, "add evil/bomb --defaults")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = soon("the compiler", || {
        let (child, _) = *children(program.id()).first()?;
        // It has given up what it gives up, and works.
        let limits = fs::read_to_string(format!("/proc/{child}/limits")).ok()?;
        let open = limits.lines().find(|l| l.starts_with("Max open files"))?;
        open.split_whitespace()
            .nth(3)
            .is_some_and(|soft| soft == "3")
            .then_some(child)
    });
    (program, child)
}

#[cfg(target_os = "linux")]
fn is_gone(pid: u32) -> Option<()> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // What init has not yet asked after is no process any more.
    let ended = stat.map_or(true, |stat| stat.contains(") Z "));
    ended.then_some(())
}

#[cfg(target_os = "linux")]
#[test]
fn the_child_has_nothing_but_what_it_needs() {
    let world = shop();
    publish(&world, "bomb", "module", large_bomb());
    let (mut program, child) = at_work(&world);
    let proc = |name: &str| Path::new("/proc").join(child.to_string()).join(name);
    let limits = fs::read_to_string(proc("limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let mut words = line[name.len()..].split_whitespace();
        // Soft and hard: it cannot take any of it back.
        (
            words.next().unwrap().to_owned(),
            words.next().unwrap().to_owned(),
        )
    };
    let both = |value: &str| (value.to_owned(), value.to_owned());
    assert_eq!(limit("Max open files"), both("3"));
    assert_eq!(limit("Max file size"), both("0"));
    assert_eq!(limit("Max core file size"), both("0"));
    assert_eq!(limit("Max data size"), both(&(4_u64 << 30).to_string()));
    let (seconds, _) = limit("Max cpu time");
    assert!(seconds.parse::<u64>().unwrap() >= 601, "{limits}");
    assert_eq!(fs::read_link(proc("cwd")).unwrap(), Path::new("/"));
    let environment = fs::read_to_string(proc("environ")).unwrap();
    let names: Vec<&str> = environment
        .split_terminator('\0')
        .filter_map(|pair| Some(pair.split_once('=')?.0))
        .collect();
    assert_eq!(names, ["RAYON_NUM_THREADS"]);
    program.kill().unwrap();
    program.wait().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_program_leaves_no_compiler_behind() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = shop();
    publish(&world, "bomb", "module", large_bomb());
    // Killed outright; and as somebody does who sees only the one process. A terminal tells both.
    for signal in [Signal::KILL, Signal::INT] {
        let (mut program, child) = at_work(&world);
        kill_process(Pid::from_raw(program.id() as i32).unwrap(), signal).unwrap();
        program.wait().unwrap();
        soon("the end of the compiler", || is_gone(child));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_compiler_is_waited_for() {
    let limits = Limits {
        compile_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let error = load(PROGRAM, limits, &large_bomb()).unwrap_err();
    assert!(
        error.to_string().contains("`compile-time` (300 ms)"),
        "{error}"
    );
    // Other tests of this process may have children that have just ended.
    soon("no child that nobody waits for", || {
        let dead = children(std::process::id());
        (!dead.iter().any(|(_, state)| *state == 'Z')).then_some(())
    });
}
