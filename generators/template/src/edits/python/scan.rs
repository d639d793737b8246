//! Python's tokens: enough of them to know strings and comments from code, which bracket closes which, and
//! where a statement starts and ends.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    String,
    Operator,
    Comment,
    /// The end of a statement.
    Newline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub(super) fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.start..self.end]
    }

    pub(super) fn is(&self, source: &str, text: &str) -> bool {
        matches!(self.kind, Kind::Operator | Kind::Name) && self.text(source) == text
    }
}

/// Where the source stops being Python.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScanError {
    pub line: usize,
    pub what: &'static str,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

const OPERATORS: &[&str] = &[
    "**=", "//=", ">>=", "<<=", "...", "!=", "%=", "&=", "**", "*=", "+=", "-=", "->", "//", "/=",
    ":=", "<<", "<=", "==", ">=", ">>", "@=", "^=", "|=",
];

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, ScanError> {
    let mut scanner = Scanner {
        source,
        at: 0,
        open: Vec::new(),
        tokens: Vec::new(),
    };
    scanner.run()?;
    Ok(scanner.tokens)
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    open: Vec<(char, usize)>,
    tokens: Vec<Token>,
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn error(&self, at: usize, what: &'static str) -> ScanError {
        ScanError {
            line: super::super::splice::line_number(self.source, at),
            what,
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token {
            kind,
            start: self.at,
            end: self.at + length,
        });
        self.at += length;
    }

    fn run(&mut self) -> Result<(), ScanError> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\n' => self.newline(),
                '\\' if self.rest()[1..].starts_with('\n') => self.at += 2,
                '#' => {
                    let length = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.push(Kind::Comment, length);
                }
                c if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                '"' | '\'' => self.string(0)?,
                c if c.is_ascii_digit() => {
                    let length = self
                        .rest()
                        .find(|c| !is_name(c) && c != '.')
                        .unwrap_or(self.rest().len());
                    self.push(Kind::Number, length);
                }
                c if is_name(c) => {
                    let length = self
                        .rest()
                        .find(|c| !is_name(c))
                        .unwrap_or(self.rest().len());
                    let is_prefix = length <= 2
                        && self.rest()[..length]
                            .chars()
                            .all(|c| "rRbBuUfFtT".contains(c));
                    if is_prefix && self.rest()[length..].starts_with(['"', '\'']) {
                        self.string(length)?;
                    } else {
                        self.push(Kind::Name, length);
                    }
                }
                c => self.operator(c)?,
            }
        }
        if let Some((_, at)) = self.open.last() {
            return Err(self.error(*at, "this bracket is never closed"));
        }
        self.newline_at_end();
        Ok(())
    }

    fn newline(&mut self) {
        let ends = self.open.is_empty()
            && self
                .tokens
                .iter()
                .rev()
                .find(|token| token.kind != Kind::Comment)
                .is_some_and(|t| t.kind != Kind::Newline);
        if ends {
            self.push(Kind::Newline, 1);
        } else {
            self.at += 1;
        }
    }

    fn newline_at_end(&mut self) {
        let last = self
            .tokens
            .iter()
            .rev()
            .find(|token| token.kind != Kind::Comment);
        if last.is_some_and(|token| token.kind != Kind::Newline) {
            self.push(Kind::Newline, 0);
        }
    }

    fn operator(&mut self, c: char) -> Result<(), ScanError> {
        match c {
            '\\' => return Err(self.error(self.at, "this backslash ends no line")),
            '(' | '[' | '{' => self.open.push((c, self.at)),
            ')' | ']' | '}' => {
                let opened = self.open.pop().map(|(open, _)| open);
                if !matches!(
                    (opened, c),
                    (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')
                ) {
                    return Err(self.error(self.at, "this bracket closes nothing"));
                }
            }
            _ => {}
        }
        let length = OPERATORS
            .iter()
            .find(|operator| self.rest().starts_with(*operator))
            .map_or(c.len_utf8(), |o| o.len());
        self.push(Kind::Operator, length);
        Ok(())
    }

    fn string(&mut self, prefix: usize) -> Result<(), ScanError> {
        let end = string_end(self.source, self.at, prefix)
            .ok_or_else(|| self.error(self.at, "this string is never closed"))?;
        self.push(Kind::String, end - self.at);
        Ok(())
    }
}

/// Where the string literal at `start` ends; none if it does not.
fn string_end(source: &str, start: usize, prefix: usize) -> Option<usize> {
    let has_fields = source[start..start + prefix].contains(['f', 'F', 't', 'T']);
    let mut at = start + prefix;
    let quote = source[at..].chars().next()?;
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let closing = if source[at..].starts_with(&triple) {
        triple
    } else {
        quote.to_string()
    };
    at += closing.len();
    let mut depth = 0_usize;
    loop {
        let rest = &source[at..];
        let c = rest.chars().next()?;
        match c {
            _ if depth == 0 && rest.starts_with(&closing) => return Some(at + closing.len()),
            '\\' => at += 1 + rest[1..].chars().next()?.len_utf8(),
            '\n' if closing.len() == 1 => return None,
            '{' if has_fields && depth == 0 && rest.starts_with("{{") => at += 2,
            '{' if has_fields => {
                depth += 1;
                at += 1;
            }
            '}' if has_fields && depth > 0 => {
                depth -= 1;
                at += 1;
            }
            // A string inside a replacement field may even use the quotes of the string around it.
            '"' | '\'' if depth > 0 => at = string_end(source, at, 0)?,
            c => at += c.len_utf8(),
        }
    }
}

/// What a piece of code is, whatever its spacing, comments, quotes and trailing commas.
pub(super) fn key(source: &str, tokens: &[Token]) -> Vec<String> {
    let mut key: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    for token in tokens {
        let text = token.text(source);
        match token.kind {
            Kind::Comment | Kind::Newline => continue,
            Kind::String => key.push(
                plain_string(text).map_or_else(|| text.to_owned(), |inner| format!("\"{inner}\"")),
            ),
            Kind::Operator if text == "(" => {
                let before = key.last().and_then(|last| last.chars().last());
                calls.push(before.is_some_and(|c| is_name(c) || matches!(c, ')' | ']')));
                key.push(text.to_owned());
            }
            Kind::Operator if matches!(text, ")" | "]" | "}") => {
                // A comma before a closing bracket means something only in a tuple of one.
                let is_call = text != ")" || calls.pop().unwrap_or(false);
                if is_call && key.last().is_some_and(|last| last == ",") {
                    key.pop();
                }
                key.push(text.to_owned());
            }
            _ => key.push(text.to_owned()),
        }
    }
    if key.last().is_some_and(|last| last == ",") {
        key.pop();
    }
    key
}

/// The inside of a string without prefix, escapes and quotes, the same in either kind of quotes.
pub(super) fn plain_string(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if text.starts_with("\"\"\"") || text.starts_with("'''") {
        return None;
    }
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(['\\', '"', '\''])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source)
            .unwrap()
            .iter()
            .filter(|t| t.kind != Kind::Newline)
            .map(|t| t.text(source))
            .collect()
    }

    #[test]
    fn strings_of_all_kinds() {
        assert_eq!(
            texts(r#"a = "x\"y" + r'\d' + b"""q"q""" "#),
            ["a", "=", r#""x\"y""#, "+", r"r'\d'", "+", r#"b"""q"q""""#]
        );
        assert_eq!(
            texts(r#"f"{x["a"]!r:>{w}} {{" + y"#),
            [r#"f"{x["a"]!r:>{w}} {{""#, "+", "y"]
        );
        assert_eq!(texts("'#' # '"), ["'#'", "# '"]);
    }

    #[test]
    fn statements_end_at_newlines_outside_of_brackets() {
        let source = "a = [\n  1,  # one\n]\nb = 1 + \\\n  2\n\n# c\nd";
        let ends = tokens(source)
            .unwrap()
            .iter()
            .filter(|t| t.kind == Kind::Newline)
            .count();
        assert_eq!(ends, 3);
    }

    #[test]
    fn what_is_not_python_is_refused_with_its_line() {
        assert_eq!(tokens("x\n[").unwrap_err().line, 2);
        assert_eq!(tokens("x\n)").unwrap_err().line, 2);
        assert_eq!(tokens("'abc\n'").unwrap_err().line, 1);
        assert_eq!(tokens("\"\\").unwrap_err().line, 1);
    }

    #[test]
    fn a_key_ignores_spacing_quotes_and_commas() {
        let key_of = |source: &str| key(source, &tokens(source).unwrap());
        assert_eq!(key_of("f( 'a',[1,2,] )"), key_of("f(\"a\", [1, 2])"));
        assert_eq!(key_of("f(1,)"), key_of("f(1)"));
        assert_ne!(key_of("(1,)"), key_of("(1)"));
    }
}
