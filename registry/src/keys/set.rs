//! Which keys speak for a namespace.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Note, SigningKey, VerifyingKey};
use crate::Digest;
use crate::name::check_namespace;

/// The only format of a key set there is.
const FORMAT: u64 = 1;

/// Most key sets a namespace can have; a reader follows no longer chain.
pub const SETS: u32 = 1000;

/// Most keys that may be valid at once.
const KEYS: usize = 16;

/// The keys of a namespace from one change of them to the next: `v1/namespaces/<namespace>/<number>.note`.
///
/// ```text
/// {"v":1,"namespace":"acme","number":2,"previous":"sha256:…","keys":["acme+…"],"revoked":["acme+…"]}
/// ```
///
/// `previous` is the SHA-256 of the set before it: of its line, with the newline, as it was signed. Set 1 has none.
/// `revoked` only grows: a key that is in it is never valid again, for anything, whenever it signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    line: Line,
    note: Note,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    v: u64,
    namespace: String,
    number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Digest>,
    keys: Vec<VerifyingKey>,
    revoked: Vec<VerifyingKey>,
}

/// A key set that is none, or does not follow the one before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key set {number} of the namespace {namespace} cannot be used: {reason}")]
pub struct KeySetError {
    /// Whose keys.
    pub namespace: String,
    /// Which set.
    pub number: u32,
    /// What is wrong.
    pub reason: String,
}

impl KeySet {
    /// The first set of the namespace that the key is named after.
    ///
    /// # Errors
    /// The key's name is no namespace.
    pub fn first(key: &SigningKey) -> Result<Self, KeySetError> {
        let public = key.verifying_key();
        Self::make(
            Line {
                v: FORMAT,
                namespace: public.name().to_owned(),
                number: 1,
                previous: None,
                keys: vec![public],
                revoked: Vec::new(),
            },
            &[key],
        )
    }

    /// The set after this one, in which `new` stands in the place of `old`. With `revoke`, `old` is valid for nothing
    /// any more; without, what it has signed stays good.
    ///
    /// # Errors
    /// `old` is not in this set, or `new` cannot be in the next.
    pub fn rotate(
        &self,
        old: &SigningKey,
        new: &SigningKey,
        revoke: bool,
    ) -> Result<Self, KeySetError> {
        let (leaving, coming) = (old.verifying_key(), new.verifying_key());
        if !self.keys().contains(&leaving) {
            return Err(self.wrong(format!("{leaving} is not in it")));
        }
        let mut keys = self.line.keys.clone();
        keys.retain(|key| *key != leaving);
        keys.push(coming);
        let mut revoked = self.line.revoked.clone();
        revoked.extend(revoke.then_some(leaving));
        let line = Line {
            v: FORMAT,
            namespace: self.line.namespace.clone(),
            number: self.line.number + 1,
            previous: Some(self.digest()),
            keys,
            revoked,
        };
        let next = Self::make(line, &[old, new])?;
        next.check_follows(self)?;
        Ok(next)
    }

    fn make(line: Line, signers: &[&SigningKey]) -> Result<Self, KeySetError> {
        let (namespace, number) = (line.namespace.clone(), line.number);
        let wrong = |reason: String| KeySetError {
            namespace: namespace.clone(),
            number,
            reason,
        };
        let json = serde_json::to_string(&line).map_err(|error| wrong(error.to_string()))?;
        let mut note = Note::unsigned(json);
        for signer in signers {
            note.sign(signer);
        }
        // By the way readers go, so that nothing is made that they would not take.
        Self::read(&namespace, number, &note.to_string())
    }

    /// Reads set `number` of a namespace, and checks that a key of its own has signed it. Whether it follows the one
    /// before it is for [`Chain`](super::Chain) to say.
    ///
    /// # Errors
    /// It is no key set, another one, or not signed.
    pub fn read(namespace: &str, number: u32, note: &str) -> Result<Self, KeySetError> {
        Self::parse(namespace, number, note).map_err(|reason| KeySetError {
            namespace: namespace.to_owned(),
            number,
            reason,
        })
    }

    fn parse(namespace: &str, number: u32, note: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            v: u64,
        }
        let note = Note::parse(note)?;
        let Format { v } = serde_json::from_str(note.line()).map_err(|error| error.to_string())?;
        if v != FORMAT {
            return Err("its format is a later one; a newer scaffold is needed to read it".into());
        }
        let line: Line = serde_json::from_str(note.line()).map_err(|error| error.to_string())?;
        check_namespace(&line.namespace)?;
        if (&*line.namespace, line.number) != (namespace, number) {
            return Err(format!("it is set {} of {}", line.number, line.namespace));
        }
        if number == 0 || number > SETS {
            return Err(format!("sets are counted from 1 to {SETS}"));
        }
        if line.previous.is_some() != (number > 1) {
            return Err("`previous` is the digest of the set before it, and set 1 has none".into());
        }
        if line.keys.is_empty() || line.keys.len() > KEYS {
            return Err(format!("a set has 1 to {KEYS} keys"));
        }
        let mut seen = BTreeSet::new();
        for key in line.keys.iter().chain(&line.revoked) {
            if key.name() != namespace {
                return Err(format!("{key} is not a key of {namespace}"));
            }
            if !seen.insert(key.to_string()) {
                return Err(format!("{key} is in it twice"));
            }
        }
        if !line.keys.iter().any(|key| note.is_signed_by(key)) {
            return Err("none of its own keys has signed it".into());
        }
        Ok(Self { line, note })
    }

    /// Whether this may come after `previous`.
    ///
    /// # Errors
    /// It is not the next one, is about another set before it, is not signed by a key of that, or takes back that a key
    /// was revoked.
    pub(super) fn check_follows(&self, previous: &Self) -> Result<(), KeySetError> {
        if (self.namespace(), self.number()) != (previous.namespace(), previous.number() + 1) {
            return Err(self.wrong(format!("it does not come after set {}", previous.number())));
        }
        if self.line.previous != Some(previous.digest()) {
            return Err(self.wrong("it was made after another set than the one before it".into()));
        }
        if !previous
            .keys()
            .iter()
            .any(|key| self.note.is_signed_by(key))
        {
            return Err(self.wrong("no key of the set before it has signed it".into()));
        }
        let lost = |key: &&VerifyingKey| !self.revoked().contains(key);
        if let Some(key) = previous.revoked().iter().find(lost) {
            return Err(self.wrong(format!("it takes back that {key} was revoked")));
        }
        Ok(())
    }

    fn wrong(&self, reason: String) -> KeySetError {
        KeySetError {
            namespace: self.line.namespace.clone(),
            number: self.line.number,
            reason,
        }
    }

    /// Whose keys these are.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.line.namespace
    }

    /// Which set it is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.line.number
    }

    /// The keys that may sign; never empty, and none of them is revoked.
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.line.keys
    }

    /// The keys that are valid for nothing any more.
    #[must_use]
    pub fn revoked(&self) -> &[VerifyingKey] {
        &self.line.revoked
    }

    /// What the set after it names it by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.note.text().as_bytes())
    }

    /// The text of its file.
    #[must_use]
    pub fn to_note(&self) -> String {
        self.note.to_string()
    }
}
