//! A storage, read as any other source of packages.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Since, Storage, StorageError, Tag};
use crate::source::{Fetch, Fetched, Object, Registry, SourceError};

/// Gets files of a registry in a storage.
pub struct FromStorage {
    id: String,
    storage: Arc<dyn Storage>,
}

impl FromStorage {
    /// The source over a storage; reads nothing yet.
    #[must_use]
    pub fn open(storage: Arc<dyn Storage>) -> Registry<Self> {
        let id = storage.place("");
        Registry::over(Self { id, storage })
    }
}

impl Fetch for FromStorage {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self, object: &Object<'_>) -> String {
        self.storage.place(&object.path())
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
        known: Option<&str>,
    ) -> Result<Fetched, SourceError> {
        let path = object.path();
        let found = match known {
            Some(tag) => self.storage.read_unless(&path, limit, &Tag(tag.to_owned())),
            None => self
                .storage
                .read(&path, limit)
                .map(|stored| stored.map_or(Since::Gone, Since::Changed)),
        };
        match found {
            Ok(Since::Gone) => Ok(Fetched::Missing),
            Ok(Since::Same) => Ok(Fetched::Same),
            Ok(Since::Changed(stored)) => Ok(Fetched::Found {
                bytes: Cow::Owned(stored.bytes),
                tag: Some(stored.tag.as_str().to_owned()),
            }),
            Err(StorageError::TooLong { place, limit }) => {
                Err(SourceError::TooLong { place, limit })
            }
            Err(error) => Err(SourceError::Fetch {
                place: self.place(object),
                reason: error.to_string(),
            }),
        }
    }
}
