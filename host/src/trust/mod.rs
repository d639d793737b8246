//! Whose packages are believed: which keys speak for a namespace of a registry, and how new what the registry says is.
//!
//! A namespace is pinned at its first use: the newest key set there is then is remembered, and what comes later is
//! believed only where that set leads to it (see [`scaffold_registry::keys`]). A project's lock names who signed what is
//! locked, and whoever has a clone of it is held to that as well. So the first use is the one time at which a registry is
//! taken at its word, and the user is told of it in a line.
//!
//! What is decided here is decided before anything of a package is opened. A first use is kept only when the user was told
//! of it; what follows from what is pinned is kept at once, so that nobody can take back a change of keys that was seen.

mod error;
mod pins;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, SystemTime},
};

use scaffold_registry::{
    PackageName, Release, Source, Statement,
    keys::{Chain, KeySet, Refused, State, VerifyingKey},
};

pub use error::TrustError;
pub use pins::{NamespacePin, Pins, PinsError, RegistryPin};

use crate::{
    project::{Lock, Pinned},
    sources::{OFFICIAL, must_be_signed},
};

/// How much older than the newest that was seen a registry's state may be: copies of a registry are not all of one hour.
const OLDER: Duration = Duration::from_secs(24 * 60 * 60);

/// How old a registry's state may be before the user hears of it.
const STALE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

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
        let id = source.id();
        if id == OFFICIAL {
            return Ok(None);
        }
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

    /// What was found out since this was asked last, to be told to the user: it is remembered from now on.
    pub fn take_news(&self) -> Vec<News> {
        self.save();
        self.news.take()
    }

    fn save(&self) {
        if self.keep
            && let Err(error) = self.pins.borrow_mut().save()
        {
            self.tell(News::Warning(format!(
                "what is trusted could not be remembered: {error}"
            )));
        }
    }

    fn tell(&self, news: News) {
        let mut told = self.news.borrow_mut();
        if !told.contains(&news) {
            told.push(news);
        }
    }

    /// The key sets of a package's namespace, as far as the one that is pinned, or set 1, leads; back to set `wanted`
    /// and to every key that the lock names.
    fn chain(
        &self,
        source: &dyn Source,
        name: &PackageName,
        wanted: u32,
    ) -> Result<Chain, TrustError> {
        let (id, namespace) = (source.id(), name.namespace());
        let place = (id.to_owned(), namespace.to_owned(), source.is_copy());
        let known = self.chains.borrow().get(&place).cloned();
        let mut chain = match known {
            Some(chain) => chain,
            None => self.newest(source, namespace)?,
        };
        let pins = self.pins.borrow();
        let confirmed = pins.namespace(id, namespace).is_some_and(|p| p.confirmed);
        drop(pins);
        let locked = |chain: &Chain| {
            if confirmed {
                return None;
            }
            let all = self.locked.iter();
            let mut ours = all.filter(|(registry, of, _)| registry == id && of == namespace);
            ours.find(|(_, _, key)| !chain.knows(key))
                .map(|(_, _, key)| key.clone())
        };
        while chain.oldest().number() > wanted.max(1) || locked(&chain).is_some() {
            let number = chain.oldest().number() - 1;
            if number == 0 {
                break;
            }
            let previous = source.keys(namespace, number)?;
            let previous = previous.ok_or_else(|| TrustError::Lost {
                registry: id.to_owned(),
                namespace: namespace.to_owned(),
                number,
            })?;
            chain
                .extend_back(previous)
                .map_err(|source| self.broken(id, source))?;
        }
        let follows = self.pins.borrow().namespace(id, namespace).is_some();
        if follows {
            // Whatever becomes of the package: a key that was revoked is not to come back.
            self.pin(id, &chain);
            self.save();
        }
        if let Some(key) = locked(&chain) {
            return Err(TrustError::Locked {
                registry: id.to_owned(),
                namespace: namespace.to_owned(),
                locked: key,
                found: chain.newest().keys().to_vec(),
            });
        }
        self.chains.borrow_mut().insert(place, chain.clone());
        Ok(chain)
    }

    /// From the set that is pinned, or from set 1, to the newest there is.
    fn newest(&self, source: &dyn Source, namespace: &str) -> Result<Chain, TrustError> {
        let id = source.id();
        let pinned = self
            .pins
            .borrow()
            .namespace(id, namespace)
            .map(|pin| pin.set.clone());
        let first = match pinned {
            Some(set) => set,
            None => source
                .keys(namespace, 1)?
                .ok_or_else(|| TrustError::NoKeys {
                    registry: id.to_owned(),
                    namespace: namespace.to_owned(),
                })?,
        };
        let mut chain = Chain::of(first);
        loop {
            match source.keys(namespace, chain.newest().number() + 1) {
                Ok(Some(next)) => chain
                    .extend(next)
                    .map_err(|source| self.broken(id, source))?,
                Ok(None) => return Ok(chain),
                // Whether there is a newer one cannot be asked; what is at hand has to do.
                Err(_) if self.offline => return Ok(chain),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn broken(&self, registry: &str, source: scaffold_registry::keys::KeySetError) -> TrustError {
        TrustError::Chain {
            registry: registry.to_owned(),
            namespace: source.namespace.clone(),
            reason: source.to_string(),
        }
    }

    /// A statement that is not believed: because the registry has other keys than it had, if that is so.
    fn explain(
        &self,
        source: &dyn Source,
        statement: &Statement,
        refused: Refused,
        what: impl Fn(String) -> TrustError,
    ) -> TrustError {
        let (id, namespace) = (source.id(), statement.release.name.namespace());
        if let Refused::Revoked(key) = refused {
            return TrustError::Revoked {
                package: statement.to_string(),
                key,
            };
        }
        let pins = self.pins.borrow();
        let Some(pin) = pins.namespace(id, namespace) else {
            return what(refused.to_string());
        };
        match source.keys(namespace, pin.set.number()) {
            Ok(Some(served)) if served != pin.set => TrustError::Changed {
                registry: id.to_owned(),
                namespace: namespace.to_owned(),
                pinned: pin.set.keys().to_vec(),
                found: served.keys().to_vec(),
            },
            Ok(None) => TrustError::Lost {
                registry: id.to_owned(),
                namespace: namespace.to_owned(),
                number: pin.set.number(),
            },
            _ => what(refused.to_string()),
        }
    }

    /// Pins the newest set of a chain that begins with what is pinned, or that led to a good signature.
    fn pin(&self, registry: &str, chain: &Chain) {
        let newest = chain.newest();
        let mut pins = self.pins.borrow_mut();
        let known = pins.namespace(registry, newest.namespace());
        let (what, verb) = match known {
            Some(pin) if pin.set == *newest => return,
            Some(_) => ("New keys:", "rotated, signed by those before"),
            None => ("Trusting", "seen for the first time"),
        };
        let keys = listed(newest.keys());
        let text = format!("{} of {registry} by {keys} ({verb})", newest.namespace());
        let pin = NamespacePin {
            registry: registry.to_owned(),
            set: newest.clone(),
            confirmed: known.is_some_and(|pin| pin.confirmed),
        };
        pins.set_namespace(pin);
        drop(pins);
        self.tell(News::Done(what, text));
    }

    /// Whether a registry shows itself as it is now: the newest state that was seen is remembered.
    fn check_state(&self, source: &dyn Source) -> Result<(), TrustError> {
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
        let newer = known.as_ref().is_none_or(|known| known.time < state.time);
        if newer {
            let pin = RegistryPin {
                registry: id.to_owned(),
                key,
                time: state.time,
            };
            self.pins.borrow_mut().set_registry(pin);
        }
        Ok(())
    }

    /// What is pinned.
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
        self.pins.borrow_mut().forget_namespace(id, namespace);
        let chain = self.newest(source, namespace)?;
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

/// Keys as a message lists them.
pub fn listed(keys: &[VerifyingKey]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(", ")
}
