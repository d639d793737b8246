//! What every command has at hand.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{
    apply::{self, Hook, Record, Recovered, Turn},
    change::Given,
    cli::{Conflict, Globals},
    config::{self, Config},
    credentials::Credentials,
    dirs::Dirs,
    error::{CommandError, ErrorKind, ResultExt},
    grants::{Allow, Deny, Policy},
    interview::Mode,
    packages::Packages,
    project::{Lock, Project},
    sandbox::{Compiler, Sandbox},
    sources::{Reach, Sources},
    store::Store,
    trust::{News, Trust},
    ui::{Ui, page::count},
};

pub struct Context {
    pub ui: Ui,
    pub globals: Globals,
    pub dirs: Dirs,
    /// The folder the command runs in, `-C` applied.
    pub here: PathBuf,
    /// The command line as it was typed.
    pub args: Vec<OsString>,
    /// Where a test wants writing to stop; nothing in a release.
    pub fault: Option<Box<Hook<'static>>>,
    /// What `SCAFFOLD_TOKEN` holds.
    pub token: Option<String>,
    /// Held from before a command looks at a project it may change until it ends.
    pub turn: Option<Turn>,
}

/// What opening and running packages needs. Made only by commands that do.
pub struct Tools {
    pub sources: Sources,
    pub store: Store,
    pub sandbox: Sandbox,
    pub trust: Trust,
}

impl Tools {
    pub fn packages(&self) -> Packages<'_> {
        Packages::new(&self.sources, &self.store, &self.sandbox, &self.trust)
    }
}

impl Context {
    /// # Errors
    /// The configuration cannot be read, or this machine cannot run WebAssembly.
    pub fn tools(&self, project: Option<&Project>) -> Result<Tools, CommandError> {
        let trust = self.trust()?;
        Ok(Tools {
            sources: self.sources(project)?,
            store: self.store(),
            sandbox: self.sandbox()?,
            trust: match project {
                Some(project) => trust.with_lock(&project.lock),
                None => trust,
            },
        })
    }

    /// # Errors
    /// The configuration cannot be read, or this machine cannot run WebAssembly.
    pub fn sandbox(&self) -> Result<Sandbox, CommandError> {
        let limits = self.config()?.limits;
        let compiler = Compiler::child().kind(ErrorKind::Failed)?;
        Sandbox::new(limits, compiler, self.dirs.cache.as_deref()).kind(ErrorKind::Failed)
    }

    /// # Errors
    /// The configuration cannot be read.
    pub fn sources(&self, project: Option<&Project>) -> Result<Sources, CommandError> {
        let flags = &self.globals.registry;
        let registries = self.config()?.registries;
        let reach = self.reach(&registries);
        let mut sources = Sources::new(flags, registries, &self.here, reach);
        if let Some(project) = project {
            sources
                .with_vendored(&project.root)
                .kind(ErrorKind::Failed)?;
        }
        if let Some((project, manifest)) = project.and_then(|p| p.manifest.as_ref().map(|m| (p, m)))
        {
            sources.with_project(&manifest.registries, &project.root, flags);
        }
        Ok(sources)
    }

    /// How registries on the network are reached.
    pub fn reach(&self, registries: &BTreeMap<String, config::Registry>) -> Reach {
        let folder = self.dirs.config.as_deref();
        let mut reach = Reach::new(self.store(), self.globals.offline, self.credentials());
        reach.token.clone_from(&self.token);
        reach.watch = Some(self.ui.watch());
        reach.by(&self.globals.registry, registries, folder)
    }

    /// The user's tokens.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.dirs.config.as_deref())
    }

    /// What the user has configured.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn config(&self) -> Result<Config, CommandError> {
        Config::read(self.dirs.config.as_deref()).kind(ErrorKind::Usage)
    }

    pub fn store(&self) -> Store {
        Store::new(self.dirs.cache.as_deref())
    }

    /// What the user has trusted so far.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn trust(&self) -> Result<Trust, CommandError> {
        let (offline, keep) = (self.globals.offline, !self.globals.dry_run);
        Trust::open(self.dirs.config.as_deref(), offline, keep).kind(ErrorKind::Failed)
    }

    /// How questions are answered that nobody has answered yet.
    pub fn mode(&self) -> Mode {
        if self.globals.defaults || self.globals.yes {
            Mode::Defaults
        } else if self.ui.can_ask() {
            Mode::Ask
        } else {
            Mode::Never
        }
    }

    /// What a user means by a path, without `.` in it.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.here.join(path).components().collect()
    }

    /// Answers from `--data-file` and `--data`, in the order in which the later wins.
    ///
    /// # Errors
    /// The file cannot be read, or a pair is none.
    pub fn given(&self) -> Result<Given, CommandError> {
        let mut given = Given::default();
        if let Some(file) = &self.globals.data_file {
            given.add_file(&self.here.join(file))?;
        }
        given.add_pairs(&self.globals.data)?;
        Ok(given)
    }

    /// Who wins where both sides changed the same thing.
    ///
    /// # Errors
    /// It is to be asked, and there is nobody to ask.
    pub fn conflict(&self) -> Result<Conflict, CommandError> {
        match self.globals.conflict {
            Conflict::Ask if !self.ui.can_ask() => Err(CommandError::usage(
                "--conflict=ask needs a terminal to ask in",
            )
            .hint("--conflict takes markers, ours, theirs and fail as well")),
            conflict => Ok(conflict),
        }
    }

    /// What `--allow`, `--deny` and the user's configuration say.
    ///
    /// # Errors
    /// A word is unknown, or the configuration cannot be read.
    pub fn policy(&self) -> Result<Policy, CommandError> {
        fn words(all: &[String]) -> impl Iterator<Item = &str> {
            all.iter().map(String::as_str)
        }
        let allow = Allow::parse(words(&self.globals.allow)).kind(ErrorKind::Usage)?;
        let deny = Deny::parse(words(&self.globals.deny)).kind(ErrorKind::Usage)?;
        Ok(Policy { allow, deny }.and(self.config()?.policy))
    }

    /// Whether the lock file may change.
    ///
    /// # Errors
    /// It may not.
    pub fn may_lock(&self) -> Result<(), CommandError> {
        match self.globals.locked {
            false => Ok(()),
            true => Err(
                CommandError::failed("scaffold.lock would change, and --locked was given")
                    .hint("leave out --locked, and check in the new scaffold.lock"),
            ),
        }
    }

    /// The project the command runs in, to look at. A merge that is under way is told.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn project(&mut self) -> Result<Project, CommandError> {
        let root = self.root()?;
        self.recover(&root)?;
        if let Some(record) = apply::merge_under_way(&root)? {
            let what = format!(
                "{}; scaffold resolve or scaffold abort ends it",
                left(&record)
            );
            self.ui.done("A merge is under way:", &what);
        }
        Ok(Project::open(&root)?)
    }

    /// The project the command runs in, to change: other commands wait until this one has ended.
    ///
    /// # Errors
    /// There is none, it cannot be read, or a merge is under way.
    pub fn project_to_change(&mut self) -> Result<Project, CommandError> {
        let root = self.root_in_turn()?;
        match apply::merge_under_way(&root)? {
            None => Ok(Project::open(&root)?),
            Some(record) => Err(under_way(&record)),
        }
    }

    /// The project whose lock is to be made anew, which may be gone or broken, and what can be made out of it.
    ///
    /// # Errors
    /// There is no `scaffold.toml`, it or the lock cannot be read, or a merge is under way.
    pub fn project_to_lock(&mut self) -> Result<(Project, Vec<Lock>), CommandError> {
        // A project above this one is another.
        let root = match Project::manifest_above(&self.here)? {
            Some(root) => root,
            None => self.root()?,
        };
        self.take_turn(&root)?;
        match apply::merge_under_way(&root)? {
            None => Ok(Project::open_unlocked(&root)?),
            Some(record) => Err(under_way(&record)),
        }
    }

    /// The project whose merge is to be ended, and what left it.
    ///
    /// # Errors
    /// There is none, or no merge is under way.
    pub fn merge_to_end(&mut self) -> Result<(PathBuf, Record), CommandError> {
        let root = self.root_in_turn()?;
        match apply::merge_under_way(&root)? {
            Some(record) => Ok((root, record)),
            None => Err(
                CommandError::failed("no merge is under way in this project")
                    .hint("scaffold undo takes back the last command"),
            ),
        }
    }

    fn root(&self) -> Result<PathBuf, CommandError> {
        if !self.here.is_dir() {
            let error = format!("there is no folder {}", self.here.display());
            return Err(CommandError::usage(error).hint("-C DIR names the folder to run in"));
        }
        Ok(Project::root_of(&self.here)?)
    }

    fn root_in_turn(&mut self) -> Result<PathBuf, CommandError> {
        let root = self.root()?;
        self.take_turn(&root)?;
        Ok(root)
    }

    fn take_turn(&mut self, root: &Path) -> Result<(), CommandError> {
        // A dry run writes nothing, so it has nothing to wait for.
        if !self.globals.dry_run {
            self.turn = Some(self.applying(|options| Turn::take(root, options))?);
        }
        self.recover(root)
    }

    /// Finishes or takes back what an interrupted command left in a project, and says so.
    ///
    /// # Errors
    /// It cannot be done, or `--dry-run` forbids it.
    pub fn recover(&mut self, root: &Path) -> Result<(), CommandError> {
        if self.globals.dry_run {
            return match apply::is_interrupted(root)? {
                true => Err(CommandError::failed("an earlier command in this project was interrupted")
                    .hint("run this without --dry-run: what it began is then finished or taken back first")),
                false => Ok(()),
            };
        }
        match self.applying(|options| apply::recover(root, options))? {
            None | Some(Recovered::Cleared) => {}
            Some(Recovered::Finished { label, files }) => {
                let what = format!(
                    "`scaffold {label}`, which was interrupted ({})",
                    count(files, "file", "files")
                );
                self.ui.done("Finished", &what);
            }
            Some(Recovered::RolledBack { label, files, kept }) => {
                let what = format!(
                    "`scaffold {label}`, which was interrupted ({})",
                    count(files, "file", "files")
                );
                self.ui.done("Took back", &what);
                for path in kept {
                    self.ui.warn(&format!(
                        "{path} was changed since and stays; its old version is in .scaffold/undo"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Passes on what came up while packages were opened. What is trusted for the first time is remembered from here on.
    pub fn tell_notices(&mut self, packages: &Packages<'_>) {
        for notice in packages.take_notices() {
            self.ui.warn(&notice);
        }
        self.tell_trust(packages.trust);
    }

    /// Passes on what was found out about whom to trust, and remembers it.
    pub fn tell_trust(&mut self, trust: &Trust) {
        trust.tell_news(|news| match news {
            News::Done(what, about) => self.ui.done(what, &about),
            News::Warning(text) => self.ui.warn(&text),
        });
    }

    /// Runs something that writes the project, with what it needs of the command line.
    pub fn applying<T>(&mut self, write: impl FnOnce(&apply::Options<'_>) -> T) -> T {
        let words = self.args.iter().skip(1).map(|a| a.to_string_lossy());
        let label = words.collect::<Vec<_>>().join(" ");
        let ui = RefCell::new(&mut self.ui);
        let waiting = || ui.borrow_mut().tell_waiting();
        write(&apply::Options {
            label: &label,
            waiting: Some(&waiting),
            no_wait: self.globals.no_wait,
            turn: self.turn.as_ref(),
            undoes: None,
            fault: self.fault.as_deref(),
        })
    }
}

/// What a change left.
fn left(record: &Record) -> String {
    let conflicts = count(record.open().count(), "file", "files");
    format!("`scaffold {}` left {conflicts} in conflict", record.label)
}

fn under_way(record: &Record) -> CommandError {
    let mut text = format!("a merge is under way: {}", left(record));
    let paths: Vec<String> = record.open().map(|file| file.path.to_string()).collect();
    for path in &paths {
        text.push_str(&format!("\n  {path}"));
    }
    CommandError::new(ErrorKind::Conflicts, text)
        .hint("scaffold resolve, when they are settled")
        .hint("scaffold abort goes back to what was there before")
        .fact("conflicts", paths)
}
