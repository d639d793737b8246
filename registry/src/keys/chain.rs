//! The history of a namespace's keys, and what it says about a signature.

use super::{KeySet, KeySetError, VerifyingKey};
use crate::Statement;

/// Consecutive key sets of one namespace, each of which follows the one before it. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    sets: Vec<KeySet>,
}

/// Why a statement is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is about a package of another namespace.
    #[error("it is about a package of another namespace than {0}")]
    Namespace(String),
    /// It names no key set.
    #[error("it is not signed")]
    Unsigned,
    /// It names a set this chain does not have.
    #[error(
        "it says that key set {number} of {namespace} signs it, and there are sets {first} to {newest}"
    )]
    NoSuchSet {
        /// Whose keys.
        namespace: String,
        /// The set it names.
        number: u32,
        /// The first there is.
        first: u32,
        /// The last there is.
        newest: u32,
    },
    /// No key of the set it names has signed it.
    #[error("none of its signatures is by a key of set {number} of {namespace}, which it names")]
    Signature {
        /// Whose keys.
        namespace: String,
        /// The set it names.
        number: u32,
    },
    /// The key that signed it was revoked.
    #[error("it is signed by {0}, which was revoked")]
    Revoked(VerifyingKey),
    /// For publishing: the keys were replaced since.
    #[error(
        "it is signed by key set {number} of {namespace}, and the newest is set {newest}; sign it with a key of that"
    )]
    Replaced {
        /// Whose keys.
        namespace: String,
        /// The set it names.
        number: u32,
        /// The newest there is.
        newest: u32,
    },
}

impl Chain {
    /// A chain of one set. Why that one is believed is the caller's to know: it is set 1 and everything begins with it,
    /// or it is the set that somebody remembers.
    #[must_use]
    pub fn of(set: KeySet) -> Self {
        Self { sets: vec![set] }
    }

    /// All key sets of a namespace, from the first; none where there is no set 1. `get` gives the text of a set's file.
    ///
    /// # Errors
    /// A set cannot be read or does not follow the one before it, or there are more than [`SETS`](super::SETS).
    pub fn read<E: From<KeySetError>>(
        namespace: &str,
        mut get: impl FnMut(u32) -> Result<Option<String>, E>,
    ) -> Result<Option<Self>, E> {
        let Some(first) = get(1)? else {
            return Ok(None);
        };
        let mut chain = Self::of(KeySet::read(namespace, 1, &first)?);
        let mut number = 2;
        while let Some(text) = get(number)? {
            chain.extend(KeySet::read(namespace, number, &text)?)?;
            number += 1;
        }
        Ok(Some(chain))
    }

    /// Adds the next set.
    ///
    /// # Errors
    /// It does not follow the newest one. The chain is as it was.
    pub fn extend(&mut self, next: KeySet) -> Result<(), KeySetError> {
        next.check_follows(self.newest())?;
        self.sets.push(next);
        Ok(())
    }

    /// Adds the set before the first one, which that one names by its digest: so it is believed as far as that one is.
    ///
    /// # Errors
    /// It is another one. The chain is as it was.
    pub fn extend_back(&mut self, previous: KeySet) -> Result<(), KeySetError> {
        self.oldest().check_follows(&previous)?;
        self.sets.insert(0, previous);
        Ok(())
    }

    /// The first set it knows of.
    #[must_use]
    pub fn oldest(&self) -> &KeySet {
        &self.sets[0]
    }

    /// The set that says who may sign now.
    #[must_use]
    pub fn newest(&self) -> &KeySet {
        &self.sets[self.sets.len() - 1]
    }

    /// Its sets, oldest first.
    #[must_use]
    pub fn sets(&self) -> &[KeySet] {
        &self.sets
    }

    /// The sets that another chain, from the first on, does not have yet; none where it is not the beginning of this one.
    #[must_use]
    pub fn beyond(&self, other: Option<&Self>) -> Option<&[KeySet]> {
        let other = other.map_or(&[][..], Self::sets);
        self.sets.strip_prefix(other)
    }

    /// Whether a key ever spoke for the namespace.
    #[must_use]
    pub fn knows(&self, key: &VerifyingKey) -> bool {
        self.sets.iter().any(|set| set.keys().contains(key))
    }

    /// Whether a key is valid for nothing any more.
    #[must_use]
    pub fn revokes(&self, key: &VerifyingKey) -> bool {
        self.newest().revoked().contains(key)
    }

    /// Who signed a statement that is in a registry: a key of the set it names, however old that is, which was not
    /// revoked since.
    ///
    /// # Errors
    /// Nobody did who may.
    pub fn signer(&self, statement: &Statement) -> Result<&VerifyingKey, Refused> {
        let namespace = self.newest().namespace();
        if statement.release.name.namespace() != namespace {
            return Err(Refused::Namespace(namespace.to_owned()));
        }
        let number = statement.keys();
        if number == 0 {
            return Err(Refused::Unsigned);
        }
        let set = self.sets.iter().find(|set| set.number() == number);
        let set = set.ok_or_else(|| Refused::NoSuchSet {
            namespace: namespace.to_owned(),
            number,
            first: self.oldest().number(),
            newest: self.newest().number(),
        })?;
        let mut signers = set
            .keys()
            .iter()
            .filter(|key| statement.is_signed_by(key))
            .peekable();
        let first = *signers.peek().ok_or_else(|| Refused::Signature {
            namespace: namespace.to_owned(),
            number,
        })?;
        signers
            .find(|key| !self.revokes(key))
            .ok_or_else(|| Refused::Revoked(first.clone()))
    }

    /// Who signed a statement that is about to be published: as [`Chain::signer`], and by the newest set. This is what a
    /// registry asks before it takes a release; the chain is all the sets it has of the namespace.
    ///
    /// # Errors
    /// Nobody did who may now.
    pub fn accept(&self, statement: &Statement) -> Result<&VerifyingKey, Refused> {
        let signer = self.signer(statement)?;
        let newest = self.newest();
        if statement.keys() != newest.number() {
            return Err(Refused::Replaced {
                namespace: newest.namespace().to_owned(),
                number: statement.keys(),
                newest: newest.number(),
            });
        }
        Ok(signer)
    }
}
