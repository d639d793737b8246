//! The records of changes that were made: which files, what stood there before, what the change left.
//!
//! Two questions are answered from them alone: which change an undo takes back, and whether a merge is under way. Records lie
//! in the user's folder, so they are read as untrusted: a content that is not what its digest says does not count.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use scaffold_registry::Digest;

use super::ApplyError;
use super::disk;
use super::error::{in_state, io};
use super::journal::{Conflict, Journal, LAST_LINE};
use super::settle;
use super::stage;
use super::state::{self, JOURNAL, UNDO};
use crate::path::ProjectPath;
use crate::plan::Stamp;
use crate::workspace::folders::{Folders, open_regular};

const AT: &str = ".scaffold/undo";

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: u64,
    /// The command.
    pub label: String,
    /// When it was made, as far as the system tells.
    pub when: Option<SystemTime>,
    /// The record it took back.
    pub undoes: Option<u64>,
    /// Folders it made.
    pub folders: Vec<ProjectPath>,
    pub files: Vec<RecordedFile>,
}

impl Record {
    /// What it did to a file; it may have left it alone.
    pub fn file(&self, path: &ProjectPath) -> Option<&RecordedFile> {
        self.files.iter().find(|file| file.path == *path)
    }

    /// The files it left in conflict that nobody has settled since.
    pub fn open(&self) -> impl Iterator<Item = &RecordedFile> {
        let open = |file: &&RecordedFile| file.conflict.is_some() && !file.settled;
        self.files.iter().filter(open)
    }
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    pub path: ProjectPath,
    pub before: Option<Stamp>,
    /// What it left; of a conflict that was settled, what it was settled to.
    pub after: Option<Stamp>,
    pub conflict: Option<Conflict>,
    pub settled: bool,
    /// What stood there before, where it is kept.
    pub old: Option<Arc<[u8]>>,
    /// What it left, where that is kept: see [`Record`].
    pub new: Option<Arc<[u8]>>,
    /// Its place in the journal, which is the name of what is kept of it.
    pub(super) number: usize,
    /// The permission bits of the file that was set aside, where the system has them.
    pub(super) mode: Option<u32>,
}

/// The change that an undo takes back: the last one that was not taken back yet. None if none is remembered.
pub fn last_change(root: &Path) -> Result<Option<Record>, ApplyError> {
    let Some(dir) = open(root)? else {
        return Ok(None);
    };
    match undoable(&dir)?.first() {
        Some(record) => read(&dir, record.id, true),
        None => Ok(None),
    }
}

/// The changes that can be undone, the last one first, without contents.
pub fn history(root: &Path) -> Result<Vec<Record>, ApplyError> {
    open(root)?.map_or(Ok(Vec::new()), |dir| undoable(&dir))
}

/// The change whose conflicts are not all settled: the last one there is, since no other follows it until they are.
pub fn merge_under_way(root: &Path) -> Result<Option<Record>, ApplyError> {
    let Some(dir) = open(root)? else {
        return Ok(None);
    };
    for id in records(&dir)?.into_iter().rev() {
        if is_without_conflicts(&dir, id)? {
            return Ok(None);
        }
        if let Some(record) = read(&dir, id, false)? {
            return match record.open().next() {
                Some(_) => read(&dir, id, true),
                None => Ok(None),
            };
        }
    }
    Ok(None)
}

/// Whether a record says at its end that nothing was in conflict.
fn is_without_conflicts(state: &Dir, id: u64) -> Result<bool, ApplyError> {
    let Some(dir) = folder(state, id)? else {
        return Ok(false);
    };
    let opened = open_regular(&dir, JOURNAL, AT).map_err(|obstacle| in_state(AT, obstacle))?;
    let Some((mut journal, metadata)) = opened else {
        return Ok(false);
    };
    let mut end = Vec::new();
    let from = SeekFrom::Start(metadata.len().saturating_sub(LAST_LINE));
    let read = journal
        .seek(from)
        .and_then(|_| journal.take(LAST_LINE).read_to_end(&mut end));
    read.map_err(io("read", AT))?;
    Ok(Journal::ends_without_conflicts(&end))
}

/// Our folder in the project at `root`.
pub(super) fn open(root: &Path) -> Result<Option<Dir>, ApplyError> {
    match Dir::open_ambient_dir(root, ambient_authority()) {
        Ok(dir) => state::find(&dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("open", root.display().to_string())(error)),
    }
}

/// The records that can be undone, the newest first: neither taken back nor taking one back. What took back a record that
/// was itself taken back does not count.
pub(super) fn undoable(state: &Dir) -> Result<Vec<Record>, ApplyError> {
    let mut undone = BTreeSet::new();
    let mut chain = Vec::new();
    for id in records(state)?.into_iter().rev() {
        let Some(record) = read(state, id, false)? else {
            continue;
        };
        if undone.contains(&id) {
            continue;
        }
        match record.undoes {
            Some(other) => drop(undone.insert(other)),
            None => chain.push(record),
        }
    }
    Ok(chain)
}

/// The folder of a record.
pub(super) fn folder(state: &Dir, id: u64) -> Result<Option<Dir>, ApplyError> {
    let mut folders = Folders::new(state.try_clone().map_err(io("open", ".scaffold"))?);
    let found = folders
        .folder(&format!("{UNDO}/{id}"))
        .map_err(|obstacle| in_state(AT, obstacle))?;
    found
        .map(|dir| dir.try_clone().map_err(io("open", AT)))
        .transpose()
}

/// A record; none if it is what was left of a change that was rolled back. With `contents` what is kept of its files.
pub(super) fn read(state: &Dir, id: u64, contents: bool) -> Result<Option<Record>, ApplyError> {
    let Some(dir) = folder(state, id)? else {
        return Ok(None);
    };
    let file = |name: &str| disk::read_regular(&dir, name, AT).map_err(|o| in_state(AT, o));
    let Some(text) = file(JOURNAL)? else {
        return Ok(None);
    };
    let journal = Journal::parse(&text.bytes)?;
    let settled = settle::read(&dir)?;
    let kept = |names: &[&str], stamp: Option<Stamp>| -> Result<Option<Arc<[u8]>>, ApplyError> {
        let (Some(stamp), true) = (stamp, contents) else {
            return Ok(None);
        };
        for name in names {
            if let Some(found) = file(name)?
                && Digest::of(&found.bytes) == stamp.digest
            {
                return Ok(Some(found.bytes));
            }
        }
        Ok(None)
    };
    let files = journal.entries.into_iter().enumerate();
    let files = files.map(|(number, entry)| {
        let [old, new] = stage::copies(number);
        let settlement = settled
            .get(&entry.path)
            .filter(|_| entry.conflict.is_some());
        let after = settlement.copied().unwrap_or(entry.after);
        Ok(RecordedFile {
            old: kept(&[&number.to_string(), &old], entry.before)?,
            new: kept(&[&new], after)?,
            path: entry.path,
            before: entry.before,
            after,
            conflict: entry.conflict,
            settled: settlement.is_some(),
            number,
            mode: entry
                .before
                .filter(|_| contents)
                .and_then(|_| dir.symlink_metadata(number.to_string()).ok())
                .and_then(|metadata| disk::mode_of(&metadata)),
        })
    });
    Ok(Some(Record {
        id,
        label: journal.label,
        when: dir
            .symlink_metadata(JOURNAL)
            .and_then(|metadata| metadata.modified())
            .ok()
            .map(cap_std::time::SystemTime::into_std),
        undoes: journal.undoes.filter(|undone| *undone < id),
        folders: journal.folders,
        files: files.collect::<Result<_, ApplyError>>()?,
    }))
}

/// The numbers of the undo records, ascending.
pub(super) fn records(state: &Dir) -> Result<Vec<u64>, ApplyError> {
    let mut folders = Folders::new(state.try_clone().map_err(io("open", ".scaffold"))?);
    let undo = match folders.folder(UNDO) {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(dir)) => dir,
        Err(obstacle) => return Err(in_state(".scaffold/undo", obstacle)),
    };
    let list = || -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in undo.entries()? {
            let name = entry?.file_name();
            // Only such names as are given.
            let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
            numbers.extend(
                number
                    .filter(|number| name == number.to_string().as_str())
                    .map(u64::from),
            );
        }
        numbers.sort_unstable();
        Ok(numbers)
    };
    list().map_err(io("read", ".scaffold/undo"))
}
