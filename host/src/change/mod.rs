//! The one way through: change the lock, replay old and new, merge.
//!
//! Every command that changes a project says what it shall be made of (a list of [`Intent`]s); everything after
//! that is the same for all. [`decide`] writes nothing.

mod answers;
mod intent;
mod past;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use answers::{Given, GivenError};
pub use intent::{Entry, Intent, as_locked, compatible, look_up, resolve};
pub use past::{OwnTexts, Past};
use semver::VersionReq;

use crate::{
    grants::Class,
    interview::{self, AskError, InterviewError, Mode},
    merge::{self, Labels, MergeError},
    packages::{Packages, PackagesError},
    path::ProjectPath,
    plan::Plan,
    project::{self, Lock, Locked, Project, manifest::ManifestError},
    question::{Answers, Question},
    replay::{Made, ReplayError, Replayer},
    sandbox::{Failure, SandboxError},
    tree::{Tree, TreeError},
    ui::Ui,
    workspace::Workspace,
};

/// What a command would do.
pub struct Decision {
    pub lock: Lock,
    /// New text of `scaffold.toml`.
    pub manifest: String,
    pub plan: Plan,
    /// What our own files become, where a change is taken back; otherwise they follow from the lock.
    past: Option<OwnTexts>,
    /// What the lock from before stands for, and what the new one does.
    base: Arc<Tree>,
    theirs: Arc<Tree>,
    /// What each generator made, in order.
    pub made: Vec<Made>,
    /// Classes of files that need a yes before the plan may be carried out, per generator.
    pub unconsented: Vec<Consent>,
    /// Classes of files that come with the plan, since the package comes with this program.
    pub accepted: Vec<Consent>,
}

/// Files of one class that one generator newly writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub instance: String,
    pub class: Class,
    pub paths: Vec<ProjectPath>,
}

#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Packages(#[from] PackagesError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Interview(#[from] InterviewError),
    #[error(transparent)]
    Given(#[from] GivenError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Name(#[from] project::NameError),
    /// Answers of several generators are missing, and nobody can be asked: one error for each.
    #[error("answers are missing, and there is no terminal to ask in")]
    Missing(Vec<InterviewError>),
    #[error("the project already has a generator called `{0}`")]
    Twice(String),
    #[error(transparent)]
    Project(#[from] project::ProjectError),
    #[error("what stood in {0} before is no longer in .scaffold/undo")]
    Forgotten(ProjectPath),
    #[error(
        "scaffold.lock is no longer what `scaffold {0}` left: something else has changed it since"
    )]
    LockChanged(String),
    #[error("what is remembered of the change cannot have been: {0}")]
    Record(#[from] TreeError),
}

/// How a command talks with its user while it decides.
pub struct Asking<'u> {
    pub ui: &'u mut Ui,
    pub mode: Mode,
    pub given: Given,
    /// Classes allowed on the command line.
    pub allow: BTreeSet<Class>,
}

/// Works out what the project becomes. Reads the project, writes nothing.
///
/// # Errors
/// The lock cannot be replayed, an answer is missing or wrong, a generator fails, a file cannot be read.
pub fn decide(
    packages: &Packages<'_>,
    project: &Project,
    workspace: &Workspace,
    entries: Vec<Entry>,
    asking: &mut Asking<'_>,
) -> Result<Decision, ChangeError> {
    let mut replayer = Replayer::new(packages, &project.lock.project);
    let base = replayer.pristine(&project.lock)?;
    let mut lock = Lock {
        generators: Vec::new(),
        ..project.lock.clone()
    };
    let mut reqs = BTreeMap::new();
    let asked_for = project.requirements();
    let mut decided = Decision {
        lock: lock.clone(),
        manifest: String::new(),
        plan: Plan::default(),
        past: None,
        base: Arc::clone(&base),
        theirs: Arc::clone(&base),
        made: Vec::new(),
        unconsented: Vec::new(),
        accepted: Vec::new(),
    };
    let mut missing = Vec::new();
    for (position, entry) in entries.into_iter().enumerate() {
        project::check_instance(&entry.intent.instance)?;
        if lock.instance(&entry.intent.instance).is_some() {
            return Err(ChangeError::Twice(entry.intent.instance));
        }
        let before = project.lock.instance(&entry.intent.instance);
        let answered = answer(
            &replayer,
            position,
            entry.clone(),
            before,
            asking,
            asking.mode,
        );
        let (mut locked, req) = match answered {
            // With defaults in their place, what the generators after this one miss can be told as well.
            Err(ChangeError::Interview(e @ InterviewError::Missing { nobody: true, .. })) => {
                missing.push(e);
                match answer(&replayer, position, entry, before, asking, Mode::Defaults) {
                    Ok(answered) => answered,
                    Err(_) => break,
                }
            }
            answered => answered?,
        };
        let made = match replayer.run(position, &locked) {
            // What comes of answers that nobody has given is nobody's mistake.
            Err(_) if !missing.is_empty() => break,
            made => made?,
        };
        // What comes with this program is accepted with the plan; both what runs and its data have to.
        let ours = [Some(&locked.package), locked.engine.as_ref()]
            .into_iter()
            .flatten()
            .all(|pin| packages.is_embedded(pin));
        consent(made, &mut locked, ours, &asking.allow, &mut decided);
        let req = if req == VersionReq::STAR && !asked_for.contains_key(&locked.instance) {
            compatible(&locked.package.version)
        } else {
            req
        };
        reqs.insert(locked.instance.clone(), req);
        lock.generators.push(locked);
    }
    match missing.pop() {
        None => {}
        Some(one) if missing.is_empty() => return Err(one.into()),
        Some(last) => {
            missing.push(last);
            return Err(ChangeError::Missing(missing));
        }
    }
    asking.given.all_used()?;
    let theirs = replayer.before(lock.generators.len());
    lock.tree = theirs.digest();
    decided.plan = plan(&base, &theirs, workspace)?;
    decided.theirs = theirs;
    decided.manifest = project::manifest::write(project.manifest_text.as_deref(), &lock, &reqs)?;
    decided.made = replayer.made()[..lock.generators.len()].to_vec();
    decided.lock = lock;
    Ok(decided)
}

fn plan(base: &Arc<Tree>, theirs: &Arc<Tree>, workspace: &Workspace) -> Result<Plan, ChangeError> {
    Ok(merge::merge(base, theirs, workspace, &Labels::default())?)
}

/// Gets the answers of one generator: those it is held at, or else from the user.
fn answer(
    replayer: &Replayer<'_>,
    position: usize,
    entry: Entry,
    before: Option<&Locked>,
    asking: &mut Asking<'_>,
    mode: Mode,
) -> Result<(Locked, VersionReq), ChangeError> {
    let Entry {
        intent,
        package,
        engine,
        ..
    } = entry;
    let mut locked = Locked {
        instance: intent.instance,
        package,
        allow: intent.allow,
        engine,
        answers: intent.answers,
    };
    if intent.held.is_some() && !intent.reconsider {
        return Ok((locked, intent.req));
    }
    let runnable = replayer.runnable(&locked)?;
    let short = locked.package.package.short().to_owned();
    // The same answers always get the same questions, so what was asked last need not run the package again.
    let last: RefCell<Option<(Answers, Vec<Question>)>> = RefCell::default();
    let ask = |answers: &Answers| {
        if let Some((asked, questions)) = &*last.borrow()
            && asked == answers
        {
            return Ok(questions.clone());
        }
        let questions = replayer.questions(position, &locked.instance, answers, &runnable)?;
        last.replace(Some((answers.clone(), questions.clone())));
        Ok(questions)
    };
    // What flags mean depends on the questions alone, so no answer is needed yet.
    let known = ask(&Answers::new()).map_err(ReplayError::from)?;
    let mut given = locked.answers.clone();
    // An answer of an older version whose question is gone is forgotten; one that was typed by hand is a mistake.
    let asks = |name: &str| known.iter().any(|q| q.name == name);
    let was = |name: &str| before.is_some_and(|locked| locked.answers.contains_key(name));
    if let Some(key) = given.keys().find(|name| !asks(name) && !was(name)) {
        return Err(GivenError::unknown(key, &known).into());
    }
    given.retain(|name, _| asks(name));
    given.extend(asking.given.take_for(&locked.instance, &short, &known)?);
    let mut ask_anew = |answers: &Answers| ask(answers).map_err(refusal);
    let answers = interview::interview(asking.ui, &short, given, mode, &mut ask_anew);
    locked.answers = answers?;
    Ok((locked, intent.req))
}

/// Whether a guest refused an answer, or could not be asked at all.
fn refusal(e: SandboxError) -> AskError {
    match e {
        SandboxError::Failed {
            source:
                Failure {
                    code,
                    message,
                    subject: Some(question),
                },
            ..
        } if code == "invalid-answer" => AskError::Invalid { question, message },
        other => AskError::Failed(Box::new(other)),
    }
}

/// Sorts the classes of a generator's files into those allowed, those that come with the plan, and those that
/// need a yes. What is accepted or allowed is written into the lock.
fn consent(
    made: &Made,
    locked: &mut Locked,
    ours: bool,
    allow: &BTreeSet<Class>,
    decided: &mut Decision,
) {
    let mut by_class: BTreeMap<Class, Vec<ProjectPath>> = BTreeMap::new();
    for (class, path) in made.classes() {
        by_class.entry(class).or_default().push(path.clone());
    }
    // A class that is no longer needed is no longer allowed.
    locked.allow.retain(|class| by_class.contains_key(class));
    for (class, paths) in by_class {
        if locked.allow.contains(&class) {
            continue;
        }
        let consent = Consent {
            instance: locked.instance.clone(),
            class,
            paths,
        };
        if ours {
            decided.accepted.push(consent);
            locked.allow.insert(class);
        } else if allow.contains(&class) {
            locked.allow.insert(class);
        } else {
            decided.unconsented.push(consent);
        }
    }
}

impl Decision {
    /// Records that the user said yes to everything the plan showed.
    pub fn grant_all(&mut self) {
        for consent in std::mem::take(&mut self.unconsented) {
            if let Some(locked) = self
                .lock
                .generators
                .iter_mut()
                .find(|l| l.instance == consent.instance)
            {
                locked.allow.insert(consent.class);
            }
        }
    }
}
