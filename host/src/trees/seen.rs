//! Which files of a project were found byte for byte as they were generated: a file that the system says was not touched
//! since need not be read again.
//!
//! One [`Stat`] a file, in the order of the tree; zeros for a file that was not as generated. Like git's index it is believed
//! as it stands: it lies in the user's own cache, and all that rests on it is what `status` and `diff` show.

use std::time::SystemTime;

use crate::{
    path::ProjectPath,
    workspace::{Stat, Workspace},
};

const HEADER: &[u8] = b"scaffold seen 1\n";
const NOT_SEEN: [u8; Stat::BYTES] = [0; Stat::BYTES];

/// What was noted down at the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(Vec<u8>);

impl Seen {
    /// None if it is not of that many files.
    pub(super) fn parse(mut bytes: Vec<u8>, files: usize) -> Option<Self> {
        let stats = bytes.len().checked_sub(HEADER.len())?;
        if !bytes.starts_with(HEADER) || Some(stats) != files.checked_mul(Stat::BYTES) {
            return None;
        }
        bytes.drain(..HEADER.len());
        Some(Self(bytes))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [HEADER, &self.0].concat()
    }

    fn unedited(&self, number: usize, stat: Option<Stat>) -> bool {
        let at = number * Stat::BYTES;
        stat.is_some_and(|stat| self.0.get(at..at + Stat::BYTES) == Some(stat.as_bytes()))
    }
}

/// A look at the generated files of a project. Taken before any of them is read: what is written in between shows.
pub struct Look(Vec<Option<Stat>>);

impl Look {
    /// A look at these files at the time `now`.
    pub fn take<'p>(
        workspace: &Workspace,
        files: impl Iterator<Item = &'p ProjectPath>,
        now: SystemTime,
    ) -> Self {
        Self(workspace.stats(&files.collect::<Vec<_>>(), now))
    }

    /// The numbers of the files that have to be read.
    pub fn suspects(&self, seen: &Seen) -> Vec<usize> {
        let stats = self.0.iter().enumerate();
        let touched = stats.filter(|(number, stat)| !seen.unedited(*number, **stat));
        touched.map(|(number, _)| number).collect()
    }

    /// What to note down, given which of the suspects turned out to be as they were generated; none if that is nothing new.
    pub fn seen(mut self, suspects: &[usize], same: &[bool]) -> Option<Seen> {
        let mut news = false;
        for (number, same) in suspects.iter().zip(same) {
            if *same {
                news |= self.0[*number].is_some();
            } else {
                self.0[*number] = None;
            }
        }
        let stats = self.0.iter();
        let bytes = stats.flat_map(|stat| stat.map_or(NOT_SEEN, |stat| *stat.as_bytes()));
        news.then(|| Seen(bytes.collect()))
    }
}
