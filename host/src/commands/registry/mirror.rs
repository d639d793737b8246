use std::collections::BTreeMap;

use scaffold_registry::publish::upkeep::{self, MirrorError, Only};
use serde_json::json;

use super::storage;
use crate::{
    cli::Mirror,
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    sources::{Sources, must_be_signed},
    ui::page::count,
};

/// `scaffold registry mirror`
pub fn run(context: &mut Context, args: &Mirror) -> Result<(), CommandError> {
    let only = args.only.iter().map(|only| only.parse::<Only>());
    let only = only.collect::<Result<Vec<_>, _>>().kind(ErrorKind::Usage)?;
    let registries = context.config()?.registries;
    // Opened as any registry is, with what the user has configured for it.
    let reach = context.reach(&registries);
    let place = std::slice::from_ref(&args.from);
    let from = Sources::new(place, BTreeMap::new(), &context.here, reach);
    let from = from.of_fallback()?;
    let to = storage(context, &args.place.place)?;
    if context.globals.dry_run {
        context.ui.json(&json!({"dry_run": true}));
        context.ui.done("Dry run:", "nothing was copied");
        return Ok(());
    }
    // Before what is copied, so that what it says of its time holds for all of that.
    let config = from.config()?;
    let unsigned = !must_be_signed(from.id());
    let mut told = |release: &scaffold_registry::Release| {
        let what = format!("{} {}", release.name, release.version);
        context.ui.done("Copied", &what);
    };
    let done = upkeep::mirror(&*from, &*to, &only, unsigned, &mut told)?;
    if args.stand_in {
        // After what it vouches for.
        upkeep::stand_in(&*to, &config).kind(ErrorKind::Failed)?;
    }
    context.ui.json(&json!({
        "copied": done.copied, "had": done.had, "yanks": done.yanks,
    }));
    context.ui.result(format!(
        "{} copied, {} there already, {} taken back or offered again",
        count(done.copied.len(), "version", "versions"),
        done.had,
        done.yanks
    ));
    Ok(())
}

impl From<MirrorError> for CommandError {
    fn from(e: MirrorError) -> Self {
        match e {
            MirrorError::Source(e) => e.into(),
            MirrorError::Publish(e) => Self::failed(e),
            e => Self::integrity(e)
                .hint("what was copied before stays; the next mirror goes on from there"),
        }
    }
}
