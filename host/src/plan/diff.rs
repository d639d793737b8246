//! A file's change as git would show it.

use std::fmt::Write as _;

use super::Action;
use crate::text;
use crate::workspace::KEEPS_MODE;

impl Action {
    /// The change in git's form, with a move as one; none if nothing changes. The text may hold anything the files hold,
    /// control characters too.
    pub fn diff(&self) -> Option<String> {
        // What moves is shown once, where it goes.
        if !self.writes() || matches!(self.note, Some(super::Note::MovedTo(_))) {
            return None;
        }
        let path = self.path.as_str();
        let (from, old) = match &self.origin {
            Some(origin) => (
                origin.path.as_str(),
                Some((&*origin.found.bytes, origin.found.executable)),
            ),
            None => (
                path,
                self.before
                    .zip(self.old.as_deref())
                    .map(|(stamp, bytes)| (bytes, stamp.executable)),
            ),
        };
        let new = self
            .after
            .as_ref()
            .map(|after| (&*after.bytes, after.executable));
        let mut diff = format!("diff --git a/{from} b/{path}\n");
        let mode = |executable| if executable { "100755" } else { "100644" };
        // Writing to a string cannot fail.
        let _ = match (old, new) {
            (None, Some((_, new))) => writeln!(diff, "new file mode {}", mode(new)),
            (Some((_, old)), None) => writeln!(diff, "deleted file mode {}", mode(old)),
            (Some((_, old)), Some((_, new))) if KEEPS_MODE && old != new => {
                writeln!(diff, "old mode {}\nnew mode {}", mode(old), mode(new))
            }
            _ => Ok(()),
        };
        if self.origin.is_some() {
            let _ = writeln!(diff, "rename from {from}\nrename to {path}");
        }
        let name = |side: &str, path: &str, there: bool| {
            if there {
                format!("{side}/{path}")
            } else {
                "/dev/null".to_owned()
            }
        };
        let names = (
            name("a", from, old.is_some()),
            name("b", path, new.is_some()),
        );
        let bytes = |side: Option<(_, bool)>| side.map(|(bytes, _)| bytes).unwrap_or_default();
        diff.push_str(&hunks(bytes(old), bytes(new), names));
        Some(diff)
    }
}

fn hunks(old: &[u8], new: &[u8], (from, to): (String, String)) -> String {
    if old == new {
        return String::new();
    }
    let (Some(old), Some(new)) = (as_text(old), as_text(new)) else {
        return format!("Binary files {from} and {to} differ\n");
    };
    if !old.is_empty() && !new.is_empty() && !text::is_comparable(old.as_bytes(), new.as_bytes()) {
        return format!("Files {from} and {to} differ in too many lines to show\n");
    }
    let mut options = diffy::DiffOptions::new();
    options
        .set_original_filename(from)
        .set_modified_filename(to);
    options.create_patch(old, new).to_string()
}

fn as_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|_| text::is_text(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{action, content, found};
    use super::super::*;
    use crate::path::ProjectPath;

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
    fn a_move_is_one_change() {
        let path = |path: &str| ProjectPath::parse(path).unwrap();
        let move_to = |text: &str| {
            let origin = Origin {
                path: path("old.txt"),
                found: found("1\n2\n", false),
            };
            let after = content(text, false).unwrap();
            Plan {
                actions: Action::moving(path("new.txt"), Verb::Merge, origin, after).into(),
                secrets: BTreeSet::new(),
            }
        };
        assert_eq!(
            move_to("1\n2\n").diff(),
            "diff --git a/old.txt b/new.txt\nrename from old.txt\nrename to new.txt\n"
        );
        let edited = move_to("1\n3\n");
        assert_eq!(
            edited.diff(),
            "diff --git a/old.txt b/new.txt\nrename from old.txt\nrename to new.txt\n--- a/old.txt\n+++ b/new.txt\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
        );
        assert_eq!((edited.totals().added, edited.totals().removed), (1, 1));
        assert_eq!(edited.writes().count(), 2);
    }
}
