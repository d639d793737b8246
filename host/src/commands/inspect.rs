use std::path::Path;

use scaffold_registry::{Digest, Package, PackageRef, Pattern};
use serde_json::{Value, json};

use super::{add, permissions::CLOSED};
use crate::{
    change::{Intent, resolve},
    cli::Inspect,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    grants::Class,
    pack::pack,
    packages::Packages,
    sandbox::{Ability, Limit, Limits, Refusal, abilities, import_names},
    ui::{Page, Tone},
};

/// What is looked at.
struct Subject {
    title: String,
    /// The component that runs, and whose it is.
    component: Vec<u8>,
    runs: Option<String>,
    reads: Vec<Pattern>,
    writes: Vec<Pattern>,
    /// Not a component alone, of which nobody knows what it asks.
    is_package: bool,
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
    let limits = context.config()?.limits;
    context.ui.json(&report(
        &subject,
        &imports,
        able.as_ref().map(Vec::as_slice),
        &limits,
    ));
    let mut page = Page::new();
    page.line(Tone::Title, &subject.title);
    if let Some(engine) = &subject.runs {
        page.line(
            Tone::Plain,
            format!("It is data without code; {engine} runs it."),
        );
    }
    match &able {
        Ok(able) => can_and_cannot(&mut page, able, &subject, &limits),
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
    let component = &subject.component;
    let (digest, size) = (Digest::of(component), component.len().div_ceil(1024));
    page.line(Tone::Faint, format!("  of {digest}, {size} KiB"));
    context.ui.result(page);
    able.map(|_| ()).map_err(CommandError::permission)
}

fn report(
    subject: &Subject,
    imports: &[String],
    able: Result<&[Ability], &Refusal>,
    limits: &Limits,
) -> Value {
    let able_to = |able: &[Ability]| {
        let able = able.iter().filter(|a| **a != Ability::Types);
        able.map(|a| a.meaning()).collect::<Vec<_>>()
    };
    let patterns = |patterns: &[Pattern]| {
        let each = |one: &Pattern| json!({ "pattern": one.pattern, "reason": one.reason });
        patterns.iter().map(each).collect::<Vec<_>>()
    };
    json!({
        "subject": subject.title,
        "engine": subject.runs,
        "component": { "digest": Digest::of(&subject.component), "size": subject.component.len() },
        "imports": imports,
        "runs_here": able.is_ok(),
        "can": able.map(able_to).unwrap_or_default(),
        "cannot": able.map(cannot).unwrap_or_default(),
        "reads": patterns(&subject.reads),
        "writes": patterns(&subject.writes),
        "limits": Limit::ALL.iter().map(|limit| {
            json!({ "name": limit.name(), "allowed": limits.get(*limit).to_string() })
        }).collect::<Vec<_>>(),
    })
}

/// What it cannot, first what it could import and does not.
fn cannot(able: &[Ability]) -> Vec<&'static str> {
    let missing = Ability::ALL.iter().filter(|a| !able.contains(a));
    let missing = missing.filter(|a| **a != Ability::Types);
    missing.map(|a| a.meaning()).chain(CLOSED).collect()
}

fn can_and_cannot(page: &mut Page, able: &[Ability], subject: &Subject, limits: &Limits) {
    page.gap().line(
        Tone::Strong,
        "It can: its component imports this and no more",
    );
    for ability in able.iter().filter(|a| **a != Ability::Types) {
        page.put(Tone::Changed, "  + ")
            .put(Tone::Plain, ability.meaning())
            .end();
        let (patterns, none) = match ability {
            Ability::ProjectFiles => (&subject.reads, "asks to read no file of yours"),
            Ability::Changes => (&subject.writes, "asks to write no file"),
            _ => continue,
        };
        for one in patterns {
            page.put(Tone::Plain, format!("      {}", one.pattern))
                .put(Tone::Faint, format!(": {}", one.reason))
                .end();
        }
        if patterns.is_empty() && subject.is_package {
            page.line(Tone::Faint, format!("      its package {none}"));
        }
    }
    if able.iter().all(|a| *a == Ability::Types) {
        page.line(Tone::Plain, "  nothing");
    }
    page.gap().line(
        Tone::Strong,
        "It cannot, whatever it says: there is nothing it could import for it",
    );
    for closed in cannot(able) {
        page.put(Tone::Added, "  - ").put(Tone::Plain, closed).end();
    }
    page.gap()
        .line(Tone::Strong, "It may not, and this host sees to it");
    for kept in [
        "read files of yours that you did not grant, or any through a link",
        "read what may hold secrets (.env, keys, credentials …), unless the command line names the very file",
        "write outside the patterns above, outside the project, into .git or into scaffold's own files",
    ] {
        page.put(Tone::Added, "  - ").put(Tone::Plain, kept).end();
    }
    page.gap().line(
        Tone::Strong,
        "Not without a yes of its own, unless it comes with scaffold; --deny and [policy] forbid it",
    );
    let rows = Class::ALL.iter().map(|class| {
        let meaning = class.meaning().to_owned();
        vec![
            (Tone::Changed, class.name().to_owned()),
            (Tone::Plain, meaning),
        ]
    });
    page.table(2, &rows.collect::<Vec<_>>());
    page.gap().line(Tone::Strong, "Stopped at");
    let limits = Limit::ALL.iter().map(|limit| {
        let allowed = limits.get(*limit).to_string();
        vec![
            (Tone::Plain, limit.name().to_owned()),
            (Tone::Plain, allowed),
            (Tone::Faint, limit.bounds().to_owned()),
        ]
    });
    page.table(2, &limits.collect::<Vec<_>>());
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
    Ok(Subject {
        title: format!("{} {}", manifest.name, manifest.version),
        component,
        runs,
        reads: manifest.reads.clone(),
        writes: manifest.writes.clone(),
        is_package: true,
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
        is_package: false,
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
