//! Whose packages are believed: which keys speak for a namespace of a registry, and how new what the registry says is.
//!
//! A namespace is pinned at its first use: the newest key set there is then is remembered, and what comes later is
//! believed only where that set leads to it (see [`scaffold_registry::keys`]). A project's lock names who signed what is
//! locked, and whoever has a clone of it is held to that as well. So the first use is the one time at which a registry is
//! taken at its word, and the user is told of it in a line.
//!
//! What is decided here is decided before anything of a package is opened. A first use is kept only when the user was told
//! of it ([`Trust::tell_news`]); what follows from what was kept before is kept at once, so that nobody can take back a
//! change of keys that was seen.

mod chains;
mod error;
mod file;
mod pins;
mod state;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use scaffold_registry::{
    Release, Source,
    keys::{Chain, KeySet, Refused, VerifyingKey},
};

pub use error::TrustError;
pub use pins::{NamespacePin, Pins, PinsError, RegistryPin};

use crate::{
    project::{Lock, Pinned},
    sources::{OFFICIAL, must_be_signed},
};

/// What a user should hear about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A step that was done, and about what.
    Done(&'static str, String),
    Warning(String),
}

/// What is trusted, and what this run found out about it.
#[derive(Default)]
pub struct Trust {
    pins: RefCell<Pins>,
    offline: bool,
    keep: bool,
    /// Registry, namespace and key of all that the project has locked.
    locked: Vec<(String, String, VerifyingKey)>,
    /// By registry and namespace, of a copy or not.
    chains: RefCell<BTreeMap<(String, String, bool), Chain>>,
    fresh: RefCell<BTreeSet<String>>,
    news: RefCell<Vec<News>>,
}

impl Trust {
    /// What is trusted according to `trust.toml` in the user's folder; nothing yet without one. With `keep`, what is found
    /// out is remembered there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(config: Option<&Path>, offline: bool, keep: bool) -> Result<Self, PinsError> {
        Ok(Self {
            pins: RefCell::new(Pins::open(config)?),
            offline,
            keep,
            ..Self::default()
        })
    }

    /// Holds every registry to the keys that signed what the project has locked from it.
    #[must_use]
    pub fn with_lock(mut self, lock: &Lock) -> Self {
        let pins = lock.generators.iter();
        let pins = pins.flat_map(|locked| [Some(&locked.package), locked.engine.as_ref()]);
        self.locked = pins
            .flatten()
            .filter_map(|pin| {
                let namespace = pin.package.namespace().to_owned();
                Some((pin.registry.clone(), namespace, pin.signer.clone()?))
            })
            .collect();
        self
    }

    /// Who signed a release that a registry lists, once everything about it was checked: that there is a statement, that
    /// the index says the same, that the signature is one of the keys that are trusted, and that the registry does not show
    /// itself as it was long ago. None for what need not be signed and is not.
    ///
    /// `locked` is the pin of a project that has locked the release already: a key that was revoked since is then warned
    /// about, so that the project goes on.
    ///
    /// # Errors
    /// It is not to be believed, or could not be found out.
    pub fn signer(
        &self,
        source: &dyn Source,
        release: &Release,
        locked: Option<&Pinned>,
    ) -> Result<Option<VerifyingKey>, TrustError> {
        if source.id() == OFFICIAL {
            return Ok(None);
        }
        let signer = self.check(source, release, locked);
        // What a registry said wrongly once shall not stay wrong here for good.
        if signer.is_err() && !self.offline {
            source.forget(&release.name, &release.version);
        }
        signer
    }

    fn check(
        &self,
        source: &dyn Source,
        release: &Release,
        locked: Option<&Pinned>,
    ) -> Result<Option<VerifyingKey>, TrustError> {
        let id = source.id();
        let what = |reason: String| TrustError::Refused {
            package: format!("{} {}", release.name, release.version),
            registry: id.to_owned(),
            reason,
        };
        let optional = !must_be_signed(id);
        // A copy says nothing of how new the registry is.
        if !optional && !self.offline && !source.is_copy() {
            self.check_state(source)?;
        }
        let statement = match source.statement(&release.name, &release.version)? {
            Some(statement) => statement,
            None if optional => return Ok(None),
            None => return Err(what("its author has made no statement about it".into())),
        };
        statement
            .check(release)
            .map_err(|reason| what(reason.to_string()))?;
        if optional && !statement.claims_a_signature() {
            return Ok(None);
        }
        let chain = self.chain(source, &release.name, statement.keys())?;
        let signer = match chain.signer(&statement) {
            Ok(signer) => signer.clone(),
            Err(Refused::Revoked(key)) if locked.is_some() => key,
            Err(refused) => return Err(self.explain(source, &statement, refused, what)),
        };
        if let Some(known) = locked.and_then(|pin| pin.signer.as_ref())
            && *known != signer
        {
            return Err(TrustError::Signer {
                package: format!("{} {}", release.name, release.version),
                locked: known.clone(),
                found: signer,
            });
        }
        // What came with a project is no first meeting with its registry: others would say for this user whom to trust.
        if !source.is_copy() {
            self.pin(id, &chain);
        }
        if let Some(pin) = locked {
            // It may have been learned just now.
            self.warn_of_revoked(pin);
        }
        Ok(Some(signer))
    }

    /// Says so when a key that signed what is locked was revoked since; asks nobody.
    pub fn warn_of_revoked(&self, pin: &Pinned) {
        let Some(key) = &pin.signer else { return };
        let pins = self.pins.borrow();
        let pinned = pins.namespace(&pin.registry, pin.package.namespace());
        if pinned.is_some_and(|pinned| pinned.set.revoked().contains(key)) {
            self.tell(News::Warning(format!(
                "{} {} is locked and goes on working, but the key that signed it was revoked since: {key}; take a newer version with scaffold update",
                pin.package.short(), pin.version
            )));
        }
    }

    /// Passes on what was found out since this was called last; what has been said is remembered from then on.
    pub fn tell_news(&self, mut say: impl FnMut(News)) {
        self.news.take().into_iter().for_each(&mut say);
        if self.keep
            && let Err(error) = self.pins.borrow_mut().save()
        {
            say(unkept(&error));
        }
    }

    fn tell(&self, news: News) {
        let mut told = self.news.borrow_mut();
        if !told.contains(&news) {
            told.push(news);
        }
    }

    /// What is pinned, with what is not remembered yet.
    pub fn pins(&self) -> std::cell::Ref<'_, Pins> {
        self.pins.borrow()
    }

    /// Pins a namespace to the keys a registry has for it, because the user knows that `key` is theirs: in the place of
    /// whatever was pinned.
    ///
    /// # Errors
    /// The registry's newest set does not have the key.
    pub fn set(
        &self,
        source: &dyn Source,
        namespace: &str,
        key: &VerifyingKey,
    ) -> Result<KeySet, TrustError> {
        let id = source.id();
        let chain = self.newest(source, namespace, None)?;
        let newest = chain.newest();
        if !newest.keys().contains(key) {
            return Err(TrustError::NotTheirs {
                registry: id.to_owned(),
                key: key.clone(),
                found: newest.keys().to_vec(),
            });
        }
        self.pins.borrow_mut().set_namespace(NamespacePin {
            registry: id.to_owned(),
            set: newest.clone(),
            confirmed: true,
        });
        Ok(newest.clone())
    }

    /// Forgets a namespace's pin, or with none a registry's; whether there was one.
    pub fn forget(&self, registry: &str, namespace: Option<&str>) -> bool {
        let mut pins = self.pins.borrow_mut();
        match namespace {
            Some(namespace) => pins.forget_namespace(registry, namespace),
            None => pins.forget_registry(registry),
        }
    }
}

fn unkept(error: &PinsError) -> News {
    News::Warning(format!("what is trusted could not be remembered: {error}"))
}

/// Keys as a message lists them.
pub fn listed(keys: &[VerifyingKey]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(", ")
}
