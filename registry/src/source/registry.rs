//! The protocol, over whatever can get a registry's files.

use std::borrow::Cow;
use std::sync::OnceLock;

use semver::Version;

#[cfg(feature = "server")]
use super::Lines;
use super::search::find_in_shard;
use super::{
    BLOB_BYTES, CONFIG_BYTES, Config, Fetch, Fetched, NOTE_BYTES, Object, SHARD_BYTES, Source,
    SourceError, Summary,
};
use crate::keys::KeySet;
use crate::release::{self, INDEX_BYTES, ReleaseError};
use crate::{PackageName, Release, Statement};

/// A [`Source`] made of anything that can get files.
pub struct Registry<F> {
    fetch: F,
    config: OnceLock<Config>,
}

impl<F: Fetch> Registry<F> {
    /// A source over `fetch`; reads nothing yet.
    pub const fn over(fetch: F) -> Self {
        Self {
            fetch,
            config: OnceLock::new(),
        }
    }

    /// What the registry says about itself; read once.
    ///
    /// # Errors
    /// When it is missing, broken or of a later format.
    pub fn config(&self) -> Result<&Config, SourceError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let Some(bytes) = self.get(&Object::Config, CONFIG_BYTES)? else {
            return Err(SourceError::NotARegistry {
                place: self.fetch.id().to_owned(),
            });
        };
        let config = Config::parse(&bytes, self.fetch.id(), || {
            self.fetch.place(&Object::Config)
        })?;
        Ok(self.config.get_or_init(|| config))
    }

    fn get(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        Ok(self.fetch.get(object, limit, None)?.bytes())
    }

    fn text(&self, object: &Object<'_>, limit: u64) -> Result<Option<String>, SourceError> {
        let found = self.get(object, limit);
        // A registry of a later format says so before anything else; offline, what is missing is what was asked for.
        if !matches!(found, Err(SourceError::Offline { .. })) {
            self.config()?;
        }
        let Some(bytes) = found? else {
            return Ok(None);
        };
        match String::from_utf8(bytes.into_owned()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(SourceError::Broken {
                place: self.fetch.place(object),
                reason: "it is not UTF-8".to_owned(),
            }),
        }
    }

    /// A part of the search data, unless it is still in the state of this tag.
    pub(crate) fn part(&self, number: u32, known: Option<&str>) -> Result<Fetched, SourceError> {
        self.fetch.get(&Object::Shard(number), SHARD_BYTES, known)
    }

    /// A part of the search data that was read, to be searched often.
    #[cfg(feature = "server")]
    pub(crate) fn lines(&self, number: u32, bytes: &[u8]) -> Result<Lines, SourceError> {
        Lines::read(bytes).map_err(|reason| self.broken_part(number, reason))
    }

    fn broken_part(&self, number: u32, reason: String) -> SourceError {
        SourceError::Broken {
            place: self.fetch.place(&Object::Shard(number)),
            reason,
        }
    }

    fn release_error(&self, source: ReleaseError) -> SourceError {
        SourceError::Release {
            id: self.fetch.id().to_owned(),
            source: Box::new(source),
        }
    }
}

impl<F: Fetch> Source for Registry<F> {
    fn id(&self) -> &str {
        self.fetch.id()
    }

    fn releases(&self, name: &PackageName) -> Result<Vec<Release>, SourceError> {
        if self.config.get().is_none() {
            // Neither says where the other is.
            let config = (Object::Config, CONFIG_BYTES);
            self.fetch
                .warm(&[config, (Object::Index(name), INDEX_BYTES)]);
        }
        let Some(text) = self.text(&Object::Index(name), INDEX_BYTES)? else {
            return Ok(Vec::new());
        };
        release::read_index(name, &text).map_err(|error| self.release_error(error))
    }

    fn blob(&self, release: &Release) -> Result<Cow<'static, [u8]>, SourceError> {
        let object = Object::Blob(&release.blob, &release.name);
        let size_error = |found| SourceError::Size {
            place: self.fetch.place(&object),
            package: format!("{} {}", release.name, release.version),
            expected: release.size,
            found,
        };
        if release.size > BLOB_BYTES {
            return Err(SourceError::TooLong {
                place: self.fetch.place(&object),
                limit: BLOB_BYTES,
            });
        }
        self.config()?;
        match self.get(&object, release.size) {
            Ok(Some(bytes)) if bytes.len() as u64 == release.size => Ok(bytes),
            Ok(Some(bytes)) => Err(size_error(bytes.len() as u64)),
            Ok(None) => Err(SourceError::NoBlob {
                id: self.fetch.id().to_owned(),
                package: format!("{} {}", release.name, release.version),
                blob: release.blob,
            }),
            Err(SourceError::TooLong { limit, .. }) => Err(size_error(limit + 1)),
            Err(error) => Err(error),
        }
    }

    fn statement(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Statement>, SourceError> {
        let Some(text) = self.text(&Object::Note(name, version), NOTE_BYTES)? else {
            return Ok(None);
        };
        Statement::read(name, version, &text)
            .map(Some)
            .map_err(|error| self.release_error(error))
    }

    fn file(
        &self,
        object: &Object<'_>,
        limit: u64,
    ) -> Result<Option<Cow<'static, [u8]>>, SourceError> {
        self.get(object, limit)
    }

    fn is_copy(&self) -> bool {
        self.fetch.is_copy()
    }

    fn forget(&self, name: &PackageName, version: &Version) {
        self.fetch.forget(&Object::Note(name, version));
    }

    fn warm(&self, release: &Release) {
        // Most namespaces have one set of keys, and that there is no second is worth knowing too.
        let notes = [
            Object::Note(&release.name, &release.version),
            Object::Keys(release.name.namespace(), 1),
            Object::Keys(release.name.namespace(), 2),
        ];
        let mut files = notes.map(|note| (note, NOTE_BYTES)).to_vec();
        if release.size <= BLOB_BYTES {
            let blob = Object::Blob(&release.blob, &release.name);
            files.push((blob, release.size));
        }
        self.fetch.warm(&files);
    }

    fn keys(&self, namespace: &str, number: u32) -> Result<Option<KeySet>, SourceError> {
        let Some(text) = self.text(&Object::Keys(namespace, number), NOTE_BYTES)? else {
            return Ok(None);
        };
        KeySet::read(namespace, number, &text)
            .map(Some)
            .map_err(|source| SourceError::Keys {
                id: self.fetch.id().to_owned(),
                source: Box::new(source),
            })
    }

    fn config(&self) -> Result<Config, SourceError> {
        Self::config(self).cloned()
    }

    fn find(&self, words: &[String]) -> Result<Vec<Summary>, SourceError> {
        let words: Vec<_> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut found = Vec::new();
        for number in self.config()?.parts() {
            let Some(bytes) = self.part(number, None)?.bytes() else {
                continue;
            };
            let lines = find_in_shard(&bytes, &words);
            found.extend(lines.map_err(|reason| self.broken_part(number, reason))?);
        }
        found.sort_by(|one: &Summary, other| one.name.cmp(&other.name));
        Ok(found)
    }
}
