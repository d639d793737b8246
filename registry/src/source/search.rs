//! The search data: every package in one line, cut into shards by name.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Digest, Kind, PackageName, Release};

/// Most bytes in one shard.
pub const SHARD_BYTES: u64 = 8 * 1024 * 1024;

/// The only format of a shard there is.
const FORMAT: u64 = 1;

/// A package in one line, as a search shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The package.
    pub name: PackageName,
    /// The newest version that is not yanked, preferring one that is no pre-release.
    pub version: Version,
    /// What it is for.
    pub kind: Kind,
    /// One line about it.
    pub summary: String,
    /// Words to find it by.
    #[serde(default)]
    pub keywords: Vec<String>,
}

impl Summary {
    /// The line of a package with these releases; none when every one of them is yanked.
    #[must_use]
    pub fn of(releases: &[Release]) -> Option<Self> {
        let newest = releases
            .iter()
            .filter(|release| release.yanked.is_none())
            .max_by_key(|release| (release.version.pre.is_empty(), &release.version))?;
        Some(Self {
            name: newest.name.clone(),
            version: newest.version.clone(),
            kind: newest.kind,
            summary: newest.summary.clone(),
            keywords: newest.keywords.clone(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Shard<P> {
    v: u64,
    packages: P,
}

/// The shard that holds `name` where there are `shards` of them.
pub(crate) fn shard_of(name: &PackageName, shards: u32) -> u32 {
    u32::from(Digest::of(name.to_string().as_bytes()).as_bytes()[0]) % shards.max(1)
}

pub(crate) fn read_shard(bytes: &[u8]) -> Result<Vec<Summary>, String> {
    let shard: Shard<serde_json::Value> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if shard.v != FORMAT {
        return Err(format!(
            "its format is {} and this scaffold reads {FORMAT}",
            shard.v
        ));
    }
    serde_json::from_value(shard.packages).map_err(|error| error.to_string())
}

/// Sorted by name, a package a line, so that a change to one is a change to one line.
pub(crate) fn write_shard(mut packages: Vec<Summary>) -> Result<String, serde_json::Error> {
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    let mut text = format!("{{\"v\":{FORMAT},\"packages\":[");
    for (index, package) in packages.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(package)?);
    }
    text.push_str("\n]}\n");
    Ok(text)
}
