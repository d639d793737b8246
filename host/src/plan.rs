//! What applying would do to a project, as data.
//!
//! Nothing is written by making, showing or throwing away a plan, so `--dry-run` is the same plan without `apply`.

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use scaffold_registry::Digest;

use crate::path::ProjectPath;
use crate::secret::Placeholder;
use crate::text;
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

/// Why a verb was chosen, where the verb alone does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// That many places with conflict markers.
    Markers(usize),
    /// The new version is put into that file, since the two cannot be merged line by line; none if no name was free.
    Beside(Option<ProjectPath>),
    /// This is the new version of that file.
    NewVersionOf(ProjectPath),
    /// The user deleted it, and the new version changes it.
    DeletedByUser,
    /// The user edited it, and it is no longer generated: it is the user's own from now on.
    NoLongerGenerated,
    /// Made once and the user's since.
    Seed,
    /// Edited by the user; the new version does not change it.
    Edited,
    /// The user put something other than a file in its place, or a file too large to be merged.
    Replaced,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Markers(1) => f.write_str("1 conflict marked in the file"),
            Self::Markers(places) => write!(f, "{places} conflicts marked in the file"),
            Self::Beside(Some(path)) => write!(f, "yours is kept; the new version is {path}"),
            Self::Beside(None) => f.write_str("yours is kept; the new version is not written"),
            Self::NewVersionOf(path) => write!(f, "the new version of {path}"),
            Self::DeletedByUser => {
                f.write_str("you deleted it; its new version is not brought back")
            }
            Self::NoLongerGenerated => {
                f.write_str("you edited it and it is no longer generated; it is yours now")
            }
            Self::Seed => f.write_str("made once, yours since"),
            Self::Edited => f.write_str("your edits stand"),
            Self::Replaced => f.write_str("you put something else in its place, which stands"),
        }
    }
}

/// The two versions that could not be brought together with the user's, as they would stand in the user's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// What was generated before; none: nothing.
    pub old: Option<Content>,
    /// What is generated now; none: nothing.
    pub new: Option<Content>,
}

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
    /// Of a conflict: what it is between.
    pub versions: Option<Versions>,
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
            versions: None,
        }
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

    /// The change as git would show it; none if nothing changes. The text may hold anything the files hold, control
    /// characters too.
    pub fn diff(&self) -> Option<String> {
        if !self.writes() {
            return None;
        }
        let mode = |executable| if executable { "100755" } else { "100644" };
        let path = self.path.as_str();
        let mut diff = format!("diff --git a/{path} b/{path}\n");
        let executable = self.before.map(|before| before.executable);
        // Writing to a string cannot fail.
        let _ = match (executable, &self.after) {
            (None, Some(after)) => writeln!(diff, "new file mode {}", mode(after.executable)),
            (Some(executable), None) => writeln!(diff, "deleted file mode {}", mode(executable)),
            (Some(before), Some(after)) if KEEPS_MODE && before != after.executable => {
                writeln!(
                    diff,
                    "old mode {}\nnew mode {}",
                    mode(before),
                    mode(after.executable)
                )
            }
            _ => Ok(()),
        };
        let old = self.old.as_deref().unwrap_or_default();
        let new = self
            .after
            .as_ref()
            .map(|content| &*content.bytes)
            .unwrap_or_default();
        if old == new {
            return Some(diff);
        }
        let from = if self.old.is_some() {
            format!("a/{path}")
        } else {
            "/dev/null".to_owned()
        };
        let to = if self.after.is_some() {
            format!("b/{path}")
        } else {
            "/dev/null".to_owned()
        };
        match (std::str::from_utf8(old), std::str::from_utf8(new)) {
            (Ok(old), Ok(new))
                if text::is_text(old.as_bytes()) && text::is_text(new.as_bytes()) =>
            {
                if old.is_empty()
                    || new.is_empty()
                    || text::is_comparable(old.as_bytes(), new.as_bytes())
                {
                    let mut options = diffy::DiffOptions::new();
                    options
                        .set_original_filename(from)
                        .set_modified_filename(to);
                    diff.push_str(&options.create_patch(old, new).to_string());
                } else {
                    let _ = writeln!(
                        diff,
                        "Files {from} and {to} differ in too many lines to show"
                    );
                }
            }
            _ => {
                let _ = writeln!(diff, "Binary files {from} and {to} differ");
            }
        }
        Some(diff)
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
    use super::*;

    fn found(text: &str, executable: bool) -> Found {
        Found {
            bytes: text.as_bytes().into(),
            executable,
        }
    }

    fn content(text: &str, executable: bool) -> Option<Content> {
        Some(Content {
            bytes: text.as_bytes().into(),
            executable,
        })
    }

    fn action(verb: Verb, before: Option<&Found>, after: Option<Content>) -> Action {
        Action::new(ProjectPath::parse("a.txt").unwrap(), verb, before, after)
    }

    #[test]
    fn shows_what_git_would() {
        let created = action(Verb::Create, None, content("1\n2\n", true));
        assert_eq!(
            created.diff().unwrap(),
            "diff --git a/a.txt b/a.txt\nnew file mode 100755\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,2 @@\n+1\n+2\n"
        );
        let deleted = action(Verb::Delete, Some(&found("1\n", false)), None);
        assert_eq!(
            deleted.diff().unwrap(),
            "diff --git a/a.txt b/a.txt\ndeleted file mode 100644\n--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"
        );
        let updated = action(
            Verb::Update,
            Some(&found("1\n2\n", false)),
            content("1\n3", false),
        );
        assert_eq!(
            updated.diff().unwrap(),
            "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n\\ No newline at end of file\n"
        );
        let binary = action(
            Verb::Update,
            Some(&found("\0", false)),
            content("1\n", false),
        );
        assert!(
            binary
                .diff()
                .unwrap()
                .ends_with("Binary files a/a.txt and b/a.txt differ\n")
        );
        assert_eq!(
            action(Verb::Kept, Some(&found("1", false)), content("1", false)).diff(),
            None
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_change_of_mode_alone_is_a_change() {
        let action = action(
            Verb::Update,
            Some(&found("1\n", false)),
            content("1\n", true),
        );
        assert!(action.writes());
        assert_eq!((action.added, action.removed), (0, 0));
        assert_eq!(
            action.diff().unwrap(),
            "diff --git a/a.txt b/a.txt\nold mode 100644\nnew mode 100755\n"
        );
    }

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
