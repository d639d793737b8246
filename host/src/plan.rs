//! What applying would do to a project, as data.
//!
//! Nothing is written by making, showing or throwing away a plan, so `--dry-run` is the same plan without `apply`.

mod action;
mod diff;
mod note;
#[cfg(test)]
mod samples;

use std::collections::BTreeSet;
use std::sync::Arc;

use scaffold_registry::Digest;

pub use self::action::{Action, Origin, Versions};
pub use self::note::Note;
use crate::secret::Placeholder;
use crate::workspace::{Found, KEEPS_MODE};

/// What a file was like when the plan was made; `apply` writes nothing unless it still is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub digest: Digest,
    pub executable: bool,
}

impl Stamp {
    pub fn of(found: &Found) -> Self {
        Self {
            digest: Digest::of(&found.bytes),
            executable: found.executable,
        }
    }

    /// Whether a file is still what it was.
    pub(crate) fn matches(&self, found: &Found) -> bool {
        Digest::of(&found.bytes) == self.digest
            && (!KEEPS_MODE || self.executable == found.executable)
    }
}

/// What a file shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub bytes: Arc<[u8]>,
    pub executable: bool,
}

impl From<&Found> for Content {
    fn from(found: &Found) -> Self {
        Self {
            bytes: Arc::clone(&found.bytes),
            executable: found.executable,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    Create,
    /// Replaced by its new version; the user had not touched it.
    Update,
    /// The user's changes and the new version's, together.
    Merge,
    /// The user has to look at it.
    Conflict,
    Delete,
    /// As wanted already.
    Unchanged,
    /// The user's version stands.
    Kept,
}

impl Verb {
    /// The word in `--json` output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Merge => "merge",
            Self::Conflict => "conflict",
            Self::Delete => "delete",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
        }
    }
}

/// How many files of each verb, and how many lines come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub created: usize,
    pub updated: usize,
    pub merged: usize,
    pub conflicts: usize,
    pub deleted: usize,
    pub unchanged: usize,
    pub kept: usize,
    pub added: usize,
    pub removed: usize,
}

/// Every file that was looked at, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// Secrets that have no value in the project yet; `apply` draws them.
    pub secrets: BTreeSet<Placeholder>,
}

impl Plan {
    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        !self.actions.iter().any(Action::writes)
    }

    /// The files the user has to look at afterwards.
    pub fn conflicts(&self) -> impl Iterator<Item = &Action> {
        self.actions
            .iter()
            .filter(|action| action.verb == Verb::Conflict)
    }

    /// The actions that touch a file.
    pub fn writes(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| action.writes())
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for action in &self.actions {
            *match action.verb {
                Verb::Create => &mut totals.created,
                Verb::Update => &mut totals.updated,
                Verb::Merge => &mut totals.merged,
                Verb::Conflict => &mut totals.conflicts,
                Verb::Delete => &mut totals.deleted,
                Verb::Unchanged => &mut totals.unchanged,
                Verb::Kept => &mut totals.kept,
            } += 1;
            totals.added += action.added;
            totals.removed += action.removed;
        }
        totals
    }

    /// Every change as one text that `git apply` takes, as long as all of it is text.
    pub fn diff(&self) -> String {
        self.actions.iter().filter_map(Action::diff).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{action, content, found};
    use super::*;

    #[test]
    fn sums_up() {
        let plan = Plan {
            actions: vec![
                action(Verb::Create, None, content("1\n2\n", false)),
                action(
                    Verb::Update,
                    Some(&found("1\n", false)),
                    content("2\n", false),
                ),
                action(
                    Verb::Conflict,
                    Some(&found("1\n", false)),
                    content("1\n", false),
                ),
                action(Verb::Delete, Some(&found("1\n", false)), None),
                action(Verb::Kept, None, None),
            ],
            secrets: BTreeSet::new(),
        };
        let totals = plan.totals();
        assert_eq!(
            (
                totals.created,
                totals.updated,
                totals.conflicts,
                totals.deleted,
                totals.kept
            ),
            (1, 1, 1, 1, 1)
        );
        assert_eq!((totals.added, totals.removed), (3, 2));
        assert!(!plan.is_empty());
        assert_eq!(plan.conflicts().count(), 1);
        assert_eq!(plan.writes().count(), 3);
        assert!(Plan::default().is_empty());
    }
}
