//! What an author states about one version, and signs.

use std::fmt;

use semver::Version;
use serde::Serialize;

use crate::keys::{Note, SigningKey, VerifyingKey};
use crate::release::{FORMAT, LINE_BYTES, ReleaseError};
use crate::{PackageName, Release};

/// An author's statement that a version of a package is a certain blob: `v1/releases/<namespace>/<name>/<version>.note`.
///
/// It is a [`Note`] whose line is an index line without what only the registry can say (`yanked`, `security`), and with one field
/// more: `keys`, the number of the [`KeySet`](crate::keys::KeySet) that signs it. Without `keys` nobody does. Being part of
/// the line, the number is signed as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What is stated, as it was read from the note; what only a registry can say is never in it.
    pub release: Release,
    keys: u32,
    note: Note,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u64,
    #[serde(skip_serializing_if = "is_none")]
    keys: u32,
    #[serde(flatten)]
    release: &'a Release,
}

fn is_none(keys: &u32) -> bool {
    *keys == 0
}

impl Statement {
    /// A statement nobody has signed.
    ///
    /// # Errors
    /// The package has too much to say about itself.
    pub fn unsigned(release: Release) -> Result<Self, String> {
        Self::make(release, 0)
    }

    /// A statement signed by a key of set `keys` of its namespace.
    ///
    /// # Errors
    /// The package has too much to say about itself.
    pub fn signed(release: Release, keys: u32, key: &SigningKey) -> Result<Self, String> {
        let mut statement = Self::make(release, keys)?;
        statement.note.sign(key);
        Ok(statement)
    }

    fn make(release: Release, keys: u32) -> Result<Self, String> {
        let release = stated(release);
        let line = serde_json::to_string(&Line {
            v: FORMAT,
            keys,
            release: &release,
        })
        .map_err(|error| error.to_string())?;
        if line.len() > LINE_BYTES {
            return Err(format!(
                "its statement would take {} bytes and at most {LINE_BYTES} are allowed; shorten the manifest",
                line.len()
            ));
        }
        Ok(Self {
            release,
            keys,
            note: Note::unsigned(line),
        })
    }

    /// The number of the key set that signs it; 0 where nobody does.
    #[must_use]
    pub fn keys(&self) -> u32 {
        self.keys
    }

    /// Whether it says that somebody signs it, or carries a signature; either has to be checked then.
    #[must_use]
    pub fn claims_a_signature(&self) -> bool {
        self.keys != 0 || self.note.has_signatures()
    }

    /// Whether this key has signed it. Which keys may is for [`Chain`](crate::keys::Chain) to say.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        self.note.is_signed_by(key)
    }

    /// Whether the index says the same. The statement decides; a registry whose index says something else is broken, or
    /// lies.
    ///
    /// # Errors
    /// [`ReleaseError::Disagrees`] with the first difference.
    pub fn check(&self, listed: &Release) -> Result<(), ReleaseError> {
        let package = format!("{} {}", self.release.name, self.release.version);
        let unreadable = |error: serde_json::Error| ReleaseError::Statement {
            package: package.clone(),
            reason: error.to_string(),
        };
        let value = |release: &Release| serde_json::to_value(release).map_err(unreadable);
        let (listed, stated) = (value(&stated(listed.clone()))?, value(&self.release)?);
        let fields = listed.as_object().into_iter().flatten();
        for (field, listed) in fields {
            if listed != &stated[field] {
                return Err(ReleaseError::Disagrees {
                    package,
                    field: field.clone(),
                    listed: listed.to_string(),
                    stated: stated[field].to_string(),
                });
            }
        }
        Ok(())
    }

    /// The text of the note, byte for byte as it was read.
    #[must_use]
    pub fn to_note(&self) -> String {
        self.note.to_string()
    }

    /// Reads the note of one version. No signature is checked.
    ///
    /// # Errors
    /// [`ReleaseError::Statement`] when it is no note, no release, of a later format, or about another version.
    pub fn read(name: &PackageName, version: &Version, note: &str) -> Result<Self, ReleaseError> {
        Self::parse(name, version, note).map_err(|reason| ReleaseError::Statement {
            package: format!("{name} {version}"),
            reason,
        })
    }

    fn parse(name: &PackageName, version: &Version, note: &str) -> Result<Self, String> {
        #[derive(serde::Deserialize)]
        struct Keys {
            #[serde(default)]
            keys: u32,
        }
        let note = Note::parse(note)?;
        let release = Release::parse(note.line(), name)?
            .ok_or("its format is a later one; a newer scaffold is needed to read it")?;
        if release.version != *version {
            return Err(format!("it is about version {}", release.version));
        }
        if release.yanked.is_some() || release.security {
            return Err("it says `yanked`, which is not for a statement to say".to_owned());
        }
        let Keys { keys } = serde_json::from_str(note.line()).map_err(|error| error.to_string())?;
        Ok(Self {
            release,
            keys,
            note,
        })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.release.name, self.release.version)
    }
}

/// A release without what only a registry can say of it.
fn stated(release: Release) -> Release {
    Release {
        yanked: None,
        security: false,
        ..release
    }
}

#[cfg(test)]
#[path = "statement_tests.rs"]
mod tests;
