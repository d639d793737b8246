//! A plan as unified diffs: the text is the plan's, cleaned and coloured here.

use crate::path::ProjectPath;
use crate::plan::Plan;

use super::page::{Page, Tone, thousands};

/// How much of a new or deleted file is shown; changes of existing files are always whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of it: `--diff`.
    Whole,
    /// Its first lines, at the question.
    Brief,
}

/// Lines of a new or deleted file in a brief diff.
const BRIEF: usize = 12;

/// The diff of every file that would change.
pub fn diff(plan: &Plan, detail: Detail) -> Page {
    let mut page = Page::new();
    for action in &plan.actions {
        if let Some(text) = action.diff() {
            let one_sided = action.old.is_none() || action.after.is_none();
            let brief = detail == Detail::Brief && one_sided;
            file(&mut page, &text, if brief { BRIEF } else { usize::MAX });
        }
    }
    page
}

/// The diff of every file that would change, as it is, and the files that no patch of lines can hold.
pub(super) fn patch(plan: &Plan) -> (String, Vec<ProjectPath>) {
    let mut patch = String::new();
    let mut left_out = Vec::new();
    for action in &plan.actions {
        match action.diff() {
            Some(text) if has_lines(&text) => patch.push_str(&text),
            Some(_) => left_out.push(action.path.clone()),
            None => {}
        }
    }
    (patch, left_out)
}

/// Whether a file's diff says what changes, and not only that something does.
fn has_lines(diff: &str) -> bool {
    let mut header = diff.lines().take_while(|line| !line.starts_with("@@"));
    !header.any(|line| line.starts_with("Binary files ") || line.starts_with("Files "))
}

fn file(page: &mut Page, text: &str, limit: usize) {
    let total = text
        .split_terminator('\n')
        .skip_while(|line| !line.starts_with("@@"))
        .count();
    let mut shown = 0;
    // `--- a/x` is a header before the first hunk and a deleted line in one.
    let mut in_hunk = false;
    for line in text.split_terminator('\n') {
        in_hunk |= line.starts_with("@@");
        // One line more is no reason to say that there is one line more.
        if shown > limit && total > limit + 2 {
            page.line(
                Tone::Faint,
                format!("… {} more lines", thousands(total - shown)),
            );
            return;
        }
        shown += usize::from(in_hunk);
        let tone = match line.chars().next() {
            _ if !in_hunk => Tone::Strong,
            Some('@') => Tone::Merged,
            Some('+') => Tone::Added,
            Some('-') => Tone::Removed,
            Some('\\') => Tone::Faint,
            _ => Tone::Plain,
        };
        page.file_line(tone, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Verb;
    use crate::ui::plan::tests::{change, plan_of};

    #[test]
    fn changed_new_deleted_and_binary_files() {
        let plan = plan_of(vec![
            change(
                "a.py",
                Verb::Update,
                Some("one\ntwo\nthree\n"),
                Some("one\n2\nthree\nfour"),
            ),
            change("new.txt", Verb::Create, None, Some("x\r\n\ty\x1b[2J\n")),
            change("gone.sql", Verb::Delete, Some("-- bye\n"), None),
            change("logo.png", Verb::Update, Some("\0a"), Some("\0abc")),
            change("same", Verb::Unchanged, Some("s"), Some("s")),
        ]);
        insta::assert_snapshot!(diff(&plan, Detail::Whole).plain());
    }

    #[test]
    fn a_patch_is_exact_and_has_lines_only() {
        let plan = plan_of(vec![
            change(
                "a.py",
                Verb::Update,
                Some("one\r\n"),
                Some("Binary files \x1b[2J\r\n"),
            ),
            change("logo.png", Verb::Update, Some("\0a"), Some("\0abc")),
        ]);
        let (patch, left_out) = patch(&plan);
        assert!(
            patch.ends_with("-one\r\n+Binary files \x1b[2J\r\n"),
            "{patch:?}"
        );
        assert_eq!(left_out[0].as_str(), "logo.png");
    }

    #[test]
    fn a_deleted_line_is_no_header() {
        let plan = plan_of(vec![change(
            "gone.sql",
            Verb::Delete,
            Some("-- bye\n"),
            None,
        )]);
        let page = diff(&plan, Detail::Whole);
        let last = page.styled().lines().last().unwrap_or_default();
        assert_eq!(last, "\x1b[31m--- bye\x1b[0m");
    }

    #[test]
    fn a_brief_diff_cuts_new_files_only() {
        let long = "line\n".repeat(100);
        let plan = plan_of(vec![
            change("new", Verb::Create, None, Some(&long)),
            change("old", Verb::Update, Some(""), Some(&long)),
            change(
                "short",
                Verb::Create,
                None,
                Some(&"line\n".repeat(BRIEF + 1)),
            ),
        ]);
        let brief = diff(&plan, Detail::Brief).plain();
        assert_eq!(brief.matches("+line").count(), BRIEF + 100 + BRIEF + 1);
        assert!(brief.contains("… 88 more lines\n"));
        let whole = diff(&plan, Detail::Whole).plain();
        assert_eq!(whole.matches("+line").count(), 200 + BRIEF + 1);
    }
}
