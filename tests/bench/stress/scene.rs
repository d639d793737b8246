//! Projects with a user's edits in them, and for each a command that changes many of its files.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The tool's own folder in a project.
const STATE: &str = ".scaffold";

/// Everything in a folder but the tool's own: path → bytes and whether it may be run, none for a folder.
pub type Snapshot = BTreeMap<String, Option<(Vec<u8>, bool)>>;

pub struct Scene {
    folder: TempDir,
    program: PathBuf,
    pub cases: Vec<Case>,
}

/// A command in a project, and the only two things that may come of it.
pub struct Case {
    pub name: &'static str,
    arguments: Vec<String>,
    /// The project as it was, the tool's own folder included.
    project: PathBuf,
    pub old: Snapshot,
    pub new: Snapshot,
}

impl Scene {
    /// Publishes packages that make about this many files, and makes the projects.
    pub fn new(program: &Path, files: usize) -> Self {
        let mut scene = Self {
            folder: tempfile::tempdir().unwrap(),
            program: program.to_owned(),
            cases: Vec::new(),
        };
        scene.publish("1.0.0", files);
        scene.run(&["new", "acme/site", "plain/shop", "--defaults"]);
        scene.edit("plain/shop");
        copy(&scene.path("plain"), &scene.path("joined"));
        scene.run(&["-C", "joined/shop", "add", "acme/site-blog"]);
        scene.publish("1.1.0", files);
        copy(&scene.path("joined"), &scene.path("updated"));
        scene.run(&["-C", "updated/shop", "update"]);
        for (name, project, command) in [
            ("add", "plain", &["add", "acme/site-blog"][..]),
            ("update", "joined", &["update"]),
            ("remove", "joined", &["remove", "acme/site-blog"]),
            ("set", "joined", &["set", "acme/site.title=Market"]),
            ("undo", "updated", &["undo"]),
        ] {
            let case = scene.case(name, project, command);
            scene.cases.push(case);
        }
        scene
    }

    fn case(&self, name: &'static str, project: &str, command: &[&str]) -> Case {
        let project = self.path(project).join("shop");
        let mut case = Case {
            name,
            arguments: command.iter().map(|word| (*word).to_owned()).collect(),
            old: snapshot(&project),
            new: Snapshot::new(),
            project,
        };
        self.restore(&case);
        let status = self.command(&case).status().unwrap();
        // 3: done, and conflicts are marked in the files.
        assert!(matches!(status.code(), Some(0 | 3)), "{name}: {status}");
        case.new = self.now();
        assert!(case.old != case.new, "{name} changes nothing");
        case
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Where the commands that are killed work.
    pub fn project(&self) -> PathBuf {
        self.path("run/shop")
    }

    /// The tool's own folder there.
    pub fn state(&self) -> PathBuf {
        self.project().join(STATE)
    }

    /// The project as it stands.
    pub fn now(&self) -> Snapshot {
        snapshot(&self.project())
    }

    /// Brings the project back to what it was before the command of a case.
    pub fn restore(&self, case: &Case) {
        let project = self.project();
        if project.exists() {
            fs::remove_dir_all(&project).unwrap();
        }
        copy(&case.project, &project);
    }

    /// The command of a case.
    pub fn command(&self, case: &Case) -> Command {
        let words: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
        self.in_project(&words)
    }

    /// A command in the project.
    pub fn in_project(&self, words: &[&str]) -> Command {
        let mut command = self.scaffold(words);
        command.current_dir(self.project());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn scaffold(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("SCAFFOLD_CACHE", self.path("cache"))
            .current_dir(self.folder.path())
            .arg("--registry")
            .arg(self.path("registry"))
            .args(["--yes", "--allow", "executable"])
            .args(words)
            .stdin(Stdio::null());
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
    }

    fn run(&self, words: &[&str]) {
        let output = self.scaffold(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
    }

    /// `acme/site`, most of whose files differ between versions, and `acme/site-blog`, which joins it.
    fn publish(&self, version: &str, files: usize) {
        let manifest = |name: &str, more: &str| {
            format!(
                "[package]\nname = \"acme/{name}\"\nversion = \"{version}\"\nkind = \"{}\"\n\
                 summary = \"To be killed.\"\nlicense = \"MIT\"\nengine = \"scaffold/template@^1\"\n\n\
                 [[writes]]\npattern = \"**\"\nreason = \"It makes pages.\"\n{more}",
                if name == "site" { "project" } else { "module" }
            )
        };
        let newer = version != "1.0.0";
        let question = "\n[[questions]]\nname = \"title\"\nprompt = \"Called?\"\ndefault = \"Shop\"\n\n\
                        [[files]]\nmatch = \"bin/**\"\nexecutable = true\n";
        self.write("packages/site/scaffold.toml", &manifest("site", question));
        let page = |number: usize, more: &str| {
            let lines: String = (0..20)
                .map(|line| format!("{number} line {line}\n"))
                .collect();
            format!("# {{{{ title }}}}\n{lines}{more}")
        };
        for number in 0..files {
            // Of ten files one stays, one goes, one is new, and one becomes a folder.
            let (path, more) = match (number % 10, newer) {
                (0, _) => (format!("stays/{number}.md"), ""),
                (1, true) | (2, false) => continue,
                (1, false) => (format!("goes/{number}.md"), ""),
                (2, true) => (format!("comes/{number}.md"), ""),
                (3, false) => (format!("turns/{number}"), ""),
                (3, true) => (format!("turns/{number}/index.md"), ""),
                (4, _) => (
                    format!("bin/{number}.sh"),
                    if newer { "newer\n" } else { "" },
                ),
                (_, false) => (format!("pages/{}/{number}.md", number % 7), ""),
                (_, true) => (format!("pages/{}/{number}.md", number % 7), "newer\n"),
            };
            self.write(
                &format!("packages/site/template/{path}.jinja"),
                &page(number, more),
            );
        }
        let settings = "KEY = \"{{ secret('key', 24) }}\"\n\nAPPS = [\n    \"core\",\n]\n";
        self.write("packages/site/template/settings.py.jinja", settings);
        let edit = "\n[[edits]]\nfile = \"settings.py\"\nop = \"python-list\"\nlist = \"APPS\"\nitems = ['\"blog\"']\n";
        self.write(
            "packages/site-blog/scaffold.toml",
            &manifest("site-blog", edit),
        );
        for number in 0..files / 2 {
            // Some take the place of files that the first package makes.
            let path = if number % 10 == 6 {
                format!("pages/{}/{number}.md", number % 7)
            } else {
                format!("blog/{}/{number}.md", number % 5)
            };
            let text = format!("post {number} of {version}\n");
            self.write(&format!("packages/site-blog/template/{path}"), &text);
        }
        for package in ["packages/site", "packages/site-blog"] {
            self.run(&["publish", package, "--no-test"]);
            fs::remove_dir_all(self.path(package)).unwrap();
        }
    }

    /// What a user does to a project: lines of their own, files of their own, and some files they do not want.
    fn edit(&self, project: &str) {
        let root = self.path(project);
        // None that goes or is another package's by and by: what somebody has to settle cannot be undone before.
        let number =
            |path: &str| -> Option<usize> { Path::new(path).file_stem()?.to_str()?.parse().ok() };
        for path in snapshot(&root)
            .into_keys()
            .filter(|path| path.ends_with(".md"))
        {
            let file = root.join(&path);
            match number(&path).map(|number| (number % 10, number % 3)) {
                Some((0 | 5 | 7, 0)) => {
                    let text = fs::read_to_string(&file).unwrap();
                    fs::write(file, text.replace("line 9\n", "line 9\nmine\n")).unwrap();
                }
                Some((0 | 8, 1)) => fs::remove_file(file).unwrap(),
                _ => {}
            }
        }
        for (path, text) in [
            ("notes.txt", "mine\n"),
            ("pages/own.md", "mine\n"),
            ("own/deep/er.bin", "\0mine"),
        ] {
            self.write(&format!("{project}/{path}"), text);
        }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn snapshot(root: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name() == Some(OsStr::new(STATE)) {
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let is_folder = path.is_dir();
            let file = (!is_folder).then(|| (fs::read(&path).unwrap(), is_executable(&path)));
            found.insert(name, file);
            if is_folder {
                folders.push(path);
            }
        }
    }
    found
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
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
