//! What another version of a package brings, told before anyone says yes to it.

use scaffold_registry::{Pattern, manifest::Manifest};
use serde_json::{Value, json};

use crate::{
    change::{Decision, Entry},
    changelog,
    context::Context,
    error::CommandError,
    packages::Packages,
    project::Project,
    ui::{Page, Tone},
};

/// Lines of a change log shown for one package.
const LINES: usize = 40;

/// Tells the change log and what is newly asked for, of every generator that is to change its version.
///
/// # Errors
/// A package cannot be had.
pub fn tell(
    context: &mut Context,
    packages: &Packages<'_>,
    project: &Project,
    entries: &[Entry],
) -> Result<Vec<Value>, CommandError> {
    let mut all = Vec::new();
    let mut page = Page::new();
    for entry in entries {
        let Some(before) = project.lock.instance(&entry.intent.instance) else {
            continue;
        };
        let (old, new) = (&before.package, &entry.package);
        if old.package != new.package || old.version == new.version {
            continue;
        }
        let package = packages.open_package(new)?;
        let asked = asked(&packages.open_package(old)?.manifest, &package.manifest);
        let log = package.files.get(changelog::FILE);
        let log = log.map(|file| changelog::between(&file.bytes, &old.version, &new.version));
        let log = log.unwrap_or_default();
        let name = &entry.intent.instance;
        let back = new.version < old.version;
        if back || !(asked.is_empty() && log.is_empty()) {
            let versions = format!("{name} {} → {}", old.version, new.version);
            page.gap().put(Tone::Strong, versions);
            if back {
                page.put(Tone::Changed, ": back to an older version");
            }
            page.end();
        }
        if !asked.is_empty() {
            page.line(Tone::Warning, "  Newly asks to");
            for (verb, pattern) in &asked {
                page.put(Tone::Plain, format!("    {verb} {}", pattern.pattern))
                    .put(Tone::Faint, format!(": {}", pattern.reason))
                    .end();
            }
        }
        let shown: Vec<&str> = log.lines().take(LINES).collect();
        page.paragraph(Tone::Plain, &shown.join("\n"), 2);
        let more = log.lines().count() - shown.len();
        if more > 0 {
            page.line(
                Tone::Faint,
                format!("  … {more} more lines in its {}", changelog::FILE),
            );
        }
        all.push(json!({
            "instance": name,
            "from": old.version,
            "to": new.version,
            "changelog": log,
            "asks": asked.iter().map(|(verb, p)| json!({ "to": verb, "pattern": p.pattern, "reason": p.reason })).collect::<Vec<_>>(),
        }));
    }
    if !page.is_empty() {
        context.ui.story(page);
    }
    Ok(all)
}

/// What the new version may do that the old one may not.
fn asked<'m>(old: &Manifest, new: &'m Manifest) -> Vec<(&'static str, &'m Pattern)> {
    let fresh = |verb, old: &[Pattern], new: &'m [Pattern]| {
        let known = |pattern: &Pattern| old.iter().any(|old| old.pattern == pattern.pattern);
        let patterns = new.iter().filter(|pattern| !known(pattern));
        patterns.map(|pattern| (verb, pattern)).collect::<Vec<_>>()
    };
    let mut asked = fresh("read", &old.reads, &new.reads);
    asked.extend(fresh("write", &old.writes, &new.writes));
    asked
}

/// Tells how the questions were answered that a new version asks for the first time.
pub fn tell_answers(context: &mut Context, decision: &Decision) {
    let mut page = Page::new();
    for (instance, name) in &decision.newly_asked {
        let answer = decision.lock.instance(instance);
        let answer = answer.and_then(|locked| locked.answers.get(name));
        let value = match answer.map(ToString::to_string) {
            Some(value) if !value.is_empty() => value,
            _ => "(nothing)".to_owned(),
        };
        page.put(Tone::Strong, instance)
            .put(Tone::Plain, format!(" newly asks {name}: {value}"))
            .put(Tone::Faint, format!("  (scaffold set {name}=… changes it)"))
            .end();
    }
    if !page.is_empty() {
        context.ui.story(page);
    }
}
