//! Tokens: what somebody shows to publish, or to read a private registry.
//!
//! A token is `scaffold_<id>_<secret>`. The storage keeps `private/tokens/<id>.json` with a hash of the secret, so that
//! whoever reads the storage cannot publish; the secret is 32 random bytes, so that a plain hash is enough.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::storage::{Storage, StorageError};
use crate::{Digest, PackageName};

/// Where tokens are kept; never served.
const FOLDER: &str = "private/tokens";
/// The only format of a token's file there is.
const FORMAT: u64 = 1;
/// Most bytes in a token's file.
const FILE_BYTES: u64 = 64 * 1024;
/// What every token begins with, so that secret scanners know one.
const PREFIX: &str = "scaffold_";
/// How long a server believes what it read about a token: as long as a token that was taken back lives on.
const BELIEVED: Duration = Duration::from_secs(5);
/// Most tokens remembered.
const REMEMBERED: usize = 10_000;

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its number in lists and logs.
    #[serde(skip)]
    pub id: String,
    v: u64,
    /// Whose it is.
    pub name: String,
    /// What it may publish to.
    pub namespaces: Vec<String>,
    /// When it ends, as RFC 3339 says it.
    pub expires: String,
    hash: Digest,
}

/// A token that was just made.
pub struct NewToken {
    /// What the storage keeps.
    pub token: Token,
    /// The token itself; this is the only time it is seen.
    pub secret: String,
}

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The storage cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It cannot be scoped so.
    #[error("`{0}` is no namespace; write one like `acme`")]
    Namespace(String),
    /// There is none of that id.
    #[error("there is no token {0}; `scaffold registry token list` shows them")]
    Unknown(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The number of days is too large for the calendar.
    #[error("a token cannot last that long")]
    Expiry,
}

impl Token {
    /// Whether it may publish to a namespace.
    #[must_use]
    pub fn is_for(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|own| own == namespace)
    }

    /// What a token's file says; none if it is not one.
    pub(super) fn parse(id: &str, bytes: &[u8]) -> Option<Self> {
        let token: Self = serde_json::from_slice(bytes).ok()?;
        (token.v == FORMAT).then(|| Self {
            id: id.to_owned(),
            ..token
        })
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        let end = humantime::parse_rfc3339(&self.expires);
        end.map_or(true, |end| end <= SystemTime::now())
    }
}

/// Makes a token for these namespaces that ends after `lifetime`.
///
/// # Errors
/// See [`TokenError`].
pub fn new(
    storage: &dyn Storage,
    name: &str,
    namespaces: &[String],
    lifetime: Duration,
) -> Result<NewToken, TokenError> {
    for namespace in namespaces {
        format!("{namespace}/x")
            .parse::<PackageName>()
            .map_err(|_| TokenError::Namespace(namespace.clone()))?;
    }
    let end = SystemTime::now()
        .checked_add(lifetime)
        .ok_or(TokenError::Expiry)?;
    let (id, secret) = (random::<6>()?, random::<32>()?);
    let token = Token {
        id: hex(&id),
        v: FORMAT,
        name: name.chars().filter(|c| !c.is_control()).take(200).collect(),
        namespaces: namespaces.to_vec(),
        expires: humantime::format_rfc3339_seconds(end).to_string(),
        hash: Digest::of(&secret),
    };
    // Strings and numbers only: serialising them cannot fail.
    let text = serde_json::to_string(&token).unwrap_or_default() + "\n";
    if !storage.create(&path(&token.id), text.as_bytes())? {
        // One chance in 2^48 and the number of tokens.
        return new(storage, name, namespaces, lifetime);
    }
    let secret = shown(&token.id, &secret);
    Ok(NewToken { token, secret })
}

/// All tokens that were not taken back, by id.
///
/// # Errors
/// When the storage cannot be read.
pub fn list(storage: &dyn Storage) -> Result<Vec<Token>, TokenError> {
    let mut tokens = Vec::new();
    for file in storage.list(FOLDER)? {
        if let Some(id) = file.strip_suffix(".json") {
            tokens.extend(read(storage, id)?);
        }
    }
    tokens.sort_by(|one: &Token, other| one.id.cmp(&other.id));
    Ok(tokens)
}

/// Takes a token back.
///
/// # Errors
/// [`TokenError::Unknown`] when there is none of that id.
pub fn revoke(storage: &dyn Storage, id: &str) -> Result<Token, TokenError> {
    let token = read(storage, id)?.ok_or_else(|| TokenError::Unknown(id.to_owned()))?;
    storage.remove(&path(id))?;
    Ok(token)
}

fn path(id: &str) -> String {
    format!("{FOLDER}/{id}.json")
}

/// A token's file; none if there is none or it is not one.
fn read(storage: &dyn Storage, id: &str) -> Result<Option<Token>, StorageError> {
    if id.len() != 12 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let Some(stored) = storage.read(&path(id), FILE_BYTES)? else {
        return Ok(None);
    };
    Ok(Token::parse(id, &stored.bytes))
}

/// The id and the secret of a token that somebody shows.
pub(super) fn read_shown(shown: &str) -> Option<(&str, [u8; 32])> {
    let (id, secret) = shown.strip_prefix(PREFIX)?.split_once('_')?;
    Some((id, unhex(secret)?))
}

/// A token as it is handed out.
pub(super) fn shown(id: &str, secret: &[u8; 32]) -> String {
    format!("{PREFIX}{id}_{}", hex(secret))
}

/// Tokens as a server sees them.
#[derive(Default)]
pub(super) struct Book(Mutex<HashMap<String, (Instant, Option<Token>)>>);

impl Book {
    /// The token behind the text that somebody showed; none if it is none, was taken back, or has ended.
    pub(super) fn find(
        &self,
        storage: &dyn Storage,
        shown: &str,
    ) -> Result<Option<Token>, StorageError> {
        let Some((id, secret)) = read_shown(shown) else {
            return Ok(None);
        };
        let token = self.remembered(storage, id)?;
        let is_it = |token: &Token| is_same(&token.hash, &Digest::of(&secret));
        Ok(token.filter(|token| is_it(token) && !token.is_expired()))
    }

    fn remembered(&self, storage: &dyn Storage, id: &str) -> Result<Option<Token>, StorageError> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, token)) = lock().get(id)
            && when.elapsed() < BELIEVED
        {
            return Ok(token.clone());
        }
        let token = read(storage, id)?;
        let mut tokens = lock();
        if tokens.len() >= REMEMBERED {
            tokens.clear();
        }
        tokens.insert(id.to_owned(), (Instant::now(), token.clone()));
        Ok(token)
    }
}

/// In the same time wherever they differ.
fn is_same(one: &Digest, other: &Digest) -> bool {
    let pairs = one.as_bytes().iter().zip(other.as_bytes());
    pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn random<const N: usize>() -> Result<[u8; N], TokenError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| TokenError::Random(error.to_string()))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    // One spelling: numbers may also have a sign, or capitals.
    (hex(&bytes).as_bytes() == text).then_some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::storage::Folder;

    fn year() -> Duration {
        Duration::from_secs(365 * 24 * 3600)
    }

    #[test]
    fn a_token_is_found_by_its_secret_alone() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Folder::new(dir.path());
        let made = new(&storage, "Ann\u{1b}", &["acme".to_owned()], year()).unwrap();
        let found = Book::default()
            .find(&storage, &made.secret)
            .unwrap()
            .unwrap();
        assert_eq!(found, made.token);
        assert_eq!(found.name, "Ann");
        assert!(found.is_for("acme") && !found.is_for("acm") && !found.is_for("scaffold"));

        let id = &made.token.id;
        let file = dir.path().join(path(id));
        let kept = std::fs::read_to_string(file).unwrap();
        assert!(
            !kept.contains(&made.secret[made.secret.len() - 64..]),
            "{kept}"
        );
        for wrong in [
            String::new(),
            made.secret.to_uppercase(),
            made.secret[..made.secret.len() - 1].to_owned(),
            format!("{PREFIX}{id}_{}", "+f".repeat(32)),
            format!("{PREFIX}{id}_{}", "0".repeat(64)),
            format!("{PREFIX}../tokens/{id}_{}", "0".repeat(64)),
            format!("{PREFIX}{id}_"),
            format!("{PREFIX}_{}", "0".repeat(64)),
        ] {
            assert_eq!(
                Book::default().find(&storage, &wrong).unwrap(),
                None,
                "{wrong}"
            );
        }
        assert!(matches!(
            new(&storage, "x", &["a/b".to_owned()], year()),
            Err(TokenError::Namespace(_))
        ));
    }

    #[test]
    fn a_token_ends_and_can_be_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Folder::new(dir.path());
        let over = new(&storage, "over", &[], Duration::ZERO).unwrap();
        let good = new(&storage, "good", &[], year()).unwrap();
        let book = Book::default();
        assert_eq!(book.find(&storage, &over.secret).unwrap(), None);
        assert!(book.find(&storage, &good.secret).unwrap().is_some());
        assert_eq!(list(&storage).unwrap().len(), 2);

        revoke(&storage, &good.token.id).unwrap();
        assert_eq!(Book::default().find(&storage, &good.secret).unwrap(), None);
        assert_eq!(list(&storage).unwrap(), [over.token]);
        for unknown in [&good.token.id, "../../v1/config"] {
            assert!(matches!(
                revoke(&storage, unknown),
                Err(TokenError::Unknown(_))
            ));
        }
    }
}
