//! What a change comes to: what changed, for people at the end of a command, and as the document of `--json`.

use serde_json::{Value, json};

use super::conclude::{Goal, Scope};
use crate::{
    change::Decision,
    context::Context,
    plan::Verb,
    project::{Locked, Project},
    ui::{self, Ending, PackageLine},
};

/// The packages that have a part in a plan.
pub fn package_lines(project: &Project, decision: &Decision) -> Vec<PackageLine> {
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

/// The last words.
pub fn ending(context: &Context, project: &Project, decision: &Decision, goal: &Goal) -> Ending {
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

/// The document.
pub fn report(project: &Project, decision: &Decision, news: &[Value], dry_run: bool) -> Value {
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
        "needs": decision.consents.iter().map(|consent| json!({
            "generator": consent.instance,
            "class": consent.class,
            "paths": consent.paths,
            "given": consent.given,
        })).collect::<Vec<_>>(),
        "conflicts": decision.plan.conflicts().map(|a| a.path.as_str()).collect::<Vec<_>>(),
        "steps": steps,
    })
}
