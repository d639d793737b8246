//! A plan as unified diffs.

use diffy::{DiffOptions, Line};

use crate::plan::{Action, Plan, Verb};

use super::page::{Page, Tone, count, thousands};

/// How much of a new or deleted file is shown; changes of existing files are always whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of it: `--diff`.
    Whole,
    /// Its first lines, at the question.
    Brief,
}

/// Lines of a new file in a brief diff.
const BRIEF: usize = 12;

/// The diff of every file that would change.
pub fn diff(plan: &Plan, detail: Detail) -> Page {
    let mut page = Page::new();
    for action in plan
        .actions
        .iter()
        .filter(|a| !matches!(a.verb, Verb::Unchanged | Verb::Kept))
    {
        file(&mut page, action, detail);
    }
    page
}

fn file(page: &mut Page, action: &Action, detail: Detail) {
    let path = action.path.as_str();
    let old = action.old.as_deref();
    let new = action.after.as_ref().map(|after| &*after.bytes);
    let from = if old.is_some() {
        format!("--- a/{path}")
    } else {
        "--- /dev/null".to_owned()
    };
    let to = if new.is_some() {
        format!("+++ b/{path}")
    } else {
        "+++ /dev/null".to_owned()
    };
    page.line(Tone::Strong, from).line(Tone::Strong, to);
    let was_executable = action
        .before
        .as_ref()
        .is_some_and(|before| before.executable);
    let is_executable = action.after.as_ref().is_some_and(|after| after.executable);
    if is_executable != was_executable && new.is_some() {
        page.line(
            Tone::Faint,
            if is_executable {
                "mode: executable"
            } else {
                "mode: no longer executable"
            },
        );
    }
    match (text(old), text(new)) {
        (Some(before), Some(after)) => {
            let limit = if detail == Detail::Brief && (old.is_none() || new.is_none()) {
                BRIEF
            } else {
                usize::MAX
            };
            hunks(page, before, after, limit);
        }
        _ => {
            let size = |bytes: Option<&[u8]>| {
                bytes.map_or("none".to_owned(), |b| count(b.len(), "byte", "bytes"))
            };
            page.line(
                Tone::Faint,
                format!("binary: {} → {}", size(old), size(new)),
            );
        }
    }
}

/// The text of a file; none if it is binary. No file is an empty one.
fn text(bytes: Option<&[u8]>) -> Option<&str> {
    let bytes = bytes.unwrap_or_default();
    if bytes.contains(&0) {
        None
    } else {
        std::str::from_utf8(bytes).ok()
    }
}

fn hunks(page: &mut Page, before: &str, after: &str, limit: usize) {
    let patch = DiffOptions::new()
        .set_context_len(3)
        .create_patch(before, after);
    let total: usize = patch.hunks().iter().map(|hunk| hunk.lines().len()).sum();
    let mut shown = 0;
    for hunk in patch.hunks() {
        page.line(
            Tone::Merged,
            format!("@@ -{} +{} @@", hunk.old_range(), hunk.new_range()),
        );
        for each in hunk.lines() {
            // One line more is no reason to say that there is one line more.
            if shown == limit && total > limit + 1 {
                page.line(
                    Tone::Faint,
                    format!("… {} more lines", thousands(total - shown)),
                );
                return;
            }
            let (tone, sign, text) = match each {
                Line::Context(text) => (Tone::Plain, ' ', text),
                Line::Delete(text) => (Tone::Removed, '-', text),
                Line::Insert(text) => (Tone::Added, '+', text),
            };
            page.file_line(
                tone,
                &format!("{sign}{}", text.strip_suffix('\n').unwrap_or(text)),
            );
            if !text.ends_with('\n') {
                page.line(Tone::Faint, "\\ No newline at end of file");
            }
            shown += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ui::plan::tests::{action, plan_of};

    fn with(mut action: Action, old: Option<&[u8]>, new: Option<&[u8]>) -> Action {
        action.old = old.map(Arc::from);
        match new {
            Some(new) => action.after.as_mut().unwrap().bytes = Arc::from(new),
            None => action.after = None,
        }
        action
    }

    #[test]
    fn changed_new_deleted_and_binary_files() {
        let plan = plan_of(vec![
            with(
                action("a.py", Verb::Update),
                Some(b"one\ntwo\nthree\n"),
                Some(b"one\n2\nthree\nfour"),
            ),
            with(
                action("new.txt", Verb::Create),
                None,
                Some(b"x\r\n\ty\x1b[2J\n"),
            ),
            with(action("gone.txt", Verb::Delete), Some(b"bye\n"), None),
            with(
                action("logo.png", Verb::Update),
                Some(b"\0a"),
                Some(b"\0abc"),
            ),
            with(action("same", Verb::Unchanged), Some(b"s"), Some(b"s")),
        ]);
        insta::assert_snapshot!(diff(&plan, Detail::Whole).plain());
    }

    #[test]
    fn a_brief_diff_cuts_new_files_only() {
        let long = "line\n".repeat(100);
        let plan = plan_of(vec![
            with(action("new", Verb::Create), None, Some(long.as_bytes())),
            with(
                action("old", Verb::Update),
                Some(b""),
                Some(long.as_bytes()),
            ),
        ]);
        let brief = diff(&plan, Detail::Brief).plain();
        assert_eq!(brief.matches("+line").count(), BRIEF + 100);
        assert!(brief.contains("… 88 more lines\n"));
        assert_eq!(
            diff(&plan, Detail::Whole).plain().matches("+line").count(),
            200
        );
    }
}
