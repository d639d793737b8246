//! Who said it: keys, signatures, and the key sets of namespaces.
//!
//! A signature never says that a package is good. It says that whoever holds the key of its namespace published these
//! very bytes, so that neither the registry nor anybody on the way to it can put others in their place.
//!
//! * A [`SigningKey`] is one person's or one build server's secret; its [`VerifyingKey`] is what others know of it.
//! * What is signed is a [`Note`]: one line of JSON and the signatures under it. There are three kinds: the author's
//!   [`Statement`](crate::Statement) about a release, a [`KeySet`], and the registry's [`State`].
//! * A [`KeySet`] says which keys speak for a namespace. Set 1 signs itself. Every later one is signed by a key of the
//!   set before it and by one of its own, and names the digest of the set before it: the newest set stands for
//!   all of the history below it, so that nobody can make up another past for it.
//! * A [`Chain`] is that history, checked. [`Chain::accept`] is what a registry asks before it takes a release,
//!   [`Chain::signer`] what a reader asks of one that is there.
//!
//! Everything here is pure: bytes in, a verdict out. The formats are [C2SP's](https://c2sp.org/signed-note), the
//! algorithm is Ed25519 alone, verified strictly (RFC 8032, no keys or points of small order).

mod chain;
mod note;
mod set;
mod signing;
mod state;
mod verifying;

pub use chain::{Chain, Refused};
pub use note::Note;
pub use set::{KeySet, KeySetError, SETS};
pub use signing::{KeyFileError, SigningKey};
pub use state::{State, StateError};
pub use verifying::{VerifyingKey, VerifyingKeyError};

#[cfg(test)]
mod tests;
