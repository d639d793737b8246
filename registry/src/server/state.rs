//! The registry's word that what it serves is all there is, made anew every hour.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::ServeError;
use crate::keys::{SigningKey, State, VerifyingKey};
use crate::source::{CONFIG_BYTES, Config, layout};
use crate::storage::Storage;

/// How long one state is served.
const HOUR: Duration = Duration::from_secs(3600);

/// The registry's key, and what it last said.
pub(super) struct Signer {
    key: SigningKey,
    last: Mutex<Option<(Instant, String)>>,
}

impl Signer {
    /// The signer with this key, which is named after the registry; none where there is no key. Readers remember the key,
    /// so another than the one the registry has is refused.
    pub(super) fn new(
        storage: &dyn Storage,
        pem: Option<&str>,
    ) -> Result<Option<Self>, ServeError> {
        let Some(pem) = pem else {
            return Ok(None);
        };
        let refuse = |error: String| ServeError::Key(error);
        let stored = storage.read(layout::CONFIG, CONFIG_BYTES)?;
        let bytes = stored.map(|stored| stored.bytes).unwrap_or_default();
        let place = || storage.place(layout::CONFIG);
        let config = Config::parse(&bytes, &storage.place(""), place)
            .map_err(|error| refuse(error.to_string()))?;
        let key = SigningKey::from_pem(&config.origin, pem, None)
            .map_err(|error| refuse(error.to_string()))?;
        if config.key.is_some_and(|own| own != key.verifying_key()) {
            return Err(refuse(
                "it is not the one in config.json, which readers remember".to_owned(),
            ));
        }
        Ok(Some(Self {
            key,
            last: Mutex::default(),
        }))
    }

    pub(super) fn key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The newest state; none while the clock is impossible.
    pub(super) fn state(&self) -> Option<String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, state)) = &*last
            && when.elapsed() < HOUR
        {
            return Some(state.clone());
        }
        let state = State::sign(SystemTime::now(), &self.key)
            .inspect_err(|error| tracing::error!(%error, "state"))
            .ok()?;
        *last = Some((Instant::now(), state.clone()));
        Some(state)
    }
}
