//! Text from packages, made safe to show.
//!
//! A package's words (names, prompts, summaries, log lines, paths, errors) reach a terminal, and a terminal obeys
//! what it is sent: escape sequences recolour, retitle, fill the clipboard; a carriage return overwrites the line
//! above the question; bidi marks reorder what is read; zero-width characters make two names look like one. So
//! every such character is replaced by a visible one, never dropped without a trace: whoever reads the text sees
//! that something was there.
//!
//! Nothing in here knows colours: a style is added by [`super::page`], after cleaning.

use std::fmt::{self, Display, Write as _};

/// The longest single line shown from a package, in characters.
pub const LINE_CAP: usize = 400;
/// The longest text of several lines shown from a package, in lines.
pub const BLOCK_CAP: usize = 200;
/// What stands for a character that must not be shown.
const REPLACEMENT: char = '\u{FFFD}';
/// What stands at the end of a text that was cut.
const ELLIPSIS: char = '…';

/// A text from a package, shown on one line: line ends and tabs become spaces, what could steer the terminal
/// becomes visible, what is too long is cut.
#[derive(Debug, Clone, Copy)]
pub struct Untrusted<'a>(pub &'a str);

impl Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` makes widths and alignment work as they do for any other text.
        f.pad(&line(self.0))
    }
}

/// A text from a package on one line, at most [`LINE_CAP`] characters.
pub fn line(text: &str) -> String {
    line_within(text, LINE_CAP)
}

/// A text from a package on one line, at most `cap` characters.
pub fn line_within(text: &str, cap: usize) -> String {
    // Trailing line ends say nothing on a single line.
    let text = text.trim_end_matches(['\n', '\r']);
    let mut out = String::new();
    push_capped(&mut out, text.chars().filter_map(shown_in_line), cap);
    out
}

fn push_capped(out: &mut String, mut shown: impl Iterator<Item = char>, cap: usize) {
    out.extend(shown.by_ref().take(cap));
    if shown.next().is_some() {
        out.pop();
        out.push(ELLIPSIS);
    }
}

/// A text from a package that may have several lines: at most [`BLOCK_CAP`] lines of [`LINE_CAP`] characters.
/// A last line says how many were left out.
pub fn block(text: &str) -> String {
    let text = text.trim_end_matches(['\n', '\r']);
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n');
    for (number, each) in lines.by_ref().take(BLOCK_CAP).enumerate() {
        if number > 0 {
            out.push('\n');
        }
        // CRLF is a line end; any other CR would overwrite the line it stands in.
        let each = each.strip_suffix('\r').unwrap_or(each);
        push_capped(&mut out, each.chars().filter_map(shown_in_block), LINE_CAP);
    }
    let left = lines.count();
    if left > 0 {
        // Writing into a String cannot fail.
        let _ = write!(out, "\n{ELLIPSIS} {left} more lines");
    }
    out
}

/// A line of a file for a diff: nothing is cut, tabs stay, a carriage return is shown, for it may be the change.
pub fn file_line(text: &str) -> String {
    text.chars()
        .filter_map(|c| if c == '\t' { Some(c) } else { visible(c) })
        .collect()
}

fn shown_in_line(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(' '),
        _ => visible(c),
    }
}

fn shown_in_block(c: char) -> Option<char> {
    match c {
        '\t' => Some(' '),
        _ => visible(c),
    }
}

/// The character to show in the place of `c`; none for a variation selector, which says only how its
/// predecessor is drawn and is part of honest emoji.
fn visible(c: char) -> Option<char> {
    match c {
        // Control pictures: ␛ says more than a box.
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(c)),
        '\x7F' => Some('␡'),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => None,
        _ if is_hidden(c) => Some(REPLACEMENT),
        _ => Some(c),
    }
}

/// Whether a character steers a terminal, reorders text or takes no room, so that a reader cannot see it is there.
/// JSON output escapes exactly these.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1F' | '\x7F'..='\u{9F}' // C0, DEL, C1
        | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' // zero width, left-to-right and right-to-left marks
        | '\u{2028}'..='\u{202E}' // line and paragraph separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206F}' // invisible operators, bidi isolates
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}') // tags, variation selectors, unassigned ignorables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_visible() {
        assert_eq!(line("\x1b]0;owned\x07 ok"), "␛]0;owned␇ ok");
        assert_eq!(
            line("\x1b]8;;https://evil.example\x1b\\text"),
            "␛]8;;https://evil.example␛\\text"
        );
        assert_eq!(line("\u{9b}31mred"), "\u{FFFD}31mred");
    }

    #[test]
    fn a_carriage_return_cannot_overwrite_the_line() {
        assert_eq!(
            line("Delete everything?\rApply?"),
            "Delete everything?␍Apply?"
        );
        assert_eq!(block("a\rb\r\nc"), "a␍b\nc");
    }

    #[test]
    fn bidi_and_zero_width_are_shown() {
        assert_eq!(
            line("a\u{202e}b\u{200b}c\u{feff}"),
            "a\u{FFFD}b\u{FFFD}c\u{FFFD}"
        );
        assert_eq!(line("\u{e0041}tag"), "\u{FFFD}tag");
    }

    #[test]
    fn honest_text_is_left_alone() {
        for text in ["Größe", "日本語", "naïve café", "a — b … c"] {
            assert_eq!(line(text), text);
            assert_eq!(block(text), text);
        }
        assert_eq!(line("⚠\u{fe0f} care"), "⚠ care");
    }

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(line("a\nb\tc\n"), "a b c");
        assert_eq!(format!("[{:<5}]", Untrusted("a\nb")), "[a b  ]");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(line_within("abcdef", 4), "abc…");
        assert_eq!(line_within("abcd", 4), "abcd");
        let many = "x\n".repeat(BLOCK_CAP + 5);
        let shown = block(&many);
        assert_eq!(shown.lines().count(), BLOCK_CAP + 1);
        assert!(shown.ends_with("… 5 more lines"));
        assert_eq!(block(&"y".repeat(5000)).chars().count(), LINE_CAP);
    }

    #[test]
    fn nothing_hidden_is_left() {
        for c in (0..=0x10FFFF).filter_map(char::from_u32) {
            let text = c.to_string();
            assert!(!line(&text).chars().any(is_hidden), "{:x}", u32::from(c));
            assert!(
                !block(&text).chars().any(|c| c != '\n' && is_hidden(c)),
                "{:x}",
                u32::from(c)
            );
        }
    }

    #[test]
    fn a_diff_shows_carriage_returns_and_keeps_tabs() {
        assert_eq!(file_line("\tx\r"), "\tx␍");
    }
}
