//! A world of its own for each test: folders, cache, configuration, no terminal, nothing of the machine's.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    fmt, fs,
    hash::{BuildHasher as _, Hasher as _},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// Where a server of a test listens: an address of this machine that no other test has. What registries said is kept by
/// their address in a cache that the tests share, and the system hands out a port again.
pub fn loopback() -> SocketAddr {
    let random = RandomState::new().build_hasher().finish().to_be_bytes();
    let [a, b, c, ..] = random;
    // Only there does all of the network lead here.
    let address = match cfg!(target_os = "linux") {
        true => Ipv4Addr::new(127, a, b, c % 254 + 1),
        false => Ipv4Addr::LOCALHOST,
    };
    (address, 0).into()
}

const BINARY: &str = env!("CARGO_BIN_EXE_scaffold");

/// Folders that one test works in.
pub struct World {
    root: TempDir,
}

/// How a run of the program ended.
pub struct Run {
    /// The command as it was typed.
    pub line: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// For whole-output snapshots.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self
            .code
            .map_or_else(|| "killed".into(), |code| code.to_string());
        writeln!(f, "$ scaffold {}\nexit: {code}", self.line)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

impl Run {
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    #[track_caller]
    pub fn failed_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }
}

/// Several runs as one snapshot, in the order in which they were typed.
#[derive(Default)]
pub struct Session(String);

impl Session {
    pub fn add(&mut self, run: &Run) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&run.to_string());
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Path → (bytes, executable) of every file below a folder.
pub type Files = BTreeMap<String, (Vec<u8>, bool)>;

impl World {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work", "home"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// The folder commands run in.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.path().join("work").join(path)
    }

    /// A command with nothing of the machine's in its environment. The compiled components are shared by all
    /// tests, as a user's are by all projects; everything else is this world's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .env_clear()
            .current_dir(self.path(""))
            .args(arguments);
        command.env("HOME", self.root.path().join("home"));
        command.env(
            "SCAFFOLD_CACHE",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-cache"),
        );
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.finish(self.command(arguments))
    }

    /// Like [`World::run`], with a line as it would be typed.
    pub fn scaffold(&self, line: &str) -> Run {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// A command that is refused: its exit code, an error of at most one screen, and not a byte written anywhere.
    #[track_caller]
    pub fn refused(&self, line: &str, code: i32) -> Run {
        self.refuses(
            self.command(&line.split_whitespace().collect::<Vec<_>>()),
            code,
        )
    }

    /// Like [`World::refused`], for a command that was prepared.
    #[track_caller]
    pub fn refuses(&self, command: Command, code: i32) -> Run {
        let before = self.everything();
        let run = self.finish(command).failed_with(code);
        assert!(self.everything() == before, "something was written: {run}");
        let error: Vec<&str> = run
            .stderr
            .lines()
            .skip_while(|l| !l.starts_with("error"))
            .collect();
        assert!(!error.is_empty(), "no error is told: {run}");
        assert!(error.len() <= 20, "more than a screen: {run}");
        run
    }

    /// Every file and folder in this world, the tool's own state included.
    fn everything(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                    found.insert(path, None);
                } else {
                    found.insert(path.clone(), fs::read(path).ok());
                }
            }
        }
        found
    }

    pub fn finish(&self, mut command: Command) -> Run {
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        self.ended(&command, &output)
    }

    /// The run of a command that was waited for elsewhere.
    pub fn ended(&self, command: &Command, output: &std::process::Output) -> Run {
        let text = |bytes: &[u8]| self.normal(std::str::from_utf8(bytes).unwrap());
        let mut words: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        // A run by another user goes through a program that becomes them.
        if let Some(at) = words.iter().position(|word| word.ends_with("/scaffold")) {
            words.drain(..=at);
        }
        Run {
            line: self.normal(&words.join(" ")),
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// What differs from run to run and machine to machine is taken out.
    fn normal(&self, text: &str) -> String {
        let work = self.path("");
        let mut text = text.replace(work.to_str().unwrap(), "[WORK]/");
        if let Ok(real) = work.canonicalize() {
            text = text.replace(real.to_str().unwrap(), "[WORK]");
        }
        text = text.replace("[WORK]/\n", "[WORK]\n");
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("sha256:") {
            let (before, digest) = rest.split_at(at);
            let hex = digest[7..]
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .count();
            out.push_str(before);
            out.push_str(if hex == 64 {
                "[DIGEST]"
            } else {
                &digest[..7 + hex]
            });
            rest = &digest[7 + hex..];
        }
        out + rest
    }

    /// Puts a copy of a folder, the tool's own state included, in the place of another.
    pub fn copy(&self, from: &str, to: &str) {
        let _ = fs::remove_dir_all(self.path(to));
        copy(&self.path(from), &self.path(to));
    }

    /// A line that is killed at its first step, then at its second, and so on until it gets through, each time in the
    /// folder `shop` as it is now. `check` is told of each how it was killed.
    #[cfg(debug_assertions)]
    pub fn killed_at_every_step(&self, line: &str, mut check: impl FnMut(&Run)) {
        self.copy("shop", "shop-before");
        for step in 1.. {
            self.copy("shop-before", "shop");
            let mut command = self.command(&line.split_whitespace().collect::<Vec<_>>());
            command.env("SCAFFOLD_FAULT", step.to_string());
            let run = self.finish(command);
            if run.code.is_some() {
                assert!(step > 3, "the steps were counted: {step}");
                break;
            }
            check(&run);
        }
        fs::remove_dir_all(self.path("shop-before")).unwrap();
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Everything below a folder but the tool's own state.
    pub fn files(&self, folder: &str) -> Files {
        let root = self.path(folder);
        let mut found = Files::new();
        collect(&root, &root, &mut found);
        found
    }

    /// Puts the lines of a file through a change.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Two small packages in `registry/`: `acme/site`, a project, and `acme/site-blog`, which joins it. Their folders
    /// are `site` and `site-blog`, for tests that publish another version.
    pub fn small_packages(&self) {
        let package = |name: &str, kind: &str, more: &str| {
            self.write(
                &format!("{name}/scaffold.toml"),
                format!(
                    "[package]\nname = \"acme/{name}\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\n\
                     summary = \"About {name}.\"\nlicense = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n\
                     [[writes]]\npattern = \"**\"\nreason = \"It makes pages.\"\n{more}"
                ),
            );
        };
        package(
            "site",
            "project",
            "\n[[questions]]\nname = \"title\"\nprompt = \"What is it called?\"\ntype = \"text\"\n\
             default = \"{{ project_title }}\"\n",
        );
        self.write(
            "site/template/README.md.jinja",
            "# {{ title }}\n\nA small site.\n",
        );
        self.write(
            "site/template/app/settings.py",
            "APPS = [\n    \"core\",\n]\n",
        );
        self.write("site/template/app/style.css", "body { color: black }\n");
        package(
            "site-blog",
            "module",
            "\n[requires]\n\"acme/site\" = \"^1\"\n\n\
             [[edits]]\nfile = \"app/settings.py\"\nop = \"python-list\"\nlist = \"APPS\"\nitems = ['\"blog\"']\n",
        );
        self.write("site-blog/template/blog/posts.py", "posts = []\n");
        self.write("site-blog/template/blog/feed.py", "feed = None\n");
        self.registry(&["site", "site-blog"]);
    }

    /// A project, `shop`, made of `acme/site` out of [`World::small_packages`], whose registry it remembers.
    pub fn small_project() -> Self {
        let world = Self::new();
        world.small_packages();
        world
            .scaffold("--registry registry new acme/site shop --defaults")
            .succeeded();
        world
    }

    /// Publishes another version of a package, after a change of its folder.
    pub fn publish_next(&self, package: &str, from: &str, to: &str) {
        let manifest = format!("{package}/scaffold.toml");
        let version = |version| format!("version = \"{version}\"");
        self.edit(&manifest, &version(from), &version(to));
        self.registry(&[package]);
    }

    /// A line with the registry of [`World::small_packages`], which `-C` would otherwise look for in the project.
    pub fn small(&self, line: &str) -> String {
        format!("--registry {} {line}", self.path("registry").display())
    }

    /// A registry in `registry/` with the packages of these folders, on top of the official ones.
    pub fn registry(&self, packages: &[&str]) {
        let to = self.path("registry");
        if !to.exists() {
            fs::create_dir_all(&to).unwrap();
            copy(&official().join("v1"), &to.join("v1"));
        }
        for package in packages {
            self.run(&["publish", package, "--no-test", "--registry", "registry"])
                .succeeded();
        }
    }
}

/// The official registry tree, as it is checked in.
pub fn official() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../registry/official")
}

fn collect(root: &Path, folder: &Path, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        if name == ".scaffold" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, found);
        } else {
            #[cfg(unix)]
            let executable =
                std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions())
                    & 0o100
                    != 0;
            #[cfg(not(unix))]
            let executable = false;
            found.insert(name, (fs::read(&path).unwrap(), executable));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
