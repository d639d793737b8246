//! A page: styled text on its way to a stream.
//!
//! Styles are words here and colours only at the edge, where the stream decides whether it wants any. Every text
//! put on a page is cleaned first, so that no caller can forget to.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::clean;

/// What a piece of text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// What matters in its line.
    Strong,
    /// What may be skipped.
    Faint,
    /// A heading or a command to type.
    Title,
    Added,
    Changed,
    Merged,
    Removed,
    Error,
    Warning,
    Hint,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |c: AnsiColor| c.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Title => colour(AnsiColor::Cyan).bold(),
            Self::Added => colour(AnsiColor::Green),
            Self::Changed => colour(AnsiColor::Yellow),
            Self::Merged => colour(AnsiColor::Cyan),
            Self::Removed => colour(AnsiColor::Red),
            Self::Error => colour(AnsiColor::Red).bold(),
            Self::Warning => colour(AnsiColor::Yellow).bold(),
            Self::Hint => colour(AnsiColor::Cyan).bold(),
        }
    }
}

/// Styled lines. Built by the modules of `ui` and by commands that print a result of their own.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Clean text with our own styles in it.
    text: String,
}

impl Page {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts text on the current line.
    pub fn put(&mut self, tone: Tone, text: impl Display) -> &mut Self {
        self.push(tone, &clean::line(&text.to_string()))
    }

    /// Puts text on the current line, filled up to `width` columns.
    pub fn column(&mut self, tone: Tone, text: impl Display, width: usize) -> &mut Self {
        let clean = clean::line(&text.to_string());
        let room = width.saturating_sub(columns(&clean));
        self.push(tone, &clean);
        self.text.extend(std::iter::repeat_n(' ', room));
        self
    }

    /// Ends the line.
    pub fn end(&mut self) -> &mut Self {
        // Columns are filled for what follows; when nothing does, the blanks are noise in a copied text.
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
        self
    }

    /// A whole line.
    pub fn line(&mut self, tone: Tone, text: impl Display) -> &mut Self {
        self.put(tone, text).end()
    }

    /// An empty line.
    pub fn gap(&mut self) -> &mut Self {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self
    }

    /// Text of several lines, each after `indent` blanks, wrapped where it is longer than a usual window.
    pub fn paragraph(&mut self, tone: Tone, text: &str, indent: usize) -> &mut Self {
        for each in clean::block(text).lines() {
            for wrapped in wrap(each, WIDTH.saturating_sub(indent)) {
                self.text.extend(std::iter::repeat_n(' ', indent));
                self.push(tone, &wrapped).end();
            }
        }
        self
    }

    /// Text of several lines as it is, but cleaned.
    pub fn block(&mut self, tone: Tone, text: &str) -> &mut Self {
        for each in clean::block(text).lines() {
            self.push(tone, each).end();
        }
        self
    }

    /// A line of a file, whole.
    pub fn file_line(&mut self, tone: Tone, text: &str) -> &mut Self {
        self.push(tone, &clean::file_line(text));
        self.text.push('\n');
        self
    }

    /// Rows in columns that line up, after `indent` blanks; each column is as wide as its widest text.
    pub fn table(&mut self, indent: usize, rows: &[Vec<(Tone, String)>]) -> &mut Self {
        let width = |place: usize| {
            let cells = rows.iter().filter_map(|row| row.get(place));
            cells
                .map(|(_, text)| columns(&clean::line(text)))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0))
            .map(width)
            .collect();
        for row in rows {
            self.text.extend(std::iter::repeat_n(' ', indent));
            for ((tone, text), width) in row.iter().zip(&widths) {
                self.column(*tone, text, width + 2);
            }
            self.end();
        }
        self
    }

    /// All lines of another page.
    pub fn page(&mut self, other: &Page) -> &mut Self {
        self.text.push_str(&other.text);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text with its styles, for a stream that strips them where they are not wanted.
    pub(super) fn styled(&self) -> &str {
        &self.text
    }

    /// The text without styles.
    pub fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.text).to_string()
    }

    fn push(&mut self, tone: Tone, clean: &str) -> &mut Self {
        let style = tone.style();
        // Styled blanks would stay at the end of a line.
        if style == Style::new() || clean.trim().is_empty() {
            self.text.push_str(clean);
        } else {
            self.text.push_str(&format!("{style}{clean}{style:#}"));
        }
        self
    }
}

impl From<&str> for Page {
    fn from(text: &str) -> Self {
        let mut page = Self::new();
        page.block(Tone::Plain, text);
        page
    }
}

impl From<String> for Page {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// How wide paragraphs are set. A usual window; narrower ones wrap once more by themselves.
const WIDTH: usize = 96;

/// The columns a clean text takes.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A number with separators between thousands.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `2 files`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{} {word}", thousands(number))
}

/// A line broken at blanks so that no part is wider than `width`, where words allow it. Its own indentation is
/// kept on every part.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    if columns(text) <= width {
        return vec![text.to_owned()];
    }
    let mut parts = Vec::new();
    let mut part = indent.clone();
    for word in text.split_whitespace() {
        let starts = part.len() == indent.len();
        if !starts && columns(&part) + 1 + columns(word) > width {
            parts.push(std::mem::replace(&mut part, indent.clone()));
        } else if !starts {
            part.push(' ');
        }
        part.push_str(word);
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_put_is_clean() {
        let mut page = Page::new();
        page.put(Tone::Added, "a\x1b[31mb").end();
        page.block(Tone::Plain, "x\u{202e}\ny\x07");
        page.column(Tone::Faint, "日本", 6)
            .put(Tone::Plain, "|\n|")
            .end();
        assert_eq!(page.plain(), "a␛[31mb\nx\u{FFFD}\ny␇\n日本  | |\n");
        assert!(page.styled().contains("\x1b[32m"), "our own styles stay");
    }

    #[test]
    fn paragraphs_are_wrapped_with_their_indent() {
        let mut page = Page::new();
        page.paragraph(Tone::Plain, &"word ".repeat(40), 2);
        let plain = page.plain();
        assert!(plain.lines().count() > 1);
        assert!(
            plain
                .lines()
                .all(|l| l.starts_with("  word") && columns(l) <= WIDTH)
        );
    }

    #[test]
    fn tables_line_up() {
        let row =
            |a: &str, b: &str| vec![(Tone::Strong, a.to_owned()), (Tone::Plain, b.to_owned())];
        let mut page = Page::new();
        page.table(2, &[row("a", "one"), row("日本\x07", "two")]);
        assert_eq!(page.plain(), "  a      one\n  日本␇  two\n");
    }

    #[test]
    fn gaps_do_not_pile_up() {
        let mut page = Page::new();
        page.gap()
            .line(Tone::Plain, "a")
            .gap()
            .gap()
            .line(Tone::Plain, "b");
        assert_eq!(page.plain(), "a\n\nb\n");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_204_000), "1,204,000");
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(count(2000, "file", "files"), "2,000 files");
    }
}
