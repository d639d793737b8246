//! pristine(lock): the locked generators, in order, folded over the empty tree.
//!
//! A generator sees what generators before it made, never the user's edits, and those files of the user's own that
//! were recorded when it last read them. Replaying decides nothing, writes nothing, and looks at nothing of the folder
//! but the recorded contents. Only a run with [`Replayer::today`] reads the user's files as they are.

use std::sync::Arc;

use scaffold_registry::Digest;

use crate::{
    grants::{Class, MayRead, PatternError, Policy},
    inputs::{Blobs, Inputs, Kept, KeptError, Live, Source},
    packages::{Packages, PackagesError, Runnable},
    project::{Lock, Locked, Project},
    question::{Answers, Question},
    sandbox::{Applied, ChangeSet, Input, LogLine, Outcome, Request, SandboxError},
    tree::Tree,
    workspace::{Workspace, WorkspaceError},
};

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Packages(#[from] PackagesError),
    #[error("replaying scaffold.lock gives {found}, and the lock says {expected}")]
    Digest { expected: Digest, found: Digest },
    #[error("scaffold.lock has an answer that `{package}` does not take: {message}")]
    Answer { package: String, message: String },
    #[error(transparent)]
    Kept(#[from] KeptError),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error("`{package}`: {source}")]
    Pattern {
        package: String,
        source: PatternError,
    },
    #[error("`{package}` writes {class} files ({path}), and scaffold.lock does not allow it")]
    NotAllowed {
        package: String,
        class: Class,
        path: String,
    },
}

impl From<SandboxError> for ReplayError {
    fn from(e: SandboxError) -> Self {
        Self::Packages(e.into())
    }
}

/// What one generator made, and the tree after it.
#[derive(Debug, Clone)]
pub struct Made {
    /// With the inputs of this run.
    pub locked: Locked,
    /// Their contents.
    pub blobs: Blobs,
    pub changes: ChangeSet,
    pub outcome: Outcome,
    pub log: Vec<LogLine>,
    pub tree: Arc<Tree>,
}

impl Made {
    /// The files that need a yes of their own, by class.
    pub fn classes(&self) -> impl Iterator<Item = (Class, &crate::path::ProjectPath)> {
        self.changes.files.iter().flat_map(|(path, file)| {
            let classes = file
                .as_ref()
                .map(|file| Class::of(path, file.executable))
                .unwrap_or_default();
            classes.into_iter().map(move |class| (class, path))
        })
    }
}

/// Replays locks of one project; a prefix two locks share is run once.
pub struct Replayer<'a> {
    packages: &'a Packages<'a>,
    project: String,
    kept: &'a Kept,
    made: Vec<Made>,
}

impl<'a> Replayer<'a> {
    pub fn new(packages: &'a Packages<'a>, project: &'a Project) -> Self {
        Self {
            packages,
            project: project.lock.project.clone(),
            kept: &project.kept,
            made: Vec::new(),
        }
    }

    /// The tree before the generator at `position`.
    pub fn before(&self, position: usize) -> Arc<Tree> {
        match position.checked_sub(1).and_then(|i| self.made.get(i)) {
            Some(made) => Arc::clone(&made.tree),
            None => Arc::default(),
        }
    }

    pub fn made(&self) -> &[Made] {
        &self.made
    }

    /// The generators before `position`, as the one at `position` is told of them.
    fn applied(&self, position: usize) -> Vec<Applied> {
        let entries = self.made.iter().take(position).map(|made| &made.locked);
        entries
            .map(|locked| Applied {
                package: locked.package.package.clone(),
                instance: locked.instance.clone(),
                version: locked.package.version.clone(),
                answers: locked.answers.clone(),
            })
            .collect()
    }

    fn input(
        &self,
        position: usize,
        instance: &str,
        answers: &Answers,
        runnable: &Runnable,
        own: Source,
    ) -> Input {
        Input {
            request: Request {
                project_name: self.project.clone(),
                instance: instance.to_owned(),
                answers: answers.clone(),
                applied: self.applied(position),
            },
            package: Arc::clone(&runnable.package),
            project: self.before(position),
            own,
            writes: Arc::clone(&runnable.writes),
        }
    }

    /// # Errors
    /// The generator's packages cannot be had.
    pub fn runnable(&self, locked: &Locked) -> Result<Runnable, PackagesError> {
        self.packages
            .runnable(&locked.package, locked.engine.as_ref())
    }

    /// The questions of a generator that would run at `position`.
    ///
    /// # Errors
    /// An answer will not do, or the guest fails.
    pub fn questions(
        &self,
        position: usize,
        instance: &str,
        answers: &Answers,
        runnable: &Runnable,
        own: &Source,
    ) -> Result<Vec<Question>, SandboxError> {
        let input = self.input(position, instance, answers, runnable, own.clone());
        runnable.generator.questions(input)
    }

    /// The user's own files as a generator has them in the lock.
    ///
    /// # Errors
    /// A recorded content is gone, or not what was recorded.
    pub fn recorded(&self, locked: &Locked) -> Result<Source, ReplayError> {
        Ok(Source::Recorded(Arc::new(self.kept.load(&locked.inputs)?)))
    }

    /// The user's own files as they are, as far as the generator may read them. `made` is what generators made of the
    /// folder so far, `before` the generator as it was until now, `policy` what this command and the user's
    /// configuration say.
    ///
    /// # Errors
    /// The package cannot be had, or a content that was recorded before.
    pub fn today(
        &self,
        locked: &Locked,
        before: Option<&Locked>,
        workspace: &Workspace,
        made: &Arc<Tree>,
        policy: &Policy,
    ) -> Result<Source, ReplayError> {
        let package = self.packages.open_package(&locked.package)?;
        let may = MayRead::new(&package.manifest.reads, &locked.reads, policy);
        let may = may.map_err(|source| ReplayError::Pattern {
            package: locked.package.package.short().to_owned(),
            source,
        })?;
        if may.is_nothing() {
            return Ok(Source::nothing());
        }
        let recorded = before.map(|before| self.kept.load(&before.inputs));
        Ok(Source::Live(Arc::new(Live {
            workspace: workspace.again()?,
            may,
            made: Arc::clone(made),
            recorded: recorded.transpose()?.unwrap_or_default(),
        })))
    }

    /// Runs one generator at `position`; what stood there and after it is forgotten, unless it is the same.
    ///
    /// # Errors
    /// The guest fails.
    pub fn run(
        &mut self,
        position: usize,
        locked: &Locked,
        own: &Source,
    ) -> Result<&Made, ReplayError> {
        let same = self.made.get(position).is_some_and(|made| {
            let (a, b) = (&made.locked, locked);
            matches!(own, Source::Recorded(_))
                && (&a.instance, &a.package, &a.engine, &a.answers, &a.inputs)
                    == (&b.instance, &b.package, &b.engine, &b.answers, &b.inputs)
        });
        if same {
            self.made[position].locked = locked.clone();
        } else {
            let made = self.make(position, locked, own)?;
            self.made.truncate(position);
            self.made.push(made);
        }
        Ok(&self.made[position])
    }

    /// What a generator of the lock would read at `position` today. Everything that was made stays as it is.
    ///
    /// # Errors
    /// The guest fails.
    pub fn reads(
        &self,
        position: usize,
        locked: &Locked,
        own: &Source,
    ) -> Result<Inputs, ReplayError> {
        Ok(self.make(position, locked, own)?.locked.inputs)
    }

    fn make(&self, position: usize, locked: &Locked, own: &Source) -> Result<Made, ReplayError> {
        let runnable = self.runnable(locked)?;
        let (instance, answers) = (&locked.instance, &locked.answers);
        let input = self.input(position, instance, answers, &runnable, own.clone());
        let generated = runnable.generator.generate(input)?;
        let (inputs, blobs) = match own {
            // It may look at less than it did when they were recorded; they stay what they were.
            Source::Recorded(contents) => {
                let read = contents.values().flatten();
                let named = |bytes: &Arc<[u8]>| (Digest::of(bytes), Arc::clone(bytes));
                (locked.inputs.clone(), read.map(named).collect())
            }
            Source::Live(_) => (generated.inputs, generated.blobs),
        };
        Ok(Made {
            locked: Locked {
                inputs,
                ..locked.clone()
            },
            blobs,
            changes: generated.changes,
            outcome: generated.outcome,
            log: generated.log,
            tree: generated.tree,
        })
    }

    /// pristine(lock), checked against the digest the lock has recorded. What the lock allows is not looked at: a
    /// replay writes nothing, and what is to be written has to be allowed by then.
    ///
    /// # Errors
    /// A generator fails, or the result is not what the lock says.
    pub fn pristine(&mut self, lock: &Lock) -> Result<Arc<Tree>, ReplayError> {
        for (position, locked) in lock.generators.iter().enumerate() {
            let own = self.recorded(locked)?;
            match self.run(position, locked, &own) {
                // Every answer was taken when the lock was written.
                Err(ReplayError::Packages(PackagesError::Sandbox(SandboxError::Failed {
                    package,
                    source,
                }))) if source.code == "invalid-answer" => {
                    return Err(ReplayError::Answer {
                        package,
                        message: source.message,
                    });
                }
                made => drop(made?),
            }
        }
        let tree = self.before(lock.generators.len());
        let found = tree.digest();
        if found != lock.tree {
            return Err(ReplayError::Digest {
                expected: lock.tree,
                found,
            });
        }
        Ok(tree)
    }

    /// That what was replayed makes no files the lock does not allow.
    ///
    /// # Errors
    /// The first such file.
    pub fn check_allowed(&self) -> Result<(), ReplayError> {
        for made in &self.made {
            let locked = &made.locked;
            let mut classes = made.classes();
            if let Some((class, path)) = classes.find(|(class, _)| !locked.allow.contains(class)) {
                return Err(ReplayError::NotAllowed {
                    package: locked.package.package.short().to_owned(),
                    class,
                    path: path.to_string(),
                });
            }
        }
        Ok(())
    }
}
