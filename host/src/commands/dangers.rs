//! Versions in use that were taken back because it is dangerous to go on with them.

use std::collections::BTreeSet;

use crate::{context::Context, error::CommandError, project::Project, sources::OFFICIAL};

/// Warns of every such version that the project has locked. Nobody is asked for it: what this machine has heard of a
/// registry, the last time it was asked for something, has it.
///
/// # Errors
/// The configuration cannot be read.
pub fn tell(context: &mut Context, project: &Project) -> Result<(), CommandError> {
    let sources = context.sources(Some(project))?.offline();
    let locked = project.lock.generators.iter();
    let pins = locked.flat_map(|locked| [Some(&locked.package), locked.engine.as_ref()]);
    let mut told = BTreeSet::new();
    for pin in pins.flatten().filter(|pin| pin.registry != OFFICIAL) {
        let Ok(source) = sources.open(&pin.registry) else {
            continue;
        };
        let releases = source.releases(&pin.package).unwrap_or_default();
        let dangerous = releases
            .iter()
            .find(|release| release.version == pin.version && release.security);
        if let Some(release) = dangerous
            && told.insert((&pin.package, &pin.version))
        {
            let why = release.yanked.as_deref().unwrap_or_default();
            context.ui.warn(&format!(
                "{} {} was taken back ({why}), and it is dangerous to go on with it; scaffold update takes another version",
                pin.package.short(),
                pin.version
            ));
        }
    }
    Ok(())
}
