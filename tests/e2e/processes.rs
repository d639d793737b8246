//! The process that compiles, seen from outside: what it may do, and that it never outlives what asked for it. Looked up
//! where Linux tells of processes.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use scaffold::sandbox::Limits;

use crate::{
    compiling::{PROGRAM, large_bomb, load},
    environment::World,
    limits::{command, publish, shop},
};

/// The processes that have this parent, and the state of each.
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

fn is_gone(pid: u32) -> Option<()> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // What init has not yet asked after is no process any more.
    let ended = stat.map_or(true, |stat| stat.contains(") Z "));
    ended.then_some(())
}

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
