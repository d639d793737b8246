//! What another version of a package brings, told before anyone says yes to it: only what is not as it was.

use scaffold_registry::{Pattern, manifest::Manifest};
use serde_json::{Value, json};

use crate::{
    change::{Decision, Entry},
    changelog,
    context::Context,
    error::CommandError,
    packages::{Packages, PackagesError},
    project::{Locked, Project},
    sandbox::Ability,
    ui::{Page, Tone},
};

/// Lines of a change log shown for one package.
const LINES: usize = 40;

/// Tells the change log and what is asked for otherwise than before, of every generator that is to change its version
/// or its engine.
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
        if old.package != new.package || (old == new && before.engine == entry.engine) {
            continue;
        }
        let package = packages.open_package(new)?;
        let asks = Asks::between(&packages.open_package(old)?.manifest, &package.manifest);
        let able = able(packages, before, entry)?;
        let engine = engine(before, entry);
        let log = package.files.get(changelog::FILE);
        let log = log.map(|file| changelog::between(&file.bytes, &old.version, &new.version));
        let log = log.unwrap_or_default();
        let name = &entry.intent.instance;
        let back = new.version < old.version;
        if back || engine.is_some() || !(asks.are_same() && able.is_empty() && log.is_empty()) {
            let versions = match old.version == new.version {
                true => format!("{name} {}", new.version),
                false => format!("{name} {} → {}", old.version, new.version),
            };
            page.gap().put(Tone::Strong, versions);
            if back {
                page.put(Tone::Changed, ": back to an older version");
            }
            page.end();
        }
        if let Some(engine) = &engine {
            page.line(Tone::Plain, format!("  run by {engine}"));
        }
        if !able.is_empty() {
            page.line(Tone::Warning, "  Its component newly imports what lets it");
            for ability in &able {
                page.line(Tone::Plain, format!("    {}", ability.meaning()));
            }
        }
        asks.show(&mut page);
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
            "engine": engine,
            "changelog": log,
            "asks": to_json(&asks.fresh),
            "no_longer_asks": to_json(&asks.gone),
            "imports": able.iter().map(|ability| ability.interface()).collect::<Vec<_>>(),
        }));
    }
    if !page.is_empty() {
        context.ui.story(page);
    }
    Ok(all)
}

/// What one version may read and write and another may not, with the verb.
#[derive(Default)]
struct Asks {
    fresh: Vec<(&'static str, Pattern)>,
    gone: Vec<(&'static str, Pattern)>,
}

impl Asks {
    fn between(old: &Manifest, new: &Manifest) -> Self {
        let mut asks = Self::default();
        for (verb, old, new) in [
            ("read", &old.reads, &new.reads),
            ("write", &old.writes, &new.writes),
        ] {
            let only = |some: &[Pattern], others: &[Pattern]| {
                let known = |one: &&Pattern| others.iter().any(|o| o.pattern == one.pattern);
                let only = some.iter().filter(|one| !known(one));
                only.map(|one| (verb, one.clone())).collect::<Vec<_>>()
            };
            asks.fresh.extend(only(new, old));
            asks.gone.extend(only(old, new));
        }
        asks
    }

    fn are_same(&self) -> bool {
        self.fresh.is_empty() && self.gone.is_empty()
    }

    fn show(&self, page: &mut Page) {
        for (tone, title, asks) in [
            (Tone::Warning, "  Newly asks to", &self.fresh),
            (Tone::Faint, "  No longer asks to", &self.gone),
        ] {
            if !asks.is_empty() {
                page.line(tone, title);
            }
            for (verb, pattern) in asks {
                page.put(Tone::Plain, format!("    {verb} {}", pattern.pattern))
                    .put(Tone::Faint, format!(": {}", pattern.reason))
                    .end();
            }
        }
    }
}

fn to_json(asks: &[(&'static str, Pattern)]) -> Vec<Value> {
    let each = |(verb, one): &(&str, Pattern)| json!({ "to": verb, "pattern": one.pattern, "reason": one.reason });
    asks.iter().map(each).collect()
}

/// What the component that is to run can do and the one before it could not.
fn able(
    packages: &Packages<'_>,
    before: &Locked,
    entry: &Entry,
) -> Result<Vec<Ability>, PackagesError> {
    let old = packages.abilities(&before.package, before.engine.as_ref())?;
    let mut new = packages.abilities(&entry.package, entry.engine.as_ref())?;
    new.retain(|ability| !old.contains(ability) && *ability != Ability::Types);
    Ok(new)
}

/// The engine, where it is another one or another version: it is the code that runs.
fn engine(before: &Locked, entry: &Entry) -> Option<String> {
    let called = |pin: &Option<crate::project::Pinned>| match pin {
        Some(pin) => format!("{} {}", pin.package, pin.version),
        None => "its own component".to_owned(),
    };
    let other = before.engine != entry.engine;
    other.then(|| format!("{} → {}", called(&before.engine), called(&entry.engine)))
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
