//! The one way through: change the lock, replay old and new, merge.
//!
//! Every command that changes a project says what it shall be made of (a list of [`Intent`]s); everything after
//! that is the same for all. [`decide`] writes nothing.

mod answers;
mod consent;
mod intent;
mod merging;
mod migrations;
mod past;
mod run;
mod wanted;

use std::collections::BTreeMap;

pub use answers::{Given, GivenError};
use consent::consents;
pub use consent::{Consent, Denied};
pub use intent::{Entry, Intent, as_locked, compatible, look_up, resolve};
use merging::{labels, plan};
use migrations::Renames;
pub use past::{OwnTexts, Past};
use run::Run;
use semver::VersionReq;
pub use wanted::as_wanted;

use crate::{
    cli::Conflict,
    grants::{Policy, Reads},
    inputs::Blobs,
    interview::{InterviewError, Mode},
    merge::{self, Labels, MergeError},
    packages::{Packages, PackagesError},
    path::ProjectPath,
    plan::Plan,
    project::{self, Lock, Locked, Pinned, Project, manifest::ManifestError},
    replay::{Made, ReplayError, Replayer},
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
    /// Classes of files that the project's lock did not allow, per generator. Those without a yes need one before the
    /// plan may be carried out.
    pub consents: Vec<Consent>,
    /// Questions that a newer version of a generator asks for the first time: the generator and the question.
    pub newly_asked: Vec<(String, String)>,
    /// The contents that the lock names as inputs.
    pub blobs: Blobs,
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
    #[error(
        "there is no project to go back to: before `scaffold {label}`, scaffold.lock could not be read"
    )]
    NoLockBefore {
        label: String,
        source: project::LockError,
    },
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
    /// What the command line and the configuration say of permissions.
    pub policy: Policy,
    /// What each generator that is not kept as it is may read of the user's own files, by instance.
    pub reads: BTreeMap<String, Reads>,
    pub conflict: Conflict,
}

impl<'u> Asking<'u> {
    /// Nobody is asked: every question that is not answered takes its default, and nothing is granted.
    pub fn defaults(ui: &'u mut Ui, given: &Given) -> Self {
        Self {
            ui,
            mode: Mode::Defaults,
            given: given.clone(),
            policy: Policy::default(),
            reads: BTreeMap::new(),
            conflict: Conflict::Markers,
        }
    }
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
    let mut replayer = Replayer::new(packages, project);
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
        consents: Vec::new(),
        blobs: Blobs::new(),
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
        let (locked, own) = match entry.intent.kept() {
            Some(kept) => {
                let own = replayer.recorded(&kept)?;
                (kept, own)
            }
            None => {
                let locked = run::start(&entry, asking);
                let own = replayer.today(&locked, before, workspace, &base, &asking.policy)?;
                (locked, own)
            }
        };
        let run = Run {
            replayer: &replayer,
            position,
            intent: &entry.intent,
            before,
            own: &own,
        };
        let req = entry.intent.req.clone();
        let answered = run.answer(locked.clone(), asking, asking.mode);
        let mut locked = match answered {
            // With defaults in their place, what the generators after this one miss can be told as well.
            Err(ChangeError::Interview(e @ InterviewError::Missing { nobody: true, .. })) => {
                missing.push(e);
                match run.answer(locked, asking, Mode::Defaults) {
                    Ok(answered) => answered,
                    Err(_) => break,
                }
            }
            answered => answered?,
        };
        let made = match replayer.run(position, &locked, &own) {
            // What comes of answers that nobody has given is nobody's mistake.
            Err(_) if !missing.is_empty() => break,
            made => made?,
        };
        let ours = packages.is_ours(&locked.package, locked.engine.as_ref());
        locked.inputs.clone_from(&made.locked.inputs);
        if moves {
            let fresh = locked
                .answers
                .keys()
                .filter(|name| !known.contains_key(*name));
            let fresh = fresh.map(|name| (locked.instance.clone(), name.clone()));
            decided.newly_asked.extend(fresh);
        }
        let consents = consents(made, &mut locked, ours, &asking.policy);
        decided.consents.extend(consents);
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
    let blobs = decided.made.iter().flat_map(|made| made.blobs.clone());
    decided.blobs = blobs.collect();
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
