//! Changes to a text by place: what is not named stays as it is, byte for byte.

#[derive(Debug, Default)]
pub(super) struct Splices(Vec<Splice>);

#[derive(Debug)]
struct Splice {
    start: usize,
    end: usize,
    text: String,
}

impl Splices {
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at, at, text);
    }

    pub(super) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.0.push(Splice {
            start,
            end,
            text: text.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Places do not overlap; what goes to one place goes there in the order it was given.
    pub(super) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|splice| splice.start);
        let more: usize = self.0.iter().map(|splice| splice.text.len()).sum();
        let mut result = String::with_capacity(text.len() + more);
        let mut at = 0;
        for splice in &self.0 {
            result.push_str(&text[at..splice.start]);
            result.push_str(&splice.text);
            at = splice.end;
        }
        result.push_str(&text[at..]);
        result
    }
}

/// Where the line that holds a place starts.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line that holds a place ends, its newline not included.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline)
}

/// What the line that holds a place is indented by.
pub(super) fn indent_at(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The number, from 1, of the line that holds a place.
pub(super) fn line_number(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Whether only spaces stand before a place in its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim().is_empty()
}
