//! Taking a version back, and taking that back.
//!
//! A yank hides a version from new resolutions and breaks no project that has it locked. It is a file of its own,
//! `v1/yanks/<namespace>/<name>/<version>.json`, that is there only while the version is yanked; index lines say the
//! same, derived.

use semver::Version;
use serde::{Deserialize, Serialize};

use super::derived::ATTEMPTS;
use super::{PublishError, Tree};
use crate::source::layout;
use crate::storage::Storage;
use crate::{PackageName, Release, SourceError};

/// The only format of a yank there is.
const FORMAT: u64 = 1;

/// Most bytes in a yank's file.
const YANK_BYTES: u64 = 8 * 1024;

/// Most characters in a reason; it stands in every index line.
const REASON_CHARS: usize = 500;

/// Why a version was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yank {
    /// The format of the file.
    #[serde(default = "format")]
    pub v: u64,
    /// Told to everybody who uses the version.
    pub reason: String,
    /// Whether it is dangerous to go on using it.
    #[serde(default)]
    pub security: bool,
}

fn format() -> u64 {
    FORMAT
}

impl Yank {
    /// A yank; the reason is cut where it is too long for an index.
    #[must_use]
    pub fn new(reason: &str, security: bool) -> Self {
        Self {
            v: FORMAT,
            reason: reason.chars().take(REASON_CHARS).collect(),
            security,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        // A string and a truth value: serialising them cannot fail.
        serde_json::to_string(self)
            .map(|json| json + "\n")
            .unwrap_or_default()
    }
}

/// The yank of a version, none if it is not yanked.
pub(super) fn read(
    storage: &dyn Storage,
    name: &PackageName,
    version: &Version,
) -> Result<Option<Yank>, PublishError> {
    let path = layout::yank(name, version);
    let Some(stored) = storage.read(&path, YANK_BYTES)? else {
        return Ok(None);
    };
    let broken = |reason| SourceError::Broken {
        place: storage.place(&path),
        reason,
    };
    let yank: Yank =
        serde_json::from_slice(&stored.bytes).map_err(|error| broken(error.to_string()))?;
    if yank.v != FORMAT {
        let reason = format!("its format is {} and this scaffold reads {FORMAT}", yank.v);
        return Err(broken(reason).into());
    }
    Ok(Some(Yank::new(&yank.reason, yank.security)))
}

/// Takes a version back, or gives another reason for it; gives its index line.
///
/// # Errors
/// [`PublishError::NoVersion`] when nobody published it.
pub fn yank(
    storage: &dyn Storage,
    name: &PackageName,
    version: &Version,
    yank: &Yank,
) -> Result<Release, PublishError> {
    let path = layout::yank(name, version);
    let text = Yank::new(&yank.reason, yank.security).to_json();
    change(storage, name, version, |_| {
        for _ in 0..ATTEMPTS {
            let old = storage.read(&path, YANK_BYTES)?;
            if old.as_ref().is_some_and(|old| old.bytes == text.as_bytes()) {
                return Ok(());
            }
            let tag = old.map(|old| old.tag);
            if storage.replace(&path, text.as_bytes(), tag.as_ref())? {
                return Ok(());
            }
        }
        Err(PublishError::Contended {
            place: storage.place(&path),
        })
    })
}

/// Offers a version again; gives its index line.
///
/// # Errors
/// [`PublishError::NoVersion`] when nobody published it.
pub fn unyank(
    storage: &dyn Storage,
    name: &PackageName,
    version: &Version,
) -> Result<Release, PublishError> {
    change(storage, name, version, |_| {
        Ok(storage.remove(&layout::yank(name, version))?)
    })
}

fn change(
    storage: &dyn Storage,
    name: &PackageName,
    version: &Version,
    write: impl FnOnce(&Tree<'_>) -> Result<(), PublishError>,
) -> Result<Release, PublishError> {
    let tree = Tree::open(storage)?;
    let no_version = || tree.no_version(name, version);
    tree.statement(name, version)?.ok_or_else(no_version)?;
    write(&tree)?;
    let listed = tree.derive(name)?;
    let found = listed.into_iter().find(|listed| listed.version == *version);
    found.ok_or_else(no_version)
}
