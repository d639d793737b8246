//! Commands at once in one project.

use std::{fs, io::Read as _, process::Stdio, thread, time::Duration};

use crate::environment::World;

#[cfg(unix)]
#[test]
fn two_commands_at_once() {
    use std::os::fd::AsFd as _;

    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    // Another command at work is one that holds this lock.
    let lock = fs::File::create(world.path("shop/.scaffold/lock")).unwrap();
    rustix::fs::flock(lock.as_fd(), rustix::fs::FlockOperation::LockExclusive).unwrap();
    let before = world.files("shop");

    let line = world.small("-C shop add blog");
    let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = child.stderr.take().unwrap();
    let mut text = Vec::new();
    // It says that it waits, and while it does nothing is written.
    while !String::from_utf8_lossy(&text).contains("Waiting for another scaffold command") {
        let mut byte = [0];
        assert_eq!(
            told.read(&mut byte).unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&text)
        );
        text.push(byte[0]);
    }
    thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    assert!(world.files("shop") == before);

    drop(lock);
    told.read_to_end(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&text)
    );
    assert!(world.files("shop").contains_key("blog/posts.py"));
    world.scaffold("-C shop verify").succeeded();
}

/// Several at once: each waits for its turn, and decides on what the one before it left.
#[test]
fn many_commands_at_once() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    thread::scope(|scope| {
        for title in ["One", "Two", "Three", "Four"] {
            let world = &world;
            scope.spawn(move || {
                let line = world.small(&format!("-C shop set title={title}"));
                world.scaffold(&line).succeeded();
            });
        }
    });
    world.scaffold("-C shop verify").succeeded();
    let status = world.scaffold("-C shop status --exit-code").succeeded();
    assert!(
        status.stdout.contains("all as the generators made them"),
        "{status}"
    );
}

/// What one command adds and another changes at the same time is both there in the end.
#[test]
fn the_second_command_decides_on_what_the_first_left() {
    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    thread::scope(|scope| {
        for line in ["-C shop set title=Market", "-C shop add blog"] {
            let world = &world;
            scope.spawn(move || world.scaffold(&world.small(line)).succeeded());
        }
    });
    assert_eq!(world.read("shop/README.md"), "# Market\n\nA small site.\n");
    assert!(world.read("shop/app/settings.py").contains("blog"));
    world.scaffold("-C shop verify").succeeded();
    world.scaffold("-C shop status --exit-code").succeeded();
}

#[cfg(unix)]
#[test]
fn who_will_not_wait_is_told_who_is_at_work() {
    use std::os::fd::AsFd as _;

    let world = World::new();
    world.small_packages();
    world
        .scaffold("--registry registry new acme/site shop --defaults")
        .succeeded();
    fs::write(world.path("shop/.scaffold/lock"), "4711 scaffold add blog").unwrap();
    let lock = fs::File::open(world.path("shop/.scaffold/lock")).unwrap();
    rustix::fs::flock(lock.as_fd(), rustix::fs::FlockOperation::LockExclusive).unwrap();
    let run = world.refused(&world.small("-C shop set title=Market --no-wait"), 1);
    insta::assert_snapshot!(run);
    // Looking waits for nobody.
    world.scaffold("-C shop status --no-wait").succeeded();
    drop(lock);
    world
        .scaffold(&world.small("-C shop set title=Market --no-wait"))
        .succeeded();
    // Whoever had the turn has left nothing behind.
    assert_eq!(world.read("shop/.scaffold/lock"), "");
}
