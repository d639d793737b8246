//! What is derived from the indexes: the search data.
//!
//! It is cut into parts by name, so that publishing rewrites one part and not the list of all packages. A registry begins
//! with one part; one that grows past [`SPLIT_BYTES`] makes twice as many of all. Files of another number of parts have
//! other names (see [`Config::parts`]), so a reader who has read the old `config.json` finds the old parts whole.

use std::collections::BTreeMap;

use super::derived::ATTEMPTS;
use super::{PublishError, Tree};
use crate::release::{INDEX_BYTES, read_index};
use crate::source::{Config, MAX_PARTS, SHARD_BYTES, Summary, layout};
use crate::source::{read_shard, write_shard};
use crate::storage::{Stored, Tag};
use crate::{PackageName, SourceError};

/// From how many bytes on a part is cut; some five thousand packages.
const SPLIT_BYTES: usize = 1024 * 1024;

/// The lines of a part, by name.
type Part = BTreeMap<PackageName, Summary>;

impl Tree<'_> {
    /// Brings up a package's line in the search data.
    pub(super) fn search(&self, name: &PackageName) -> Result<(), PublishError> {
        for _ in 0..ATTEMPTS {
            // Read each time, so after whatever was written before: with more parts the line belongs elsewhere.
            let (config, _) = self.needed_config()?;
            let number = config.part_of(name);
            let old = self.storage.read(&layout::shard(number), SHARD_BYTES)?;
            let mut part = match old.as_ref().and_then(part_of) {
                Some(part) => part,
                // Not there or broken: made anew, as it can be at any time.
                None => self.part_anew(&config, number, &self.packages()?)?,
            };
            // After the part was read: who writes over it has seen at least this index.
            match self.summary(name)? {
                Some(line) => part.insert(name.clone(), line),
                None => part.remove(name),
            };
            if !self.write_part(&config, number, part, old.as_ref())? {
                return Ok(());
            }
        }
        Err(PublishError::Contended {
            place: self.storage.place(layout::SEARCH),
        })
    }

    /// Makes all search data from the indexes.
    pub(super) fn search_anew(&self, names: &[PackageName]) -> Result<(), PublishError> {
        for _ in 0..ATTEMPTS {
            let (config, _) = self.needed_config()?;
            let mut is_written = false;
            for number in config.parts() {
                let old = self.storage.read(&layout::shard(number), SHARD_BYTES)?;
                let part = self.part_anew(&config, number, names)?;
                is_written |= self.write_part(&config, number, part, old.as_ref())?;
            }
            if !is_written {
                return Ok(());
            }
        }
        Err(PublishError::Contended {
            place: self.storage.place(layout::SEARCH),
        })
    }

    pub(super) fn needed_config(&self) -> Result<(Config, Tag), PublishError> {
        self.config()?.ok_or_else(|| PublishError::NotARegistry {
            place: self.storage.place(""),
        })
    }

    /// A part made of the indexes of those of `names` that belong to it.
    fn part_anew(
        &self,
        config: &Config,
        number: u32,
        names: &[PackageName],
    ) -> Result<Part, PublishError> {
        let mut part = Part::new();
        for name in names.iter().filter(|name| config.part_of(name) == number) {
            if let Some(line) = self.summary(name)? {
                part.insert(name.clone(), line);
            }
        }
        Ok(part)
    }

    /// A package's line, by its index.
    fn summary(&self, name: &PackageName) -> Result<Option<Summary>, PublishError> {
        let Some(stored) = self.storage.read(&layout::index(name), INDEX_BYTES)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&stored.bytes);
        let releases = read_index(name, &text)
            .map_err(|error| self.broken(name.to_string(), error.to_string()))?;
        Ok(Summary::of(&releases))
    }

    /// Writes a part over the one that was read; `false` if it says so already. Whether it was written or somebody else
    /// was faster shows when it is read again.
    fn write_part(
        &self,
        config: &Config,
        number: u32,
        part: Part,
        old: Option<&Stored>,
    ) -> Result<bool, PublishError> {
        // A part without packages need not be there.
        let is_nothing = part.is_empty() && old.is_none();
        let text = part_text(part)?;
        if is_nothing || old.is_some_and(|old| old.bytes == text.as_bytes()) {
            return Ok(false);
        }
        if text.len() > SPLIT_BYTES && config.shards < MAX_PARTS {
            self.split(config)?;
            return Ok(true);
        }
        let over = old.map(|old| &old.tag);
        self.storage
            .replace(&layout::shard(number), text.as_bytes(), over)?;
        Ok(true)
    }

    /// Cuts every part in two.
    ///
    /// The new parts are written first, then `config.json` sends readers to them. Who published under the old number
    /// meanwhile has written an old part, so lines that differ are brought up one by one afterwards.
    fn split(&self, config: &Config) -> Result<(), PublishError> {
        let finer = Config {
            shards: config.shards * 2,
            ..config.clone()
        };
        let mut parts: BTreeMap<u32, Part> = finer.parts().map(|n| (n, Part::new())).collect();
        for (name, line) in self.all(config)? {
            let part = parts.entry(finer.part_of(&name)).or_default();
            part.insert(name, line);
        }
        for (number, part) in parts {
            // One that is there is of a split that did not come to its end, and is brought up below.
            let text = part_text(part)?;
            self.storage
                .create(&layout::shard(number), text.as_bytes())?;
        }
        if !self.set_parts(config.shards, finer.shards)? {
            return Ok(());
        }
        let (old, new) = (self.all(config)?, self.all(&finer)?);
        for name in old.keys().chain(new.keys()) {
            if old.get(name) != new.get(name) {
                self.search(name)?;
            }
        }
        Ok(())
    }

    /// Every line of the search data.
    fn all(&self, config: &Config) -> Result<Part, PublishError> {
        let mut all = Part::new();
        for number in config.parts() {
            let stored = self.storage.read(&layout::shard(number), SHARD_BYTES)?;
            all.extend(stored.as_ref().and_then(part_of).unwrap_or_default());
        }
        Ok(all)
    }

    /// Writes the number of parts into `config.json`; `false` if it is no longer the one that was there.
    fn set_parts(&self, from: u32, to: u32) -> Result<bool, PublishError> {
        loop {
            let (config, tag) = self.needed_config()?;
            if config.shards != from {
                return Ok(false);
            }
            let text = Config {
                shards: to,
                ..config
            }
            .to_json();
            if self
                .storage
                .replace(layout::CONFIG, text.as_bytes(), Some(&tag))?
            {
                return Ok(true);
            }
        }
    }
}

/// The lines of a part that was read; none if it is broken.
fn part_of(stored: &Stored) -> Option<Part> {
    let lines = read_shard(&stored.bytes).ok()?;
    let by_name = |line: Summary| (line.name.clone(), line);
    Some(lines.into_iter().map(by_name).collect())
}

fn part_text(part: Part) -> Result<String, PublishError> {
    write_shard(part.into_values().collect()).map_err(|error| {
        PublishError::Config(SourceError::Broken {
            place: layout::SEARCH.to_owned(),
            reason: error.to_string(),
        })
    })
}
