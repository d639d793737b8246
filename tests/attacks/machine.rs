//! A machine that gives out in the middle, lies about the time or was set up by somebody mean. A full disk, a folder that
//! cannot be written and kills at every step are in `refusals`, `killed` and `lifecycle`.

use std::{
    fs,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{PermissionsExt as _, symlink},
    },
    process::Command,
    time::{Duration, SystemTime},
};

use super::{
    links::{project, standing},
    scene::{clean, told, typed, within},
};
use crate::environment::{Run, World};

/// The words through a shell that first says something of its own.
fn after(world: &World, shell: &str, line: &str) -> Command {
    let plain = world.command(&line.split_whitespace().collect::<Vec<_>>());
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(world.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

fn shell(world: &World, shell: &str, line: &str) -> Run {
    within(world, after(world, shell, line))
}

/// However few files may be open: it is done or it is told, and never half done.
#[test]
fn out_of_file_handles() {
    let world = project();
    let (mut done, mut failed) = (0, 0);
    for handles in 4..40 {
        let run = shell(&world, &format!("ulimit -n {handles}"), "-C shop update");
        if run.code == Some(0) {
            done += 1;
            typed(&world, "-C shop undo").succeeded();
        } else {
            // Below what the program needs to begin at all, the system ends it.
            failed += 1;
            assert!(
                run.code.is_none() || !run.stderr.is_empty(),
                "{handles}: {run}"
            );
            assert_ne!(run.code, Some(101), "{handles}: {run}");
        }
        for file in ["a.txt", "d/b.txt", "old.txt"] {
            assert_eq!(world.read(&format!("shop/{file}")), "one", "{handles}");
        }
        typed(&world, "-C shop status --exit-code").succeeded();
    }
    assert!(done > 0 && failed > 0, "{done} {failed}");
}

/// No file may grow beyond a few blocks; the signal that comes with it kills.
#[test]
fn no_file_may_grow() {
    let world = project();
    for blocks in [0, 1, 2, 4] {
        let run = shell(&world, &format!("ulimit -f {blocks}"), "-C shop update");
        assert_ne!(run.code, Some(101), "{run}");
        typed(&world, "-C shop list").succeeded();
        let one = world.read("shop/a.txt");
        assert_eq!(world.read("shop/d/b.txt"), one, "{run}");
        typed(&world, "-C shop verify").succeeded();
        if one == "two" {
            typed(&world, "-C shop undo").succeeded();
        }
    }
}

#[test]
fn hardly_any_memory() {
    let world = project();
    for kilobytes in [20_000, 50_000, 100_000, 300_000] {
        shell(&world, &format!("ulimit -v {kilobytes}"), "-C shop update");
        typed(&world, "-C shop list").succeeded();
        if world.read("shop/a.txt") == "two" {
            typed(&world, "-C shop undo").succeeded();
        }
        typed(&world, "-C shop verify").succeeded();
        assert_eq!(world.read("shop/a.txt"), "one");
    }
}

#[test]
fn a_stack_that_is_small() {
    let world = project();
    let run = shell(&world, "ulimit -s 512", "-C shop update");
    assert!(matches!(run.code, Some(0..=99)), "{run}");
}

/// Homes that are none.
#[test]
fn no_home() {
    for home in [
        None,
        Some(""),
        Some("/nowhere/at/all"),
        Some("relative"),
        Some("/dev/null"),
        Some("/proc/1"),
    ] {
        let world = project();
        let mut command = world.command(&["-C", "shop", "update"]);
        command.env_remove("SCAFFOLD_CACHE").env_remove("HOME");
        if let Some(home) = home {
            command.env("HOME", home);
        }
        let run = within(&world, command);
        clean(&run);
        run.succeeded();
        assert_eq!(world.read("shop/a.txt"), "two");
        assert!(!world.path("relative").exists() && !world.path("shop/.cache").exists());
    }
}

/// A cache that is a file, a link to nowhere, a pipe, or not to be written.
#[test]
fn a_cache_that_is_none() {
    let world = project();
    world.write("file", "mine");
    symlink("nowhere", world.path("dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        world.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    for cache in ["file", "dangling", "pipe", "/dev/null", "/proc/1/root"] {
        let mut command = world.command(&["-C", "shop", "update"]);
        command.env("SCAFFOLD_CACHE", world.path(cache));
        let run = within(&world, command);
        assert!(matches!(run.code, Some(0..=99)), "{cache}: {run}");
        if run.code == Some(0) {
            typed(&world, "-C shop undo").succeeded();
        }
        assert_eq!(world.read("file"), "mine");
    }
}

/// What is recorded was made at no time anybody lives in.
#[test]
fn a_clock_far_off() {
    for when in [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - Duration::from_secs(3_000_000_000),
        SystemTime::UNIX_EPOCH + Duration::from_secs(4_294_967_296),
        SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800),
    ] {
        let world = project();
        let times = fs::FileTimes::new().set_modified(when).set_accessed(when);
        for path in standing(&world.path("")).into_keys() {
            let is_linked = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
            if let (false, Ok(file)) = (is_linked, fs::File::open(&path)) {
                // A file system may not know such a time.
                let _ = file.set_times(times);
            }
        }
        for line in [
            "-C shop status",
            "-C shop undo --list",
            "-C shop undo --list --json",
            "-C shop update",
            "-C shop undo --list",
            "-C shop undo",
            "cache verify",
        ] {
            let run = typed(&world, line);
            clean(&run);
            run.succeeded();
        }
        assert_eq!(world.read("shop/a.txt"), "one");
    }
}

/// The streams a program is started with, closed. What it opens next would get their numbers.
#[test]
fn closed_streams() {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let world = project();
        let run = shell(&world, &format!("exec {closed}"), "-C shop update");
        assert_eq!(run.code, Some(0), "{closed}: {run}");
        assert_eq!(world.read("shop/a.txt"), "two", "{closed}");
        typed(&world, "-C shop verify").succeeded();
        for file in ["scaffold.lock", "scaffold.toml", ".scaffold/lock"] {
            assert!(
                !world.read(&format!("shop/{file}")).contains("Updated"),
                "{closed}: {file}"
            );
        }
    }
}

/// Nobody reads what is told, or there is no room for it.
#[test]
fn output_that_goes_nowhere() {
    for to in ["> /dev/full", "2> /dev/full", "> /dev/full 2>&1", "> pipe"] {
        let world = project();
        for line in [
            "-C shop update",
            "-C shop list",
            "-C shop status --json",
            "--help",
            "-C shop undo",
        ] {
            // A pipe whose reader goes at once.
            let pipe = "rm -f pipe; mkfifo pipe; (: < pipe) & exec 2> err";
            let first = if to == "> pipe" { pipe } else { ":" };
            let run = shell(&world, &format!("{first}; exec {to}"), line);
            assert_ne!(run.code, Some(101), "{to} {line}: {run}");
            assert!(!run.stderr.contains("panicked"), "{to} {line}: {run}");
        }
        typed(&world, "-C shop list").succeeded();
        typed(&world, "-C shop verify").succeeded();
    }
}

#[test]
fn a_working_folder_that_is_gone() {
    let world = project();
    for line in [
        "status",
        "update",
        "new evil/x shop --defaults",
        "list",
        "cache verify",
    ] {
        let run = shell(&world, "mkdir gone && cd gone && rmdir ../gone", line);
        assert!(matches!(run.code, Some(0..=99)), "{run}");
        assert!(!run.stderr.contains("panicked"), "{run}");
    }
}

/// Nothing that is made can be read by more than the umask says, and a umask that takes everything breaks nothing.
#[test]
fn a_umask_that_takes_nothing_or_everything() {
    let world = project();
    shell(&world, "umask 000", "-C shop update").succeeded();
    for (path, (mode, _)) in standing(&world.path("shop")) {
        if mode & 0o170_000 == 0o100_000 {
            assert_eq!(
                mode & 0o022,
                0,
                "{} may be written by others",
                path.display()
            );
        }
    }
    typed(&world, "-C shop undo").succeeded();
    let run = shell(&world, "umask 777", "-C shop update");
    assert!(matches!(run.code, Some(0..=99)), "{run}");
    // Whoever may not read what they wrote gets it back.
    for (path, (mode, _)) in standing(&world.path("shop")) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o600)).unwrap();
    }
    typed(&world, "-C shop list").succeeded();
}

/// A project in a folder of somebody else's making: nothing in it can be written.
#[test]
fn no_permission_in_the_middle() {
    let world = project();
    if rustix::process::getuid().is_root() {
        // Root may do everything; `refusals::a_folder_that_is_read_only` becomes somebody else.
        return;
    }
    let folder = world.path("shop/d");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let before = standing(&world.path("shop"));
    told(&typed(&world, "-C shop update"));
    let after = standing(&world.path("shop"));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(before.get(&world.path("shop/a.txt")) == after.get(&world.path("shop/a.txt")));
}

/// An environment of nonsense.
#[test]
fn an_environment_that_means_harm() {
    let values: [&[u8]; 8] = [
        b"",
        b"0",
        b"-1",
        b"99999999999999999999",
        b"\x1b[2J",
        b"../../../etc",
        b"\xff\xfe",
        &[b'x'; 100_000],
    ];
    for name in [
        "COLUMNS",
        "LINES",
        "TERM",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "USER",
        "PWD",
        "EDITOR",
        "PAGER",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "RUST_LOG",
        "SCAFFOLD_OFFLINE",
        "HTTPS_PROXY",
    ] {
        let world = project();
        for value in values {
            let mut command = world.command(&["-C", "shop", "update"]);
            command.env(name, std::ffi::OsStr::from_bytes(value));
            let run = within(&world, command);
            assert!(matches!(run.code, Some(0..=99)), "{name}={value:?}: {run}");
            assert!(!run.stderr.contains("panicked"), "{name}={value:?}: {run}");
            if run.code == Some(0) {
                typed(&world, "-C shop undo").succeeded();
            }
        }
        assert_eq!(world.read("shop/a.txt"), "one", "{name}");
    }
}

/// Nothing of the environment reaches a guest: there is nothing to ask.
#[test]
fn an_environment_changes_no_file() {
    let world = project();
    let mut command = world.command(&["-C", "shop", "update"]);
    command
        .env("SECRET_TOKEN", "SECRET")
        .env("LANG", "tr_TR.UTF-8")
        .env("TZ", "Pacific/Kiritimati");
    within(&world, command).succeeded();
    let with = world.files("shop");
    typed(&world, "-C shop undo").succeeded();
    typed(&world, "-C shop update").succeeded();
    assert!(world.files("shop") == with);
}

/// Arguments and folders that are no text.
#[test]
fn names_that_are_no_text() {
    let world = project();
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe\x1b[2J");
    fs::create_dir(world.path("").join(odd)).unwrap();
    fs::write(world.path("shop").join(odd), "mine").unwrap();
    for (words, code) in [
        (&["-C", "ODD", "status"][..], 1..100),
        (&["new", "evil/x", "ODD"], 1..100),
        (&["-C", "shop", "resolve", "ODD"], 1..100),
        (&["-C", "shop", "update"], 0..1),
    ] {
        let mut command = world.command(&[]);
        for word in words {
            command.arg(if *word == "ODD" {
                odd
            } else {
                std::ffi::OsStr::new(word)
            });
        }
        let run = within(&world, command);
        assert!(run.code.is_some_and(|is| code.contains(&is)), "{run}");
        clean(&run);
    }
    typed(&world, "-C shop status").succeeded();
    assert_eq!(fs::read(world.path("shop").join(odd)).unwrap(), b"mine");
}

/// A project with more in it than anybody would look through.
#[test]
fn a_project_of_many_files() {
    let world = project();
    for folder in 0..100 {
        let folder = world.path(&format!("shop/node_modules/{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..100 {
            fs::write(folder.join(file.to_string()), "").unwrap();
        }
    }
    let mut deep = world.path("shop");
    for _ in 0..200 {
        deep.push("deeper");
    }
    fs::create_dir_all(&deep).unwrap();
    for line in ["status", "update", "status", "diff", "undo"] {
        typed(&world, &format!("-C shop {line}")).succeeded();
    }
}

/// A file the size of a disk where one of ours should be.
#[test]
fn a_file_of_a_terabyte() {
    let world = project();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(world.path("shop/a.txt"))
        .unwrap();
    if file
        .set_len(1 << 40)
        .or_else(|_| file.set_len(1 << 33))
        .is_ok()
    {
        // What is too large to be compared is the user's, and stands.
        let run = typed(&world, "-C shop update").succeeded();
        assert!(run.stderr.contains("a.txt"), "{run}");
        assert!(world.path("shop/a.txt").metadata().unwrap().len() >= 1 << 33);
    }
}
