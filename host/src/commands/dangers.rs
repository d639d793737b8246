//! Versions in use that were taken back because it is dangerous to go on with them.

use super::fetch::pins;
use crate::{
    change::Entry,
    context::Context,
    error::CommandError,
    packages::Packages,
    project::{Pinned, Project},
    sources::OFFICIAL,
};

/// What a command is about to do: with which packages, and what the project will have.
pub type Change<'a> = (&'a Packages<'a>, &'a [Entry]);

/// Warns of every such version that the project has locked. What this machine has heard of a registry, the last time it was
/// asked for something, has it; nobody is asked for it but a registry that a change takes something new from, which is
/// there then.
///
/// # Errors
/// The configuration cannot be read.
pub fn tell(
    context: &mut Context,
    project: &Project,
    change: Option<Change<'_>>,
) -> Result<(), CommandError> {
    let locked = pins(&project.lock);
    let will: Option<Vec<&Pinned>> = change.map(|(_, entries)| {
        let pins = entries.iter();
        let pins = pins.flat_map(|entry| [Some(&entry.package), entry.engine.as_ref()]);
        pins.flatten().collect()
    });
    let silent = context.sources(Some(project))?.offline();
    for pin in locked.iter().filter(|pin| pin.registry != OFFICIAL) {
        let is_asked = will.iter().flatten().any(|new| {
            new.registry == pin.registry && !locked.iter().any(|locked| locked.blob == new.blob)
        });
        let source = match change {
            Some((packages, _)) if is_asked => packages.sources.open(&pin.registry),
            _ => silent.open(&pin.registry),
        };
        let releases = source.map(|source| source.releases(&pin.package));
        let Ok(Ok(releases)) = releases else { continue };
        let mut dangerous = releases.iter().filter(|release| release.security);
        let Some(release) = dangerous.find(|release| release.version == pin.version) else {
            continue;
        };
        let why = release.yanked.as_deref().unwrap_or_default();
        let then = match will.as_ref().is_none_or(|will| will.contains(&pin)) {
            true => {
                "and it is dangerous to go on with it; scaffold update takes another as soon as there is one"
            }
            false => "and it was dangerous to go on with it",
        };
        let package = pin.package.short();
        let text = format!("{package} {} was taken back ({why}), {then}", pin.version);
        context.ui.warn(&text);
    }
    Ok(())
}
