//! Which keys speak for a namespace now, from those that are trusted to the newest.

use scaffold_registry::{
    PackageName, Source, Statement,
    keys::{Chain, KeySet, KeySetError, Refused},
};

use super::{NamespacePin, News, Trust, TrustError, listed, unkept};

impl Trust {
    /// The key sets of a package's namespace, as far as the one that is pinned, or set 1, leads; back to set `wanted`
    /// and to every key that the lock names.
    pub(super) fn chain(
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
            None => {
                let pins = self.pins.borrow();
                let pinned = pins.namespace(id, namespace).map(|pin| pin.set.clone());
                drop(pins);
                self.newest(source, namespace, pinned)?
            }
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
            self.keep_what_follows();
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

    /// From the set that is trusted, or else from set 1, to the newest there is.
    pub(super) fn newest(
        &self,
        source: &dyn Source,
        namespace: &str,
        trusted: Option<KeySet>,
    ) -> Result<Chain, TrustError> {
        let id = source.id();
        let first = match trusted {
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

    fn broken(&self, registry: &str, source: KeySetError) -> TrustError {
        TrustError::Chain {
            registry: registry.to_owned(),
            namespace: source.namespace.clone(),
            reason: source.to_string(),
        }
    }

    /// A statement that is not believed: because the registry has other keys than it had, if that is so.
    pub(super) fn explain(
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
    pub(super) fn pin(&self, registry: &str, chain: &Chain) {
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

    fn keep_what_follows(&self) {
        if self.keep
            && let Err(error) = self.pins.borrow_mut().save_what_follows()
        {
            self.tell(unkept(&error));
        }
    }
}
