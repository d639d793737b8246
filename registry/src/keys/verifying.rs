//! What others know of a key.

use std::fmt;
use std::str::FromStr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Digest;

/// What the algorithm is called in a key's text and in its hash: Ed25519.
const ED25519: u8 = 1;

/// Most bytes in a key's name.
const NAME_BYTES: usize = 128;

/// The public half of a key, with the name of whom it speaks for: a namespace, or a registry's origin.
///
/// Its text is a [C2SP](https://c2sp.org/signed-note#verifier-keys) verifier key:
/// `<name>+<hash, 8 hexadecimal digits>+<base64 of 0x01 and the 32 bytes of the key>`. Only one spelling is read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifyingKey {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a key: {reason}; a key looks like acme+1a2b3c4d+AQ…")]
pub struct VerifyingKeyError {
    /// What was read, shortened.
    pub text: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// Whether `name` may stand in a key and in a signature line.
///
/// # Errors
/// What is wrong.
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err("its name has 1 to 128 characters");
    }
    // C2SP takes any letters; these cannot be mistaken for one another in a message.
    if !name.bytes().all(|b| b.is_ascii_graphic() && b != b'+') {
        return Err("its name is made of visible ASCII characters other than `+`");
    }
    Ok(())
}

impl VerifyingKey {
    pub(super) fn new(name: &str, key: ed25519_dalek::VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            key,
        }
    }

    /// Whom it speaks for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn with_algorithm(&self) -> [u8; 33] {
        let mut bytes = [ED25519; 33];
        bytes[1..].copy_from_slice(self.key.as_bytes());
        bytes
    }

    /// What tells it from other keys of its name; not a secret, and not proof of anything.
    pub(super) fn hash(&self) -> [u8; 4] {
        let text = [self.name.as_bytes(), b"\n", &self.with_algorithm()].concat();
        let [a, b, c, d, ..] = *Digest::of(&text).as_bytes();
        [a, b, c, d]
    }

    /// Whether `signature` is this key's for `text`.
    pub(super) fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it does not have three parts");
        };
        check_name(name)?;
        let bytes = BASE64_STANDARD
            .decode(base64)
            .map_err(|_| "its last part is not base64")?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err("it is of an algorithm this scaffold does not know");
        };
        let key = key.try_into().map_err(|_| "it is not 32 bytes long")?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or("it is no Ed25519 key")?;
        let key = Self::new(name, key);
        if key.to_string() != text {
            return Err("its parts do not belong together");
        }
        Ok(key)
    }
}

impl FromStr for VerifyingKey {
    type Err = VerifyingKeyError;

    fn from_str(text: &str) -> Result<Self, VerifyingKeyError> {
        Self::parse(text).map_err(|reason| VerifyingKeyError {
            text: text.chars().take(100).collect(),
            reason,
        })
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = u32::from_be_bytes(self.hash());
        let base64 = BASE64_STANDARD.encode(self.with_algorithm());
        write!(f, "{}+{hash:08x}+{base64}", self.name)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
