//! Why a source could not answer.

use super::{config, layout};
use crate::PackageName;
use crate::keys::KeySetError;
use crate::release::ReleaseError;

/// Why a source could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file of the registry could not be read.
    #[error("cannot read {place}: {source}")]
    Io {
        /// The file.
        place: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The registry could not be reached, or answered with an error.
    #[error("cannot fetch {place}: {reason}")]
    Fetch {
        /// The URL.
        place: String,
        /// What happened, and what to do.
        reason: String,
    },
    /// The way there is not right, or what is at its end.
    #[error("cannot reach {place}: {reason}")]
    Unreached {
        /// The URL.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// What is configured for a registry cannot be used.
    #[error("cannot ask {place}: {reason}")]
    Setting {
        /// The registry's address.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The registry wants to be told who asks, or gives this one nothing.
    #[error("{place}: the server answered {status}, it {}", match (told, status) {
        (false, _) => "wants to know who asks",
        (true, 401) => "does not know the token it was sent, which may have ended or been taken back",
        (true, _) => "does not let the token in that it was sent",
    })]
    Unauthorized {
        /// The URL.
        place: String,
        /// 401 or 403.
        status: u16,
        /// Whether it was told who asks.
        told: bool,
    },
    /// It is not on this machine, and no connection may be opened.
    #[error("{what} is not on this machine, and offline {id} is not asked")]
    Offline {
        /// The file, in words.
        what: String,
        /// The source.
        id: String,
    },
    /// What was seen of the registry before is gone or was changed. What is published never is.
    #[error("{id} went back: {reason}")]
    WentBack {
        /// The source.
        id: String,
        /// What is gone or changed.
        reason: String,
    },
    /// A file is longer than it may be.
    #[error(
        "{place} is longer than {limit} bytes, more than a registry may send; the registry is broken or hostile"
    )]
    TooLong {
        /// The file.
        place: String,
        /// The most it may have, in bytes.
        limit: u64,
    },
    /// There is no registry where one was expected.
    #[error(
        "there is no registry in {place}: `{}` is missing; check the address",
        layout::CONFIG
    )]
    NotARegistry {
        /// Where it was looked for.
        place: String,
    },
    /// The registry speaks a later format.
    #[error(
        "the registry {id} has format {found} and this scaffold reads {}; update scaffold",
        config::FORMAT
    )]
    Format {
        /// The source.
        id: String,
        /// Its format.
        found: u64,
    },
    /// What a package says could not be had from where it was kept.
    #[error("{name} cannot be had: {source}")]
    Unavailable {
        /// The package.
        name: PackageName,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that is not what it should be.
    #[error("{place} is broken: {reason}; tell whoever runs the registry")]
    Broken {
        /// The file.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An index or a statement that cannot be used.
    #[error("{id}: {source}; tell whoever runs the registry")]
    Release {
        /// The source.
        id: String,
        /// What is wrong.
        source: Box<ReleaseError>,
    },
    /// A key set that cannot be used.
    #[error("{id}: {source}; tell whoever runs the registry")]
    Keys {
        /// The source.
        id: String,
        /// What is wrong.
        source: Box<KeySetError>,
    },
    /// A release whose archive is not there.
    #[error(
        "{id} lists {package} but does not have its archive ({blob}); tell whoever runs the registry"
    )]
    NoBlob {
        /// The source.
        id: String,
        /// The package and the version, `acme/web 1.0.0`.
        package: String,
        /// The archive's digest.
        blob: crate::Digest,
    },
    /// An archive whose length is not the one the release states.
    #[error(
        "{place} has {found} bytes and the release of {package} says {expected}; the registry is broken or hostile"
    )]
    Size {
        /// The file.
        place: String,
        /// The package and the version, `acme/web 1.0.0`.
        package: String,
        /// What the release says, in bytes.
        expected: u64,
        /// What there is, in bytes; one more than the limit when there is more.
        found: u64,
    },
}
