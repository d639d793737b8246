//! The search data: every package in one line, cut into shards by name.

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Kind, PackageName, Release};

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

impl Summary {
    /// Whether every word, all in lower case, is somewhere in it.
    fn says(&self, words: &[String]) -> bool {
        let (name, summary) = (self.name.to_string(), self.summary.to_lowercase());
        let keywords: Vec<_> = self.keywords.iter().map(|k| k.to_lowercase()).collect();
        words.iter().all(|word| {
            let in_keyword = || keywords.iter().any(|keyword| keyword.contains(word));
            name.contains(word) || summary.contains(word) || in_keyword()
        })
    }
}

/// The lines of a part that hold every word, all in lower case.
///
/// A hundred thousand packages are twenty megabytes. Written here, a package is a line, and one that cannot hold a word
/// is not read as JSON; what others wrote in another shape is read whole.
pub(crate) fn find_in_shard(bytes: &[u8], words: &[String]) -> Result<Vec<Summary>, String> {
    let mut found = match std::str::from_utf8(bytes).ok().and_then(lines) {
        Some(lines) => {
            let lines = lines.filter(|line| may_say(line, words));
            let read = lines.map(|line| serde_json::from_str(line.trim_end_matches(',')));
            read.collect::<Result<Vec<Summary>, _>>()
                .map_err(|error| error.to_string())?
        }
        None => read_shard(bytes)?,
    };
    found.retain(|summary| summary.says(words));
    Ok(found)
}

/// What stands before the first line of a part and after the last one.
const FRAME: (&str, &str) = ("{\"v\":1,\"packages\":[\n", "\n]}\n");

/// The lines of a part written by [`write_shard`].
fn lines(text: &str) -> Option<std::str::Lines<'_>> {
    let inner = text.strip_prefix(FRAME.0)?.strip_suffix(FRAME.1)?;
    Some(inner.lines())
}

/// Whether a line of JSON may hold every word; words that JSON can write in more than one way may always be there.
fn may_say(line: &str, words: &[String]) -> bool {
    if words.is_empty() || line.contains('\\') {
        return true;
    }
    let lower = line.to_lowercase();
    words.iter().all(|word| lower.contains(word.as_str()))
}

/// Of a part of whatever format.
#[derive(Deserialize)]
struct Head {
    v: u64,
}

#[derive(Deserialize)]
struct Shard {
    packages: Vec<Summary>,
}

pub(crate) fn read_shard(bytes: &[u8]) -> Result<Vec<Summary>, String> {
    // Twice, and not as a value first: that takes several times as long, of a part as long as it may be.
    let Head { v } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if v != FORMAT {
        return Err(format!(
            "its format is {v} and this scaffold reads {FORMAT}"
        ));
    }
    let shard: Shard = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(shard.packages)
}

/// Sorted by name, a package a line, so that a change to one is a change to one line.
pub(crate) fn write_shard(mut packages: Vec<Summary>) -> Result<String, serde_json::Error> {
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    let mut text = FRAME.0.to_owned();
    for (index, package) in packages.iter().enumerate() {
        if index > 0 {
            text.push_str(",\n");
        }
        text.push_str(&serde_json::to_string(package)?);
    }
    text.push_str(FRAME.1);
    Ok(text)
}
