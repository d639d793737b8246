//! Where a package goes.

use std::{fmt, path::PathBuf};

use scaffold_registry::{Release, publish};

use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
    pack::Packed,
};

/// A registry to publish to.
pub struct Target {
    place: PathBuf,
}

impl Target {
    /// What `--registry` names.
    ///
    /// # Errors
    /// It names none, several, or something that is no folder.
    pub fn of(context: &Context) -> Result<Self, CommandError> {
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
        Ok(Self {
            place: context.here.join(place),
        })
    }

    /// Whether others see at once what is published there.
    pub fn is_shared(&self) -> bool {
        false
    }

    /// Puts a package there.
    ///
    /// # Errors
    /// It cannot be written, or the version is taken.
    pub fn publish(&self, _: &mut Context, packed: &Packed) -> Result<Release, CommandError> {
        publish::to_folder(&self.place, &packed.bytes, &packed.imports).kind(ErrorKind::Failed)
    }

    /// What a user has to add to a command for a package to be found there.
    pub fn flag(&self, namespace: &str) -> String {
        format!(" --registry {namespace}={self}")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.display().fmt(f)
    }
}
