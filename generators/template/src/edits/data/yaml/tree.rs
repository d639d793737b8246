//! A YAML document as nodes that know their place in the text.

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
    Scalar { text: String, style: ScalarStyle },
    Alias(usize),
    Sequence { flow: bool, items: Vec<Node> },
    Mapping { flow: bool, entries: Vec<(Node, Node)> },
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
        matches!(self.kind, Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. })
    }

    pub(super) fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Sequence { flow: false, .. } | Kind::Mapping { flow: false, .. })
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

    pub(super) fn entry(&self, name: &str) -> Option<&Node> {
        let Kind::Mapping { entries, .. } = &self.kind else { return None };
        entries.iter().find(|(key, _)| key.key() == Some(name)).map(|(_, value)| value)
    }

    pub(super) fn has_anchors(&self) -> bool {
        self.has_anchor
            || match &self.kind {
                Kind::Scalar { .. } => false,
                Kind::Alias(_) => true,
                Kind::Sequence { items, .. } => items.iter().any(Node::has_anchors),
                Kind::Mapping { entries, .. } => {
                    entries.iter().any(|(key, value)| key.has_anchors() || value.has_anchors())
                }
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
                            b.iter().any(|(other, wanted)| key.is_same(other) && value.is_same(wanted))
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
            || matches!(text, "" | "~" | "null" | "Null" | "NULL" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
            || text.strip_prefix("0x").is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok())
            || text.strip_prefix("0o").is_some_and(|digits| u64::from_str_radix(digits, 8).is_ok()))
}

/// The one document of a text; none if there is nothing but comments.
pub(super) fn parse(text: &str) -> Result<Option<Node>, String> {
    let mut builder = Builder { text, parser: Parser::new_from_str(text), offsets: offsets(text), depth: 0 };
    let mut root = None;
    loop {
        let Some((event, span)) = builder.next()? else { return Ok(root) };
        match event {
            Event::StreamEnd => return Ok(root.filter(|node: &Node| !node.is_nothing())),
            Event::DocumentStart(_) if root.is_some() => {
                return Err(format!("line {}: it holds more than one document", span.start.line()));
            }
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(builder.node(event, span)?),
        }
    }
}

/// The parser counts characters; where it is all ASCII, those are the bytes.
fn offsets(text: &str) -> Option<Vec<usize>> {
    (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
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
        self.next()?.ok_or_else(|| "it ends in the middle of a collection".to_owned())
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
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    node.end = self.text[..end].trim_end().len().max(start);
                }
                node.kind = Kind::Scalar { text: text.into_owned(), style };
            }
            Event::Alias(id) => node.kind = Kind::Alias(id),
            Event::SequenceStart(anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                let mut items = Vec::new();
                loop {
                    match self.needed()? {
                        (Event::SequenceEnd, span) => {
                            self.close(&mut node, span, items.last().map(|item: &Node| item.end));
                            break;
                        }
                        (event, span) => items.push(self.node(event, span)?),
                    }
                }
                if end == start {
                    self.at_dash(&mut node);
                }
                node.kind = Kind::Sequence { flow: end > start, items };
            }
            Event::MappingStart(anchor, tag) => {
                node.describe(anchor, tag.as_deref());
                let mut entries = Vec::new();
                loop {
                    match self.needed()? {
                        (Event::MappingEnd, span) => {
                            self.close(&mut node, span, entries.last().map(|(_, value): &(Node, Node)| value.end));
                            break;
                        }
                        (event, span) => {
                            let key = self.node(event, span)?;
                            let (event, span) = self.needed()?;
                            let mut value = self.node(event, span)?;
                            if value.is_nothing() {
                                // It stands behind the colon, wherever the parser noticed its absence.
                                let colon = self.text[key.end..].find(':').map_or(key.end, |colon| key.end + colon + 1);
                                (value.start, value.end) = (colon, colon);
                            }
                            entries.push((key, value));
                        }
                    }
                }
                node.kind = Kind::Mapping { flow: end > start, entries };
            }
            _ => return Err(format!("line {}: this is no value", span.start.line())),
        }
        self.depth -= 1;
        Ok(node)
    }

    /// A sequence that is indented no deeper than its key is reported behind its first dash.
    fn at_dash(&self, node: &mut Node) {
        let is_dash = |at: usize| {
            let rest = &self.text[at..];
            rest.starts_with('-') && rest[1..].chars().next().is_none_or(char::is_whitespace)
        };
        if let Some(dash) = self.text[..node.start].rfind('-').filter(|_| !is_dash(node.start)) {
            node.column = self.text[line_start(self.text, dash)..dash].chars().count();
            node.start = dash;
        }
    }

    /// A flow collection ends with its bracket, one in block style with its last item.
    fn close(&self, node: &mut Node, span: Span, last: Option<usize>) {
        let is_flow = node.end > node.start;
        node.end = if is_flow { self.byte(span.end.index()) } else { last.unwrap_or(node.start) };
    }
}

impl Node {
    fn describe(&mut self, anchor: usize, tag: Option<&Tag>) {
        self.has_anchor = anchor > 0;
        self.tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
    }
}

