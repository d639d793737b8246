//! One file of a plan: what stands there, what shall stand there, and why.

use std::sync::Arc;

use super::{Content, Note, Stamp, Verb};
use crate::path::ProjectPath;
use crate::text;
use crate::workspace::{Found, KEEPS_MODE};

/// What happens to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub path: ProjectPath,
    pub verb: Verb,
    /// What stands there now; none: nothing.
    pub before: Option<Stamp>,
    /// What stands there afterwards; none: nothing. Secrets that are yet to be drawn are placeholders.
    pub after: Option<Content>,
    pub added: usize,
    pub removed: usize,
    /// The bytes that stand there now.
    pub old: Option<Arc<[u8]>>,
    pub note: Option<Note>,
    /// Where the file came from, if it moves here; the plan deletes it there.
    pub origin: Option<Origin>,
    /// Of a conflict: what it is between.
    pub versions: Option<Versions>,
}

/// The two versions that could not be brought together with the user's, as they would stand in the user's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// What was generated before; none: nothing.
    pub old: Option<Content>,
    /// What is generated now; none: nothing.
    pub new: Option<Content>,
}

/// A file before it moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub path: ProjectPath,
    pub found: Found,
}

impl Action {
    pub fn new(
        path: ProjectPath,
        verb: Verb,
        before: Option<&Found>,
        after: Option<Content>,
    ) -> Self {
        let old = before.map(|found| Arc::clone(&found.bytes));
        let same = old.as_deref() == after.as_ref().map(|content| &*content.bytes);
        let (added, removed) = match (verb, &after) {
            _ if same => (0, 0),
            (_, after) => text::count(
                old.as_deref(),
                after.as_ref().map(|content| &*content.bytes),
            ),
        };
        Self {
            path,
            verb,
            before: before.map(Stamp::of),
            after,
            added,
            removed,
            old,
            note: None,
            origin: None,
            versions: None,
        }
    }

    /// A file that stands at `origin` becoming `after` at `path`, where nothing is; and the action that takes it away
    /// from where it stands.
    pub(crate) fn moving(
        path: ProjectPath,
        verb: Verb,
        origin: Origin,
        after: Content,
    ) -> [Self; 2] {
        let (added, removed) = text::count(Some(&origin.found.bytes), Some(&after.bytes));
        let same = origin.found.bytes == after.bytes;
        let (added, removed) = if same { (0, 0) } else { (added, removed) };
        let gone = Self {
            added: 0,
            removed: 0,
            note: Some(Note::MovedTo(path.clone())),
            ..Self::new(origin.path.clone(), Verb::Delete, Some(&origin.found), None)
        };
        let come = Self {
            path,
            verb,
            before: None,
            after: Some(after),
            added,
            removed,
            old: None,
            note: None,
            origin: Some(origin),
            versions: None,
        };
        [gone, come]
    }

    pub(crate) fn with_note(self, note: Option<Note>) -> Self {
        Self { note, ..self }
    }

    /// One of our own files becoming `after`; the verb follows.
    pub fn own(path: ProjectPath, before: Option<&Found>, after: Option<Content>) -> Self {
        debug_assert!(path.is_own());
        let verb = match (before, &after) {
            (None, Some(_)) => Verb::Create,
            (Some(_), None) => Verb::Delete,
            (Some(before), Some(after)) if before.bytes != after.bytes => Verb::Update,
            _ => Verb::Unchanged,
        };
        Self::new(path, verb, before, after)
    }

    /// Whether applying it touches the file.
    pub fn writes(&self) -> bool {
        match (&self.old, &self.after) {
            (None, None) => false,
            (Some(old), Some(after)) => {
                let executable = self.before.is_some_and(|before| before.executable);
                *old != after.bytes || (KEEPS_MODE && executable != after.executable)
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{content, found};
    use super::*;

    #[test]
    fn our_own_files_get_the_verb_that_fits() {
        let own =
            |before: Option<&Found>, after| Action::own(ProjectPath::lock(), before, after).verb;
        assert_eq!(own(None, content("1", false)), Verb::Create);
        assert_eq!(
            own(Some(&found("1", false)), content("2", false)),
            Verb::Update
        );
        assert_eq!(
            own(Some(&found("1", false)), content("1", false)),
            Verb::Unchanged
        );
        assert_eq!(own(Some(&found("1", false)), None), Verb::Delete);
    }
}
