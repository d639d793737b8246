//! pristine(lock): the locked generators, in order, folded over the empty tree.
//!
//! A generator sees what generators before it made, never the user's edits. Replaying decides nothing and writes
//! nothing.

use std::sync::Arc;

use crate::{
    grants::Class,
    packages::{Packages, PackagesError, Runnable},
    project::{Lock, Locked},
    question::{Answers, Question},
    sandbox::{Applied, ChangeSet, Input, LogLine, Outcome, Request, SandboxError},
    tree::{Tree, TreeError},
};

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Packages(#[from] PackagesError),
    #[error("`{package}`: {source}")]
    Tree { package: String, source: TreeError },
    #[error("replaying scaffold.lock gives {found}, and the lock says {expected}")]
    Digest {
        expected: scaffold_registry::Digest,
        found: scaffold_registry::Digest,
    },
    #[error("scaffold.lock has an answer that `{package}` does not take: {message}")]
    Answer { package: String, message: String },
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
    pub locked: Locked,
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
    made: Vec<Made>,
}

impl<'a> Replayer<'a> {
    pub fn new(packages: &'a Packages<'a>, project: &str) -> Self {
        Self {
            packages,
            project: project.to_owned(),
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
    ) -> Result<Vec<Question>, SandboxError> {
        runnable
            .generator
            .questions(self.input(position, instance, answers, runnable))
    }

    /// Runs one generator at `position`; what stood there and after it is forgotten, unless it is the same.
    ///
    /// # Errors
    /// The guest fails, or its changes do not fit the tree.
    pub fn run(&mut self, position: usize, locked: &Locked) -> Result<&Made, ReplayError> {
        let same = self.made.get(position).is_some_and(|made| {
            let (a, b) = (&made.locked, locked);
            (&a.instance, &a.package, &a.engine, &a.answers)
                == (&b.instance, &b.package, &b.engine, &b.answers)
        });
        if same {
            self.made[position].locked = locked.clone();
        } else {
            self.made.truncate(position);
            let made = self.make(position, locked)?;
            self.made.push(made);
        }
        Ok(&self.made[position])
    }

    fn make(&self, position: usize, locked: &Locked) -> Result<Made, ReplayError> {
        let runnable = self.runnable(locked)?;
        let input = self.input(position, &locked.instance, &locked.answers, &runnable);
        let generated = runnable.generator.generate(input)?;
        let tree = generated
            .changes
            .onto(&self.before(position))
            .map_err(|source| ReplayError::Tree {
                package: locked.package.package.short(),
                source,
            })?;
        Ok(Made {
            locked: locked.clone(),
            changes: generated.changes,
            outcome: generated.outcome,
            log: generated.log,
            tree: Arc::new(tree),
        })
    }

    /// pristine(lock), checked against the digest the lock has recorded and the classes it allows.
    ///
    /// # Errors
    /// A generator fails, or the result is not what the lock says.
    pub fn pristine(&mut self, lock: &Lock) -> Result<Arc<Tree>, ReplayError> {
        for (position, locked) in lock.generators.iter().enumerate() {
            let made = match self.run(position, locked) {
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
                made => made?,
            };
            if let Some((class, path)) = made
                .classes()
                .find(|(class, _)| !locked.allow.contains(class))
            {
                return Err(ReplayError::NotAllowed {
                    package: locked.package.package.short(),
                    class,
                    path: path.to_string(),
                });
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
}
