//! How errors and warnings look.

use crate::error::{CommandError, ErrorKind};

use super::page::{Page, Tone};

/// An error: what happened, its causes where they add something, what to do.
pub fn failure(error: &CommandError) -> Page {
    let mut chain = error.chain().into_iter();
    let message = chain.next().unwrap_or_default();
    let mut page = match error.kind {
        ErrorKind::Cancelled => labelled(Tone::Warning, "cancelled", &message),
        ErrorKind::Bug => labelled(Tone::Error, "bug", &message),
        _ => labelled(Tone::Error, "error", &message),
    };
    for cause in chain {
        let mut lines = cause.lines();
        page.put(Tone::Faint, "  caused by: ")
            .put(Tone::Plain, lines.next().unwrap_or_default())
            .end();
        for line in lines {
            page.put(Tone::Plain, "    ").put(Tone::Plain, line).end();
        }
    }
    for hint in &error.hints {
        page.page(&labelled(Tone::Hint, "hint", hint));
    }
    page
}

/// `label: text`, further lines of the text indented unless they are already.
pub(super) fn labelled(tone: Tone, label: &str, text: &str) -> Page {
    let mut page = Page::new();
    let clean = super::clean::block(text);
    let mut lines = clean.lines();
    page.put(tone, label)
        .put(tone, ": ")
        .put(Tone::Plain, lines.next().unwrap_or_default())
        .end();
    for line in lines {
        let indent = if line.starts_with("  ") || line.is_empty() {
            ""
        } else {
            "  "
        };
        page.put(Tone::Plain, indent).put(Tone::Plain, line).end();
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_with_causes_and_hints() {
        let inner = CommandError::failed(std::io::Error::other(
            "No space left on device (os error 28)",
        ))
        .while_doing("cannot write config/urls.py")
        .while_doing("the plan was not applied; the project is as it was")
        .hint("make room on the disk and run the command again")
        .hint("SCAFFOLD_CACHE moves the cache\nto another disk");
        insta::assert_snapshot!(failure(&inner).plain());
    }

    #[test]
    fn other_kinds() {
        let cancelled = CommandError::new(ErrorKind::Cancelled, "nothing was written");
        assert_eq!(
            failure(&cancelled).plain(),
            "cancelled: nothing was written\n"
        );
        let bug = CommandError::bug("the plan holds a/b twice").hint("please report it");
        assert_eq!(
            failure(&bug).plain(),
            "bug: the plan holds a/b twice\nhint: please report it\n"
        );
    }

    #[test]
    fn a_packages_words_in_an_error_are_cleaned() {
        let error = CommandError::failed("x said: \x1b[2J\rall is well").hint("a\u{202e}b");
        assert_eq!(
            failure(&error).plain(),
            "error: x said: ␛[2J␍all is well\nhint: a\u{FFFD}b\n"
        );
    }
}
