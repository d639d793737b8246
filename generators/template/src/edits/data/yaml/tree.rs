//! A YAML document as nodes that know their place in the text.

use std::collections::HashSet;

use super::super::super::splice::line_start;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

#[derive(Debug)]
pub(super) struct Node {
    pub start: usize,
    /// Behind its last character; blank lines and comments that follow do not belong to it.
    pub end: usize,
    /// What its first line is indented by, or for a collection in block style: each of its items.
    pub column: usize,
    pub has_anchor: bool,
    pub tag: Option<String>,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar {
        text: String,
        style: ScalarStyle,
    },
    Alias(usize),
    Sequence {
        flow: bool,
        items: Vec<Node>,
    },
    Mapping {
        flow: bool,
        entries: Vec<(Node, Node)>,
    },
}

impl Node {
    /// A key without a value.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, style: ScalarStyle::Plain } if text.is_empty())
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Scalar { .. })
    }

    pub(super) fn is_block_scalar(&self) -> bool {
        matches!(
            self.kind,
            Kind::Scalar {
                style: ScalarStyle::Literal | ScalarStyle::Folded,
                ..
            }
        )
    }

    pub(super) fn is_block(&self) -> bool {
        matches!(
            self.kind,
            Kind::Sequence { flow: false, .. } | Kind::Mapping { flow: false, .. }
        )
    }

    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Scalar { .. } if self.is_nothing() => "nothing",
            Kind::Scalar { .. } => "a scalar",
            Kind::Alias(_) => "an alias",
            Kind::Sequence { .. } => "a list",
            Kind::Mapping { .. } => "a mapping",
        }
    }

    pub(super) fn key(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// None of what is no mapping.
    pub(super) fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Mapping { entries, .. } => entries,
            _ => &[],
        }
    }

    /// None of what is no sequence.
    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence { items, .. } => items,
            _ => &[],
        }
    }

    pub(super) fn entry(&self, name: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(key, _)| key.key() == Some(name))
            .map(|(_, value)| value)
    }

    pub(super) fn has_anchors(&self) -> bool {
        self.has_anchor
            || match &self.kind {
                Kind::Scalar { .. } => false,
                Kind::Alias(_) => true,
                Kind::Sequence { items, .. } => items.iter().any(Node::has_anchors),
                Kind::Mapping { entries, .. } => entries
                    .iter()
                    .any(|(key, value)| key.has_anchors() || value.has_anchors()),
            }
    }

    /// Whether two nodes mean the same, whatever their style and the order of their keys.
    pub(super) fn is_same(&self, other: &Node) -> bool {
        self.tag == other.tag
            && match (&self.kind, &other.kind) {
                (Kind::Scalar { text: a, style: s }, Kind::Scalar { text: b, style: t }) => {
                    // `80` and `"80"` differ, `web` and `"web"` do not.
                    a == b && (is_typed(a, *s) == is_typed(b, *t))
                }
                (Kind::Alias(a), Kind::Alias(b)) => a == b,
                (Kind::Sequence { items: a, .. }, Kind::Sequence { items: b, .. }) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
                }
                (Kind::Mapping { entries: a, .. }, Kind::Mapping { entries: b, .. }) => {
                    a.len() == b.len()
                        && a.iter().all(|(key, value)| {
                            b.iter()
                                .any(|(other, wanted)| key.is_same(other) && value.is_same(wanted))
                        })
                }
                _ => false,
            }
    }
}

/// Whether a plain scalar is anything but a string.
fn is_typed(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain
        && (text.parse::<f64>().is_ok()
            || matches!(
                text,
                "" | "~"
                    | "null"
                    | "Null"
                    | "NULL"
                    | "true"
                    | "True"
                    | "TRUE"
                    | "false"
                    | "False"
                    | "FALSE"
            )
            || text
                .strip_prefix("0x")
                .is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok())
            || text
                .strip_prefix("0o")
                .is_some_and(|digits| u64::from_str_radix(digits, 8).is_ok()))
}

/// The one document of a text; none if there is nothing but comments.
pub(super) fn parse(text: &str) -> Result<Option<Node>, String> {
    let mut builder = Builder {
        text,
        parser: Parser::new_from_str(text),
        offsets: offsets(text),
        depth: 0,
    };
    let mut root = None;
    loop {
        let Some((event, span)) = builder.next()? else {
            return Ok(root);
        };
        match event {
            Event::StreamEnd => return Ok(root.filter(|node: &Node| !node.is_nothing())),
            Event::DocumentStart(_) if root.is_some() => {
                return Err(format!(
                    "line {}: it holds more than one document",
                    span.start.line()
                ));
            }
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(builder.node(event, span)?),
        }
    }
}

/// The parser counts characters; where it is all ASCII, those are the bytes.
fn offsets(text: &str) -> Option<Vec<usize>> {
    (!text.is_ascii()).then(|| {
        text.char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect()
    })
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    offsets: Option<Vec<usize>>,
    depth: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, String> {
        self.parser
            .next_event()
            .transpose()
            .map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))
    }

    fn needed(&mut self) -> Result<(Event<'a>, Span), String> {
        self.next()?
            .ok_or_else(|| "it ends in the middle of a collection".to_owned())
    }

    fn byte(&self, index: usize) -> usize {
        match &self.offsets {
            Some(offsets) => offsets.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, String> {
        if self.depth == 200 {
            return Err(format!("line {}: it is nested too deep", span.start.line()));
        }
        self.depth += 1;
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        let mut node = Node {
            start,
            end,
            column: span.start.col(),
            has_anchor: false,
            tag: None,
            kind: Kind::Alias(0),
        };
        // In block style the mark of a collection is empty, or holds an anchor or a tag.
        let flow = self.text[start..end].trim_end().ends_with(['[', '{']);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                self.scalar(&mut node, text.into_owned(), style);
            }
            Event::Alias(id) => node.kind = Kind::Alias(id),
            Event::SequenceStart(anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                self.sequence(&mut node, flow)?;
            }
            Event::MappingStart(anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                self.mapping(&mut node, flow)?;
            }
            _ => return Err(format!("line {}: this is no value", span.start.line())),
        }
        self.depth -= 1;
        Ok(node)
    }

    fn scalar(&self, node: &mut Node, text: String, style: ScalarStyle) {
        let start = node.start;
        match style {
            ScalarStyle::Plain => {}
            // Reported with the spaces and the comment that follow.
            ScalarStyle::SingleQuoted => node.end = quoted_end(self.text, start, '\''),
            ScalarStyle::DoubleQuoted => node.end = quoted_end(self.text, start, '"'),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                node.end = self.text[..node.end].trim_end().len();
                node.start = header_start(self.text, start).min(node.end);
            }
        }
        node.kind = Kind::Scalar { text, style };
    }

    fn sequence(&mut self, node: &mut Node, flow: bool) -> Result<(), String> {
        let mut items: Vec<Node> = Vec::new();
        let end = loop {
            match self.needed()? {
                (Event::SequenceEnd, span) => break span,
                (event, span) => items.push(self.node(event, span)?),
            }
        };
        if flow {
            node.end = self.bracket_end(end);
        } else {
            for item in items.iter_mut().filter(|item| item.is_nothing()) {
                item.start = self.text[..item.start].trim_end().len();
                item.end = item.start;
            }
            node.end = items.last().map_or(node.start, |item| item.end);
            self.at_dash(node, items.first());
        }
        node.kind = Kind::Sequence { flow, items };
        Ok(())
    }

    fn mapping(&mut self, node: &mut Node, flow: bool) -> Result<(), String> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut names = HashSet::new();
        let end = loop {
            let (key, line) = match self.needed()? {
                (Event::MappingEnd, span) => break span,
                (event, span) => (self.node(event, span)?, span.start.line()),
            };
            // Which of the two counts is every reader's own choice.
            if let Some(name) = key.key()
                && !names.insert(name.to_owned())
            {
                return Err(format!("line {line}: `{name}` is there already"));
            }
            let (event, span) = self.needed()?;
            let mut value = self.node(event, span)?;
            if value.is_nothing() && !value.has_anchor {
                // It stands behind the colon, wherever the parser noticed its absence.
                let colon = self.text[key.end..].find(':');
                value.start = colon.map_or(key.end, |colon| key.end + colon + 1);
                value.end = value.start;
            }
            entries.push((key, value));
        };
        if flow {
            node.end = self.bracket_end(end);
        } else if let (Some((first, _)), Some((_, last))) = (entries.first(), entries.last()) {
            // An anchor stands before the first key, and in another column.
            (node.start, node.column) = (first.start, first.column);
            node.end = last.end;
        }
        node.kind = Kind::Mapping { flow, entries };
        Ok(())
    }

    /// Behind the bracket itself: what is reported may go on to the end of a comment behind it.
    fn bracket_end(&self, span: Span) -> usize {
        (self.byte(span.start.index()) + 1).min(self.text.len())
    }

    /// A sequence in block style starts with its first dash, wherever the parser says it does.
    fn at_dash(&self, node: &mut Node, first: Option<&Node>) {
        let behind = first.filter(|first| !first.is_nothing());
        if behind.is_none() && is_dash(self.text, node.start) {
            return;
        }
        let behind = behind.map_or(node.start, |first| first.start);
        if let Some(dash) = dash_before(self.text, behind) {
            node.column = self.text[line_start(self.text, dash)..dash].chars().count();
            node.start = dash;
        }
    }
}

/// Whether an item of a sequence in block style starts here.
fn is_dash(text: &str, at: usize) -> bool {
    let line = &text[line_start(text, at)..at];
    let rest = text[at..].strip_prefix('-');
    rest.is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
        && line.chars().all(|c| matches!(c, ' ' | '-'))
}

/// The dash of the item whose value starts at `at`.
pub(super) fn dash_before(text: &str, at: usize) -> Option<usize> {
    let mut dashes = text[..at].rmatch_indices('-').map(|(at, _)| at);
    dashes.find(|at| is_dash(text, *at))
}

/// Where the `|` or `>` of a block of text stands whose first line of text starts at `start`.
fn header_start(text: &str, start: usize) -> usize {
    let before = text[..start].trim_end();
    let line = line_start(text, before.len());
    // A comment may follow the header; the first sign that stands alone is it.
    let mut signs = before[line..].match_indices(['|', '>']);
    let header = signs.find(|(at, sign)| {
        let behind = &before[line + at + sign.len()..];
        let behind =
            behind.trim_start_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit());
        let rest = behind.trim_start();
        rest.is_empty() || rest.starts_with('#')
    });
    header.map_or(start, |(at, _)| line + at)
}

/// Behind the closing quote of the scalar that starts at `start`, an anchor or a tag before it left aside.
fn quoted_end(text: &str, start: usize, quote: char) -> usize {
    let rest = &text[start..];
    let open = rest.find(quote).map_or(0, |at| at + 1);
    let mut chars = rest[open..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_quote = chars.peek().is_some_and(|(_, next)| *next == quote);
        match c {
            '\\' if quote == '"' => drop(chars.next()),
            '\'' if quote == '\'' && next_is_quote => drop(chars.next()),
            c if c == quote => return start + open + at + 1,
            _ => {}
        }
    }
    text.len()
}

impl Node {
    fn describe(&mut self, anchor: usize, tag: Option<&Tag>) {
        self.has_anchor = anchor > 0;
        self.tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
    }
}
