//! Notes: one line, and the signatures under it.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{SigningKey, VerifyingKey, verifying::check_name};
use crate::release::LINE_BYTES;

/// What every signature line begins with: an em dash and a space.
const SIGNATURE: &str = "\u{2014} ";

/// Most signatures under one note.
const SIGNATURES: usize = 32;

/// Bytes of a key's hash in front of a signature.
const HASH: usize = 4;

/// A line and the signatures under it, as a [C2SP signed note](https://c2sp.org/signed-note):
///
/// ```text
/// <one line, here always JSON>
///
/// — <name of the key> <base64 of 4 bytes that tell the key and the signature>
/// ```
///
/// Signed is the line with its newline. Unlike C2SP's, a note may have no signature at all, and has one line of text.
/// A note that was read is written as the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    line: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    hash: [u8; HASH],
    bytes: Vec<u8>,
}

impl Note {
    /// A note nobody has signed. `line` has no line break in it.
    #[must_use]
    pub fn unsigned(line: String) -> Self {
        debug_assert!(!line.contains('\n'), "a note has one line");
        Self {
            line,
            signatures: Vec::new(),
        }
    }

    /// Reads a note. Signatures by keys nobody knows are kept; none is checked.
    ///
    /// # Errors
    /// What is not as it has to be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (line, rest) = text
            .split_once("\n\n")
            .ok_or("it does not have the shape of a note: a line, a blank line, signatures")?;
        if line.len() > LINE_BYTES {
            return Err(format!("it is longer than {LINE_BYTES} bytes"));
        }
        if line.is_empty() || line.chars().any(|c| c < ' ') {
            return Err("its text is not one line without control characters".to_owned());
        }
        if !rest.is_empty() && !rest.ends_with('\n') {
            return Err("its last line does not end".to_owned());
        }
        // By `\n` alone: `lines` would take a `\r` away, and what is written would be other bytes.
        let signatures: Vec<_> = rest
            .split_terminator('\n')
            .map(|line| {
                Signature::parse(line).ok_or("what follows the blank line are not signature lines")
            })
            .take(SIGNATURES + 1)
            .collect::<Result<_, _>>()?;
        if signatures.len() > SIGNATURES {
            return Err(format!("it has more than {SIGNATURES} signatures"));
        }
        Ok(Self {
            line: line.to_owned(),
            signatures,
        })
    }

    /// The line, without its newline.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The bytes that are signed.
    pub(crate) fn text(&self) -> String {
        format!("{}\n", self.line)
    }

    /// Whether anybody at all has signed it; says nothing of whether that is worth anything.
    #[must_use]
    pub fn has_signatures(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// Signs it, in the place of an earlier signature by the same key.
    pub fn sign(&mut self, key: &SigningKey) {
        let public = key.verifying_key();
        self.signatures
            .retain(|one| (&*one.name, one.hash) != (public.name(), public.hash()));
        self.signatures.push(Signature {
            name: public.name().to_owned(),
            hash: public.hash(),
            bytes: key.sign(self.text().as_bytes()).to_vec(),
        });
    }

    /// Whether it carries a signature of this key, and every one that claims to be this key's is.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let text = self.text();
        let mut own = self
            .signatures
            .iter()
            .filter(|one| (&*one.name, one.hash) == (key.name(), key.hash()))
            .peekable();
        own.peek().is_some() && own.all(|one| key.verify(text.as_bytes(), &one.bytes))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n", self.line)?;
        self.signatures.iter().try_for_each(|one| {
            let bytes = [&one.hash[..], &one.bytes].concat();
            writeln!(
                f,
                "{SIGNATURE}{} {}",
                one.name,
                BASE64_STANDARD.encode(bytes)
            )
        })
    }
}

impl Signature {
    fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
        check_name(name).ok()?;
        // The engine takes one spelling of some bytes and no other.
        let bytes = BASE64_STANDARD.decode(base64).ok()?;
        let (hash, bytes) = bytes.split_first_chunk()?;
        (!bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            hash: *hash,
            bytes: bytes.to_vec(),
        })
    }
}
