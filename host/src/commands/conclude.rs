//! What every command that changes a project does in the end: decide, show, ask, apply, tell.

use std::{path::PathBuf, process::ExitCode};

use super::{
    dangers, news,
    outcome::{ending, package_lines, report},
    permissions, reading,
};
use crate::{
    apply,
    change::{Asking, Decision, Entry, Given, Intent, OwnTexts, Past, decide, resolve},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    inputs,
    interview::Mode,
    packages::Packages,
    path::ProjectPath,
    plan::{Action, Content, Plan},
    project::Project,
    sandbox::LogLevel,
    ui::{self, Detail, PackageLevel, Permission, PlanView},
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
    // Nothing is looked up for a lock that may not change.
    if intents.iter().any(Intent::is_new) {
        context.may_lock()?;
    }
    let policy = context.policy()?;
    let mode = context.mode();
    let conflict = context.conflict()?;
    let entries = resolve(packages, intents)?;
    dangers::tell(context, project, Some((packages, &entries)))?;
    announce(context, &entries);
    prepare(context, packages, &entries)?;
    let news = news::tell(context, packages, project, &entries)?;
    let reads = reading::consent(context, packages, &entries, &policy)?;
    let workspace = match goal.scope {
        Scope::Project => Workspace::open(&project.root).kind(ErrorKind::Failed)?,
        Scope::Lock => Workspace::empty(),
    };
    let mut asking = Asking {
        ui: &mut context.ui,
        mode,
        given,
        policy,
        reads,
        conflict,
    };
    let past = goal.past.as_ref();
    let mut decision = decide(packages, project, &workspace, entries, past, &mut asking)?;
    let policy = asking.policy;
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
    // Taking a change back gives the user what was theirs: that is no file a package writes.
    if goal.past.is_none() {
        permissions::refuse_denied(&decision, &policy.deny)?;
    }
    let new_lock = match goal.scope {
        Scope::Project => decision.lock != project.lock,
        Scope::Lock => !same,
    };
    if new_lock {
        context.may_lock()?;
    }
    if same && decision.plan.is_empty() && decision.unconsented().next().is_none() {
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
    let sealed = permissions::sealed(packages, project, decision)?;
    let (accepted, wanted) = permissions::of_plan(packages, project, decision)?;
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
        sealed: sealed.as_ref(),
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
        let mut classes: Vec<&str> = decision.unconsented().map(|c| c.class.name()).collect();
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
        sealed: sealed.as_ref(),
        plan: &decision.plan,
        permissions: &accepted,
    };
    context.ui.confirm_plan(&view, yes)
}
