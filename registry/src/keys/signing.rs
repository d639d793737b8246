//! The secret half of a key, and its file.

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::PemLabel;
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::pkcs5::pbes2;
use pkcs8::{
    DecodePrivateKey, EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef,
    SecretDocument,
};

use super::{VerifyingKey, VerifyingKeyError, verifying::check_name};

/// Rounds of PBKDF2-HMAC-SHA256 between a passphrase and what encrypts a file, as OWASP advises. Not scrypt, which
/// OpenSSL reads only with less memory than makes it worth anything.
const ROUNDS: u32 = 600_000;

/// Somebody's key, with the name of what it speaks for. Its bytes are wiped from memory when it is dropped.
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// A key file that cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is encrypted, and no passphrase was given.
    #[error("the key is protected by a passphrase")]
    NeedsPassphrase,
    /// It does not open with the passphrase that was given.
    #[error("the passphrase is wrong, or the file is damaged")]
    Passphrase,
    /// It is no Ed25519 key.
    #[error("it is not an Ed25519 key in PKCS #8 as PEM: {0}")]
    File(String),
    /// The system gives no random bytes.
    #[error("the system has no random bytes: {0}")]
    Random(String),
    /// The name cannot be a key's.
    #[error(transparent)]
    Name(#[from] VerifyingKeyError),
}

impl SigningKey {
    /// A new key, from the system's random numbers.
    ///
    /// # Errors
    /// There are none, or `name` cannot be a key's.
    pub fn generate(name: &str) -> Result<Self, KeyFileError> {
        let mut seed = Zeroizing::new([0; 32]);
        random(&mut *seed)?;
        Self::from_seed(name, &seed)
    }

    /// The key of a secret.
    ///
    /// # Errors
    /// `name` cannot be a key's.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyFileError> {
        check_name(name).map_err(|reason| VerifyingKeyError {
            text: name.chars().take(100).collect(),
            reason,
        })?;
        Ok(Self {
            name: name.to_owned(),
            key: ed25519_dalek::SigningKey::from_bytes(seed),
        })
    }

    /// What others may know of it.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::new(&self.name, self.key.verifying_key())
    }

    pub(super) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.key.sign(text).to_bytes()
    }

    /// The text of its file: PKCS #8 as PEM ([RFC 8410](https://www.rfc-editor.org/rfc/rfc8410)), which `openssl pkey`
    /// reads. With a passphrase it is encrypted: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC.
    ///
    /// # Errors
    /// The system has no random bytes for the encryption.
    pub fn to_pem(&self, passphrase: Option<&str>) -> Result<Zeroizing<String>, KeyFileError> {
        // Without the public half, which OpenSSL does not expect in there.
        let bytes = KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        let der = bytes.to_pkcs8_der().map_err(file)?;
        let Some(passphrase) = passphrase else {
            return der
                .to_pem(PrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
                .map_err(file);
        };
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        random(&mut salt)?;
        random(&mut iv)?;
        let scheme =
            pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv).map_err(file)?;
        let encrypted = scheme.encrypt(passphrase, der.as_bytes()).map_err(file)?;
        let info = EncryptedPrivateKeyInfoRef {
            encryption_algorithm: scheme.into(),
            encrypted_data: OctetStringRef::new(&encrypted).map_err(file)?,
        };
        SecretDocument::try_from(info)
            .map_err(file)?
            .to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)
            .map_err(file)
    }

    /// Reads a key file; `name` is what the key speaks for, which its file does not say. Encrypted files of other
    /// programs are read as well, whatever of PBES2 they use.
    ///
    /// # Errors
    /// It needs a passphrase, has another, or is no such file.
    pub fn from_pem(name: &str, pem: &str, passphrase: Option<&str>) -> Result<Self, KeyFileError> {
        let (label, document) = SecretDocument::from_pem(pem.trim_start()).map_err(file)?;
        let key = if label == EncryptedPrivateKeyInfoRef::PEM_LABEL {
            let passphrase = passphrase.ok_or(KeyFileError::NeedsPassphrase)?;
            ed25519_dalek::SigningKey::from_pkcs8_encrypted_der(document.as_bytes(), passphrase)
                .map_err(|_| KeyFileError::Passphrase)?
        } else {
            PrivateKeyInfoRef::validate_pem_label(label).map_err(file)?;
            ed25519_dalek::SigningKey::from_pkcs8_der(document.as_bytes()).map_err(file)?
        };
        Self::from_seed(name, &Zeroizing::new(key.to_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key())
    }
}

fn random(bytes: &mut [u8]) -> Result<(), KeyFileError> {
    getrandom::fill(bytes).map_err(|error| KeyFileError::Random(error.to_string()))
}

fn file(error: impl fmt::Display) -> KeyFileError {
    KeyFileError::File(error.to_string())
}
