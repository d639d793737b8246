//! Where a registry is kept that a command of this family is about.

use std::{env, sync::Arc};

use scaffold_registry::{
    Artifacts, OCI, Oci,
    storage::{self, Storage},
};

use crate::{
    context::Context,
    error::{CommandError, ErrorKind, ResultExt},
};

/// What the names of settings for buckets begin with.
const SETTINGS: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// The storage at `place`: a folder, from where the command runs; a bucket, set up by the environment; an OCI
/// registry, asked as any registry is.
///
/// # Errors
/// Nothing can be kept at such an address.
pub fn storage(context: &Context, place: &str) -> Result<Arc<dyn Storage>, CommandError> {
    if place.starts_with(OCI) {
        let registries = context.config()?.registries;
        let address = Oci::address(place).kind(ErrorKind::Usage)?;
        let access = context.reach(&registries).access(&address)?;
        let artifacts = Artifacts::open(place, access).kind(ErrorKind::Usage)?;
        return Ok(Arc::new(artifacts));
    }
    let place = match place.contains("://") {
        true => place.to_owned(),
        false => context.at(place).to_string_lossy().into_owned(),
    };
    // Names and values that are no text are none of an object store's.
    let settings = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_one = SETTINGS.iter().any(|prefix| name.starts_with(prefix));
        is_one.then_some((name, value.into_string().ok()?))
    });
    let storage = storage::open(&place, settings).kind(ErrorKind::Usage)?;
    Ok(Arc::from(storage))
}
