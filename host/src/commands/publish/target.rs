//! Where a package goes.

use std::fmt;

use scaffold_registry::{
    PackageName, Release, Source as _, Statement,
    keys::{Chain, KeySet},
    publish::{self, Yank},
    storage::Storage,
};
use semver::Version;

use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
};

/// A registry to write to.
pub struct Target {
    /// As a user names it.
    name: String,
    to: To,
}

enum To {
    /// A folder, a bucket, an OCI registry: written to directly.
    Storage(Box<dyn Storage>),
}

impl Target {
    /// What `--registry` names.
    ///
    /// # Errors
    /// It names none, several, or something that cannot be written to.
    pub fn of(context: &Context) -> Result<Self, CommandError> {
        let hint = "scaffold publish DIR --registry WHERE";
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
        todo!()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
