//! What a registry says about itself: its name, and when somebody last looked after it.

use std::time::SystemTime;

use super::super::derived::ATTEMPTS;
use super::super::{PublishError, Tree};
use crate::keys::{SigningKey, State};
use crate::source::{Config, layout};
use crate::storage::Storage;

/// Makes a registry where there is none. Whether it did; a registry that is there stays as it is.
///
/// # Errors
/// [`PublishError::NotARegistry`] where something else is.
pub fn init(storage: &dyn Storage, config: &Config) -> Result<bool, PublishError> {
    let tree = Tree { storage };
    if tree.config()?.is_some() {
        return Ok(false);
    }
    tree.check_empty()?;
    Ok(storage.create(layout::CONFIG, config.to_json().as_bytes())?)
}

/// What a registry says about itself.
///
/// # Errors
/// There is no registry, or it is broken.
pub fn config(storage: &dyn Storage) -> Result<Config, PublishError> {
    Ok(Tree { storage }.needed_config()?.0)
}

/// Writes into `config.json` that `key` speaks for the registry, and that it was looked after at `time`: readers are warned
/// of one that nobody has looked after for long, and refuse one that goes back.
///
/// # Errors
/// There is no registry, or the state cannot be signed with this key.
pub fn sign(storage: &dyn Storage, key: &SigningKey, time: SystemTime) -> Result<(), PublishError> {
    let state = State::sign(time, key).map_err(|error| PublishError::State(error.0))?;
    change(storage, |config| Config {
        key: Some(key.verifying_key()),
        state: Some(state.clone()),
        ..config
    })
}

/// Takes over what another registry says of itself: its name, its key and its signed state. So a copy can be read in its
/// place by those who remember that key.
///
/// # Errors
/// There is no registry, or it cannot be written.
pub fn stand_in(storage: &dyn Storage, other: &Config) -> Result<(), PublishError> {
    change(storage, |config| Config {
        origin: other.origin.clone(),
        key: other.key.clone(),
        state: other.state.clone(),
        ..config
    })
}

fn change(storage: &dyn Storage, to: impl Fn(Config) -> Config) -> Result<(), PublishError> {
    let tree = Tree { storage };
    for _ in 0..ATTEMPTS {
        let (config, tag) = tree.needed_config()?;
        let config = to(config);
        if storage.replace(layout::CONFIG, config.to_json().as_bytes(), Some(&tag))? {
            return Ok(());
        }
    }
    Err(PublishError::Contended {
        place: storage.place(layout::CONFIG),
    })
}
