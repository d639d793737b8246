//! Tokens for registries: `credentials.toml` in the user's folder for configuration, for this user's eyes alone.
//!
//! ```toml
//! ["https://packages.example.org/"]
//! token = "…"
//! ```
//!
//! A token belongs to one address and goes nowhere else. Projects hold none and get none to name: what a project's
//! `scaffold.toml` or lock says decides neither where a token is kept nor where `SCAFFOLD_TOKEN` goes.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use scaffold_registry::{Address, Token};
use serde::{Deserialize, Serialize};

use crate::private;

/// Most bytes in the file: what is longer was not written by this program.
const BYTES: u64 = 1024 * 1024;

/// The file, in the user's folder for configuration.
pub const FILE: &str = "credentials.toml";

/// The tokens of a user.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    path: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("cannot {what} {path}: {source}")]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    // What is wrong is not quoted: it may be the token.
    #[error("cannot read {path}: it is not what `scaffold login` writes")]
    Malformed { path: PathBuf },
    #[error("{path} can be read by others than you")]
    Open { path: PathBuf },
    #[error("there is no place for tokens: this machine names no home folder")]
    NoFolder,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token: String,
}

type Entries = BTreeMap<String, Entry>;

impl Credentials {
    /// Those in this folder.
    pub fn new(config: Option<&Path>) -> Self {
        Self {
            path: config.map(|folder| folder.join(FILE)),
        }
    }

    /// The token for an address.
    ///
    /// # Errors
    /// The file cannot be read, or others can read it.
    pub fn token(&self, address: &Address) -> Result<Option<Token>, CredentialsError> {
        let entries = self.read()?;
        let entry = entries.get(address.as_str());
        Ok(entry.and_then(|entry| Token::parse(&entry.token)))
    }

    /// Every address there is a token for.
    ///
    /// # Errors
    /// As [`Credentials::token`].
    pub fn addresses(&self) -> Result<Vec<String>, CredentialsError> {
        Ok(self.read()?.into_keys().collect())
    }

    /// Keeps a token for an address; the path of the file.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn keep(&self, address: &Address, token: &Token) -> Result<&Path, CredentialsError> {
        let mut entries = self.read()?;
        let entry = Entry {
            token: token.reveal().to_owned(),
        };
        entries.insert(address.as_str().to_owned(), entry);
        self.write(&entries)
    }

    /// Forgets the token of an address; whether there was one.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn forget(&self, address: &str) -> Result<bool, CredentialsError> {
        let mut entries = self.read()?;
        let had = entries.remove(address).is_some();
        if had {
            self.write(&entries)?;
        }
        Ok(had)
    }

    fn read(&self) -> Result<Entries, CredentialsError> {
        let Some(path) = &self.path else {
            return Ok(Entries::new());
        };
        let failed = |source| CredentialsError::Io {
            what: "read",
            path: path.clone(),
            source,
        };
        let Some(text) = private::read(path, BYTES).map_err(failed)? else {
            return Ok(Entries::new());
        };
        if private::is_open_to_others(path).map_err(failed)? {
            return Err(CredentialsError::Open { path: path.clone() });
        }
        toml::from_str(&text).map_err(|_| CredentialsError::Malformed { path: path.clone() })
    }

    fn write(&self, entries: &Entries) -> Result<&Path, CredentialsError> {
        let path = self.path.as_deref().ok_or(CredentialsError::NoFolder)?;
        // A map of texts: serialising it cannot fail.
        let text = toml::to_string(entries).unwrap_or_default();
        private::write(path, text.as_bytes()).map_err(|source| CredentialsError::Io {
            what: "write",
            path: path.to_owned(),
            source,
        })?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_token_is_kept_for_one_address_and_this_user() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::new(Some(&folder.path().join("made")));
        let address = |url| Address::parse(url).unwrap();
        let token = Token::parse("secret").unwrap();
        let here = address("https://example.org/r");
        let path = credentials.keep(&here, &token).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(path) & 0o777, 0o600);
        }
        assert_eq!(credentials.token(&here).unwrap(), Some(token));
        for url in [
            "https://example.org/",
            "https://example.org/r/x",
            "https://example.com/r",
            "https://example.org:444/r",
        ] {
            assert_eq!(credentials.token(&address(url)).unwrap(), None, "{url}");
        }
        assert!(credentials.forget(here.as_str()).unwrap());
        assert!(!credentials.forget(here.as_str()).unwrap());
        assert_eq!(credentials.token(&here).unwrap(), None);
        assert!(path.exists(), "what is left is written");
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "[\"https://a/\"]\ntoken = hunter2\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let credentials = Credentials::new(Some(folder.path()));
            assert!(matches!(
                credentials.addresses(),
                Err(CredentialsError::Open { .. })
            ));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let error = Credentials::new(Some(folder.path()))
            .addresses()
            .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
