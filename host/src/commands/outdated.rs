use std::{collections::BTreeMap, process::ExitCode};

use scaffold_registry::{PackageName, Release, SourceError};
use semver::{Version, VersionReq};
use serde_json::json;

use crate::{
    cli::Outdated,
    context::Context,
    error::{CommandError, OUTDATED},
    packages::Packages,
    project::{Pinned, Project},
    ui::{Page, Tone},
};

/// `scaffold outdated`: what is newer than what the lock has.
pub fn run(context: &mut Context, args: &Outdated) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let mut known: BTreeMap<PackageName, Option<Vec<Release>>> = BTreeMap::new();
    let mut rows = Vec::new();
    for wanted in wanted(&packages, &project)? {
        let name = &wanted.pin.package;
        if !known.contains_key(name) {
            let releases = match packages.releases(name) {
                Ok(releases) => Some(releases),
                Err(e) if context.globals.offline => {
                    context.ui.warn(&unknown(name, &e));
                    None
                }
                Err(e) => return Err(e.into()),
            };
            known.insert(name.clone(), releases);
        }
        let releases = known.get(name).and_then(Option::as_deref);
        rows.push(Row::new(wanted, releases));
    }
    context.tell_notices(&packages);
    context.ui.json(&json!({
        "generators": rows.iter().filter(|row| !row.engine).map(Row::report).collect::<Vec<_>>(),
        "engines": rows.iter().filter(|row| row.engine).map(Row::report).collect::<Vec<_>>(),
    }));
    let all_known = rows.iter().all(|row| row.known);
    let told: Vec<&Row> = rows.iter().filter(|row| row.is_outdated()).collect();
    context.ui.result(page(&told, all_known));
    Ok(if args.exit_code && !told.is_empty() {
        ExitCode::from(OUTDATED)
    } else {
        ExitCode::SUCCESS
    })
}

fn unknown(name: &PackageName, e: &SourceError) -> String {
    format!("nothing is known about newer versions of {name}: {e}")
}

/// Something in use, and what may take its place.
struct Wanted {
    /// What the project calls it.
    label: String,
    pin: Pinned,
    reqs: Vec<VersionReq>,
    engine: bool,
}

/// The generators in the order of the lock, then the engines.
fn wanted(packages: &Packages<'_>, project: &Project) -> Result<Vec<Wanted>, CommandError> {
    let reqs = project.requirements();
    let mut generators = Vec::new();
    let mut engines: Vec<Wanted> = Vec::new();
    for locked in &project.lock.generators {
        generators.push(Wanted {
            label: locked.instance.clone(),
            pin: locked.package.clone(),
            reqs: reqs.get(&locked.instance).cloned().into_iter().collect(),
            engine: false,
        });
        let Some(pin) = &locked.engine else { continue };
        let manifest = &packages.open_package(&locked.package)?.manifest;
        let req = manifest.engine.as_ref().map(|engine| engine.req.clone());
        match engines.iter_mut().find(|engine| engine.pin == *pin) {
            Some(engine) => engine.reqs.extend(req),
            None => engines.push(Wanted {
                label: format!("{} (engine)", pin.package.short()),
                pin: pin.clone(),
                reqs: req.into_iter().collect(),
                engine: true,
            }),
        }
    }
    generators.append(&mut engines);
    Ok(generators)
}

struct Row {
    label: String,
    package: PackageName,
    current: Version,
    allowed: Option<Version>,
    newest: Option<Version>,
    /// Why the version in use was taken back.
    yanked: Option<String>,
    engine: bool,
    /// Whether the registry could be asked.
    known: bool,
}

impl Row {
    fn new(wanted: Wanted, releases: Option<&[Release]>) -> Self {
        let (current, reqs) = (wanted.pin.version, wanted.reqs);
        let newest = |fits: &dyn Fn(&Version) -> bool| {
            let mut newest = releases.unwrap_or_default().iter().rev();
            newest
                .find(|release| release.yanked.is_none() && fits(&release.version))
                .map(|release| release.version.clone())
        };
        // What is in use is allowed in any case, so nothing older is worth a word.
        let not_older = |version: &Version| *version >= current;
        let allowed = newest(&|v| not_older(v) && reqs.iter().all(|req| req.matches(v)));
        let stable = |v: &Version| v.pre.is_empty() || !current.pre.is_empty();
        let latest = newest(&|v| not_older(v) && stable(v));
        let mut here = releases.unwrap_or_default().iter();
        let here = here.find(|release| release.version == current);
        Self {
            label: wanted.label,
            package: wanted.pin.package,
            yanked: here.and_then(|release| release.yanked.clone()),
            newest: latest,
            allowed,
            current,
            engine: wanted.engine,
            known: releases.is_some(),
        }
    }

    fn is_outdated(&self) -> bool {
        let newer = |version: &Option<Version>| version.as_ref().is_some_and(|v| *v > self.current);
        newer(&self.allowed) || newer(&self.newest) || self.yanked.is_some()
    }

    fn report(&self) -> serde_json::Value {
        json!({
            "instance": self.label,
            "package": self.package,
            "current": self.current,
            "allowed": self.allowed,
            "newest": self.newest,
            "yanked": self.yanked,
            "known": self.known,
        })
    }
}

fn page(rows: &[&Row], all_known: bool) -> Page {
    let mut page = Page::new();
    if rows.is_empty() {
        let text = if all_known {
            "everything is at its newest version"
        } else {
            "nothing newer is known"
        };
        page.line(Tone::Plain, text);
        return page;
    }
    let version = |version: &Option<Version>| {
        version
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let header = ["", "current", "allowed", "newest"];
    let mut table = vec![header.map(|word| (Tone::Faint, word.to_owned())).to_vec()];
    for row in rows {
        let newer = row.allowed.as_ref().is_some_and(|v| *v > row.current);
        let yanked = row.yanked.as_ref();
        table.push(vec![
            (Tone::Strong, row.label.clone()),
            (Tone::Plain, row.current.to_string()),
            (
                if newer { Tone::Added } else { Tone::Plain },
                version(&row.allowed),
            ),
            (Tone::Plain, version(&row.newest)),
            (
                Tone::Error,
                yanked.map_or_else(String::new, |why| format!("taken back: {why}")),
            ),
        ]);
    }
    page.table(0, &table);
    let held = rows
        .iter()
        .find(|row| row.newest > row.allowed && !row.engine);
    if let Some((row, newest)) = held.and_then(|row| Some((row, row.newest.as_ref()?))) {
        page.line(
            Tone::Faint,
            format!(
                "scaffold update takes what is allowed; scaffold update {}@^{newest} takes more",
                row.label
            ),
        );
    }
    page
}
