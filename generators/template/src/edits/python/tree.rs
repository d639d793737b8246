//! Statements, and the lists, tuples, sets and dicts in them.

use super::super::brackets::{Item, List};
use super::super::splice::{indent_at, line_start, starts_line};
use super::scan::{Kind, ScanError, Token, key, plain_string, tokens};

/// A file in statements; one ends where its line does, unless a bracket is open.
pub(super) struct Module<'a> {
    pub source: &'a str,
    tokens: Vec<Token>,
    /// Ranges of `tokens`, comments between statements left out.
    statements: Vec<std::ops::Range<usize>>,
}

impl<'a> Module<'a> {
    pub(super) fn parse(source: &'a str) -> Result<Self, ScanError> {
        let tokens = tokens(source)?;
        let mut statements = Vec::new();
        let mut start = None;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Newline => statements.extend(start.take().map(|start| start..at)),
                Kind::Comment => {}
                _ => start = start.or(Some(at)),
            }
        }
        Ok(Module {
            source,
            tokens,
            statements,
        })
    }

    pub(super) fn statements(&self) -> impl DoubleEndedIterator<Item = Statement<'_>> {
        self.statements.iter().map(|range| Statement {
            source: self.source,
            tokens: &self.tokens[range.clone()],
        })
    }
}

#[derive(Clone, Copy)]
pub(super) struct Statement<'a> {
    pub source: &'a str,
    pub tokens: &'a [Token],
}

impl<'a> Statement<'a> {
    pub(super) fn start(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.start)
    }

    /// Behind the last token that is no comment.
    pub(super) fn end(&self) -> usize {
        self.tokens
            .iter()
            .rev()
            .find(|token| token.kind != Kind::Comment)
            .map_or(0, |token| token.end)
    }

    pub(super) fn indent(&self) -> &'a str {
        indent_at(self.source, self.start())
    }

    pub(super) fn is_top_level(&self) -> bool {
        line_start(self.source, self.start()) == self.start()
    }

    pub(super) fn is_alone_in_line(&self) -> bool {
        starts_line(self.source, self.start())
    }

    pub(super) fn starts_with(&self, word: &str) -> bool {
        self.tokens
            .first()
            .is_some_and(|token| token.is(self.source, word))
    }

    pub(super) fn key(&self) -> Vec<String> {
        key(self.source, self.tokens)
    }

    /// The statement without its comments.
    pub(super) fn code(&self) -> Vec<Token> {
        self.tokens
            .iter()
            .copied()
            .filter(|token| token.kind != Kind::Comment)
            .collect()
    }
}

/// What a bracket holds.
pub(super) struct Literal<'a> {
    source: &'a str,
    bracket: char,
    pub list: List,
    /// The code of each item, in the order of `list.items`.
    parts: Vec<Vec<Token>>,
    /// Whether any comma stands between the brackets.
    has_comma: bool,
}

impl<'a> Literal<'a> {
    /// The literal a piece of code starts with; none if it does not start with a bracket. Comments of the code
    /// are left out.
    pub(super) fn at(source: &'a str, code: &[Token]) -> Option<Self> {
        let first = code.first()?;
        let bracket = first
            .text(source)
            .chars()
            .next()
            .filter(|c| matches!(c, '[' | '(' | '{'))?;
        let mut literal = Literal {
            source,
            bracket,
            list: List {
                open: first.end,
                close: first.end,
                items: Vec::new(),
            },
            parts: Vec::new(),
            has_comma: false,
        };
        let mut depth = 1;
        let mut part: Vec<Token> = Vec::new();
        for token in &code[1..] {
            match token.text(source) {
                "(" | "[" | "{" if token.kind == Kind::Operator => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Operator => depth -= 1,
                "," if depth == 1 => {
                    literal.has_comma = true;
                    literal.push(std::mem::take(&mut part), Some(token.start));
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                literal.push(part, None);
                literal.list.close = token.start;
                return Some(literal);
            }
            part.push(*token);
        }
        None
    }

    fn push(&mut self, part: Vec<Token>, comma: Option<usize>) {
        if let (Some(first), Some(last)) = (part.first(), part.last()) {
            self.list.items.push(Item {
                start: first.start,
                end: last.end,
                comma,
            });
            self.parts.push(part);
        }
    }

    /// Whether items can be added: a list, a set, or brackets that are a tuple.
    pub(super) fn is_sequence(&self) -> bool {
        match self.bracket {
            '[' => true,
            '(' => self.has_comma || self.parts.is_empty(),
            _ => !self.parts.is_empty() && self.parts.iter().all(|part| self.colon(part).is_none()),
        }
    }

    /// A tuple of one keeps its comma or is none.
    pub(super) fn is_tuple(&self) -> bool {
        self.bracket == '('
    }

    pub(super) fn keys(&self) -> Vec<Vec<String>> {
        self.parts
            .iter()
            .map(|part| key(self.source, part))
            .collect()
    }

    pub(super) fn code_of(&self, index: usize) -> Option<&[Token]> {
        self.parts.get(index).map(Vec::as_slice)
    }

    /// The value of a dict's entry.
    pub(super) fn entry(&self, name: &str) -> Option<&[Token]> {
        if self.bracket != '{' {
            return None;
        }
        self.parts.iter().find_map(|part| {
            let colon = self.colon(part)?;
            let [only] = &part[..colon] else { return None };
            (plain_string(only.text(self.source)) == Some(name)).then(|| &part[colon + 1..])
        })
    }

    /// The colon between key and value.
    fn colon(&self, part: &[Token]) -> Option<usize> {
        let mut depth = 0;
        part.iter().position(|token| {
            match token.text(self.source) {
                "(" | "[" | "{" if token.kind == Kind::Operator => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Operator => depth -= 1,
                ":" if depth == 0 && token.kind == Kind::Operator => return true,
                _ => {}
            }
            false
        })
    }
}
