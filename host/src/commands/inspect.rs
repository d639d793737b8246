use std::path::Path;

use scaffold_registry::{Package, PackageRef};
use serde_json::json;

use super::add;
use crate::{
    change::{Intent, resolve},
    cli::Inspect,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    grants::Class,
    pack::pack,
    packages::Packages,
    sandbox::{Ability, Limit, Limits, abilities, import_names},
    ui::{Page, Tone},
};

/// What is looked at.
struct Subject {
    title: String,
    /// The component that runs, and whose it is.
    component: Vec<u8>,
    runs: Option<String>,
    reads: Vec<(String, String)>,
    writes: Vec<(String, String)>,
}

/// `scaffold inspect`
pub fn run(context: &mut Context, args: &Inspect) -> Result<(), CommandError> {
    let tools = context.tools(None)?;
    let packages = tools.packages();
    let path = context.here.join(&args.what);
    let subject = if path.is_file() || path.is_dir() && args.what.contains(['/', '.', '\\']) {
        from_path(&packages, &path)?
    } else {
        from_registry(&packages, &add::parse(&args.what)?)?
    };
    context.tell_notices(&packages);
    let imports = import_names(&subject.component).map_err(|e| {
        CommandError::failed(e)
            .while_doing(format!("{} cannot be inspected", subject.title))
            .hint("inspect takes a package's name, a package file, a component or a package's folder, such as ./site")
    })?;
    let able = abilities(&subject.component);
    context.ui.json(&json!({
        "subject": subject.title,
        "engine": subject.runs,
        "imports": imports,
        "runs_here": able.is_ok(),
        "can": able.as_ref().map(|able| able.iter().map(|a| a.meaning()).collect::<Vec<_>>()).unwrap_or_default(),
        "reads": subject.reads, "writes": subject.writes,
    }));
    let mut page = Page::new();
    page.line(Tone::Title, &subject.title);
    if let Some(engine) = &subject.runs {
        page.line(
            Tone::Plain,
            format!("It is data without code; {engine} runs it."),
        );
    }
    match &able {
        Ok(able) => can_and_cannot(&mut page, able, &subject, &context.config()?.limits),
        Err(refusal) => {
            page.gap().line(
                Tone::Error,
                format!("This host refuses to run it: {refusal}."),
            );
        }
    }
    page.gap()
        .line(Tone::Strong, "Imports, read from the binary");
    for import in &imports {
        page.line(Tone::Faint, format!("  {import}"));
    }
    context.ui.result(page);
    able.map(|_| ()).map_err(CommandError::permission)
}

fn can_and_cannot(page: &mut Page, able: &[Ability], subject: &Subject, limits: &Limits) {
    page.gap().line(Tone::Strong, "It can");
    for ability in able.iter().filter(|a| **a != Ability::Types) {
        page.put(Tone::Changed, "  + ")
            .put(Tone::Plain, ability.meaning())
            .end();
        let patterns = match ability {
            Ability::ProjectFiles => &subject.reads,
            Ability::Changes => &subject.writes,
            _ => continue,
        };
        for (pattern, reason) in patterns {
            page.put(Tone::Plain, format!("      {pattern}"))
                .put(Tone::Faint, format!(": {reason}"))
                .end();
        }
    }
    page.gap().line(Tone::Strong, "It cannot");
    for ability in Ability::ALL.iter().filter(|a| !able.contains(a)) {
        page.put(Tone::Added, "  - ")
            .put(Tone::Plain, ability.meaning())
            .end();
    }
    let classes: Vec<&str> = Class::ALL.iter().map(|c| c.name()).collect();
    for closed in [
        "write a file itself: you see the plan, and the host writes what you accept".to_owned(),
        "read any other file, the environment, the clock, or where it runs".to_owned(),
        "read what may hold secrets (.env, keys, credentials …), unless you name the very file"
            .to_owned(),
        "open a connection, run a program, or make a link".to_owned(),
        format!(
            "make files that run or steer something later without your yes ({})",
            classes.join(", ")
        ),
        format!(
            "use more than {} of memory, {}, or {} files of {} together",
            limits.get(Limit::Memory),
            limits.get(Limit::Time),
            limits.get(Limit::Files),
            limits.get(Limit::Output)
        ),
    ] {
        page.put(Tone::Added, "  - ").put(Tone::Plain, closed).end();
    }
}

fn from_registry(packages: &Packages<'_>, wanted: &PackageRef) -> Result<Subject, CommandError> {
    let entries = match packages.pin_engine(wanted) {
        // An engine is never part of a project, so resolving a project does not find it.
        Ok(engine) => {
            return of_package(packages, &*packages.open_package(&engine)?);
        }
        Err(_) => resolve(packages, &[Intent::new(wanted)])?,
    };
    let entry = entries.iter().find(|e| e.package.package == wanted.name);
    let Some(entry) = entry else {
        return Err(CommandError::failed(format!(
            "{} was not found",
            wanted.name
        )));
    };
    of_package(packages, &*packages.open_package(&entry.package)?)
}

fn of_package(packages: &Packages<'_>, package: &Package) -> Result<Subject, CommandError> {
    let manifest = &package.manifest;
    let (component, runs) = match (package.component(), &manifest.engine) {
        (Some(component), _) => (component.to_vec(), None),
        (None, Some(engine)) => {
            let pin = packages.pin_engine(engine)?;
            let engine = packages.open_package(&pin)?;
            let component = engine.component().unwrap_or_default().to_vec();
            (component, Some(format!("{} {}", pin.package, pin.version)))
        }
        (None, None) => {
            return Err(CommandError::failed(format!(
                "{} has nothing that could run",
                manifest.name
            )));
        }
    };
    let patterns = |patterns: &[scaffold_registry::Pattern]| {
        patterns
            .iter()
            .map(|p| (p.pattern.clone(), p.reason.clone()))
            .collect()
    };
    Ok(Subject {
        title: format!("{} {}", manifest.name, manifest.version),
        component,
        runs,
        reads: patterns(&manifest.reads),
        writes: patterns(&manifest.writes),
    })
}

fn from_path(packages: &Packages<'_>, path: &Path) -> Result<Subject, CommandError> {
    if path.is_dir() {
        let packed = pack(path).map_err(|e| super::pack::explain(e, path))?;
        return of_package(packages, &packed.package);
    }
    let bytes = read(path)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return of_package(packages, &Package::read(&bytes).kind(ErrorKind::Failed)?);
    }
    Ok(Subject {
        title: path
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        component: bytes,
        runs: None,
        reads: Vec::new(),
        writes: Vec::new(),
    })
}

/// Bytes of a file to inspect; a larger one could be no package and no component.
const MAX_FILE: u64 = 128 * 1024 * 1024;

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let cannot = |e: std::io::Error| {
        CommandError::failed(e).while_doing(format!("cannot read {}", path.display()))
    };
    let size = path.metadata().map_err(cannot)?.len();
    if size > MAX_FILE {
        return Err(CommandError::failed(format!(
            "{} has {size} bytes; no package is that large",
            path.display()
        )));
    }
    std::fs::read(path).map_err(cannot)
}
