//! A registry in an OCI registry, as its writers see it.
//!
//! The distribution specification has no way to create a tag only where there is none, nor to write over one only as it
//! was read. So both are: look, write, look again. Of two who publish one version at the very same moment both may see
//! their own and be content, and the later one stays. What keeps readers safe is what keeps them safe from any registry:
//! a lock file names the digest, and an index that changes a version is refused. Registries that can make tags immutable
//! (those that begin with a digit) close the gap. The index is made again until it lists every tag there is, so that a
//! publication at the same time is not lost from it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use semver::Version;

use super::artifact::{EMPTY_BYTES, Manifest, Spot, keys, yanked};
use super::{Answer, Oci, tag};
use crate::source::{
    Access, BLOB_BYTES, Fetch, Fetched, HttpError, Location, Object, SHARD_BYTES, layout,
    read_shard,
};
use crate::storage::{Part, Storage, StorageError, Stored, Tag};
use crate::{Digest, PackageName, SourceError, Statement};

/// Keeps a registry in an OCI registry.
pub struct Artifacts {
    oci: Oci,
    archives: Mutex<HashMap<Digest, Archive>>,
}

/// What is known of an archive. Its path does not say of which package it is, and so not in which repository.
enum Archive {
    /// To be put beside the statement that names it: one manifest holds both, and blobs that no manifest names are
    /// cleared away.
    Waiting(Vec<u8>),
    /// Of a package whose statement was read.
    Of(PackageName),
}

impl Artifacts {
    /// The storage at `oci://HOST[:PORT]/PATH`; connects to nothing yet.
    ///
    /// # Errors
    /// As [`Oci::new`].
    pub fn open(url: &str, access: Access) -> Result<Self, HttpError> {
        Ok(Self {
            oci: Oci::new(url, access)?,
            archives: Mutex::default(),
        })
    }

    fn archives(&self) -> MutexGuard<'_, HashMap<Digest, Archive>> {
        self.archives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file in its place, whatever is there.
    fn put(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Digest, SourceError> {
        let place = self.oci.place(object);
        let spot = Spot::of(object);
        let repository = self.oci.repository(&spot.repository);
        let put = |bytes: &[u8]| self.oci.put_blob(&place, &repository, bytes);
        let manifest = match object {
            Object::Note(name, version) => {
                let archive = self.archive_of(name, version, bytes)?;
                put(&archive)?;
                Manifest::package(name, version, bytes, &archive)
            }
            _ => {
                put(EMPTY_BYTES)?;
                Manifest::file(object, bytes)
            }
        };
        put(bytes)?;
        self.oci
            .put_manifest(&place, &repository, &spot.reference, &manifest)
    }

    /// The archive that a statement names, which was created just before.
    fn archive_of(
        &self,
        name: &PackageName,
        version: &Version,
        note: &[u8],
    ) -> Result<Vec<u8>, SourceError> {
        let place = || self.oci.place(&Object::Note(name, version));
        let broken = |reason: String| super::broken(&place(), reason);
        let text = String::from_utf8_lossy(note);
        let statement = Statement::read(name, version, &text);
        let blob = statement
            .map_err(|error| broken(error.to_string()))?
            .release
            .blob;
        match self.archives().get(&blob) {
            Some(Archive::Waiting(bytes)) => Ok(bytes.clone()),
            _ => Err(broken(format!("nobody has put the archive {blob}"))),
        }
    }

    /// The digest of an object's manifest; none where there is none, or one that says that the file is gone.
    fn state(&self, object: &Object<'_>) -> Result<Option<Digest>, SourceError> {
        let Answer::Manifest(manifest, digest) = self.oci.manifest(object, None)? else {
            return Ok(None);
        };
        let payload = manifest.payload(object);
        let payload = payload.map_err(|reason| super::broken(&self.oci.place(object), reason))?;
        Ok(payload.map(|_| digest))
    }

    /// Puts a file where `is_free` finds nothing that speaks against it, and looks whether it stayed.
    fn put_if(
        &self,
        object: &Object<'_>,
        bytes: &[u8],
        is_free: impl Fn(Option<Digest>) -> bool,
    ) -> Result<bool, SourceError> {
        if !is_free(self.state(object)?) {
            return Ok(false);
        }
        let put = self.put(object, bytes)?;
        Ok(self.state(object)? == Some(put))
    }

    fn object<'a>(&self, location: &'a Location) -> Result<Object<'a>, StorageError> {
        location.object().ok_or_else(|| StorageError::Io {
            action: "write",
            place: self.oci.id.clone(),
            source: io::Error::other("an archive is never replaced"),
        })
    }

    fn location(&self, path: &str) -> Result<Location, StorageError> {
        Location::parse(path).ok_or_else(|| StorageError::Io {
            action: "find",
            place: format!("{path} in {}", self.oci.id),
            source: io::ErrorKind::InvalidInput.into(),
        })
    }

    fn read_blob(&self, digest: &Digest, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let name = match self.archives().get(digest) {
            None => return Ok(None),
            Some(Archive::Waiting(bytes)) => return Ok(Some(bytes.clone())),
            Some(Archive::Of(name)) => name.clone(),
        };
        let object = Object::Blob(digest, &name);
        let found = self.oci.get(&object, limit, None)?;
        Ok(found.bytes().map(Into::into))
    }

    /// The names of all packages: from the repositories there are, or else from the search data.
    fn packages(&self) -> Result<Vec<PackageName>, SourceError> {
        if let Some(repositories) = self.oci.catalog()? {
            let names = repositories.iter().filter(|name| name.contains('/'));
            let names: BTreeSet<_> = names.filter_map(|name| name.parse().ok()).collect();
            return Ok(names.into_iter().collect());
        }
        let mut names = Vec::new();
        for tag in self.oci.tags(&Spot::of(&Object::Config).repository)? {
            let number = tag.strip_prefix("search-").and_then(|n| n.parse().ok());
            let Some(object) = number.map(Object::Shard) else {
                continue;
            };
            if let Some(bytes) = self.oci.get(&object, SHARD_BYTES, None)?.bytes() {
                let lines = read_shard(&bytes);
                let lines =
                    lines.map_err(|error| super::broken(&self.oci.place(&object), error))?;
                names.extend(lines.into_iter().map(|line| line.name));
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn files(&self, folder: &str) -> Result<Vec<String>, SourceError> {
        let parts: Vec<&str> = folder.split('/').collect();
        let tags = |namespace: &str, name: &str| self.oci.tags(&format!("{namespace}/{name}"));
        match parts.as_slice() {
            ["v1", "releases"] => {
                let names = self.packages()?.into_iter();
                let mut namespaces: Vec<_> =
                    names.map(|name| name.namespace().to_owned()).collect();
                namespaces.dedup();
                Ok(namespaces)
            }
            ["v1", "releases", namespace] => {
                let mut names = self.packages()?;
                names.retain(|name| name.namespace() == *namespace);
                Ok(names
                    .into_iter()
                    .map(|name| name.name().to_owned())
                    .collect())
            }
            ["v1", "releases", namespace, name] => {
                let versions = tags(namespace, name)?.into_iter();
                let versions = versions.filter(|tag| tag.parse::<Version>().is_ok());
                Ok(versions
                    .map(|tag| format!("{tag}{}", layout::NOTE_SUFFIX))
                    .collect())
            }
            ["v1", "yanks", namespace, name] => {
                let Ok(package) = format!("{namespace}/{name}").parse() else {
                    return Ok(Vec::new());
                };
                let mut files = Vec::new();
                for version in tags(namespace, name)?.iter().filter_map(|tag| yanked(tag)) {
                    // The tag stays when the version is taken in again.
                    if self.state(&Object::Yank(&package, &version))?.is_some() {
                        files.push(format!("{version}.json"));
                    }
                }
                Ok(files)
            }
            ["v1", "namespaces", namespace] => {
                let sets = self.oci.tags(&keys(namespace))?.into_iter();
                Ok(sets
                    .map(|set| format!("{set}{}", layout::NOTE_SUFFIX))
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl Storage for Artifacts {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Stored>, StorageError> {
        let location = self.location(path)?;
        if let Location::Blob(digest) = &location {
            let bytes = self.read_blob(digest, limit)?;
            let tag = Tag(tag(digest));
            return Ok(bytes.map(|bytes| Stored { bytes, tag }));
        }
        let object = self.object(&location)?;
        match self.oci.get(&object, limit, None)? {
            Fetched::Found { bytes, tag } => {
                if let Location::Note(name, version) = &location
                    && let Ok(read) =
                        Statement::read(name, version, &String::from_utf8_lossy(&bytes))
                {
                    let of = Archive::Of(name.clone());
                    self.archives().entry(read.release.blob).or_insert(of);
                }
                Ok(Some(Stored {
                    bytes: bytes.into_owned(),
                    tag: Tag(tag.unwrap_or_default()),
                }))
            }
            _ => Ok(None),
        }
    }

    fn read_part(&self, path: &str, start: u64, most: u64) -> Result<Option<Part>, StorageError> {
        let stored = self.read(path, BLOB_BYTES)?;
        Ok(stored.map(|stored| {
            let bytes = stored.bytes.iter().skip(start as usize);
            Part {
                bytes: bytes.take(most as usize).copied().collect(),
                total: stored.bytes.len() as u64,
            }
        }))
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool, StorageError> {
        let location = self.location(path)?;
        if let Location::Blob(digest) = location {
            let waiting = Archive::Waiting(bytes.to_vec());
            self.archives().insert(digest, waiting);
            return Ok(true);
        }
        let object = self.object(&location)?;
        Ok(self.put_if(&object, bytes, |there| there.is_none())?)
    }

    fn replace(&self, path: &str, bytes: &[u8], over: Option<&Tag>) -> Result<bool, StorageError> {
        let location = self.location(path)?;
        let object = self.object(&location)?;
        let is_same = |there: Option<Digest>| {
            there.as_ref().map(tag).as_deref() == over.map(|over| over.0.as_str())
        };
        Ok(self.put_if(&object, bytes, is_same)?)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        Ok(self.files(folder)?)
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        let location = self.location(path)?;
        let object = self.object(&location)?;
        if self.state(&object)?.is_none() {
            return Ok(());
        }
        let (place, spot) = (self.oci.place(&object), Spot::of(&object));
        let repository = self.oci.repository(&spot.repository);
        self.oci.put_blob(&place, &repository, EMPTY_BYTES)?;
        let nothing = Manifest::nothing(&object);
        self.oci
            .put_manifest(&place, &repository, &spot.reference, &nothing)?;
        Ok(())
    }

    fn place(&self, path: &str) -> String {
        let location = Location::parse(path);
        let object = location.as_ref().and_then(Location::object);
        match object {
            Some(object) => self.oci.place(&object),
            None => self.oci.id.clone(),
        }
    }
}

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
