//! Versions in use that were taken back because it is dangerous to go on with them.

use super::fetch::pins;
use crate::{
    change::Entry,
    context::Context,
    error::CommandError,
    project::{Pinned, Project},
    sources::OFFICIAL,
};

/// Warns of every such version that the project has locked; `entries` is what it will have instead. Nobody is asked for it:
/// what this machine has heard of a registry, the last time it was asked for something, has it.
///
/// # Errors
/// The configuration cannot be read.
pub fn tell(
    context: &mut Context,
    project: &Project,
    entries: Option<&[Entry]>,
) -> Result<(), CommandError> {
    let sources = context.sources(Some(project))?.offline();
    let stays = |pin: &Pinned| {
        entries.is_none_or(|entries| {
            let pins = entries.iter();
            let mut pins = pins.flat_map(|entry| [Some(&entry.package), entry.engine.as_ref()]);
            pins.any(|one| one == Some(pin))
        })
    };
    for pin in pins(&project.lock) {
        if pin.registry == OFFICIAL {
            continue;
        }
        let Ok(source) = sources.open(&pin.registry) else {
            continue;
        };
        let releases = source.releases(&pin.package).unwrap_or_default();
        let dangerous = releases
            .iter()
            .find(|release| release.version == pin.version && release.security);
        if let Some(release) = dangerous {
            let why = release.yanked.as_deref().unwrap_or_default();
            let then = match stays(&pin) {
                true => {
                    "and it is dangerous to go on with it; scaffold update takes another as soon as there is one"
                }
                false => "and it was dangerous to go on with it",
            };
            let package = pin.package.short();
            let text = format!("{package} {} was taken back ({why}), {then}", pin.version);
            context.ui.warn(&text);
        }
    }
    Ok(())
}
