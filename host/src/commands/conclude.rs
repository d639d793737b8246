//! What every command that changes a project does in the end: decide, show, ask, apply, tell.

use std::{path::PathBuf, process::ExitCode};

use serde_json::json;

use super::{news, reading};
use crate::{
    apply,
    change::{Asking, Consent, Decision, Entry, Given, Intent, OwnTexts, Past, decide, resolve},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    inputs,
    interview::Mode,
    packages::Packages,
    path::ProjectPath,
    plan::{Action, Content, Plan, Verb},
    project::{Locked, Project},
    sandbox::LogLevel,
    ui::{self, Detail, Ending, PackageLevel, PackageLine, Permission, PlanView},
    workspace::{Found, Workspace},
};

/// What a command calls what it does.
pub struct Goal {
    /// In the past: "Added".
    pub verb: &'static str,
    /// How to go back.
    pub undo: Option<String>,
    /// What to say when there is nothing to do.
    pub idle: &'static str,
    /// The folder a user has to enter first.
    pub enter: Option<PathBuf>,
    /// The change that is taken back.
    pub past: Option<Past>,
    pub scope: Scope,
}

/// What may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Project,
    /// `scaffold.lock` alone.
    Lock,
}

impl Goal {
    /// For a command in a project.
    pub fn new(verb: &'static str) -> Self {
        Self {
            verb,
            undo: Some("scaffold undo".into()),
            idle: "the project is what it should be",
            enter: None,
            past: None,
            scope: Scope::Project,
        }
    }
}

/// Makes the project what the intents say.
///
/// # Errors
/// Whatever keeps it from becoming that. Nothing was written then, or it was taken back.
pub fn change(
    context: &mut Context,
    packages: &Packages<'_>,
    project: &Project,
    intents: &[Intent],
    given: Given,
    goal: &Goal,
) -> Result<ExitCode, CommandError> {
    let allow = context.allowed()?;
    let mode = context.mode();
    let conflict = context.conflict()?;
    let entries = resolve(packages, intents)?;
    announce(context, &entries);
    prepare(context, packages, &entries)?;
    let news = news::tell(context, packages, project, &entries)?;
    let reads = reading::consent(context, packages, &entries, &allow)?;
    let workspace = match goal.scope {
        Scope::Project => Workspace::open(&project.root).kind(ErrorKind::Failed)?,
        Scope::Lock => Workspace::empty(),
    };
    let mut asking = Asking {
        ui: &mut context.ui,
        mode,
        given,
        allow: allow.classes,
        reads,
        conflict,
    };
    let past = goal.past.as_ref();
    let mut decision = decide(packages, project, &workspace, entries, past, &mut asking)?;
    context.tell_notices(packages);
    tell_logs(context, &decision);
    reading::tell(context, project, &decision);
    // Whoever was asked has just seen the answers.
    if mode != Mode::Ask {
        news::tell_answers(context, &decision);
    }
    let texts = own_texts(project, &decision, goal);
    let same = match goal.scope {
        Scope::Project => {
            texts.manifest == project.manifest_text
                && (texts.lock == project.lock_text || goal.past.is_none())
                && decision.lock == project.lock
        }
        Scope::Lock => {
            decision.plan = Plan::default();
            texts.lock == project.lock_text
        }
    };
    if context.globals.locked && decision.lock != project.lock {
        return Err(
            CommandError::failed("scaffold.lock would change, and --locked was given")
                .hint("leave out --locked, and check in the new scaffold.lock"),
        );
    }
    if same && decision.plan.is_empty() {
        context
            .ui
            .json(&report(project, &decision, &news, context.globals.dry_run));
        context.ui.done("Nothing to do:", goal.idle);
        return Ok(ExitCode::SUCCESS);
    }
    if !show_and_ask(context, packages, project, &mut decision)? {
        return Err(CommandError::new(
            ErrorKind::Cancelled,
            "nothing was written",
        ));
    }
    if context.globals.dry_run {
        context.ui.json(&report(project, &decision, &news, true));
        context.ui.done("Dry run:", "nothing was written");
        return Ok(ExitCode::SUCCESS);
    }
    // Granting may have changed the lock.
    let texts = own_texts(project, &decision, goal);
    let mut files = vec![
        own(
            ProjectPath::manifest(),
            project.manifest_text.as_deref(),
            texts.manifest.as_deref(),
        ),
        own(
            ProjectPath::lock(),
            project.lock_text.as_deref(),
            texts.lock.as_deref(),
        ),
    ];
    if goal.scope == Scope::Project {
        files.extend(inputs::plan(&workspace, &decision.blobs).kind(ErrorKind::Failed)?);
    }
    let applied = context.applying(|options| {
        let options = apply::Options {
            undoes: goal.past.as_ref().map(|past| &past.record),
            ..*options
        };
        apply::apply(&project.root, &decision.plan, &files, &options)
    })?;
    if let Some(warning) = applied.warning {
        context.ui.warn(&warning);
    }
    context.ui.json(&report(project, &decision, &news, false));
    let ending = ending(context, project, &decision, goal);
    context.ui.ending(&ending);
    Ok(if ending.conflicts.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ErrorKind::Conflicts.exit_code())
    })
}

/// What our own files shall say.
fn own_texts(project: &Project, decision: &Decision, goal: &Goal) -> OwnTexts {
    let mut texts = decision.own_texts();
    if goal.scope == Scope::Lock {
        texts.manifest.clone_from(&project.manifest_text);
    }
    texts
}

/// One of our own two files, from what was read of it to what it shall say.
fn own(path: ProjectPath, before: Option<&str>, after: Option<&str>) -> Action {
    let bytes = |text: &str| std::sync::Arc::from(text.as_bytes());
    let before = before.map(|text| Found {
        bytes: bytes(text),
        executable: false,
    });
    Action::own(
        path,
        before.as_ref(),
        after.map(|after| Content {
            bytes: bytes(after),
            executable: false,
        }),
    )
}

/// The first run of a package compiles its component, which takes long enough to wonder.
pub(super) fn prepare(
    context: &mut Context,
    packages: &Packages<'_>,
    entries: &[Entry],
) -> Result<(), CommandError> {
    let _progress = context
        .ui
        .progress("Preparing the generators for this machine");
    let pins = entries
        .iter()
        .map(|entry| (&entry.package, entry.engine.as_ref()));
    Ok(packages.prepare(pins)?)
}

fn announce(context: &mut Context, entries: &[Entry]) {
    for entry in entries {
        if let Some(by) = &entry.required_by {
            let what = format!(
                "{} {}, which {} requires",
                entry.package.package.short(),
                entry.package.version,
                by.short()
            );
            context.ui.done("Taking", &what);
        }
    }
}

fn tell_logs(context: &mut Context, decision: &Decision) {
    for made in &decision.made {
        for line in &made.log {
            let level = match line.level {
                LogLevel::Debug => PackageLevel::Debug,
                LogLevel::Info => PackageLevel::Info,
                LogLevel::Warn => PackageLevel::Warn,
            };
            context
                .ui
                .package_says(&made.locked.package.package.short(), level, &line.text);
        }
    }
}

/// Shows the plan with its permissions; true when it may be carried out.
fn show_and_ask(
    context: &mut Context,
    packages: &Packages<'_>,
    project: &Project,
    decision: &mut Decision,
) -> Result<bool, CommandError> {
    let lines = package_lines(project, decision);
    let mut accepted = reading::permissions(packages, &project.lock, &decision.lock)?;
    accepted.extend(permissions(&decision.accepted));
    let wanted = permissions(&decision.unconsented);
    let all: Vec<Permission> = accepted.iter().chain(&wanted).cloned().collect();
    let title = format!(
        "Plan for {}",
        project
            .root
            .file_name()
            .map_or_else(|| ".".into(), |n| n.to_string_lossy())
    );
    let view = PlanView {
        title: &title,
        packages: &lines,
        plan: &decision.plan,
        permissions: &all,
    };
    if context.globals.diff {
        context.ui.result(ui::diff(&decision.plan, Detail::Whole));
    }
    if context.globals.dry_run {
        context.ui.result(ui::plan(&view, context.ui.is_verbose()));
        return Ok(true);
    }
    if !wanted.is_empty() {
        let mut classes: Vec<&str> = decision
            .unconsented
            .iter()
            .map(|c| c.class.name())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        if !context
            .ui
            .consent(&wanted, &format!("--allow {}", classes.join(",")))?
        {
            return Err(CommandError::permission(
                "nothing was written: the files above were not allowed",
            ));
        }
        decision.grant_all();
    }
    // Without a terminal the command line is the consent to what the plan holds; permissions were asked above.
    let yes = context.globals.yes || !context.ui.can_ask();
    let lines = package_lines(project, decision);
    let view = PlanView {
        title: &title,
        packages: &lines,
        plan: &decision.plan,
        permissions: &accepted,
    };
    context.ui.confirm_plan(&view, yes)
}

fn package_lines(project: &Project, decision: &Decision) -> Vec<PackageLine> {
    let changed = decision
        .lock
        .generators
        .iter()
        .filter(|locked| project.lock.instance(&locked.instance) != Some(*locked));
    changed
        .map(|locked| PackageLine {
            name: called(locked),
            version: locked.package.version.to_string(),
            before: project
                .lock
                .instance(&locked.instance)
                .map(|old| old.package.version.to_string())
                .filter(|old| *old != locked.package.version.to_string()),
            source: locked.package.registry.clone(),
        })
        .collect()
}

/// A generator by its package, and by the name the project gave it where that is another.
fn called(locked: &Locked) -> String {
    match locked.package.package.short() {
        package if package == locked.instance => package.to_owned(),
        package => format!("{} ({package})", locked.instance),
    }
}

fn permissions(consents: &[Consent]) -> Vec<Permission> {
    let each = |consent: &Consent| {
        let (who, class) = (consent.instance.clone(), consent.class);
        let one = move |path: &crate::path::ProjectPath| Permission {
            who: who.clone(),
            what: path.to_string(),
            why: String::new(),
            class: Some(class.name().to_owned()),
        };
        consent.paths.iter().map(one).collect::<Vec<_>>()
    };
    consents.iter().flat_map(each).collect()
}

fn ending(context: &Context, project: &Project, decision: &Decision, goal: &Goal) -> Ending {
    let fresh = || {
        let is_fresh = |instance: &str| {
            goal.scope == Scope::Project && project.lock.instance(instance).is_none()
        };
        decision
            .made
            .iter()
            .filter(move |made| is_fresh(&made.locked.instance))
    };
    let mut steps: Vec<ui::Step> = Vec::new();
    if let Some(dir) = goal.enter.as_ref().filter(|dir| dir.as_os_str() != ".") {
        let dir = context
            .globals
            .folder
            .as_ref()
            .map_or_else(|| dir.clone(), |folder| folder.join(dir));
        steps.push(ui::Step {
            command: format!("cd {}", dir.display()),
            why: String::new(),
        });
    }
    for step in fresh().flat_map(|made| &made.outcome.steps) {
        // Two generators may both suggest installing the dependencies; once is enough.
        if !steps.iter().any(|s| s.command == step.command) {
            steps.push(ui::Step {
                command: step.command.clone(),
                why: step.why.clone(),
            });
        }
    }
    if goal.scope == Scope::Lock {
        steps.push(ui::Step {
            command: "scaffold status".into(),
            why: "Show what differs in the files; nothing was written to them".into(),
        });
    }
    let conflicts: Vec<String> = decision
        .plan
        .conflicts()
        .map(|action| action.path.to_string())
        .collect();
    let mut undo = goal.undo.clone();
    if !conflicts.is_empty() {
        let settle = ui::Step {
            command: "scaffold resolve".to_owned(),
            why: "when the conflicts are settled".to_owned(),
        };
        steps.insert(0, settle);
        undo = Some("scaffold abort".to_owned());
    }
    Ending {
        made: format!("{} {}", goal.verb, summary(project, decision)),
        conflicts,
        steps,
        notes: fresh()
            .flat_map(|made| made.outcome.notes.clone())
            .collect(),
        undo,
    }
}

fn summary(project: &Project, decision: &Decision) -> String {
    let changed: Vec<String> = package_lines(project, decision)
        .into_iter()
        .map(|l| format!("{} {}", l.name, l.version))
        .collect();
    let gone: Vec<String> = project
        .lock
        .generators
        .iter()
        .filter(|old| decision.lock.instance(&old.instance).is_none())
        .map(|old| old.instance.clone())
        .collect();
    let files = decision
        .plan
        .actions
        .iter()
        .filter(|a| !matches!(a.verb, Verb::Unchanged | Verb::Kept))
        .count();
    let what = if changed.is_empty() { gone } else { changed };
    match (what.join(", "), files) {
        (what, files) if what.is_empty() => ui::page::count(files, "file", "files"),
        (what, 0) => what,
        (what, files) => format!("{what} ({})", ui::page::count(files, "file", "files")),
    }
}

fn report(
    project: &Project,
    decision: &Decision,
    news: &[serde_json::Value],
    dry_run: bool,
) -> serde_json::Value {
    let actions: Vec<_> = decision
        .plan
        .actions
        .iter()
        .map(|a| {
            let mut action = json!({"path": a.path.as_str(), "verb": a.verb.name(), "added": a.added, "removed": a.removed});
            if let Some(origin) = &a.origin {
                action["from"] = json!(origin.path.as_str());
            }
            action
        })
        .collect();
    let steps: Vec<_> = decision
        .made
        .iter()
        .filter(|made| project.lock.instance(&made.locked.instance).is_none())
        .flat_map(|made| &made.outcome.steps)
        .map(|s| json!({"command": s.command, "why": s.why}))
        .collect();
    json!({
        "project": decision.lock.project,
        "root": project.root,
        "dry_run": dry_run,
        "tree": decision.lock.tree,
        "generators": decision.lock.generators,
        "news": news,
        "plan": actions,
        "conflicts": decision.plan.conflicts().map(|a| a.path.as_str()).collect::<Vec<_>>(),
        "steps": steps,
    })
}
