//! What a registry says about itself.

use serde::{Deserialize, Serialize};

use super::SourceError;
use crate::keys::VerifyingKey;
use crate::{Digest, PackageName};

/// The only format of a registry there is.
pub(super) const FORMAT: u64 = 1;

/// Most bytes in `config.json`.
pub const CONFIG_BYTES: u64 = 64 * 1024;

/// Most parts the search data may be cut into.
pub(crate) const MAX_PARTS: u32 = 256;

/// `v1/config.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The format of the tree.
    pub v: u64,
    /// What the registry calls itself.
    pub origin: String,
    /// The key that signs `state`; none where nobody does.
    #[serde(default)]
    pub key: Option<VerifyingKey>,
    /// Where blobs are, when they are not beside the index. Kept free: none is the only value today.
    #[serde(default)]
    pub blobs: Option<String>,
    /// Where to publish; none when that is not possible over the network.
    #[serde(default)]
    pub api: Option<String>,
    /// How many parts the search data is cut into: a power of two.
    pub shards: u32,
    /// When the registry last said that this is its state: a note, see [`State`](crate::keys::State).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Config {
    /// What a new registry says.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            v: FORMAT,
            origin: origin.to_owned(),
            key: None,
            blobs: None,
            api: None,
            shards: 1,
            state: None,
        }
    }

    /// The numbers of the parts of the search data, see [`super::Object::Shard`]. Those of a registry cut finer are
    /// others (one part: 0; two: 1 and 2; four: 3 to 6), so that who cuts them leaves the old ones whole.
    #[must_use]
    pub fn parts(&self) -> std::ops::Range<u32> {
        self.shards - 1..self.shards * 2 - 1
    }

    /// The number of the part that a package's line is in.
    #[must_use]
    pub fn part_of(&self, name: &PackageName) -> u32 {
        let byte = Digest::of(name.to_string().as_bytes()).as_bytes()[0];
        self.shards - 1 + u32::from(byte) % self.shards
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: serialising them cannot fail.
        serde_json::to_string(self)
            .map(|json| json + "\n")
            .unwrap_or_default()
    }

    /// Reads the file; `place` names it in messages.
    pub(crate) fn parse(
        bytes: &[u8],
        id: &str,
        place: impl Fn() -> String,
    ) -> Result<Self, SourceError> {
        let broken = |reason| SourceError::Broken {
            place: place(),
            reason,
        };
        // The number first, since a later format may have other fields.
        #[derive(Deserialize)]
        struct Format {
            v: u64,
        }
        let Format { v } =
            serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        if v != FORMAT {
            return Err(SourceError::Format {
                id: id.to_owned(),
                found: v,
            });
        }
        let config: Self =
            serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        if !config.shards.is_power_of_two() || config.shards > MAX_PARTS {
            return Err(broken(format!(
                "`shards` is {} and must be a power of two up to {MAX_PARTS}",
                config.shards
            )));
        }
        if config.blobs.is_some() {
            return Err(broken(
                "`blobs` names another place, which this scaffold cannot follow".to_owned(),
            ));
        }
        Ok(config)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, SourceError> {
        Config::parse(text.as_bytes(), "test", || "config.json".to_owned())
    }

    #[test]
    fn round_trips() {
        let config = Config::new("local");
        assert_eq!(parse(&config.to_json()).unwrap(), config);
    }

    #[test]
    fn later_formats_and_junk_are_told_apart() {
        assert!(matches!(
            parse("{\"v\":2}"),
            Err(SourceError::Format { found: 2, .. })
        ));
        for text in [
            "",
            "[]",
            "{\"v\":1}",
            "{\"v\":1,\"origin\":\"x\",\"shards\":0}",
            "{\"v\":1,\"origin\":\"x\",\"shards\":512}",
            "{\"v\":1,\"origin\":\"x\",\"shards\":3}",
        ] {
            assert!(
                matches!(parse(text), Err(SourceError::Broken { .. })),
                "{text}"
            );
        }
    }
}
