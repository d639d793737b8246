use std::time::Duration;

use scaffold_registry::Address;
use serde_json::json;

use crate::{
    cli::{Cache, CacheCommand, Prune},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    store::{Pruned, Rule, Store, StoreError, VerifiedPackage},
    ui::{Page, Tone, page::count},
};

/// What `prune` removes where nobody says: what was not used for that long.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// `scaffold cache`
pub fn run(context: &mut Context, args: &Cache) -> Result<(), CommandError> {
    let Some(root) = context.dirs.cache.clone() else {
        return Err(
            CommandError::failed("there is no cache: this machine names no home folder")
                .hint("set SCAFFOLD_CACHE to a folder"),
        );
    };
    let store = context.store();
    let root = root.display().to_string();
    match &args.command {
        CacheCommand::List => list(context, &store, &root),
        CacheCommand::Verify => verify(context, &store),
        CacheCommand::Prune(args) => prune(context, &store, args),
        CacheCommand::Clean => clean(context, &store, &root),
    }
}

fn list(context: &mut Context, store: &Store, root: &str) -> Result<(), CommandError> {
    let blobs = store.blobs().kind(ErrorKind::Failed)?;
    let registries = store.registries().kind(ErrorKind::Failed)?;
    let mut page = Page::new();
    let bytes = blobs.iter().map(|blob| blob.bytes).sum();
    page.put(Tone::Title, root)
        .put(
            Tone::Plain,
            format!(
                "  {}, {}",
                count(blobs.len(), "package", "packages"),
                kib(bytes)
            ),
        )
        .end();
    let mut packages = Vec::new();
    let mut rows = Vec::new();
    for blob in &blobs {
        let name = name(store, blob);
        rows.push(vec![
            (
                Tone::Strong,
                name.clone().unwrap_or_else(|| "damaged".into()),
            ),
            (Tone::Plain, kib(blob.bytes)),
            (Tone::Faint, blob.digest.to_string()),
        ]);
        packages.push(json!({"package": name, "digest": blob.digest, "bytes": blob.bytes}));
    }
    for (registry, answers, bytes) in &registries {
        let what = count(*answers, "answer", "answers");
        rows.push(vec![
            (Tone::Strong, registry.clone()),
            (Tone::Plain, kib(*bytes)),
            (Tone::Faint, what),
        ]);
    }
    page.table(2, &rows);
    let registries: Vec<_> = registries
        .iter()
        .map(|(url, answers, bytes)| json!({"registry": url, "answers": answers, "bytes": bytes}))
        .collect();
    context
        .ui
        .json(&json!({"folder": root, "packages": packages, "registries": registries}));
    context.ui.result(page);
    Ok(())
}

/// What a package in the cache calls itself; none where it is none.
fn name(store: &Store, blob: &crate::store::Blob) -> Option<String> {
    let bytes = store.read(&blob.digest)?;
    let package = VerifiedPackage::new("", blob.digest, bytes.into()).ok()?;
    let package = package.package().ok()?;
    let manifest = &package.manifest;
    Some(format!("{} {}", manifest.name, manifest.version))
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

fn verify(context: &mut Context, store: &Store) -> Result<(), CommandError> {
    let checked = store.verify().kind(ErrorKind::Failed)?;
    context.ui.json(&checked);
    let mut page = Page::new();
    let text = format!(
        "{} and {} hashed, {} damaged",
        count(checked.blobs, "package", "packages"),
        count(checked.answers, "answer", "answers"),
        checked.corrupt.len()
    );
    page.line(Tone::Plain, text);
    for what in &checked.corrupt {
        let text = format!("  removed {what}; it is fetched again when it is needed");
        page.line(Tone::Warning, text);
    }
    context.ui.result(page);
    match checked.corrupt.is_empty() {
        true => Ok(()),
        false => Err(CommandError::integrity("the cache held damaged files")),
    }
}

fn prune(context: &mut Context, store: &Store, args: &Prune) -> Result<(), CommandError> {
    let rule = match (args.older_than, args.larger_than) {
        (None, None) => Rule {
            older_than: Some(UNUSED),
            larger_than: None,
        },
        (older_than, larger_than) => Rule {
            older_than,
            larger_than,
        },
    };
    let dry_run = context.globals.dry_run;
    let pruned = store.prune(rule, dry_run, context.globals.no_wait)?;
    let Pruned { files, bytes, left } = pruned;
    context
        .ui
        .json(&json!({"dry_run": dry_run, "files": files, "bytes": bytes, "left": left}));
    context.ui.result(format!(
        "{} {}, {}; {} stay",
        if dry_run { "would remove" } else { "removed" },
        count(files, "file", "files"),
        kib(bytes),
        kib(left)
    ));
    Ok(())
}

fn clean(context: &mut Context, store: &Store, root: &str) -> Result<(), CommandError> {
    let no_wait = context.globals.no_wait;
    let flags = context.globals.registry.clone();
    let mut forgotten = Vec::new();
    for place in &flags {
        let address = Address::parse(place).kind(ErrorKind::Usage)?;
        store.forget(address.as_str(), no_wait)?;
        forgotten.push(address.as_str().to_owned());
    }
    if forgotten.is_empty() {
        store.clean(no_wait)?;
        forgotten.push(root.to_owned());
    }
    context.ui.json(&json!({"cleaned": forgotten}));
    context
        .ui
        .result(format!("cleaned {}", forgotten.join(", ")));
    Ok(())
}

impl From<StoreError> for CommandError {
    fn from(e: StoreError) -> Self {
        let is_busy = matches!(e, StoreError::Busy { .. });
        match Self::failed(e) {
            error if is_busy => error.hint("run it again when that has ended"),
            error => error,
        }
    }
}
