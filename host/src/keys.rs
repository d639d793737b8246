//! The user's own keys, one folder a namespace, in the user's folder for configuration:
//!
//! ```text
//! keys/acme/1.pem      the key of set 1: PKCS #8, 0600, perhaps under a passphrase
//! keys/acme/1.note     set 1 itself, as registries get it
//! keys/acme/2.pem      the key that took its place, and so on
//! keys/acme/2.note
//! ```
//!
//! The key of the newest set signs. A set is written after its key, so that what was interrupted in between has changed
//! nothing. Nothing is ever replaced or removed here: somebody's key is theirs.
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use scaffold_registry::{
    check_namespace,
    keys::{Chain, KeyFileError, KeySet, KeySetError, SigningKey},
};

use crate::private;

/// Most bytes in one of these files.
const BYTES: u64 = 64 * 1024;

/// Where the user's keys are.
#[derive(Debug, Clone)]
pub struct OwnKeys {
    folder: PathBuf,
}

/// The key that signs for a namespace, not yet opened.
#[derive(Debug, Clone)]
pub struct KeyFile {
    pub namespace: String,
    pub path: PathBuf,
    /// All key sets that were made here, the newest being this key's.
    pub chain: Chain,
    pem: String,
}

#[derive(Debug, thiserror::Error)]
pub enum OwnKeysError {
    #[error("this machine has no folder for your configuration to keep keys in")]
    NoFolder,
    #[error("{0:?} is not a namespace: {1}")]
    Namespace(String, String),
    #[error("there is a key for {0} already")]
    Exists(String),
    #[error("there is no key for {0} on this machine")]
    None(String),
    #[error("{}: {source}", path.display())]
    Key { path: PathBuf, source: KeyFileError },
    #[error("{}: {source}", path.display())]
    Set { path: PathBuf, source: KeySetError },
    #[error("the key in {} is not one of its set", .0.display())]
    Foreign(PathBuf),
    #[error("others can read {}, so it is not a secret any more", .0.display())]
    Readable(PathBuf),
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl OwnKeys {
    /// # Errors
    /// There is no folder for configuration.
    pub fn new(config: Option<&Path>) -> Result<Self, OwnKeysError> {
        let folder = config.ok_or(OwnKeysError::NoFolder)?.join("keys");
        Ok(Self { folder })
    }

    /// The namespaces there are keys for, sorted.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn namespaces(&self) -> Result<Vec<String>, OwnKeysError> {
        let failed = |source| self.io("read", &self.folder, source);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name().into_string();
            names.extend(name.ok().filter(|name| check_namespace(name).is_ok()));
        }
        names.sort();
        Ok(names)
    }

    /// The key that signs for a namespace; none where there is none on this machine.
    ///
    /// # Errors
    /// It cannot be read, or others can.
    pub fn find(&self, namespace: &str) -> Result<Option<KeyFile>, OwnKeysError> {
        check_namespace(namespace)
            .map_err(|reason| OwnKeysError::Namespace(namespace.to_owned(), reason))?;
        let chain = Chain::read(namespace, |number| {
            let path = self.path(namespace, number, "note");
            private::read(&path, BYTES).map_err(|source| Wrong::Io(self.io("read", &path, source)))
        })
        .map_err(|wrong| match wrong {
            Wrong::Io(error) => error,
            Wrong::Set(source) => OwnKeysError::Set {
                path: self.path(namespace, source.number, "note"),
                source,
            },
        })?;
        let Some(chain) = chain else {
            return Ok(None);
        };
        let path = self.path(namespace, chain.newest().number(), "pem");
        let pem = private::read(&path, BYTES).map_err(|source| self.io("read", &path, source))?;
        let Some(pem) = pem else {
            return Ok(None);
        };
        if private::is_open_to_others(&path).map_err(|source| self.io("read", &path, source))? {
            return Err(OwnKeysError::Readable(path));
        }
        Ok(Some(KeyFile {
            namespace: namespace.to_owned(),
            path,
            chain,
            pem,
        }))
    }

    /// As [`OwnKeys::find`], where there has to be one.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn get(&self, namespace: &str) -> Result<KeyFile, OwnKeysError> {
        self.find(namespace)?
            .ok_or_else(|| OwnKeysError::None(namespace.to_owned()))
    }

    /// Makes the first key of a namespace.
    ///
    /// # Errors
    /// There is one already, or it cannot be written.
    pub fn create(
        &self,
        namespace: &str,
        passphrase: Option<&str>,
    ) -> Result<KeyFile, OwnKeysError> {
        if self.find(namespace)?.is_some() {
            return Err(OwnKeysError::Exists(namespace.to_owned()));
        }
        let path = self.path(namespace, 1, "pem");
        let key = SigningKey::generate(namespace).map_err(|source| key_error(&path, source))?;
        let set = KeySet::first(&key).map_err(|source| OwnKeysError::Set {
            path: path.clone(),
            source,
        })?;
        self.keep(&key, &set, passphrase)
    }

    /// Puts a new key in the place of the one that signs.
    ///
    /// # Errors
    /// It cannot be made or written; the old one goes on then.
    pub fn rotate(
        &self,
        file: &KeyFile,
        old: &SigningKey,
        revoke: bool,
        passphrase: Option<&str>,
    ) -> Result<KeyFile, OwnKeysError> {
        let newest = file.chain.newest();
        let path = self.path(&file.namespace, newest.number() + 1, "pem");
        let key =
            SigningKey::generate(&file.namespace).map_err(|source| key_error(&path, source))?;
        let set = newest
            .rotate(old, &key, revoke)
            .map_err(|source| OwnKeysError::Set { path, source })?;
        self.keep(&key, &set, passphrase)
    }

    /// The key first, then the set that says it signs. A key without a set is what an interrupted command left, has
    /// signed nothing, and is replaced.
    fn keep(
        &self,
        key: &SigningKey,
        set: &KeySet,
        passphrase: Option<&str>,
    ) -> Result<KeyFile, OwnKeysError> {
        let (namespace, number) = (set.namespace(), set.number());
        let path = self.path(namespace, number, "pem");
        let pem = key
            .to_pem(passphrase)
            .map_err(|source| key_error(&path, source))?;
        private::write(&path, pem.as_bytes()).map_err(|source| self.io("write", &path, source))?;
        let note = self.path(namespace, number, "note");
        private::create(&note, set.to_note().as_bytes())
            .map_err(|source| self.io("write", &note, source))?;
        self.get(namespace)
    }

    fn path(&self, namespace: &str, number: u32, kind: &str) -> PathBuf {
        self.folder.join(namespace).join(format!("{number}.{kind}"))
    }

    fn io(&self, action: &'static str, path: &Path, source: io::Error) -> OwnKeysError {
        OwnKeysError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

impl KeyFile {
    /// Whether a passphrase is needed to open it.
    pub fn is_protected(&self) -> bool {
        let opened = SigningKey::from_pem(&self.namespace, &self.pem, None);
        matches!(opened, Err(KeyFileError::NeedsPassphrase))
    }

    /// The key.
    ///
    /// # Errors
    /// The passphrase is wrong, or the key is another than the set's.
    pub fn open(&self, passphrase: Option<&str>) -> Result<SigningKey, OwnKeysError> {
        let key = SigningKey::from_pem(&self.namespace, &self.pem, passphrase)
            .map_err(|source| key_error(&self.path, source))?;
        if !self.chain.newest().keys().contains(&key.verifying_key()) {
            return Err(OwnKeysError::Foreign(self.path.clone()));
        }
        Ok(key)
    }
}

enum Wrong {
    Io(OwnKeysError),
    Set(KeySetError),
}

impl From<KeySetError> for Wrong {
    fn from(error: KeySetError) -> Self {
        Self::Set(error)
    }
}

fn key_error(path: &Path, source: KeyFileError) -> OwnKeysError {
    OwnKeysError::Key {
        path: path.to_owned(),
        source,
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, OwnKeys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = OwnKeys::new(Some(folder.path())).unwrap();
        (folder, keys)
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let (_folder, keys) = keys();
        assert!(keys.find("acme").unwrap().is_none());
        assert_eq!(keys.namespaces().unwrap(), [""; 0]);
        let made = keys.create("acme", None).unwrap();
        assert!(!made.is_protected());
        assert_eq!(keys.namespaces().unwrap(), ["acme"]);
        let found = keys.get("acme").unwrap().open(None).unwrap();
        assert_eq!(made.chain.newest().keys(), [found.verifying_key()]);
        assert!(matches!(
            keys.create("acme", None),
            Err(OwnKeysError::Exists(_))
        ));
        assert!(matches!(
            keys.create("../acme", None),
            Err(OwnKeysError::Namespace(..))
        ));
    }

    #[test]
    fn a_passphrase_is_asked_back() {
        let (_folder, keys) = keys();
        let made = keys.create("acme", Some("secret")).unwrap();
        assert!(made.is_protected());
        assert!(made.open(None).is_err() && made.open(Some("x")).is_err());
        made.open(Some("secret")).unwrap();
    }

    #[test]
    fn the_newest_key_signs_and_an_interrupted_change_is_none() {
        let (folder, keys) = keys();
        let first = keys.create("acme", None).unwrap();
        let old = first.open(None).unwrap();
        // A key that was written, and then the power went.
        fs::write(folder.path().join("keys/acme/2.pem"), "half").unwrap();
        assert_eq!(keys.get("acme").unwrap().path, first.path);
        let second = keys.rotate(&first, &old, true, None).unwrap();
        assert_eq!(second.chain.newest().revoked(), [old.verifying_key()]);
        assert_ne!(
            second.open(None).unwrap().verifying_key(),
            old.verifying_key()
        );
        assert!(first.path.exists(), "nobody's key is thrown away");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, keys) = keys();
        let made = keys.create("acme", None).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&made.path), 0o600);
        assert_eq!(mode(&folder.path().join("keys/acme")), 0o700);
        fs::set_permissions(&made.path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(keys.get("acme"), Err(OwnKeysError::Readable(_))));
    }
}
