//! What the machine, the registry or the lock file will not give: told, nothing written, nothing half done.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::environment::{Session, World};

#[test]
fn a_lock_that_cannot_be_used() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    let good = world.read("shop/scaffold.lock");
    let after = |key: &str, new: &str| {
        let at = good.find(key).unwrap() + key.len();
        format!("{}{new}{}", &good[..at], &good[at + new.len()..])
    };
    let broken = [
        "What is this?\n".to_owned(),
        format!("<<<<<<< ours\n{good}=======\n{good}>>>>>>> theirs\n"),
        good.replace("version = 1\n", "version = 2\n"),
        good.replace("instance =", "instanze ="),
        after("tree = \"sha256:", "000000"),
        after("blob = \"sha256:", "000000"),
        good.replace("database = \"sqlite\"", "database = \"oracle\""),
    ];
    let mut session = Session::default();
    for text in broken {
        assert_ne!(text, good);
        world.write("shop/scaffold.lock", text);
        session.add(&world.refused("-C shop status", 5));
        world.refused("-C shop add auth --defaults", 5);
    }
    insta::assert_snapshot!(session);
}

#[test]
fn a_manifest_that_cannot_be_used() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    let good = world.read("shop/scaffold.toml");
    let mut session = Session::default();
    for (from, to) in [
        ("[project]", "[projct]"),
        ("version = \"^1", "version = \"one"),
        ("database = \"sqlite\"", "database = \"oracle\""),
        ("database = \"sqlite\"", "databse = \"sqlite\""),
        ("scaffold/django", "scaffold/djnago"),
        ("[generators.django.answers]", "[generators.django.answers"),
    ] {
        assert!(good.contains(from), "{good}");
        world.write("shop/scaffold.toml", good.replacen(from, to, 1));
        session.add(&world.refused("-C shop sync", 2));
    }
    insta::assert_snapshot!(session);
}

/// A command by somebody who may not write what root owns. Where the tests run as root, who may write everything, the
/// program is started as nobody; elsewhere the folder itself is read-only.
#[cfg(unix)]
fn powerless(world: &World, folder: &str, line: &str) -> Command {
    use std::os::unix::fs::PermissionsExt as _;
    let mode =
        |path: PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    read_only(&world.path(folder), true);
    let plain = world.command(&line.split_whitespace().collect::<Vec<_>>());
    if rustix::process::getuid().as_raw() != 0 {
        return plain;
    }
    let place = world.path("");
    mode(place.parent().unwrap().to_owned(), 0o755);
    // The build's own folder may be out of their reach; so is the cache of the other tests.
    let binary = world.path("../home/scaffold");
    if !binary.exists() {
        fs::copy(plain.get_program(), &binary).unwrap();
    }
    let cache = world.path("../home/cache");
    fs::create_dir_all(&cache).unwrap();
    mode(cache.clone(), 0o777);
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(binary)
        .args(plain.get_args())
        .current_dir(place)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", world.path("../home"))
        .env("SCAFFOLD_CACHE", cache);
    command
}

/// Takes the right to write from a folder and everything in it, or gives it back.
#[cfg(unix)]
fn read_only(path: &Path, closed: bool) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).unwrap().permissions().mode();
    let mode = if closed { mode & !0o222 } else { mode | 0o200 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read_only(&entry.unwrap().path(), closed);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only() {
    let world = World::new();
    world.scaffold("new django shop --defaults").succeeded();
    fs::create_dir(world.path("closed")).unwrap();
    let mut session = Session::default();
    session.add(&world.refuses(
        powerless(&world, "shop", "-q -C shop add auth --defaults"),
        1,
    ));
    session.add(&world.refuses(
        powerless(&world, "closed", "-q new django closed/shop --defaults"),
        1,
    ));
    // Looking is no writing.
    session.add(
        &world
            .finish(powerless(&world, "shop", "-C shop status"))
            .succeeded(),
    );
    session.add(
        &world
            .finish(powerless(&world, "shop", "-C shop list"))
            .succeeded(),
    );
    read_only(&world.path("shop"), false);
    insta::assert_snapshot!(session);
}

/// At whichever step the disk is full, the project is as it was, and so it is after the next command.
#[cfg(debug_assertions)]
#[test]
fn a_disk_that_is_full() {
    let world = World::new();
    world.small_packages();
    world
        .run(&[
            "--registry",
            "registry",
            "new",
            "acme/site",
            "shop",
            "--defaults",
        ])
        .succeeded();
    let before = world.files("shop");
    let line = world.small("-q -C shop add blog");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut stuck = None;
    let mut steps = 0;
    loop {
        steps += 1;
        let mut command = world.command(&arguments);
        command.env("SCAFFOLD_FAULT", format!("{steps}:full"));
        let run = world.finish(command);
        if run.code == Some(0) {
            break;
        }
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains("Free some space"), "{run}");
        if steps == 3 {
            insta::assert_snapshot!(run);
        }
        let next = world.scaffold("-C shop list").succeeded();
        if next.stderr.starts_with("Took back") {
            stuck.get_or_insert((run.to_string(), next));
        }
        assert!(world.files("shop") == before, "step {steps}: {run}");
    }
    assert!(steps > 10, "the steps were counted: {steps}");
    assert!(world.files("shop").contains_key("blog/posts.py"));
    let (told, next) = stuck.expect("some rolling back is left to the next command");
    insta::assert_snapshot!(format!("{told}\n{next}"));
}

/// The same on a disk that is really too small, where one can be had.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_too_small() {
    let world = World::new();
    fs::create_dir(world.path("disk")).unwrap();
    let run = |script: &str| {
        let plain = world.command(&[]);
        let mut command = Command::new("unshare");
        let alone: &[&str] = if rustix::process::getuid().is_root() {
            &["--mount"]
        } else {
            &["--map-root-user", "--mount"]
        };
        command
            .args(alone)
            .args(["sh", "-c", script, "sh"])
            .arg(plain.get_program());
        command.current_dir(world.path(""));
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        command.output()
    };
    let mounted = run("mount -t tmpfs -o size=64k none disk");
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "not run: this machine lets nobody mount a small disk; a_disk_that_is_full stands for it"
        );
        return;
    }
    let output = run("mount -t tmpfs -o size=64k none disk && \"$1\" -q new django disk/shop --defaults; echo \"exit: $?\"; ls -A disk").unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("error: nothing in the project was changed")
            && error.contains("Free some space"),
        "{error}"
    );
    // Neither a file nor the project's folder is left.
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "exit: 1\n",
        "{error}"
    );
}

/// The blob of the small project's package, in the registry or in a cache.
fn blob(world: &World, blobs: &str) -> PathBuf {
    let lock = world.read("shop/scaffold.lock");
    let at = lock.find("blob = \"sha256:").unwrap() + 15;
    let hex = &lock[at..at + 64];
    world.path(blobs).join("sha256").join(&hex[..2]).join(hex)
}

fn flip(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A project of the small packages, with a cache that is its own.
fn small_project(world: &World) -> impl Fn(&str) -> Command {
    world.small_packages();
    let cached = |line: &str| {
        let mut command = world.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", world.path("../home/cache"));
        command
    };
    world
        .finish(cached("--registry registry new acme/site shop --defaults"))
        .succeeded();
    cached
}

#[test]
fn a_blob_that_does_not_hash() {
    let world = World::new();
    let cached = small_project(&world);
    let (published, kept) = (
        blob(&world, "registry/v1/blobs"),
        blob(&world, "../home/cache/blobs"),
    );
    let good = fs::read(&kept).unwrap();
    let mut session = Session::default();

    // In the cache: it is fetched again, and said so.
    flip(&kept);
    session.add(
        &world
            .finish(cached(&world.small("-C shop status")))
            .succeeded(),
    );
    assert_eq!(fs::read(&kept).unwrap(), good);
    flip(&kept);
    session.add(&world.finish(cached("cache verify")).failed_with(5));
    assert!(!kept.exists());

    // In the registry: it is refused, and never kept.
    flip(&published);
    session.add(&world.refuses(cached(&world.small("-C shop add blog")), 5));
    session.add(&world.refuses(
        cached("--registry registry new acme/site other --defaults"),
        5,
    ));
    assert!(!kept.exists());
    insta::assert_snapshot!(session);
}

#[test]
fn a_package_that_cannot_be_had() {
    let world = World::new();
    let cached = small_project(&world);
    let mut session = Session::default();
    // What the project remembers of its registry is taken out.
    world.edit("shop/scaffold.toml", "acme = \"../registry\"", "");
    for line in [
        "--offline --registry https://example.invalid new acme/site other --defaults",
        "--registry nowhere new acme/site other --defaults",
        "-C shop add acme/site-blog",
        "-C shop update",
    ] {
        session.add(&world.refuses(cached(line), if line.contains("--offline") { 1 } else { 2 }));
    }
    // What is in the cache needs no registry.
    fs::rename(world.path("registry"), world.path("away")).unwrap();
    world.finish(cached("--offline -C shop verify")).succeeded();
    world.finish(cached("cache clean")).succeeded();
    session.add(&world.refuses(cached("--offline -C shop verify"), 2));
    insta::assert_snapshot!(session);
}
