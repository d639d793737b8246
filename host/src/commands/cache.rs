use serde_json::json;

use crate::{
    cli::{Cache, CacheCommand},
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::{Page, Tone},
};

/// `scaffold cache`
pub fn run(context: &mut Context, args: &Cache) -> Result<(), CommandError> {
    let Some(root) = context.dirs.cache.clone() else {
        return Err(
            CommandError::failed("there is no cache: this machine names no home folder")
                .hint("set SCAFFOLD_CACHE to a folder"),
        );
    };
    let store = context.store();
    match args.command {
        CacheCommand::List => {
            let blobs = store.list().kind(ErrorKind::Failed)?;
            let bytes: u64 = blobs.iter().map(|(_, bytes)| bytes).sum();
            let mut page = Page::new();
            page.put(Tone::Title, root.display());
            page.put(
                Tone::Plain,
                format!("  {} packages, {} KiB", blobs.len(), bytes.div_ceil(1024)),
            )
            .end();
            for (digest, bytes) in &blobs {
                page.put(
                    Tone::Plain,
                    format!("  {digest}  {} KiB", bytes.div_ceil(1024)),
                )
                .end();
            }
            let listed: Vec<_> = blobs
                .iter()
                .map(|(d, b)| json!({"digest": d, "bytes": b}))
                .collect();
            context
                .ui
                .json(&json!({"folder": root, "packages": listed}));
            context.ui.result(page);
        }
        CacheCommand::Verify => {
            let checked = store.verify().kind(ErrorKind::Failed)?;
            context.ui.json(&checked);
            let mut page = Page::new();
            page.line(
                Tone::Plain,
                format!(
                    "{} packages hashed, {} damaged",
                    checked.blobs,
                    checked.corrupt.len()
                ),
            );
            for digest in &checked.corrupt {
                page.line(
                    Tone::Warning,
                    format!("  removed {digest}; it is fetched again when it is needed"),
                );
            }
            context.ui.result(page);
            if !checked.corrupt.is_empty() {
                return Err(CommandError::integrity("the cache held damaged packages"));
            }
        }
        CacheCommand::Clean => {
            store.clean(&root).kind(ErrorKind::Failed)?;
            context.ui.json(&json!({"cleaned": root}));
            context.ui.result(format!("cleaned {}", root.display()));
        }
    }
    Ok(())
}
