use std::time::Duration;

use scaffold_registry::publish::upkeep;
use serde_json::json;

use super::storage;
use crate::{
    cli::Gc,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    ui::page::count,
};

/// `scaffold registry gc`
pub fn run(context: &mut Context, args: &Gc) -> Result<(), CommandError> {
    let storage = storage(context, &args.place.place)?;
    let grace = Duration::from_secs(args.grace.saturating_mul(60 * 60));
    let dry_run = context.globals.dry_run;
    let done = upkeep::gc(&*storage, grace, dry_run).kind(ErrorKind::Failed)?;
    context.ui.json(&json!({
        "dry_run": dry_run, "removed": done.removed, "kept": done.kept, "half_written": done.half_written,
    }));
    let mut removed = count(done.removed.len(), "archive", "archives");
    if done.half_written > 0 {
        let files = count(done.half_written, "half-written file", "half-written files");
        removed.push_str(&format!(" and {files}"));
    }
    context.ui.result(match dry_run {
        true => format!("{removed} would go"),
        false => format!("{removed} cleared away"),
    });
    if done.kept > 0 {
        let kept = count(done.kept, "archive", "archives");
        context.ui.done(
            "Left",
            &format!(
                "{kept} younger than {} hours, or of unknown age",
                args.grace
            ),
        );
    }
    Ok(())
}
