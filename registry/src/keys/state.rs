//! When a registry last said that what it serves is all there is.

use std::fmt::Write as _;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Note, SigningKey, VerifyingKey};

/// The only format of a state there is.
const FORMAT: u64 = 1;

/// A registry's word, signed by its own key, that this was its state at a time. `config.json` has it as `state`, made anew
/// every so often by whoever runs the registry.
///
/// ```text
/// {"v":1,"origin":"registry.example.org","time":"2026-01-31T12:00:00Z"}
/// ```
///
/// It says nothing of any package. It lets a reader who remembers the newest one tell that somebody on the way, or an old
/// copy, shows the registry as it was long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What the registry calls itself, which is its key's name as well.
    pub origin: String,
    /// When it was made, to the second.
    pub time: SystemTime,
}

#[derive(Serialize, Deserialize)]
struct Line {
    v: u64,
    origin: String,
    time: String,
}

/// A state that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the signed state of the registry cannot be used: {0}")]
pub struct StateError(pub String);

impl State {
    /// The note that says so, signed with the registry's key.
    ///
    /// # Errors
    /// The time cannot be written.
    pub fn sign(time: SystemTime, key: &SigningKey) -> Result<String, StateError> {
        // Not `to_string`, which panics on what cannot be written: a clock can say anything.
        let mut text = String::new();
        write!(text, "{}", humantime::format_rfc3339_seconds(time))
            .map_err(|_| StateError("the clock is not between 1970 and 9999".to_owned()))?;
        let line = Line {
            v: FORMAT,
            origin: key.verifying_key().name().to_owned(),
            time: text,
        };
        let json = serde_json::to_string(&line).map_err(|error| StateError(error.to_string()))?;
        let mut note = Note::unsigned(json);
        note.sign(key);
        Ok(note.to_string())
    }

    /// Reads such a note, and checks that the key has signed it.
    ///
    /// # Errors
    /// It is no such note, of a later format, or not signed by the key.
    pub fn read(note: &str, key: &VerifyingKey) -> Result<Self, StateError> {
        Self::parse(note, key).map_err(StateError)
    }

    fn parse(note: &str, key: &VerifyingKey) -> Result<Self, String> {
        let note = Note::parse(note)?;
        if !note.is_signed_by(key) {
            return Err(format!("it is not signed by {key}"));
        }
        let line: Line = serde_json::from_str(note.line()).map_err(|error| error.to_string())?;
        if line.v != FORMAT {
            return Err("its format is a later one; a newer scaffold is needed to read it".into());
        }
        if line.origin != key.name() {
            return Err(format!("it is about {}", line.origin));
        }
        let time = humantime::parse_rfc3339(&line.time).map_err(|error| error.to_string())?;
        Ok(Self {
            origin: line.origin,
            time,
        })
    }
}
