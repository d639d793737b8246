//! What every command has at hand.

use std::{
    cell::RefCell,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{
    apply::{self, Recovered},
    change::Given,
    cli::Globals,
    dirs::Dirs,
    error::{CommandError, ErrorKind, ResultExt},
    grants::{Allow, Class},
    interview::Mode,
    packages::Packages,
    project::Project,
    sandbox::{Limits, Sandbox},
    sources::Sources,
    store::Store,
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
    pub fault: Option<String>,
}

/// What opening and running packages needs. Made only by commands that do.
pub struct Tools {
    pub sources: Sources,
    pub store: Store,
    pub sandbox: Sandbox,
}

impl Tools {
    pub fn packages(&self) -> Packages<'_> {
        Packages::new(&self.sources, &self.store, &self.sandbox)
    }
}

impl Context {
    /// # Errors
    /// The configuration cannot be read, or this machine cannot run WebAssembly.
    pub fn tools(&self, project: Option<&Project>) -> Result<Tools, CommandError> {
        let sandbox =
            Sandbox::new(Limits::default(), self.dirs.cache.as_deref()).kind(ErrorKind::Failed)?;
        Ok(Tools {
            sources: self.sources(project)?,
            store: self.store(),
            sandbox,
        })
    }

    /// # Errors
    /// The configuration cannot be read.
    pub fn sources(&self, project: Option<&Project>) -> Result<Sources, CommandError> {
        let flags = &self.globals.registry;
        let mut sources = Sources::new(
            flags,
            self.dirs.config.as_deref(),
            &self.here,
            self.globals.offline,
        )
        .kind(ErrorKind::Usage)?;
        if let Some((project, manifest)) = project.and_then(|p| p.manifest.as_ref().map(|m| (p, m)))
        {
            sources.with_project(&manifest.registries, &project.root, flags);
        }
        Ok(sources)
    }

    pub fn store(&self) -> Store {
        Store::new(self.dirs.cache.as_deref())
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

    /// What `--allow` says.
    ///
    /// # Errors
    /// A word of it is unknown.
    pub fn allowed(&self) -> Result<Allow, CommandError> {
        Allow::parse(self.globals.allow.iter().map(String::as_str)).map_err(|e| {
            let known: Vec<&str> = Class::ALL.iter().map(|c| c.name()).collect();
            CommandError::usage(e).hint(format!(
                "--allow takes {}, read and read=PATH",
                known.join(", ")
            ))
        })
    }

    /// The project the command runs in.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn project(&mut self) -> Result<Project, CommandError> {
        if !self.here.is_dir() {
            let error = format!("there is no folder {}", self.here.display());
            return Err(CommandError::usage(error).hint("-C DIR names the folder to run in"));
        }
        let root = Project::root_of(&self.here)?;
        self.recover(&root)?;
        Ok(Project::open(&root)?)
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
        match self.applying("recover", |options| apply::recover(root, options))? {
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

    /// Passes on what came up while packages were opened.
    pub fn tell_notices(&mut self, packages: &Packages<'_>) {
        for notice in packages.take_notices() {
            self.ui.warn(&notice);
        }
    }

    /// Runs something that writes the project, with what it needs of the command line.
    pub fn applying<T>(&mut self, label: &str, write: impl FnOnce(&apply::Options<'_>) -> T) -> T {
        let fault = apply::from_request(self.fault.as_deref());
        let ui = RefCell::new(&mut self.ui);
        let waiting = || ui.borrow_mut().tell_waiting();
        write(&apply::Options {
            label,
            waiting: Some(&waiting),
            fault: fault.as_deref(),
        })
    }
}
