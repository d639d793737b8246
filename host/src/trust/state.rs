//! How new it is what a registry says.

use std::time::{Duration, SystemTime};

use scaffold_registry::{Source, keys::State};

use super::{News, RegistryPin, Trust, TrustError};

/// How much older than the newest that was seen a registry's state may be: copies of a registry are not all of one hour.
const OLDER: Duration = Duration::from_secs(24 * 60 * 60);

/// How old a registry's state may be before the user hears of it.
const STALE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

impl Trust {
    /// Whether a registry shows itself as it is now: the newest state that was seen is remembered.
    pub(super) fn check_state(&self, source: &dyn Source) -> Result<(), TrustError> {
        let id = source.id();
        if !self.fresh.borrow_mut().insert(id.to_owned()) {
            return Ok(());
        }
        let config = source.config()?;
        let known = self.pins.borrow().registry(id).cloned();
        let refused = |reason: String| TrustError::State {
            registry: id.to_owned(),
            reason,
        };
        let (key, note) = match (&known, config.key, config.state) {
            // It never said how new it is.
            (None, _, None) | (None, None, _) => return Ok(()),
            (Some(known), key, _) if key.as_ref() != Some(&known.key) => {
                return Err(TrustError::RegistryKey {
                    registry: id.to_owned(),
                    pinned: known.key.clone(),
                    found: key,
                });
            }
            (_, Some(key), Some(note)) => (key, note),
            (Some(_), _, _) => {
                return Err(refused(
                    "it says no more how new it is, and did before".into(),
                ));
            }
        };
        let state = State::read(&note, &key).map_err(|error| refused(error.to_string()))?;
        let said = humantime::format_rfc3339_seconds(state.time);
        if let Some(known) = &known
            && state.time + OLDER <= known.time
        {
            let newest = humantime::format_rfc3339_seconds(known.time);
            return Err(refused(format!(
                "it shows itself as it was at {said}, and was seen as of {newest}"
            )));
        }
        let now = SystemTime::now();
        if state.time > now + OLDER {
            // Not remembered: everything that is honest would be refused until then.
            self.tell(News::Warning(format!(
                "{id} says that it is {said}; either the clock of this machine is wrong, or its own"
            )));
            return Ok(());
        }
        if state.time + STALE < now {
            self.tell(News::Warning(format!(
                "{id} shows itself as it was at {said}; what was published or taken back since may be hidden"
            )));
        }
        if known.is_none() {
            let text = format!("{id} itself by {key} (seen for the first time)");
            self.tell(News::Done("Trusting", text));
        }
        if known.is_none_or(|known| known.time < state.time) {
            let pin = RegistryPin {
                registry: id.to_owned(),
                key,
                time: state.time,
            };
            self.pins.borrow_mut().set_registry(pin);
        }
        Ok(())
    }
}
