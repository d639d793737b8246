//! A world of its own for each test: folders, cache, configuration, no terminal, nothing of the machine's.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// Folders that one test works in.
pub struct World {
    root: TempDir,
}

/// How a run of the program ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// For whole-output snapshots.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "exit: {}",
            self.code
                .map_or_else(|| "killed".into(), |code| code.to_string())
        )?;
        write!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_scaffold"));
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

    pub fn finish(&self, mut command: Command) -> Run {
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| self.normal(&String::from_utf8(bytes).unwrap());
        Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// What differs from run to run and machine to machine is taken out.
    fn normal(&self, text: &str) -> String {
        let work = self.path("");
        let mut text = text.replace(work.to_str().unwrap(), "[WORK]/");
        if let Ok(real) = work.canonicalize() {
            text = text.replace(real.to_str().unwrap(), "[WORK]");
        }
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

    /// A registry in `registry/` with the packages of these folders, on top of the official ones.
    pub fn registry(&self, packages: &[&str]) {
        let to = self.path("registry");
        if !to.exists() {
            fs::create_dir_all(&to).unwrap();
            copy(&official().join("v1"), &to.join("v1"));
        }
        for package in packages {
            self.run(&["publish", package, "--registry", "registry"])
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
