//! A JSON document as nodes that know their place in the text.

use super::super::super::brackets::{Item, List};
use super::super::super::splice::line_number;

#[derive(Debug)]
pub(super) struct Node {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Text, decoded.
    Text(String),
    /// A number, `true`, `false`, `null`: as written.
    Word(String),
    Array(List, Vec<Node>),
    Object(List, Vec<(Node, Node)>),
}

impl Node {
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "a string",
            Kind::Word(_) => "a number, true, false or null",
            Kind::Array(..) => "an array",
            Kind::Object(..) => "an object",
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Text(_) | Kind::Word(_))
    }

    pub(super) fn member(&self, name: &str) -> Option<&Node> {
        let Kind::Object(_, members) = &self.kind else {
            return None;
        };
        members
            .iter()
            .find(|(key, _)| matches!(&key.kind, Kind::Text(text) if text == name))
            .map(|(_, value)| value)
    }

    pub(super) fn is_same(&self, other: &Node) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Text(a), Kind::Text(b)) => a == b,
            (Kind::Word(a), Kind::Word(b)) => {
                a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
            }
            (Kind::Array(_, a), Kind::Array(_, b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Kind::Object(_, a), Kind::Object(_, b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, value)| match &key.kind {
                        Kind::Text(name) => {
                            other.member(name).is_some_and(|other| value.is_same(other))
                        }
                        _ => false,
                    })
            }
            _ => false,
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let node = parser.value()?;
    parser.space()?;
    if parser.at < text.len() {
        return Err(parser.error("something follows the value"));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, what: &str) -> String {
        format!("line {}: {what}", line_number(self.text, self.at))
    }

    /// Spaces and comments.
    fn space(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            let length = if trimmed.len() < rest.len() {
                rest.len() - trimmed.len()
            } else if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if let Some(comment) = rest.strip_prefix("/*") {
                comment
                    .find("*/")
                    .ok_or_else(|| self.error("a comment is never closed"))?
                    + 4
            } else {
                return Ok(());
            };
            self.at += length;
        }
    }

    fn value(&mut self) -> Result<Node, String> {
        self.space()?;
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('{') => self.nested('}')?,
            Some('[') => self.nested(']')?,
            Some('"') => Kind::Text(self.string()?),
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.') => {
                let rest = self.rest();
                let length = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.'))
                    .unwrap_or(rest.len());
                let word = rest[..length].to_owned();
                if !matches!(word.as_str(), "true" | "false" | "null")
                    && word.parse::<f64>().is_err()
                {
                    return Err(self.error(&format!("`{word}` is no value")));
                }
                self.at += length;
                Kind::Word(word)
            }
            Some(c) => return Err(self.error(&format!("`{c}` starts no value"))),
            None => return Err(self.error("it ends where a value should be")),
        };
        Ok(Node {
            start,
            end: self.at,
            kind,
        })
    }

    fn nested(&mut self, close: char) -> Result<Kind, String> {
        // Deeper than any file that people write; a limit of our own beats an exhausted stack.
        if self.depth == 200 {
            return Err(self.error("it is nested too deep"));
        }
        self.depth += 1;
        self.at += 1;
        let mut list = List {
            open: self.at,
            close: self.at,
            items: Vec::new(),
        };
        let (mut members, mut items) = (Vec::new(), Vec::new());
        loop {
            self.space()?;
            if self.rest().starts_with(close) {
                break;
            }
            if self.rest().is_empty() {
                return Err(self.error(&format!("it ends before a `{close}`")));
            }
            if list.items.last().is_some_and(|item| item.comma.is_none()) {
                return Err(self.error("a comma is missing"));
            }
            let start = self.at;
            let first = self.value()?;
            if close == '}' {
                if !matches!(first.kind, Kind::Text(_)) {
                    return Err(self.error("a key has to be a string"));
                }
                self.space()?;
                if !self.rest().starts_with(':') {
                    return Err(self.error("a colon is missing"));
                }
                self.at += 1;
                members.push((first, self.value()?));
            } else {
                items.push(first);
            }
            let end = self.at;
            self.space()?;
            let comma = self.rest().starts_with(',').then_some(self.at);
            self.at += usize::from(comma.is_some());
            list.items.push(Item { start, end, comma });
        }
        list.close = self.at;
        self.at += 1;
        self.depth -= 1;
        Ok(if close == '}' {
            Kind::Object(list, members)
        } else {
            Kind::Array(list, items)
        })
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 2;
                    return Ok(text);
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some('u') => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16)
                            .map_err(|_| self.error("a bad `\\u` in a string"))?;
                        // Half of a pair stands for itself: strings are only compared here, never written.
                        text.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    Some(c) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(self.error("a string is never closed"))
    }
}
