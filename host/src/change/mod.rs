//! The one way through: change the lock, replay old and new, merge.
//!
//! Every command that changes a project says what it shall be made of (a list of [`Intent`]s); everything after
//! that is the same for all. [`decide`] writes nothing.

mod answers;
mod intent;
mod merging;
mod migrations;
mod past;
mod wanted;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

pub use answers::{Given, GivenError};
pub use intent::{Entry, Intent, as_locked, compatible, look_up, resolve};
use merging::{labels, plan};
use migrations::Renames;
pub use past::{OwnTexts, Past};
use semver::VersionReq;
pub use wanted::as_wanted;

use crate::{
    cli::Conflict,
    grants::Class,
    interview::{self, AskError, InterviewError, Mode},
    merge::{self, Labels, MergeError},
    packages::{Packages, PackagesError},
    path::ProjectPath,
    plan::Plan,
    project::{self, Lock, Locked, Pinned, Project, manifest::ManifestError},
    question::{Answers, Question},
    replay::{Made, ReplayError, Replayer},
    sandbox::{Failure, SandboxError},
    tree::TreeError,
    ui::{PromptError, Ui},
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
    /// What each generator made, in order.
    pub made: Vec<Made>,
    /// Classes of files that need a yes before the plan may be carried out, per generator.
    pub unconsented: Vec<Consent>,
    /// Questions that a newer version of a generator asks for the first time: the generator and the question.
    pub newly_asked: Vec<(String, String)>,
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
    /// With the reason for each; they were not to be settled.
    #[error("{}", listed(.0))]
    Conflicts(Vec<(ProjectPath, String)>),
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

fn listed(conflicts: &[(ProjectPath, String)]) -> String {
    let mut text = match conflicts {
        [_] => "1 file is in conflict, and nothing was written".to_owned(),
        all => format!(
            "{} files are in conflict, and nothing was written",
            all.len()
        ),
    };
    for (path, why) in conflicts {
        text.push_str(&format!("\n  {path}: {why}"));
    }
    text
}

/// How a command talks with its user while it decides.
pub struct Asking<'u> {
    pub ui: &'u mut Ui,
    pub mode: Mode,
    pub given: Given,
    /// Classes allowed on the command line.
    pub allow: BTreeSet<Class>,
    pub conflict: Conflict,
}

/// Works out what the project becomes. Reads the project, writes nothing. With a `past`, the entries are the generators
/// from before that change, and the plan takes it back.
///
/// # Errors
/// The lock cannot be replayed, an answer is missing or wrong, a generator fails, a file cannot be read. Of a past: something
/// else has changed the lock since, or what is needed is not remembered.
pub fn decide(
    packages: &Packages<'_>,
    project: &Project,
    workspace: &Workspace,
    entries: Vec<Entry>,
    past: Option<&Past>,
    asking: &mut Asking<'_>,
) -> Result<Decision, ChangeError> {
    let mut replayer = Replayer::new(packages, &project.lock.project);
    let base = replayer.pristine(&project.lock)?;
    let base_labels = labels(replayer.made());
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
        made: Vec::new(),
        newly_asked: Vec::new(),
        unconsented: Vec::new(),
        accepted: Vec::new(),
    };
    let mut missing = Vec::new();
    let mut renames = Vec::new();
    for (position, mut entry) in entries.into_iter().enumerate() {
        project::check_instance(&entry.intent.instance)?;
        if lock.instance(&entry.intent.instance).is_some() {
            return Err(ChangeError::Twice(entry.intent.instance));
        }
        let before = project.lock.instance(&entry.intent.instance);
        // Before anything is asked, since what is asked has the new names.
        let renamed = renamed(packages, before, &entry.package)?;
        renamed.apply(&mut entry.intent.answers);
        renames.push(renamed);
        let known = entry.intent.answers.clone();
        let moves = before.is_some_and(|locked| locked.package.version != entry.package.version);
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
        if moves {
            let fresh = locked
                .answers
                .keys()
                .filter(|name| !known.contains_key(*name));
            let fresh = fresh.map(|name| (locked.instance.clone(), name.clone()));
            decided.newly_asked.extend(fresh);
        }
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
    let made = &replayer.made()[..lock.generators.len()];
    decided.manifest = project::manifest::write(
        project.manifest_text.as_deref(),
        &lock,
        &reqs,
        &registries(packages, project, &lock),
    )?;
    decided.made = made.to_vec();
    decided.lock = lock;
    if let Some(past) = past {
        decided.past = Some(past.own_texts(project, workspace, &decided)?);
    }
    let (base, theirs, options) = match past {
        Some(past) => past.sides(&base, &theirs, workspace)?,
        None => {
            let renames = renames
                .iter()
                .zip(made)
                .flat_map(|(renames, made)| renames.files(made, &base, &theirs))
                .collect();
            let labels = Labels {
                base: base_labels,
                theirs: labels(made),
            };
            let options = merge::Options {
                labels,
                renames,
                ..merge::Options::default()
            };
            (base, theirs, options)
        }
    };
    decided.plan = plan(&base, &theirs, workspace, options, asking)?;
    Ok(decided)
}

/// The registries that the command line names and `scaffold.toml` has to know for generators that are new to the project.
fn registries(packages: &Packages<'_>, project: &Project, lock: &Lock) -> BTreeMap<String, String> {
    let known = project.manifest.as_ref().map(|m| &m.registries);
    let fresh = lock
        .generators
        .iter()
        .filter(|locked| project.lock.instance(&locked.instance).is_none());
    let pins = fresh.flat_map(|locked| [Some(&locked.package), locked.engine.as_ref()]);
    pins.flatten()
        .map(|pin| pin.package.namespace())
        .filter(|namespace| known.is_none_or(|known| !known.contains_key(*namespace)))
        .filter_map(|namespace| {
            let place = packages.sources.flagged(namespace, &project.root)?;
            Some((namespace.to_owned(), place))
        })
        .collect()
}

/// What was renamed from the version the project has to the one it gets. The newer one knows.
fn renamed(
    packages: &Packages<'_>,
    before: Option<&Locked>,
    after: &Pinned,
) -> Result<Renames, PackagesError> {
    let Some(before) = before.map(|locked| &locked.package) else {
        return Ok(Renames::default());
    };
    if before.package != after.package || before.version == after.version {
        return Ok(Renames::default());
    }
    let newer = if before.version < after.version {
        after
    } else {
        before
    };
    let package = packages.open_package(newer)?;
    let migrations = &package.manifest.migrations;
    Ok(Renames::between(
        migrations,
        &before.version,
        &after.version,
    ))
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
