//! What packages may do and may not, in plain words, and what becomes of a no.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::reading;
use crate::{
    change::{Consent, Decision, Denied},
    error::CommandError,
    grants::{Deny, Rule},
    packages::{Packages, PackagesError},
    project::{Locked, Project},
    sandbox::Ability,
    ui::{Permission, Sealed},
};

/// What no component can do, since nothing is there that it could import for it.
pub const CLOSED: [&str; 5] = [
    "open a connection",
    "run a program",
    "see the clock, the environment, who you are or where it runs",
    "draw a random number, so that it makes the same files everywhere",
    "write a file itself: you see the plan, and the host writes what you accept",
];

/// Files listed where a plan is refused.
const LISTED: usize = 10;

/// What is newly permitted with the plan, and what still needs a yes.
///
/// # Errors
/// A package cannot be had.
pub fn of_plan(
    packages: &Packages<'_>,
    project: &Project,
    decision: &Decision,
) -> Result<(Vec<Permission>, Vec<Permission>), PackagesError> {
    let given = decision.consents.iter().filter(|consent| consent.given);
    let mut accepted = reading::permissions(packages, &project.lock, &decision.lock)?;
    accepted.extend(given.flat_map(of_consent));
    Ok((
        accepted,
        decision.unconsented().flat_map(of_consent).collect(),
    ))
}

fn of_consent(consent: &Consent) -> impl Iterator<Item = Permission> {
    consent.paths.iter().map(|path| Permission {
        who: consent.instance.clone(),
        what: path.to_string(),
        why: String::new(),
        class: Some(consent.class.name().to_owned()),
    })
}

/// What the packages can do that are new to the project, or can do something else than before, read from their
/// components. Nothing where all of them come with this program.
///
/// # Errors
/// A package cannot be had, or its component could not run here.
pub fn sealed(
    packages: &Packages<'_>,
    project: &Project,
    decision: &Decision,
) -> Result<Option<Sealed>, PackagesError> {
    let of = |locked: &Locked| packages.abilities(&locked.package, locked.engine.as_ref());
    let mut able = BTreeSet::new();
    let (mut told, mut reads) = (false, false);
    for locked in &decision.lock.generators {
        let before = project.lock.instance(&locked.instance);
        let same = before.is_some_and(|before| {
            (&before.package, &before.engine) == (&locked.package, &locked.engine)
        });
        if same || packages.is_ours(&locked.package, locked.engine.as_ref()) {
            continue;
        }
        let now = of(locked)?;
        if before.map(of).transpose()?.as_ref() != Some(&now) {
            told = true;
            reads |= !locked.reads.is_empty();
            able.extend(now);
        }
    }
    if !told {
        return Ok(None);
    }
    let can = able.iter().filter_map(|ability| match ability {
        Ability::Types => None,
        Ability::PackageFiles => Some("read their own package"),
        Ability::ProjectFiles => Some("read what generators made before them"),
        Ability::Changes => Some("propose files"),
        Ability::Log => Some("say something"),
    });
    let mut cannot = vec![
        "open a connection",
        "run a program",
        "see the clock or the environment",
    ];
    if !able.contains(&Ability::Changes) {
        cannot.push("make a file");
    }
    cannot.push(match (able.contains(&Ability::ProjectFiles), reads) {
        (true, true) => "read files of yours but those you grant",
        (true, false) => "read files of yours",
        (false, _) => "read any file of the project",
    });
    Ok(Some(Sealed {
        can: can.map(str::to_owned).collect(),
        cannot: cannot.into_iter().map(str::to_owned).collect(),
    }))
}

/// Refuses a plan that holds what the user denies.
///
/// # Errors
/// It does; the files are named with who makes them and where the no was said.
pub fn refuse_denied(decision: &Decision, deny: &Deny) -> Result<(), CommandError> {
    let denied = decision.denied(deny);
    if denied.is_empty() {
        return Ok(());
    }
    let mut groups: BTreeMap<(Option<&str>, String), Vec<&Denied<'_>>> = BTreeMap::new();
    for one in &denied {
        let group = (one.instance.as_deref(), one.rule.to_string());
        groups.entry(group).or_default().push(one);
    }
    let mut text = "the plan holds what is denied, and nothing was written".to_owned();
    for ((instance, rule), files) in &groups {
        let who = instance.map_or_else(
            || "changed or deleted".to_owned(),
            |it| format!("made by {it}"),
        );
        text.push_str(&format!("\n  {who} ({rule})"));
        for one in files.iter().take(LISTED) {
            text.push_str(&format!("\n    {}", one.path));
        }
        if files.len() > LISTED {
            text.push_str(&format!("\n    and {} more", files.len() - LISTED));
        }
    }
    let fact = |one: &Denied<'_>| {
        json!({
            "path": one.path.as_str(),
            "generator": one.instance,
            "word": one.rule.word,
            "configured": one.rule.configured,
        })
    };
    let facts: Vec<_> = denied.iter().map(fact).collect();
    let error = CommandError::permission(text).fact("denied", facts);
    Err(hints(error, denied.iter().map(|one| one.rule)))
}

/// What to do about a no.
pub fn hints<'r>(error: CommandError, rules: impl IntoIterator<Item = &'r Rule>) -> CommandError {
    let (configured, typed): (Vec<&Rule>, Vec<&Rule>) =
        rules.into_iter().partition(|rule| rule.configured);
    let mut error = error;
    if !configured.is_empty() {
        error = error.hint(
            "nothing on the command line overrides [policy] in your config.toml; change it there if it shall be",
        );
    }
    let words: BTreeSet<&str> = typed.iter().map(|rule| rule.word.as_str()).collect();
    if !words.is_empty() {
        let words: Vec<&str> = words.into_iter().collect();
        error = error.hint(format!(
            "leave out --deny {} if it shall be",
            words.join(",")
        ));
    }
    error
}
