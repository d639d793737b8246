//! Search data made ready to be searched often: what each package says, in lower case, in one piece of memory.

use std::ops::Range;

use memchr::memmem::Finder;

use super::search::{Summary, read_shard};

/// A part of the search data.
pub(crate) struct Lines {
    /// What packages say, in lower case, one after the other: name, summary and keywords, each before a line's end.
    said: String,
    /// The packages as JSON, one after the other.
    json: String,
    /// Where each begins in the two, by name, and at last where they end.
    starts: Vec<(usize, usize)>,
}

impl Lines {
    /// Makes a part ready.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut packages = read_shard(bytes)?;
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        let (mut said, mut json) = (String::new(), String::new());
        let mut starts = Vec::with_capacity(packages.len() + 1);
        for package in &packages {
            starts.push((said.len(), json.len()));
            let name = package.name.to_string();
            let texts = [&name, &package.summary]
                .into_iter()
                .chain(&package.keywords);
            for text in texts {
                said.push_str(&text.to_lowercase());
                said.push('\n');
            }
            json.push_str(&serde_json::to_string(package).map_err(|error| error.to_string())?);
        }
        starts.push((said.len(), json.len()));
        Ok(Self { said, json, starts })
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.said.capacity() + self.json.capacity() + size_of_val(&self.starts[..])
    }

    /// What each package says, and its JSON.
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.starts.windows(2).map(|two| {
            let (said, json) = (two[0].0..two[1].0, two[0].1..two[1].1);
            (&self.said[said], &self.json[json])
        })
    }
}

/// What a search finds in one part after the other: how much, and no more of it than is shown.
pub(crate) struct Hits {
    words: Vec<Finder<'static>>,
    /// Which are shown of all by name.
    range: Range<usize>,
    count: usize,
    /// The first of them so far, in no order.
    first: Vec<Hit>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    /// Namespace and name, which names are ordered by.
    name: (String, String),
    json: String,
}

impl Hits {
    /// Nothing yet, of what says every word somewhere, in any case. No word holds a line's end.
    pub(crate) fn new(words: &[String], range: Range<usize>) -> Self {
        let finder = |word: &String| Finder::new(&word.to_lowercase()).into_owned();
        Self {
            words: words.iter().map(finder).collect(),
            range,
            count: 0,
            first: Vec::new(),
        }
    }

    /// Searches one more part.
    pub(crate) fn search(&mut self, lines: &Lines) {
        let mut found = 0;
        for (said, json) in lines.iter() {
            if self
                .words
                .iter()
                .any(|word| word.find(said.as_bytes()).is_none())
            {
                continue;
            }
            // By name: what comes after so many of one part comes after as many of all.
            if found < self.range.end {
                let name = said.split('\n').next().unwrap_or_default();
                let (namespace, name) = name.split_once('/').unwrap_or_default();
                self.first.push(Hit {
                    name: (namespace.to_owned(), name.to_owned()),
                    json: json.to_owned(),
                });
            }
            found += 1;
        }
        self.count += found;
        if self.first.len() > self.range.end {
            self.first.select_nth_unstable(self.range.end);
            self.first.truncate(self.range.end);
        }
    }

    /// How many packages there are in all.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Those that are shown, by name.
    pub(crate) fn shown(mut self) -> Vec<Summary> {
        self.first.sort_unstable();
        let shown = self.first.iter().skip(self.range.start);
        shown
            .filter_map(|hit| serde_json::from_str(&hit.json).ok())
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::search::write_shard;
    use super::*;
    use crate::source::{Config, search::find_in_shard};

    fn line(name: &str, summary: &str, keyword: &str) -> Summary {
        serde_json::from_value(serde_json::json!({
            "name": name, "version": "1.0.0", "kind": "module", "summary": summary, "keywords": [keyword],
        }))
        .unwrap()
    }

    /// Packages in as many parts as a registry with these would have.
    fn parts(packages: &[Summary], shards: u32) -> Vec<String> {
        let config = Config {
            shards,
            ..Config::new("test")
        };
        let part = |number| {
            let here = packages
                .iter()
                .filter(|line| config.part_of(&line.name) == number);
            write_shard(here.cloned().collect()).unwrap()
        };
        config.parts().map(part).collect()
    }

    #[test]
    fn a_page_is_what_a_search_of_all_has_there() {
        let words = ["Überall", "here \"and\" there", "web", "ADD\\s"];
        let packages: Vec<_> = (0..60)
            .map(|n| {
                let name = format!("{}/p{n}", ["acme", "acme-x", "b"][n % 3]);
                line(&name, words[n % 4], words[n / 4 % 4])
            })
            .collect();
        for shards in [1, 4] {
            let texts = parts(&packages, shards);
            let read = texts
                .iter()
                .map(|text| Lines::read(text.as_bytes()).unwrap());
            let read: Vec<_> = read.collect();
            for asked in [
                "", "überALL", "web p1", "acme/", "\"and\"", "add\\s b", "nothing", "version",
            ] {
                let words: Vec<_> = asked.split(' ').map(str::to_lowercase).collect();
                let all = texts
                    .iter()
                    .map(|text| find_in_shard(text.as_bytes(), &words).unwrap());
                let mut all: Vec<_> = all.flatten().collect();
                all.sort_by(|one, other| one.name.cmp(&other.name));
                for range in [
                    0..7,
                    7..14,
                    14..21,
                    56..63,
                    500..507,
                    usize::MAX..usize::MAX,
                ] {
                    let mut hits = Hits::new(&words, range.clone());
                    read.iter().for_each(|lines| hits.search(lines));
                    assert_eq!(hits.count(), all.len(), "{asked:?}");
                    let there = range.start.min(all.len())..range.end.min(all.len());
                    assert_eq!(hits.shown(), all[there], "{asked:?} {range:?}");
                }
            }
        }
    }
}
