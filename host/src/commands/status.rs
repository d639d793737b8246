use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use serde_json::json;

use super::{
    compared::{self, Compared},
    dangers,
};
use crate::{
    apply,
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::Standing,
    path::ProjectPath,
    project::Project,
    ui::{Page, Tone, page::count},
    workspace::extra,
};

/// `scaffold status`: pristine(lock) against the working tree.
pub fn run(context: &mut Context, args: &Status) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    dangers::tell(context, &project, None)?;
    let merge = apply::merge_under_way(&project.root)?;
    let open = merge.iter().flat_map(|record| record.open());
    let open: BTreeSet<ProjectPath> = open.map(|file| file.path.clone()).collect();
    let compared = compared::compare(context, &project, true)?;
    let files = standing(&compared, &open);
    let generators = tally(&project, &compared, &files);
    let extra = if args.extra {
        extra::files(&project.root, |path| compared.makers.contains_key(path))
            .kind(ErrorKind::Failed)?
    } else {
        Vec::new()
    };
    let mut report = report(&compared, &generators, &files, &extra);
    report["merge"] = merge.map(|record| record.label).into();
    context.ui.json(&report);
    let mut page = page(&compared, &generators, &files, &extra);
    page.page(&compared.inputs.page(context.ui.is_verbose()));
    context.ui.result(page);
    let clean = files.is_empty() && extra.is_empty() && compared.inputs.are_same();
    Ok(if args.exit_code && !clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Every file that is not as it was generated. One that waits for `resolve` is in conflict however it reads.
fn standing<'c>(
    compared: &'c Compared,
    open: &'c BTreeSet<ProjectPath>,
) -> BTreeMap<&'c ProjectPath, Standing> {
    let differing = compared.differing.iter().map(|s| (&s.path, s.standing));
    let open = open.iter().map(|path| (path, Standing::Conflict));
    differing.chain(open).collect()
}

/// How the files of one generator stand.
struct Tally<'p> {
    instance: &'p str,
    files: usize,
    differing: BTreeMap<Standing, usize>,
}

/// One for each generator, in the order of the lock.
fn tally<'p>(
    project: &'p Project,
    compared: &Compared,
    files: &BTreeMap<&ProjectPath, Standing>,
) -> Vec<Tally<'p>> {
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for maker in compared.makers.values() {
        *made.entry(maker).or_default() += 1;
    }
    let mut differing: BTreeMap<&str, BTreeMap<Standing, usize>> = BTreeMap::new();
    for (path, standing) in files {
        if let Some(maker) = compared.makers.get(*path) {
            let counts = differing.entry(maker).or_default();
            *counts.entry(*standing).or_default() += 1;
        }
    }
    let instances = project.lock.generators.iter().map(|l| l.instance.as_str());
    instances
        .map(|instance| Tally {
            instance,
            files: made.get(instance).copied().unwrap_or_default(),
            differing: differing.remove(instance).unwrap_or_default(),
        })
        .collect()
}

fn page(
    compared: &Compared,
    generators: &[Tally<'_>],
    files: &BTreeMap<&ProjectPath, Standing>,
    extra: &[String],
) -> Page {
    let mut page = Page::new();
    let rows: Vec<_> = generators.iter().map(row).collect();
    page.table(0, &rows).gap();
    for (path, standing) in files {
        let tone = match standing {
            Standing::Edited => Tone::Changed,
            Standing::Missing => Tone::Removed,
            Standing::Replaced | Standing::Conflict => Tone::Error,
        };
        page.put(Tone::Plain, "  ")
            .column(tone, standing.name(), 9)
            .put(Tone::Plain, path)
            .end();
    }
    for path in extra {
        page.put(Tone::Plain, "  ")
            .column(Tone::Faint, "extra", 9)
            .put(Tone::Plain, path)
            .end();
    }
    if !(files.is_empty() && extra.is_empty()) {
        page.gap();
    }
    let all = count(compared.makers.len(), "file", "files");
    let mut summary = match files.len() {
        0 => format!("{all}, all as the generators made them"),
        1 => format!("1 of {all} differs from what the generators made"),
        n => format!("{n} of {all} differ from what the generators made"),
    };
    match extra.len() {
        0 => {}
        1 => summary.push_str("; 1 is nobody's"),
        n => summary.push_str(&format!("; {n} are nobody's")),
    }
    page.line(Tone::Plain, summary);
    page
}

fn row(tally: &Tally<'_>) -> Vec<(Tone, String)> {
    let counts = tally.differing.iter();
    let counts: Vec<String> = counts.map(|(s, n)| format!("{n} {}", s.name())).collect();
    let (tone, counts) = if counts.is_empty() {
        (Tone::Faint, "clean".to_owned())
    } else {
        (Tone::Changed, counts.join(", "))
    };
    vec![
        (Tone::Strong, tally.instance.to_owned()),
        (Tone::Plain, count(tally.files, "file", "files")),
        (tone, counts),
    ]
}

fn report(
    compared: &Compared,
    generators: &[Tally<'_>],
    files: &BTreeMap<&ProjectPath, Standing>,
    extra: &[String],
) -> serde_json::Value {
    let changed: Vec<_> = files
        .iter()
        .map(|(path, standing)| {
            json!({
                "path": path.as_str(),
                "standing": standing.name(),
                "generator": compared.makers.get(*path),
            })
        })
        .collect();
    let generators: Vec<_> = generators
        .iter()
        .map(|tally| {
            let counts = tally.differing.iter();
            let counts: BTreeMap<&str, usize> = counts.map(|(s, n)| (s.name(), *n)).collect();
            json!({ "instance": tally.instance, "files": tally.files, "differing": counts })
        })
        .collect();
    json!({
        "files": compared.makers.len(),
        "generators": generators,
        "changed": changed,
        "extra": extra,
        "inputs": compared.inputs.files.iter().map(|file| {
            json!({ "generator": file.instance, "path": file.path, "since": file.since.name() })
        }).collect::<Vec<_>>(),
        "unreadable": compared.inputs.failed.iter().map(|(instance, error)| {
            json!({ "generator": instance, "message": error })
        }).collect::<Vec<_>>(),
    })
}
