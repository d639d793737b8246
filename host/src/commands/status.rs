use std::{collections::BTreeMap, process::ExitCode};

use serde_json::json;

use super::compared::{self, Compared};
use crate::{
    cli::Status,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    merge::Standing,
    project::Project,
    ui::{Page, Tone, page::count},
    workspace::extra,
};

/// `scaffold status`: pristine(lock) against the working tree.
pub fn run(context: &mut Context, args: &Status) -> Result<ExitCode, CommandError> {
    let project = context.project()?;
    let compared = compared::compare(context, &project)?;
    let extra = if args.extra {
        extra::files(&project.root, |path| compared.makers.contains_key(path))
            .kind(ErrorKind::Failed)?
    } else {
        Vec::new()
    };
    let generators = tally(&project, &compared);
    let clean = compared.differing.is_empty() && extra.is_empty();
    context.ui.json(&report(&compared, &generators, &extra));
    context.ui.result(page(&compared, &generators, &extra));
    Ok(if args.exit_code && !clean {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// How the files of one generator stand.
struct Tally<'p> {
    instance: &'p str,
    files: usize,
    differing: BTreeMap<Standing, usize>,
}

/// One for each generator, in the order of the lock.
fn tally<'p>(project: &'p Project, compared: &Compared) -> Vec<Tally<'p>> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for maker in compared.makers.values() {
        *files.entry(maker).or_default() += 1;
    }
    let mut differing: BTreeMap<&str, BTreeMap<Standing, usize>> = BTreeMap::new();
    for stand in &compared.differing {
        if let Some(maker) = compared.makers.get(&stand.path) {
            let counts = differing.entry(maker).or_default();
            *counts.entry(stand.standing).or_default() += 1;
        }
    }
    let instances = project.lock.generators.iter().map(|l| l.instance.as_str());
    instances
        .map(|instance| Tally {
            instance,
            files: files.get(instance).copied().unwrap_or_default(),
            differing: differing.remove(instance).unwrap_or_default(),
        })
        .collect()
}

fn page(compared: &Compared, generators: &[Tally<'_>], extra: &[String]) -> Page {
    let mut page = Page::new();
    let rows: Vec<_> = generators
        .iter()
        .map(|tally| {
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
        })
        .collect();
    page.table(0, &rows).gap();
    for stand in &compared.differing {
        let tone = match stand.standing {
            Standing::Edited => Tone::Changed,
            Standing::Missing => Tone::Removed,
            Standing::Replaced | Standing::Conflict => Tone::Error,
        };
        page.put(Tone::Plain, "  ")
            .column(tone, stand.standing.name(), 9)
            .put(Tone::Plain, &stand.path)
            .end();
    }
    for path in extra {
        page.put(Tone::Plain, "  ")
            .column(Tone::Faint, "extra", 9)
            .put(Tone::Plain, path)
            .end();
    }
    if !compared.differing.is_empty() || !extra.is_empty() {
        page.gap();
    }
    let all = compared.makers.len();
    let mut summary = match compared.differing.len() {
        0 => format!(
            "{}, all as the generators made them",
            count(all, "file", "files")
        ),
        1 => format!("1 of {all} files differs from what the generators made"),
        n => format!("{n} of {all} files differ from what the generators made"),
    };
    match extra.len() {
        0 => {}
        1 => summary.push_str("; 1 is nobody's"),
        n => summary.push_str(&format!("; {n} are nobody's")),
    }
    page.line(Tone::Plain, summary);
    page
}

fn report(compared: &Compared, generators: &[Tally<'_>], extra: &[String]) -> serde_json::Value {
    let changed: Vec<_> = compared
        .differing
        .iter()
        .map(|stand| {
            json!({
                "path": stand.path.as_str(),
                "standing": stand.standing.name(),
                "generator": compared.makers.get(&stand.path),
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
    })
}
