use scaffold_registry::publish::to_folder;
use serde_json::json;

use super::pack::explain;
use crate::{
    cli::Publish,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    pack::{Packed, pack},
    ui::{Page, Tone, page::count},
};

/// `scaffold publish`
pub fn run(context: &mut Context, args: &Publish) -> Result<(), CommandError> {
    let registry = registry(context)?;
    let folder = context.here.join(&args.dir);
    let Packed {
        bytes,
        package,
        imports,
    } = pack(&folder).map_err(|e| explain(e, &folder))?;
    if let Some(component) = package.component() {
        // What does not compile here compiles nowhere; better told to the author than to everybody else.
        let name = package.manifest.name.to_string();
        let wasm = || Ok::<_, CommandError>(component.to_vec());
        context.sandbox()?.load(&name, &package.blob, wasm)?;
    }
    let mut page = Page::new();
    page.put(Tone::Title, &package.manifest.name)
        .put(Tone::Plain, format!(" {}", package.manifest.version));
    page.put(
        Tone::Faint,
        format!(
            "  {}, {} KiB",
            count(package.files.len(), "file", "files"),
            bytes.len().div_ceil(1024)
        ),
    )
    .end();
    for writes in &package.manifest.writes {
        page.line(
            Tone::Plain,
            format!("  may write {}: {}", writes.pattern, writes.reason),
        );
    }
    for reads in &package.manifest.reads {
        page.line(
            Tone::Plain,
            format!("  asks to read {}: {}", reads.pattern, reads.reason),
        );
    }
    context.ui.story(page);
    if context.globals.dry_run {
        context
            .ui
            .json(&json!({"dry_run": true, "blob": package.blob}));
        context.ui.done("Dry run:", "nothing was published");
        return Ok(());
    }
    let release = to_folder(&registry, &bytes, &imports).kind(ErrorKind::Failed)?;
    context.ui.json(&release);
    context.ui.result(format!(
        "{} {} is in {}\n{}",
        release.name,
        release.version,
        registry.display(),
        release.blob
    ));
    context.ui.done(
        "Try it:",
        &format!(
            "scaffold --registry {}={} info {}",
            release.name.namespace(),
            registry.display(),
            release.name
        ),
    );
    Ok(())
}

fn registry(context: &Context) -> Result<std::path::PathBuf, CommandError> {
    let hint = "scaffold publish DIR --registry FOLDER";
    let place = match context.globals.registry.as_slice() {
        [place] => place
            .split_once('=')
            .map_or(place.as_str(), |(_, place)| place),
        [] => return Err(CommandError::usage("publishing needs a registry").hint(hint)),
        _ => {
            return Err(CommandError::usage(
                "publishing needs one registry, and several were given",
            )
            .hint(hint));
        }
    };
    if place.contains("://") {
        return Err(CommandError::usage(format!(
            "{place} is not a folder; this version publishes to folders"
        ))
        .hint("publish to a folder, and put that behind any web server"));
    }
    Ok(context.here.join(place))
}
