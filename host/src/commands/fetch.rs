use std::{borrow::Cow, collections::BTreeMap};

use scaffold_registry::{
    Digest, Object, PackageName, Source, SourceError, keys::SETS, source::NOTE_BYTES,
};
use serde_json::json;

use super::dangers;
use crate::{
    context::Context,
    error::CommandError,
    packages::{Packages, PackagesError},
    project::{Lock, Pinned},
    sources::OFFICIAL,
    ui::page::count,
};

/// `scaffold fetch`: everything the lock needs on this machine.
pub fn run(context: &mut Context) -> Result<(), CommandError> {
    let project = context.project()?;
    let tools = context.tools(Some(&project))?;
    let packages = tools.packages();
    let pins = pins(&project.lock);
    let progress = context.ui.progress("Fetching");
    let mut missing = Vec::new();
    let mut fetched = 0;
    for pin in &pins {
        progress.message(&format!("Fetching {} {}", pin.package, pin.version));
        let had = pin.registry == OFFICIAL || tools.store.has(&pin.blob);
        match fetch(&packages, pin) {
            Ok(()) => fetched += usize::from(!had),
            Err(PackagesError::Source(e @ SourceError::Offline { .. })) => missing.push((pin, e)),
            Err(e) => return Err(e.into()),
        }
    }
    drop(progress);
    context.tell_notices(&packages);
    dangers::tell(context, &project, None)?;
    if let Some((_, first)) = missing.pop() {
        let rest = missing.into_iter();
        let rest: Vec<String> = rest.map(|(pin, _)| pin.package.to_string()).collect();
        let error = CommandError::from(first);
        return Err(match rest.is_empty() {
            true => error,
            false => error.hint(format!("missing as well: {}", rest.join(", "))),
        });
    }
    let lost = pins
        .iter()
        .find(|pin| pin.registry != OFFICIAL && !tools.store.has(&pin.blob));
    if let Some(pin) = lost {
        return Err(CommandError::failed(format!(
            "{} {} was fetched, and could not be kept in the cache",
            pin.package, pin.version
        ))
        .hint("SCAFFOLD_CACHE moves the cache to another place"));
    }
    context
        .ui
        .json(&json!({"packages": pins.len(), "fetched": fetched}));
    context.ui.result(format!(
        "{} for this project: {fetched} fetched, {} here before",
        count(pins.len(), "package", "packages"),
        pins.len() - fetched
    ));
    Ok(())
}

/// The package, and what its registry says of it: offline both are needed.
fn fetch(packages: &Packages<'_>, pin: &Pinned) -> Result<(), PackagesError> {
    if pin.registry != OFFICIAL {
        // First, so that what is new of it is there when the package is checked.
        let source = packages.sources.of_pin(pin)?;
        source.releases(&pin.package)?;
        source.statement(&pin.package, &pin.version)?;
        key_sets(&*source, &pin.package)?;
    }
    packages.open_package(pin).map(drop)
}

/// The key sets of a package's namespace as they are, from the first; offline, as many as are here.
pub(super) fn key_sets(
    source: &dyn Source,
    package: &PackageName,
) -> Result<Vec<Cow<'static, [u8]>>, SourceError> {
    let mut sets = Vec::new();
    for number in 1..=SETS {
        match source.file(&Object::Keys(package.namespace(), number), NOTE_BYTES) {
            Ok(Some(set)) => sets.push(set),
            Ok(None) | Err(SourceError::Offline { .. }) => break,
            Err(e) => return Err(e),
        }
    }
    Ok(sets)
}

/// Every package a lock needs, engines among them, each once.
pub(super) fn pins(lock: &Lock) -> Vec<Pinned> {
    let each = lock
        .generators
        .iter()
        .flat_map(|locked| [Some(&locked.package), locked.engine.as_ref()])
        .flatten();
    let named: BTreeMap<(String, Digest), &Pinned> = each
        .map(|pin| ((pin.package.to_string(), pin.blob), pin))
        .collect();
    named.into_values().cloned().collect()
}
