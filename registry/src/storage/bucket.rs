//! A registry in a bucket of an object store.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};
use tokio::runtime::Runtime;

use super::{Part, Since, Storage, StorageError, Stored, Tag};

/// Keeps a registry in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure.
///
/// Creating is a put that fails over anything (`If-None-Match: *`), replacing one that fails over anything else
/// (`If-Match`). The store has to keep to both; one that does not would let two authors publish one version, so a server
/// tries it once before it begins, see [`Storage::check`].
///
/// Calls wait for the network and must not be made on a thread that runs futures.
pub struct Bucket {
    store: Box<dyn ObjectStore>,
    /// The folder in the bucket.
    prefix: Path,
    place: String,
    /// Google's store compares the numbers of a file's generations, the others its entity tags.
    by_generation: bool,
    /// Of its own, so that it can be used with and without one around.
    runtime: Arc<Runtime>,
}

/// Where trying writes.
const TRIAL: &str = "private/trial";

impl Bucket {
    /// The storage at `place`, `s3://bucket/prefix`, `gs://…` or `az://…`. `settings` are the object store's, named as
    /// the environment variables that set them (`AWS_ENDPOINT`); unknown ones are fine. Connects to nothing yet.
    ///
    /// # Errors
    /// When the address or the settings cannot be used.
    pub fn open(
        place: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, StorageError> {
        let refuse = |reason: String| StorageError::Address {
            place: place.to_owned(),
            reason,
        };
        // One provider of TLS for the process; whoever came first is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = reqwest::Url::parse(place).map_err(|error| refuse(error.to_string()))?;
        if !matches!(url.scheme(), "s3" | "gs" | "az") {
            return Err(refuse(
                "expected a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"
                    .to_owned(),
            ));
        }
        let (store, prefix) = object_store::parse_url_opts(&url, settings)
            .map_err(|error| refuse(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            store,
            prefix,
            by_generation: url.scheme() == "gs",
            place: place.trim_end_matches('/').to_owned(),
            runtime: Arc::new(runtime),
        })
    }

    fn path(&self, path: &str) -> Path {
        let mut whole = self.prefix.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            whole = whole.join(part);
        }
        whole
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.handle().block_on(work)
    }

    fn failed(&self, action: &'static str, path: &str, error: Error) -> StorageError {
        StorageError::Io {
            action,
            place: self.place(path),
            source: io::Error::other(error),
        }
    }

    fn tag(&self, found: &ObjectMeta) -> Tag {
        let version = found.version.as_ref().filter(|_| self.by_generation);
        let tag = version.map(|number| format!("\"{number}\""));
        Tag(tag.or_else(|| found.e_tag.clone()).unwrap_or_default())
    }

    /// What is at `path`, unless it is as it was when its tag was `known`.
    fn get(&self, path: &str, limit: u64, known: Option<&Tag>) -> Result<Since, StorageError> {
        // A store may give no tags; Google's compares those of HTTP, which ours are not.
        let known = known.filter(|tag| !tag.0.is_empty());
        let asked = known.filter(|_| !self.by_generation);
        let options = GetOptions {
            if_none_match: asked.map(|tag| tag.0.clone()),
            ..GetOptions::default()
        };
        let work = async {
            let found = self.store.get_opts(&self.path(path), options).await?;
            let tag = self.tag(&found.meta);
            // By its tag or its length alone: what is known or longer is not even read.
            Ok(if known == Some(&tag) {
                Ok(Since::Same)
            } else if found.meta.size > limit {
                Err(StorageError::TooLong {
                    place: self.place(path),
                    limit,
                })
            } else {
                let bytes = found.bytes().await?.to_vec();
                Ok(Since::Changed(Stored { bytes, tag }))
            })
        };
        match self.wait(work) {
            Ok(since) => since,
            Err(Error::NotFound { .. }) => Ok(Since::Gone),
            Err(Error::NotModified { .. }) => Ok(Since::Same),
            Err(error) => Err(self.failed("read", path, error)),
        }
    }

    fn put(&self, path: &str, bytes: &[u8], mode: PutMode) -> Result<bool, StorageError> {
        let payload = PutPayload::from(bytes.to_vec());
        let options = PutOptions::from(mode);
        match self.wait(self.store.put_opts(&self.path(path), payload, options)) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed("write", path, error)),
        }
    }
}

impl Storage for Bucket {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Stored>, StorageError> {
        match self.get(path, limit, None)? {
            Since::Changed(stored) => Ok(Some(stored)),
            Since::Gone | Since::Same => Ok(None),
        }
    }

    fn read_unless(&self, path: &str, limit: u64, known: &Tag) -> Result<Since, StorageError> {
        self.get(path, limit, Some(known))
    }

    fn read_part(&self, path: &str, start: u64, most: u64) -> Result<Option<Part>, StorageError> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..start.saturating_add(most))),
            ..GetOptions::default()
        };
        let work = async {
            let found = self.store.get_opts(&self.path(path), options).await?;
            let total = found.meta.size;
            let bytes = found.bytes().await?.to_vec();
            Ok(Part { bytes, total })
        };
        match self.wait(work) {
            Ok(part) => Ok(Some(part)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read", path, error)),
        }
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool, StorageError> {
        self.put(path, bytes, PutMode::Create)
    }

    fn replace(&self, path: &str, bytes: &[u8], over: Option<&Tag>) -> Result<bool, StorageError> {
        let Some(over) = over else {
            return self.create(path, bytes);
        };
        // With its quotes, as HTTP has it; and without, as older Ceph compares it. Whichever is meant, it is replaced only
        // if it is this one.
        let bare = over.0.trim_matches('"');
        for tag in [over.0.as_str(), bare] {
            let version = UpdateVersion {
                e_tag: Some(tag.to_owned()),
                version: self.by_generation.then(|| bare.to_owned()),
            };
            if self.put(path, bytes, PutMode::Update(version))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let prefix = self.path(folder);
        let found = self
            .wait(self.store.list_with_delimiter(Some(&prefix)))
            .map_err(|error| self.failed("read", folder, error))?;
        let files = found.objects.into_iter().map(|object| object.location);
        let names = files.chain(found.common_prefixes);
        Ok(names
            .filter_map(|path| path.filename().map(str::to_owned))
            .collect())
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        match self.wait(self.store.delete(&self.path(path))) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("write", path, error)),
        }
    }

    fn modified(&self, path: &str) -> Result<Option<SystemTime>, StorageError> {
        match self.wait(self.store.head(&self.path(path))) {
            Ok(found) => Ok(Some(found.last_modified.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read", path, error)),
        }
    }

    fn check(&self) -> Result<(), StorageError> {
        let refuse = |reason: &str| StorageError::Address {
            place: self.place.clone(),
            reason: format!(
                "{reason}, so two authors could publish one version; use another store"
            ),
        };
        self.create(TRIAL, b"one")?;
        if self.create(TRIAL, b"two")? {
            return Err(refuse("it does not keep to `If-None-Match: *`"));
        }
        // No file's, and a number as well.
        let wrong = Tag("\"1\"".to_owned());
        if self.replace(TRIAL, b"three", Some(&wrong))? {
            return Err(refuse("it does not keep to `If-Match`"));
        }
        let right = self.read(TRIAL, 16)?.map(|stored| stored.tag);
        match right {
            Some(right) if self.replace(TRIAL, b"four", Some(&right))? => Ok(()),
            _ => Err(refuse("it refuses `If-Match` with a right tag")),
        }
    }

    fn place(&self, path: &str) -> String {
        match path {
            "" => self.place.clone(),
            path => format!("{}/{path}", self.place),
        }
    }
}
