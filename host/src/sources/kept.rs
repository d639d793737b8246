//! A registry on the network, together with what is kept of its answers.
//!
//! What never changes (statements, key sets) is asked for once and for all. Everything else is asked for once in a run,
//! with the tag of what is kept, so that what did not change is not sent again. Archives are the packages' business and are
//! kept by their digest, once somebody has checked it.
//!
//! A registry may add to an index and never take anything out of it: one that does is not believed. Offline nothing is
//! asked at all.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use scaffold_registry::{Fetch, Fetched, Object, PackageName, SourceError, release};

use crate::store::{Answer, Store};

/// Gets files of a registry, from what is kept where that will do.
pub struct Kept<F> {
    fetch: F,
    store: Store,
    offline: bool,
    /// What was asked in this run, by path.
    asked: Mutex<HashMap<String, Result<Answer, SourceError>>>,
}

impl<F: Fetch> Kept<F> {
    pub fn new(fetch: F, store: Store, offline: bool) -> Self {
        Self {
            fetch,
            store,
            offline,
            asked: Mutex::default(),
        }
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<String, Result<Answer, SourceError>>> {
        // Whoever panicked, each entry is whole.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer for a file, without a look at what was asked before in this run.
    fn answer(&self, object: &Object<'_>, limit: u64) -> Result<Answer, SourceError> {
        let path = object.path();
        let is_archive = matches!(object, Object::Blob(..));
        let kept = match is_archive {
            true => None,
            false => self.store.answer(self.id(), &path),
        };
        let kept = kept.filter(|kept| kept.length() <= limit);
        // Keys are asked for again all the same, which is rare: that a registry has come to have others is what has to be
        // noticed, and told apart from what the user then trusts anew.
        let never_changes = object.is_immutable() && !matches!(object, Object::Keys(..));
        if let Some(kept) = &kept
            && (self.offline || (never_changes && kept.bytes.is_some()))
        {
            return Ok(kept.clone());
        }
        if self.offline {
            return Err(SourceError::Offline {
                what: object.to_string(),
                id: self.id().to_owned(),
            });
        }
        let known = kept.as_ref().filter(|kept| kept.bytes.is_some());
        let tag = known.and_then(|known| known.tag.as_deref());
        let answer = match (self.fetch.get(object, limit, tag)?, known) {
            (Fetched::Same, Some(known)) => return Ok(known.clone()),
            (Fetched::Found { bytes, tag }, _) => Answer {
                bytes: Some(bytes.into_owned()),
                tag,
            },
            (Fetched::Missing | Fetched::Same, _) => Answer {
                bytes: None,
                tag: None,
            },
        };
        if let Object::Index(name) = object
            && let Some(reason) = known.and_then(|known| went_back(name, known, &answer))
        {
            return Err(SourceError::WentBack {
                id: self.id().to_owned(),
                reason,
            });
        }
        // That there is no such file is worth keeping where offline somebody would ask.
        let is_kept = answer.bytes.is_some() || matches!(object, Object::Index(_));
        if is_kept && !is_archive && is_readable(object, &answer) {
            // Best effort: what is not kept is asked for again.
            let _ = self.store.keep_answer(self.id(), &path, &answer);
        }
        Ok(answer)
    }
}

impl<F: Fetch> Fetch for Kept<F> {
    fn id(&self) -> &str {
        self.fetch.id()
    }

    fn place(&self, object: &Object<'_>) -> String {
        self.fetch.place(object)
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        _known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let path = object.path();
        // Archives and errors are handed out once: the ones are large, the others may not last.
        let answer = match self.asked().remove(&path) {
            Some(answer) => answer?,
            None => self.answer(object, limit)?,
        };
        if !matches!(object, Object::Blob(..)) {
            self.asked().insert(path, Ok(answer.clone()));
        }
        Ok(match answer.bytes {
            None => Fetched::Missing,
            Some(bytes) => Fetched::Found {
                bytes: Cow::Owned(bytes),
                tag: answer.tag,
            },
        })
    }

    fn forget(&self, object: &Object<'_>) {
        let path = object.path();
        self.asked().remove(&path);
        self.store.forget_answer(self.id(), &path);
    }

    fn warm(&self, files: &[(Object<'_>, u64)]) {
        let is_cold = |object: &Object<'_>| !self.asked().contains_key(&object.path());
        let cold: Vec<_> = files.iter().filter(|(object, _)| is_cold(object)).collect();
        // One alone is as well asked for when it is needed; offline there is nothing to wait for.
        if self.offline || cold.len() < 2 {
            return;
        }
        thread::scope(|scope| {
            for (object, limit) in cold {
                scope.spawn(|| {
                    let answer = self.answer(object, *limit);
                    self.asked().insert(object.path(), answer);
                });
            }
        });
    }
}

impl Answer {
    fn length(&self) -> u64 {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }

    fn releases(&self, name: &PackageName) -> Option<Vec<release::Release>> {
        let text = std::str::from_utf8(self.bytes.as_deref().unwrap_or_default()).ok()?;
        release::read_index(name, text).ok()
    }
}

/// Whether it can be read. What cannot is no reason to forget what is kept.
fn is_readable(object: &Object<'_>, answer: &Answer) -> bool {
    match object {
        Object::Index(name) => answer.releases(name).is_some(),
        _ => true,
    }
}

/// What an index had that it has no more.
fn went_back(name: &PackageName, known: &Answer, answer: &Answer) -> Option<String> {
    let (before, now) = (known.releases(name)?, answer.releases(name)?);
    before.iter().find_map(|was| {
        let is = now.iter().find(|is| is.version == was.version);
        let what = format!("{name} {}", was.version);
        match is {
            None => Some(format!("it had {what}, and has it no more")),
            Some(is) if is.blob != was.blob => {
                Some(format!("{what} was {}, and is {}", was.blob, is.blob))
            }
            Some(_) => None,
        }
    })
}
