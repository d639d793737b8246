//! What attacks have in common: a package that means harm, a registry that serves it, a folder next to the project that
//! nobody may touch.

use std::{
    fs,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use scaffold_registry::{Digest, archive};

use crate::environment::{Run, World};

/// Longer than anything honest takes on a slow machine, and shorter than for ever.
const HANGS: Duration = Duration::from_secs(60);

/// The manifest of `evil/x`, with something added.
pub fn manifest(more: &str) -> String {
    format!(
        "[package]\nname = \"evil/x\"\nversion = \"1.0.0\"\nkind = \"project\"\nsummary = \"It means harm\"\n\
         license = \"MIT\"\n\n[[writes]]\npattern = \"**\"\nreason = \"It wants to.\"\n{more}"
    )
}

/// A registry that holds `evil/x` with this component.
pub fn world_of(wasm: Vec<u8>) -> World {
    let world = World::new();
    world.write("evil/generator.wasm", wasm);
    world.write("evil/scaffold.toml", manifest(""));
    fs::create_dir_all(world.path("registry")).unwrap();
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    world
}

/// Makes a project of `evil/x`.
pub fn new(world: &World, more: &str) -> Run {
    let line = format!("new evil/x shop --registry evil=registry --defaults {more}");
    within(
        world,
        world.command(&line.split_whitespace().collect::<Vec<_>>()),
    )
}

/// The attack failed: an error was told, not a crash, and there is no project.
#[track_caller]
pub fn came_to_nothing(world: &World, run: &Run) {
    told(run);
    assert!(!world.path("shop").exists(), "{run}");
}

/// It ended with an error of its own, in words fit for a terminal.
#[track_caller]
pub fn told(run: &Run) {
    assert!(
        matches!(run.code, Some(1..=99)),
        "no error of its own: {run}"
    );
    assert!(run.stderr.contains("error"), "nothing is told: {run}");
    clean(run);
}

/// Nothing that steers a terminal, reorders a line or hides in it.
#[track_caller]
pub fn clean(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let bad = text.chars().find(|&c| is_foul(c));
        assert_eq!(bad, None, "{run}");
    }
}

pub fn is_foul(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Runs a command that must not wait for anything for ever.
#[track_caller]
pub fn within(world: &World, mut command: Command) -> Run {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    #[cfg(unix)]
    let id = rustix::process::Pid::from_child(&child);
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(child.wait_with_output()));
    let Ok(output) = receive.recv_timeout(HANGS) else {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        panic!("it hangs: {command:?}");
    };
    world.ended(&command, &output.unwrap())
}

/// Words as they are typed, run within the deadline.
#[track_caller]
pub fn typed(world: &World, line: &str) -> Run {
    within(
        world,
        world.command(&line.split_whitespace().collect::<Vec<_>>()),
    )
}

/// Makes the registry serve these bytes as the archive of `evil/x`, in its index and with the right digest.
pub fn serve(world: &World, archive: &[u8]) {
    let digest = Digest::of(archive);
    relist(world, |line| {
        line["blob"] = digest.to_string().into();
        line["size"] = archive.len().into();
        if let Ok(files) = archive::read(archive) {
            line["tree"] = archive::tree_digest(&files).to_string().into();
        }
    });
    world.write(
        &format!(
            "registry/v1/blobs/sha256/{}/{}",
            &digest.hex()[..2],
            digest.hex()
        ),
        archive,
    );
}

/// Changes what the registry says of `evil/x`, in its index and in an unsigned statement, so that it does not disagree
/// with itself.
pub fn relist(world: &World, change: impl FnOnce(&mut serde_json::Value)) {
    let mut line: serde_json::Value =
        serde_json::from_str(world.read("registry/v1/index/evil/x").trim_end()).unwrap();
    change(&mut line);
    world.write("registry/v1/index/evil/x", format!("{line}\n"));
    let version = line["version"].as_str().unwrap();
    world.write(
        &format!("registry/v1/releases/evil/x/{version}.note"),
        format!("{line}\n\n"),
    );
}
