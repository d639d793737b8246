//! The cache of compiled components, changed in every way somebody could: whatever is off is compiled anew, and nobody
//! notices but by the time it takes.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use crate::{environment::World, guests::guest, limits::publish};

/// A world with its own cache, filled by one run of one package.
struct Warm {
    world: World,
    cache: PathBuf,
    /// The one file of machine code.
    file: PathBuf,
    good: Vec<u8>,
}

impl Warm {
    fn new() -> Self {
        let world = World::new();
        let cache = world.path("../home/warm");
        publish(&world, "x", "project", guest("writes-where-it-is-told"));
        let mut warm = Self {
            world,
            file: cache.join("compiled"),
            cache,
            good: Vec::new(),
        };
        warm.run();
        warm.file = warm.one_file();
        warm.good = fs::read(&warm.file).unwrap();
        warm
    }

    /// The package runs and does its work.
    #[track_caller]
    fn run(&self) {
        let _ = fs::remove_dir_all(self.world.path("shop"));
        let line = "new evil/x shop --registry evil=registry --defaults";
        let mut command = self
            .world
            .command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("SCAFFOLD_CACHE", &self.cache);
        let run = self.world.finish(command).succeeded();
        assert!(!run.stderr.contains("warning"), "{run}");
        assert!(self.world.path("shop/shop").is_file(), "{run}");
    }

    fn one_file(&self) -> PathBuf {
        let files: Vec<_> = fs::read_dir(self.cache.join("compiled"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().unwrap()
    }

    /// After a run there is a good file again, ours alone.
    #[track_caller]
    fn is_rebuilt(&self, what: &str) {
        self.run();
        let meta = fs::symlink_metadata(&self.file).unwrap();
        assert!(meta.is_file(), "{what}");
        assert_eq!(mode(&self.file), 0o600, "{what}");
        // The compiler is exact, and so is the MAC under the same key.
        assert!(fs::read(&self.file).unwrap() == self.good, "{what}");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_was_compiled_is_used_again() {
    let warm = Warm::new();
    let when = || fs::metadata(&warm.file).unwrap().modified().unwrap();
    let before = when();
    warm.run();
    assert_eq!(when(), before, "it was compiled again");
    assert_eq!(mode(&warm.cache.join("compiled")), 0o700);
    assert_eq!(mode(&warm.cache.join("compiled.key")), 0o600);
    assert_eq!(mode(&warm.file), 0o600);
}

#[test]
fn a_file_that_was_changed_is_compiled_anew() {
    let warm = Warm::new();
    let middle = warm.good.len() / 2;
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("part of a MAC", warm.good[..20].to_vec()),
        ("a MAC and no code", warm.good[..32].to_vec()),
        ("cut short", warm.good[..middle].to_vec()),
        ("longer", [warm.good.as_slice(), b"x"].concat()),
        ("another bit", {
            let mut bytes = warm.good.clone();
            bytes[middle] ^= 1;
            bytes
        }),
        ("another MAC", {
            let mut bytes = warm.good.clone();
            bytes[0] ^= 1;
            bytes
        }),
        ("a program", b"\x7fELF".repeat(1000)),
    ] {
        fs::write(&warm.file, bytes).unwrap();
        warm.is_rebuilt(what);
    }
}

#[test]
fn good_code_from_elsewhere_is_compiled_anew() {
    let warm = Warm::new();
    // Another user's: the same component, compiled by the same program, under their key.
    let other = Warm::new();
    assert_eq!(other.file.file_name(), warm.file.file_name());
    assert!(other.good[32..] == warm.good[32..]);
    fs::write(&warm.file, &other.good).unwrap();
    warm.is_rebuilt("under another key");

    // This user's own, of another component: swapped.
    publish(&warm.world, "y", "module", guest("panics"));
    let line = "-C shop add evil/y --defaults --registry evil=registry";
    let line = line.replace(
        "=registry",
        &format!("={}", warm.world.path("registry").display()),
    );
    let mut command = warm
        .world
        .command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", &warm.cache);
    warm.world.finish(command).failed_with(1);
    let second = fs::read_dir(warm.cache.join("compiled"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| *path != warm.file)
        .unwrap();
    fs::rename(second, &warm.file).unwrap();
    warm.is_rebuilt("of another component");
}

#[test]
fn a_file_that_others_could_have_written_is_compiled_anew() {
    let warm = Warm::new();
    let elsewhere = warm.cache.join("elsewhere");
    let anew = || {
        let _ = fs::remove_file(&warm.file);
        fs::write(&warm.file, &warm.good).unwrap();
        set_mode(&warm.file, 0o600);
    };
    set_mode(&warm.file, 0o666);
    warm.is_rebuilt("open to others");

    fs::rename(&warm.file, &elsewhere).unwrap();
    symlink(&elsewhere, &warm.file).unwrap();
    warm.is_rebuilt("a link");

    anew();
    let _ = fs::remove_file(&elsewhere);
    fs::hard_link(&warm.file, &elsewhere).unwrap();
    warm.is_rebuilt("a file with a second name");

    if rustix::process::getuid().is_root() {
        anew();
        std::os::unix::fs::chown(&warm.file, Some(65534), None).unwrap();
        warm.is_rebuilt("another user's");
    }

    fs::remove_file(&warm.file).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(&warm.file)
        .status();
    assert!(pipe.unwrap().success());
    set_mode(&warm.file, 0o600);
    warm.is_rebuilt("a pipe that nobody writes into");
}

#[test]
fn a_file_of_any_size_is_not_read_whole() {
    let warm = Warm::new();
    // No disk is needed for it; memory would be.
    let file = fs::File::options().write(true).open(&warm.file).unwrap();
    file.set_len(1 << 43).unwrap();
    warm.is_rebuilt("eight tebibytes");
}

#[test]
fn a_key_that_others_know_is_replaced() {
    let warm = Warm::new();
    let path = warm.cache.join("compiled.key");
    let key = fs::read(&path).unwrap();
    for spoil in [
        |path: &Path| set_mode(path, 0o644),
        |path: &Path| fs::write(path, b"short").unwrap(),
        |path: &Path| fs::write(path, [7; 33]).unwrap(),
        |path: &Path| fs::remove_file(path).unwrap(),
        |path: &Path| {
            let moved = path.with_extension("moved");
            fs::rename(path, &moved).unwrap();
            symlink(moved, path).unwrap();
        },
    ] {
        fs::write(&path, &key).unwrap();
        set_mode(&path, 0o600);
        fs::write(&warm.file, &warm.good).unwrap();
        spoil(&path);
        warm.run();
        assert_eq!(mode(&path), 0o600);
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        let new = fs::read(&path).unwrap();
        assert!(new != key && new.len() == key.len());
        // What the old key vouched for is no longer believed.
        let now = fs::read(&warm.file).unwrap();
        assert!(now[..32] != warm.good[..32] && now[32..] == warm.good[32..]);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_folder_that_others_could_change_is_closed_or_not_used() {
    let warm = Warm::new();
    let folder = warm.cache.join("compiled");
    for path in [&warm.cache, &folder] {
        set_mode(path, 0o777);
        warm.is_rebuilt("it was open");
        assert_eq!(mode(path), 0o700);
    }
    // Somebody else's place: nothing is read from it, and nothing is put there.
    let elsewhere = warm.cache.join("elsewhere");
    fs::rename(&folder, &elsewhere).unwrap();
    fs::write(elsewhere.join(warm.file.file_name().unwrap()), b"theirs").unwrap();
    symlink(&elsewhere, &folder).unwrap();
    warm.run();
    let theirs = fs::read(elsewhere.join(warm.file.file_name().unwrap())).unwrap();
    assert_eq!(theirs, b"theirs");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);

    if rustix::process::getuid().is_root() {
        fs::remove_file(&folder).unwrap();
        fs::rename(&elsewhere, &folder).unwrap();
        std::os::unix::fs::chown(&folder, Some(65534), None).unwrap();
        warm.run();
        assert_eq!(fs::read(&warm.file).unwrap(), b"theirs");
    }
}

#[test]
fn without_a_cache_everything_works() {
    let warm = Warm::new();
    fs::remove_dir_all(&warm.cache).unwrap();
    fs::write(&warm.cache, "a file where the folder should be").unwrap();
    let line = "new evil/x shop --registry evil=registry --defaults";
    let mut command = warm
        .world
        .command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("SCAFFOLD_CACHE", &warm.cache);
    let _ = fs::remove_dir_all(warm.world.path("shop"));
    warm.world.finish(command).succeeded();
}
