//! A copy of a registry, or of a part of it.

use std::collections::{BTreeMap, btree_map::Entry};
use std::str::FromStr;

use super::super::{self as publish, PublishError, Tree, Yank};
use crate::keys::{Chain, KeySetError, Refused};
use crate::storage::Storage;
use crate::{Digest, PackageName, Release, ReleaseError, Source, SourceError, Statement};

/// What is copied: a whole namespace, or one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    namespace: String,
    name: Option<PackageName>,
}

impl FromStr for Only {
    type Err = crate::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name: PackageName = match text.contains('/') {
            true => text.parse()?,
            // A namespace has the alphabet of a name.
            false => format!("{text}/any").parse()?,
        };
        Ok(Self {
            namespace: name.namespace().to_owned(),
            name: text.contains('/').then_some(name),
        })
    }
}

impl Only {
    fn holds(&self, name: &PackageName) -> bool {
        match &self.name {
            Some(only) => only == name,
            None => self.namespace == name.namespace(),
        }
    }
}

/// What was copied.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// Versions that are new to the copy.
    pub copied: Vec<Release>,
    /// Versions it had.
    pub had: usize,
    /// Versions that were taken back, or offered again, since the last time.
    pub yanks: usize,
}

/// Why a copy was not made to its end. What was copied stays, and the next time goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The copy cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The index says something else than the author.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// A key set does not follow those before it.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// The index has a version, and there is no statement about it.
    #[error(
        "{registry} lists {package} and has no statement about it; nothing says who published it"
    )]
    NoStatement {
        /// The source.
        registry: String,
        /// The package and the version.
        package: String,
    },
    /// The author did not sign it.
    #[error("the statement about {package} is not believed: {reason}")]
    Signature {
        /// The package and the version.
        package: String,
        /// Why.
        reason: Refused,
    },
    /// The bytes are not those that were stated.
    #[error("{registry} says that {package} is {expected}, and gives {found}")]
    Digest {
        /// The source.
        registry: String,
        /// The package and the version.
        package: String,
        /// What the statement names.
        expected: Digest,
        /// What came.
        found: Digest,
    },
}

/// Copies what `from` has and `to` has not: key sets, versions with their statements as they stand, and what is taken back.
/// Every signature and every digest is checked on the way; `unsigned` says whether statements nobody signed are taken, as
/// they are from the folder of somebody one trusts.
///
/// # Errors
/// [`MirrorError`] at the first thing that is not right.
pub fn mirror(
    from: &dyn Source,
    to: &dyn Storage,
    only: &[Only],
    unsigned: bool,
    mut told: impl FnMut(&Release),
) -> Result<Mirrored, MirrorError> {
    let mut names = from.names()?;
    names.retain(|name| only.is_empty() || only.iter().any(|only| only.holds(name)));
    let mut done = Mirrored::default();
    let mut chains: BTreeMap<String, Option<Chain>> = BTreeMap::new();
    for name in &names {
        let namespace = name.namespace();
        let chain = match chains.entry(namespace.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(keys(from, to, namespace)?),
        };
        let copy = Copy {
            from,
            to,
            chain: chain.as_ref(),
            unsigned,
        };
        for listed in from.releases(name)? {
            match copy.release(&listed)? {
                true => {
                    told(&listed);
                    done.copied.push(listed.clone());
                }
                false => done.had += 1,
            }
            done.yanks += usize::from(copy.yank(&listed)?);
        }
    }
    Ok(done)
}

/// Copies the key sets of a namespace, each checked against the one before it.
fn keys(
    from: &dyn Source,
    to: &dyn Storage,
    namespace: &str,
) -> Result<Option<Chain>, MirrorError> {
    let get = |number| {
        let set = from.keys(namespace, number)?;
        Ok::<_, MirrorError>(set.map(|set| set.to_note()))
    };
    let chain = Chain::read(namespace, get)?;
    for set in chain.iter().flat_map(Chain::sets) {
        publish::put_keys(to, set)?;
    }
    Ok(chain)
}

struct Copy<'a> {
    from: &'a dyn Source,
    to: &'a dyn Storage,
    chain: Option<&'a Chain>,
    unsigned: bool,
}

impl Copy<'_> {
    /// Copies one version; whether it is new.
    fn release(&self, listed: &Release) -> Result<bool, MirrorError> {
        let package = format!("{} {}", listed.name, listed.version);
        let registry = || self.from.id().to_owned();
        if self.has(listed)? {
            return Ok(false);
        }
        let statement = self.from.statement(&listed.name, &listed.version)?;
        let Some(statement) = statement else {
            let registry = registry();
            return Err(MirrorError::NoStatement { registry, package });
        };
        self.believe(&statement, &package)?;
        statement.check(listed)?;
        let archive = self.from.blob(&statement.release)?;
        let found = Digest::of(&archive);
        if found != statement.release.blob {
            return Err(MirrorError::Digest {
                registry: registry(),
                package,
                expected: statement.release.blob,
                found,
            });
        }
        publish::publish(self.to, &statement, &archive)?;
        Ok(true)
    }

    /// Whether the copy has a version. One with other contents is an error: somebody has published into the copy, or the
    /// source has changed what it must not change.
    fn has(&self, listed: &Release) -> Result<bool, PublishError> {
        publish::open_or_make(self.to)?;
        Tree { storage: self.to }.is_published(listed)
    }

    fn believe(&self, statement: &Statement, package: &str) -> Result<(), MirrorError> {
        let refused = match self.chain {
            Some(chain) => chain.signer(statement).err(),
            None => Some(Refused::Unsigned),
        };
        match refused {
            None => Ok(()),
            Some(Refused::Unsigned) if self.unsigned && !statement.claims_a_signature() => Ok(()),
            Some(reason) => Err(MirrorError::Signature {
                package: package.to_owned(),
                reason,
            }),
        }
    }

    /// Brings over whether a version is taken back; whether that has changed.
    fn yank(&self, listed: &Release) -> Result<bool, MirrorError> {
        let (name, version) = (&listed.name, &listed.version);
        let wanted = listed.yanked.as_ref();
        let wanted = wanted.map(|reason| Yank::new(reason, listed.security));
        let there = publish::yank::read(self.to, name, version)?;
        if there == wanted {
            return Ok(false);
        }
        match wanted {
            Some(yank) => publish::yank(self.to, name, version, &yank)?,
            None => publish::unyank(self.to, name, version)?,
        };
        Ok(true)
    }
}
