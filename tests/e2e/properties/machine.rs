//! A machine on which a scenario happens: its packages are published, its commands take the library's own way.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use scaffold::{
    apply,
    change::{Asking, Given, Intent, decide, resolve},
    grants::{Class, Policy},
    interview::Mode,
    packages::Packages,
    path::ProjectPath,
    plan::{Action, Content, Plan},
    project::{Project, STATE},
    question::Value,
    sandbox::{Compiler, Limits, Sandbox},
    sources::{Reach, Sources},
    store::Store,
    tree::Tree,
    trust::Trust,
    ui::{Color, Options, Ui, Verbosity},
    workspace::{Found, Workspace},
};
use scaffold_registry::{Digest, PackageRef, publish};

use super::{
    archive::{archives, name},
    scenario::{Ask, Edit, Package, TONES, VERSIONS},
};
use crate::environment::{Files, World};

/// The engine is compiled once for all cases.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-cache");
    Sandbox::new(Limits::default(), Compiler::Here, Some(&cache)).unwrap()
});

/// A generator the project shall have: package and version by their numbers, the answer if it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub package: usize,
    pub version: usize,
    pub tone: Option<usize>,
}

/// All packages in one version.
pub fn all(packages: &[Package], version: usize) -> Vec<Wanted> {
    let one = |package| Wanted {
        package,
        version,
        tone: None,
    };
    (0..packages.len()).map(one).collect()
}

/// What `wanted` becomes; none where there is nothing that could be asked.
pub fn asked(wanted: &[Wanted], packages: &[Package], ask: &Ask) -> Option<Vec<Wanted>> {
    let mut wanted = wanted.to_vec();
    let place = |package: &usize| wanted.iter().position(|one| one.package == *package);
    match ask {
        Ask::Add { package } => {
            if *package >= packages.len() || place(package).is_some() {
                return None;
            }
            let version = wanted.first().map_or(0, |one| one.version);
            wanted.push(Wanted {
                package: *package,
                version,
                tone: None,
            });
        }
        Ask::Remove { package } => {
            let place = place(package)?;
            wanted.remove(place);
        }
        Ask::Update { version } => {
            for one in &mut wanted {
                one.version = *version;
            }
        }
        Ask::Set { package, tone } => {
            let place = place(package)?;
            wanted[place].tone = Some(*tone);
        }
    }
    Some(wanted)
}

/// A command that came to its end.
pub struct Done {
    /// pristine(lock) before and after.
    pub old: Arc<Tree>,
    pub new: Arc<Tree>,
    pub plan: Plan,
}

impl Done {
    pub fn has_conflicts(&self) -> bool {
        self.plan.conflicts().next().is_some()
    }
}

pub struct Machine<'a> {
    pub world: &'a World,
    packages: Packages<'a>,
    /// What happened, for people.
    story: RefCell<String>,
    /// How often the user wrote something, so that each writing is one of a kind.
    written: Cell<usize>,
    /// pristine(lock) by the digest in the lock.
    trees: RefCell<HashMap<Digest, Arc<Tree>>>,
}

impl Machine<'_> {
    /// Runs something on a new machine that has these packages.
    pub fn with<T>(packages: &[Package], run: impl FnOnce(&Machine<'_>) -> T) -> T {
        let world = World::new();
        let registry = world.path("registry");
        for archive in archives(packages) {
            publish::to_folder(&registry, &archive, &[]).unwrap();
        }
        let place = registry.to_str().unwrap().to_owned();
        let sources = Sources::new(&[place], BTreeMap::new(), &world.path(""), Reach::default());
        let (store, trust) = (Store::new(None), Trust::default());
        run(&Machine {
            world: &world,
            packages: Packages::new(&sources, &store, &SANDBOX, &trust),
            story: RefCell::default(),
            written: Cell::default(),
            trees: RefCell::default(),
        })
    }

    /// Makes the project in a folder what is wanted: resolve, decide, apply.
    ///
    /// # Errors
    /// What the command says when it refuses.
    pub fn bring(&self, folder: &str, wanted: &[Wanted]) -> Result<Done, String> {
        self.note(format_args!("{folder} becomes {}", told(wanted)));
        let done = self.change(&self.world.path(folder), wanted);
        match &done {
            Ok(done) => {
                for action in done.plan.actions.iter().filter(|action| action.writes()) {
                    self.note(format_args!("  {} {}", action.verb.name(), action.path));
                }
            }
            Err(error) => self.note(format_args!("  refused: {error}")),
        }
        done
    }

    fn change(&self, root: &Path, wanted: &[Wanted]) -> Result<Done, String> {
        fn text(error: impl fmt::Display) -> String {
            error.to_string()
        }
        let project = if root.exists() {
            Project::open(root).map_err(text)?
        } else {
            Project::new(root, "shop")
        };
        let intents: Vec<Intent> = wanted.iter().map(|one| intent(one, &project)).collect();
        let entries = resolve(&self.packages, &intents).map_err(text)?;
        let workspace = Workspace::open(root).map_err(text)?;
        let mut ui = Ui::new(Options {
            json: false,
            verbosity: Verbosity::Quiet,
            color: Color::Never,
            no_input: true,
        });
        let mut asking = Asking {
            conflict: scaffold::cli::Conflict::Markers,
            ui: &mut ui,
            mode: Mode::Defaults,
            given: Given::default(),
            policy: everything_allowed(),
            reads: BTreeMap::new(),
        };
        let decision = decide(
            &self.packages,
            &project,
            &workspace,
            entries,
            None,
            &mut asking,
        )
        .map_err(text)?;
        let own = [
            own(
                ProjectPath::manifest(),
                project.manifest_text.as_deref(),
                &decision.manifest,
            ),
            own(
                ProjectPath::lock(),
                project.lock_text.as_deref(),
                &decision.lock.to_text(),
            ),
        ];
        apply::apply(root, &decision.plan, &own, &apply::Options::default()).map_err(text)?;
        let new = decision.made.last().map(|made| Arc::clone(&made.tree));
        let new = new.unwrap_or_default();
        let mut trees = self.trees.borrow_mut();
        let old = trees.get(&project.lock.tree).map(Arc::clone);
        trees.insert(decision.lock.tree, Arc::clone(&new));
        Ok(Done {
            old: old.unwrap_or_default(),
            new,
            plan: decision.plan,
        })
    }

    /// A command of the program itself.
    ///
    /// # Errors
    /// What it says when it refuses.
    pub fn run(&self, folder: &str, command: &str) -> Result<(), String> {
        self.note(format_args!("{folder}: {command}"));
        let run = self.world.run(&["-C", folder, command, "--yes"]);
        match run.code {
            Some(0) => Ok(()),
            _ => Err(run.to_string()),
        }
    }

    /// Lets the user write the same once more, in another project.
    pub fn begin(&self) {
        self.written.set(0);
    }

    /// Lets the user edit the project in a folder.
    pub fn edit(&self, folder: &str, edit: &Edit) {
        let root = self.world.path(folder);
        let files = self.world.files(folder);
        let theirs: Vec<&String> = files.keys().filter(|path| !is_own(path)).collect();
        let nth = |file: usize| theirs.get(file % theirs.len().max(1)).copied();
        let number = self.written.get();
        self.written.set(number + 1);
        let mine = format!("{}{number}.", super::MINE);
        let lines = |file: usize, change: &dyn Fn(&mut Vec<String>)| {
            let Some(path) = nth(file) else { return };
            let Ok(text) = std::str::from_utf8(&files[path].0) else {
                return;
            };
            let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
            change(&mut lines);
            self.note(format_args!("you: {edit:?} in {path}: {}", mine));
            fs::write(root.join(path), lines.concat()).unwrap();
        };
        match *edit {
            Edit::Replace { file, row } => lines(file, &|lines| {
                let count = lines.len().max(1);
                if let Some(line) = lines.get_mut(row % count) {
                    *line = format!("{mine}\n");
                }
            }),
            Edit::Insert { file, row } => lines(file, &|lines| {
                let at = row % (lines.len() + 1);
                if at > 0 && !lines[at - 1].ends_with('\n') {
                    lines[at - 1].push('\n');
                }
                lines.insert(at, format!("{mine}\n"));
            }),
            Edit::Append { file } => lines(file, &|lines| lines.push(mine.clone())),
            Edit::Drop { file, row } => lines(file, &|lines| {
                if !lines.is_empty() {
                    lines.remove(row % lines.len());
                }
            }),
            Edit::Crlf { file } => lines(file, &|lines| {
                for line in lines {
                    *line = line.replace("\r\n", "\n").replace('\n', "\r\n");
                }
            }),
            Edit::Empty { file } => lines(file, &Vec::clear),
            Edit::Delete { file } => {
                let Some(path) = nth(file) else { return };
                self.note(format_args!("you: delete {path}"));
                fs::remove_file(root.join(path)).unwrap();
            }
            Edit::Own { path } => {
                let file = root.join(path);
                // As in an editor, where a name is taken or a file is in the way.
                if !file.exists() && fs::create_dir_all(file.parent().unwrap()).is_ok() {
                    self.note(format_args!("you: make {path}: {mine}"));
                    fs::write(file, format!("{mine}\n")).unwrap();
                }
            }
            Edit::Executable { file } => {
                let Some(path) = nth(file) else { return };
                self.note(format_args!("you: chmod {path}"));
                toggle(&root.join(path));
            }
            Edit::Bytes { file } => {
                let Some(path) = nth(file) else { return };
                self.note(format_args!("you: bytes in {path}: {mine}"));
                let mut bytes = files[path].0.clone();
                bytes.push(0);
                bytes.extend(mine.bytes());
                fs::write(root.join(path), bytes).unwrap();
            }
            Edit::Folder { file } => {
                let Some(path) = nth(file) else { return };
                self.note(format_args!("you: a folder for {path}: {mine}"));
                fs::remove_file(root.join(path)).unwrap();
                fs::create_dir(root.join(path)).unwrap();
                fs::write(root.join(path).join("inside"), &mine).unwrap();
            }
        }
    }

    /// Everything the user sees in the project.
    pub fn files(&self, folder: &str) -> Files {
        self.world.files(folder)
    }

    /// What the tool keeps of its own beside them: path → bytes.
    pub fn kept(&self, folder: &str) -> Files {
        self.world.files(&format!("{folder}/{STATE}"))
    }

    /// What should not be there after a command: folders that hold nothing (a user may leave one), and what a command
    /// works with.
    pub fn debris(&self, folder: &str) -> BTreeSet<PathBuf> {
        let mut debris = BTreeSet::new();
        let root = self.world.path(folder);
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let entries: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
            if entries.is_empty() {
                debris.insert(folder.clone());
            }
            let inner = entries.into_iter().map(|entry| entry.path());
            folders.extend(inner.filter(|path| path.is_dir()));
        }
        let work = ["stage", "backup", "journal", "journal.back"];
        debris.extend(
            work.map(|name| root.join(STATE).join(name))
                .into_iter()
                .filter(|path| path.exists()),
        );
        debris
    }

    fn note(&self, what: fmt::Arguments<'_>) {
        use fmt::Write as _;
        let _ = writeln!(self.story.borrow_mut(), "  {what}");
    }

    /// What happened so far.
    pub fn story(&self) -> String {
        format!("\nWhat happened:\n{}", self.story.borrow())
    }
}

fn told(wanted: &[Wanted]) -> String {
    let one = |one: &Wanted| {
        let tone = one
            .tone
            .map_or(String::new(), |tone| format!(" {}", TONES[tone]));
        format!("p{} {}{tone}", one.package, VERSIONS[one.version])
    };
    wanted.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn intent(wanted: &Wanted, project: &Project) -> Intent {
    let name = name(wanted.package);
    let exact = PackageRef {
        name: name.parse().unwrap(),
        req: format!("={}", VERSIONS[wanted.version]).parse().unwrap(),
    };
    let locked = project
        .lock
        .generators
        .iter()
        .find(|locked| locked.package.package == exact.name);
    let mut intent = match locked {
        Some(locked) => Intent::keep(locked, exact.req),
        None => Intent::new(&exact),
    };
    if locked.is_some_and(|locked| locked.package.version.to_string() != VERSIONS[wanted.version]) {
        intent = intent.release();
    }
    if let Some(tone) = wanted.tone {
        let tone = Value::Text(TONES[tone].to_owned());
        intent.answers.insert("tone".to_owned(), tone);
        intent.reconsider = true;
    }
    intent
}

fn own(path: ProjectPath, before: Option<&str>, after: &str) -> Action {
    let bytes = |text: &str| Arc::from(text.as_bytes());
    let before = before.map(|text| Found {
        bytes: bytes(text),
        executable: false,
    });
    let after = Content {
        bytes: bytes(after),
        executable: false,
    };
    Action::own(path, before.as_ref(), Some(after))
}

/// Whether a file of a project is one of the tool's own two.
pub fn is_own(path: &str) -> bool {
    matches!(path, scaffold::path::MANIFEST | scaffold::path::LOCK)
}

#[cfg(unix)]
fn toggle(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(file).unwrap().permissions().mode();
    fs::set_permissions(file, fs::Permissions::from_mode(mode ^ 0o100)).unwrap();
}

#[cfg(not(unix))]
fn toggle(_: &Path) {}

/// A yes to every class of files.
fn everything_allowed() -> Policy {
    let mut policy = Policy::default();
    policy.allow.classes = Class::ALL.into();
    policy
}
