//! Whether everything in a registry is what it should be: every archive hashed and unpacked, every signature checked, and
//! everything derived compared with what it is derived from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::derived::{Lines, index_text};
use super::super::{PublishError, Tree};
use crate::keys::Chain;
use crate::source::{BLOB_BYTES, Location, NOTE_BYTES, SHARD_BYTES, layout, read_shard};
use crate::storage::{Storage, StorageError};
use crate::{Digest, Package, PackageName, Release, Statement, Summary};

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Verified {
    /// Packages.
    pub packages: usize,
    /// Statements.
    pub releases: usize,
    /// Of them, those that nobody has signed.
    pub unsigned: usize,
    /// Archives that were hashed.
    pub archives: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Everything that is not as it should be, by place.
    pub problems: Vec<Problem>,
    /// Archives that no statement names: of a publication that did not come to its end, or is under way.
    pub unnamed: Vec<Digest>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub place: String,
    /// What is wrong with it, and what to do where that is known.
    pub what: String,
}

/// Looks at every file of a registry.
///
/// # Errors
/// There is no registry, or it cannot be read; what is wrong in it is no error but in the answer.
pub fn verify(storage: &dyn Storage) -> Result<Verified, PublishError> {
    let mut look = Look {
        tree: Tree::open(storage)?,
        storage,
        found: Verified::default(),
        known: BTreeSet::from([Location::Config]),
    };
    let names = look.tree.packages()?;
    let mut lines = Vec::new();
    let mut chains = BTreeMap::new();
    for name in &names {
        let chain = chains.entry(name.namespace().to_owned());
        let chain = chain.or_insert_with_key(|namespace| look.chain(namespace));
        lines.extend(look.package(name, chain.as_ref())?);
    }
    look.found.packages = names.len();
    look.search(lines)?;
    look.rest("v1")?;
    look.found.problems.sort();
    Ok(look.found)
}

struct Look<'s> {
    tree: Tree<'s>,
    storage: &'s dyn Storage,
    found: Verified,
    /// What is there for a reason.
    known: BTreeSet<Location>,
}

impl Look<'_> {
    fn problem(&mut self, path: &str, what: impl ToString) {
        self.found.problems.push(Problem {
            place: self.storage.place(path),
            what: what.to_string(),
        });
    }

    /// The key sets of a namespace, as far as they follow each other.
    fn chain(&mut self, namespace: &str) -> Option<Chain> {
        let mut last = 0;
        let chain = Chain::read(namespace, |number| {
            last = number;
            let path = layout::keys(namespace, number);
            let stored = self.storage.read(&path, NOTE_BYTES)?;
            Ok::<_, PublishError>(stored.map(|stored| {
                self.known
                    .insert(Location::Keys(namespace.to_owned(), number));
                String::from_utf8_lossy(&stored.bytes).into_owned()
            }))
        });
        chain.unwrap_or_else(|error| {
            self.problem(&layout::keys(namespace, last), error);
            None
        })
    }

    /// Looks at one package; gives its line in the search data.
    fn package(
        &mut self,
        name: &PackageName,
        chain: Option<&Chain>,
    ) -> Result<Option<Summary>, PublishError> {
        let versions = self
            .tree
            .versions(&layout::notes(name), layout::NOTE_SUFFIX)?;
        let mut whole = true;
        for version in &versions {
            let path = layout::note(name, version);
            self.known
                .insert(Location::Note(name.clone(), version.clone()));
            self.found.releases += 1;
            match self.tree.statement(name, version) {
                Ok(Some(statement)) => self.statement(&path, &statement, chain)?,
                Ok(None) => {}
                Err(error) => {
                    whole = false;
                    self.problem(&path, error);
                }
            }
        }
        for version in self
            .tree
            .versions(&layout::yanks(name), layout::YANK_SUFFIX)?
        {
            self.known
                .insert(Location::Yank(name.clone(), version.clone()));
            if !versions.contains(&version) {
                let what = "it takes back a version that nobody published";
                self.problem(&layout::yank(name, &version), what);
            }
        }
        self.known.insert(Location::Index(name.clone()));
        if !whole {
            return Ok(None);
        }
        self.index(name)
    }

    fn statement(
        &mut self,
        path: &str,
        statement: &Statement,
        chain: Option<&Chain>,
    ) -> Result<(), PublishError> {
        match chain.map(|chain| chain.signer(statement)) {
            Some(Err(refused)) => self.problem(path, refused),
            None if statement.claims_a_signature() => {
                self.problem(path, "it is signed, and its namespace has no key sets here");
            }
            Some(Ok(_)) | None => {}
        }
        if !statement.claims_a_signature() {
            self.found.unsigned += 1;
        }
        self.archive(&statement.release)
    }

    fn archive(&mut self, release: &Release) -> Result<(), PublishError> {
        let path = layout::blob(&release.blob);
        self.known.insert(Location::Blob(release.blob));
        let stored = match self.storage.read(&path, BLOB_BYTES) {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                let what = format!(
                    "it is missing, and {} {} is nothing without it; publish the same version again",
                    release.name, release.version
                );
                self.problem(&path, what);
                return Ok(());
            }
            Err(error @ StorageError::TooLong { .. }) => {
                self.problem(&path, error);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.found.archives += 1;
        self.found.bytes += stored.bytes.len() as u64;
        let found = Digest::of(&stored.bytes);
        if found != release.blob {
            let what = format!("it hashes to {found}; publish the same version again");
            self.problem(&path, what);
            return Ok(());
        }
        let package = Package::read(&stored.bytes).and_then(|package| package.check(release));
        if let Err(error) = package {
            self.problem(&path, error);
        }
        Ok(())
    }

    /// Compares a package's index with what it is derived from.
    fn index(&mut self, name: &PackageName) -> Result<Option<Summary>, PublishError> {
        let path = layout::index(name);
        let listed = match self.tree.listed(name, Lines::MadeAnew) {
            Ok(listed) => listed,
            Err(error) => {
                self.problem(&path, error);
                return Ok(None);
            }
        };
        let there = listed.old.map(|old| old.bytes);
        match index_text(&listed.releases) {
            Ok(text) if there.as_deref() == Some(text.as_bytes()) => {}
            Ok(_) => self.problem(&path, BEHIND),
            Err(reason) => self.problem(&path, reason),
        }
        Ok(Summary::of(&listed.releases))
    }

    /// Compares the search data with the lines that should be in it.
    fn search(&mut self, mut lines: Vec<Summary>) -> Result<(), PublishError> {
        let (config, _) = self.tree.needed_config()?;
        for number in config.parts() {
            let path = layout::shard(number);
            self.known.insert(Location::Shard(number));
            let stored = self.storage.read(&path, SHARD_BYTES)?;
            let mut there = match stored.map(|stored| read_shard(&stored.bytes)) {
                Some(Ok(there)) => there,
                Some(Err(reason)) => {
                    self.problem(&path, reason);
                    continue;
                }
                None => Vec::new(),
            };
            let (mut mine, rest) = lines
                .into_iter()
                .partition::<Vec<_>, _>(|line| config.part_of(&line.name) == number);
            lines = rest;
            mine.sort_by(|one, other| one.name.cmp(&other.name));
            there.sort_by(|one, other| one.name.cmp(&other.name));
            if mine != there {
                self.problem(&path, BEHIND);
            }
        }
        Ok(())
    }

    /// Whatever else lies in a folder.
    fn rest(&mut self, folder: &str) -> Result<(), PublishError> {
        for name in self.storage.list(folder)? {
            let path = format!("{folder}/{name}");
            match Location::parse(&path) {
                Some(location) if self.known.contains(&location) => {}
                Some(Location::Blob(digest)) => self.found.unnamed.push(digest),
                // Parts of a number there no longer is: readers who hold an older config.json still read them.
                Some(Location::Shard(_)) => {}
                Some(Location::Keys(namespace, number)) => {
                    // Of a namespace that has not published yet; or it does not follow those before it.
                    let chain = self.chain(&namespace);
                    if chain.is_none_or(|chain| chain.newest().number() < number) {
                        self.problem(&path, "it does not follow the key sets before it");
                    }
                }
                Some(_) => self.problem(&path, "it belongs to no version that was published"),
                None if self.is_file(&path) => self.problem(&path, "no registry has such a file"),
                None => self.rest(&path)?,
            }
        }
        Ok(())
    }

    fn is_file(&self, path: &str) -> bool {
        matches!(
            self.storage.read(path, 0),
            Ok(Some(_)) | Err(StorageError::TooLong { .. })
        )
    }
}

/// What is wrong with a derived file.
const BEHIND: &str = "it is not what the statements say; scaffold registry repair makes it anew";
