use scaffold_registry::Release;
use serde_json::json;

use super::{add, questions};
use crate::{
    change::{Intent, resolve},
    cli::Info,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    project::{Pinned, Project},
    question::Question,
    ui::{Page, Tone},
};

/// `scaffold info`
pub fn run(context: &mut Context, args: &Info) -> Result<(), CommandError> {
    let tools = context.tools(None)?;
    let packages = tools.packages();
    let wanted = add::parse(&args.package)?;
    let entries = resolve(&packages, &[Intent::new(&wanted)])?;
    let Some(entry) = entries.iter().find(|e| e.package.package == wanted.name) else {
        return Err(CommandError::failed(format!(
            "{} was not found",
            wanted.name
        )));
    };
    let releases = packages.releases(&wanted.name).kind(ErrorKind::Failed)?;
    let Some(release) = releases.iter().find(|r| r.version == entry.package.version) else {
        return Err(CommandError::failed(format!(
            "{} was not found",
            wanted.name
        )));
    };
    let project = Project::new(&context.here, "project");
    let asked = questions::of(&packages, &project, &entries);
    let own = asked
        .into_iter()
        .find(|(name, _)| *name == wanted.name.short())
        .map(|(_, q)| q)
        .unwrap_or_default();
    context.tell_notices(&packages);
    let versions: Vec<String> = releases
        .iter()
        .rev()
        .map(|r| r.version.to_string())
        .collect();
    context.ui.json(&json!({
        "release": release,
        "registry": entry.package.registry,
        "signer": entry.package.signer,
        "versions": versions,
        "questions": own.iter().map(|q| json!({
            "name": q.name, "prompt": q.prompt, "help": q.help, "default": q.default, "takes": q.takes(),
        })).collect::<Vec<_>>(),
    }));
    context
        .ui
        .result(page(release, &entry.package, &releases, &own));
    Ok(())
}

fn page(release: &Release, pin: &Pinned, releases: &[Release], questions: &[Question]) -> Page {
    let mut page = Page::new();
    page.put(Tone::Title, release.name.short())
        .put(Tone::Plain, format!(" {}", release.version));
    page.put(
        Tone::Faint,
        format!("  {} from {}", release.kind, pin.registry),
    )
    .end();
    page.paragraph(Tone::Plain, &release.summary, 0);
    let row = |page: &mut Page, name: &str, value: String| {
        if !value.is_empty() {
            page.put(Tone::Plain, "  ")
                .column(Tone::Faint, name, 10)
                .put(Tone::Plain, value)
                .end();
        }
    };
    page.gap();
    let versions = releases.iter().rev().map(|each| match &each.yanked {
        Some(why) => format!("{} (taken back: {why})", each.version),
        None => each.version.to_string(),
    });
    row(
        &mut page,
        "versions",
        versions.collect::<Vec<_>>().join(", "),
    );
    row(
        &mut page,
        "engine",
        release
            .engine
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    let requires: Vec<String> = release
        .requires
        .iter()
        .map(|(name, req)| format!("{} {req}", name.short()))
        .collect();
    row(&mut page, "requires", requires.join(", "));
    row(
        &mut page,
        "size",
        format!("{} KiB", release.size.div_ceil(1024)),
    );
    row(&mut page, "digest", release.blob.to_string());
    let signer = pin.signer.as_ref().map(ToString::to_string);
    row(&mut page, "signed by", signer.unwrap_or_default());
    if !release.reads.is_empty() || !release.writes.is_empty() {
        page.gap().line(Tone::Strong, "Asks to");
        for (verb, pattern) in release
            .reads
            .iter()
            .map(|p| ("read", p))
            .chain(release.writes.iter().map(|p| ("write", p)))
        {
            page.put(Tone::Plain, format!("  {verb} {}", pattern.pattern));
            page.put(Tone::Faint, format!(": {}", pattern.reason)).end();
        }
    }
    if !questions.is_empty() {
        page.gap().line(Tone::Strong, "Questions");
        for question in questions {
            page.put(Tone::Plain, "  ")
                .put(
                    Tone::Title,
                    format!("--{} {}", question.name, question.takes()),
                )
                .end();
            page.put(Tone::Plain, format!("      {}", question.prompt));
            let default = question.default.as_ref().map(ToString::to_string);
            if let Some(default) = default.filter(|default| !default.is_empty()) {
                page.put(Tone::Faint, format!(" [default: {default}]"));
            }
            page.end();
        }
    }
    page.gap().put(Tone::Faint, "What it can do: ").line(
        Tone::Plain,
        format!("scaffold inspect {}", release.name.short()),
    );
    page
}
