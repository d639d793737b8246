//! A YAML document as nodes that know their place in the text.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::lines::line_start;
use super::node::{DEEPEST, Item, Kind, Node};

/// The one document of a text; none if it is no YAML, holds several documents or nothing but comments.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut builder = Builder {
        text,
        parser: Parser::new_from_str(text),
        offsets: offsets(text),
        depth: 0,
    };
    let mut root = None;
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => return root.filter(|node| !is_nothing(node)),
            Event::DocumentStart(_) if root.is_some() => return None,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(builder.node(event, span)?),
        }
    }
}

/// The parser counts characters; where all are ASCII, those are the bytes.
fn offsets(text: &str) -> Option<Vec<usize>> {
    (!text.is_ascii()).then(|| {
        text.char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect()
    })
}

/// A key without a value.
fn is_nothing(node: &Node) -> bool {
    node.span.is_empty() && matches!(node.kind, Kind::Scalar(_))
}

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    offsets: Option<Vec<usize>>,
    depth: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        self.parser.next_event()?.ok()
    }

    fn byte(&self, index: usize) -> usize {
        match &self.offsets {
            Some(offsets) => offsets.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Option<Node> {
        if self.depth > DEEPEST {
            return None;
        }
        self.depth += 1;
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        let mut node = Node {
            span: start..end.max(start),
            kind: Kind::Scalar(String::new()),
            block: false,
            path: Vec::new(),
            movable: true,
        };
        // In block style the mark of a collection is empty, or holds an anchor or a tag.
        let flow = self.text.get(start..end)?.trim_end().ends_with(['[', '{']);
        let marked = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let mark = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
                let mark = mark.unwrap_or_default();
                node.kind = Kind::Scalar(format!("{mark}{}", meaning(&text, style)));
                self.place_scalar(&mut node, style)?;
                anchor > 0 || !mark.is_empty()
            }
            Event::Alias(_) => {
                let name = self.text.get(start..end)?.trim_end().to_owned();
                node.span.end = start + name.len();
                node.kind = Kind::Scalar(name);
                true
            }
            Event::SequenceStart(anchor, tag) => {
                self.sequence(&mut node, flow)?;
                anchor > 0 || tag.is_some()
            }
            Event::MappingStart(anchor, tag) => {
                self.mapping(&mut node, flow)?;
                anchor > 0 || tag.is_some()
            }
            _ => return None,
        };
        // Anchors and tags stand before what they mark, which is not moved with it.
        node.movable = !marked && node.items().iter().all(|item| item.node.movable);
        self.depth -= 1;
        Some(node)
    }

    fn place_scalar(&self, node: &mut Node, style: ScalarStyle) -> Option<()> {
        let span = &mut node.span;
        match style {
            ScalarStyle::Plain => {
                span.end = span.start + self.text.get(span.clone())?.trim_end().len()
            }
            // Reported with the spaces and the comment that follow.
            ScalarStyle::SingleQuoted => span.end = quoted_end(self.text, span.start, '\''),
            ScalarStyle::DoubleQuoted => span.end = quoted_end(self.text, span.start, '"'),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                span.end = self.text.get(..span.end)?.trim_end().len();
                span.start = header_start(self.text, span.start).min(span.end);
            }
        }
        Some(())
    }

    fn sequence(&mut self, node: &mut Node, flow: bool) -> Option<()> {
        let mut items: Vec<Item> = Vec::new();
        let end = loop {
            match self.next()? {
                (Event::SequenceEnd, span) => break span,
                (event, span) => {
                    let node = self.node(event, span)?;
                    items.push(Item {
                        key: None,
                        span: node.span.clone(),
                        node,
                    });
                }
            }
        };
        if flow {
            node.span.end = self.bracket_end(end);
        } else {
            for item in &mut items {
                if is_nothing(&item.node) {
                    return None;
                }
                item.span.start = dash_before(self.text, item.node.span.start)?;
            }
            node.span = items.first()?.span.start..items.last()?.span.end;
        }
        node.block = !flow;
        node.kind = Kind::List(items);
        Some(())
    }

    fn mapping(&mut self, node: &mut Node, flow: bool) -> Option<()> {
        let mut items: Vec<Item> = Vec::new();
        let end = loop {
            let key = match self.next()? {
                (Event::MappingEnd, span) => break span,
                (event, span) => self.node(event, span)?,
            };
            let (event, span) = self.next()?;
            let mut value = self.node(event, span)?;
            let Kind::Scalar(name) = &key.kind else {
                return None;
            };
            if is_nothing(&value) {
                // It stands behind the colon, wherever the parser noticed its absence.
                let colon = self.text.get(key.span.end..)?.find(':')?;
                value.span = key.span.end + colon + 1..key.span.end + colon + 1;
            }
            items.push(Item {
                key: Some(name.strip_prefix('"').unwrap_or(name).to_owned()),
                span: key.span.start..value.span.end.max(key.span.end),
                node: value,
            });
        };
        if flow {
            node.span.end = self.bracket_end(end);
        } else {
            // An anchor stands before the first key, and in another column.
            node.span = items.first()?.span.start..items.last()?.span.end;
        }
        node.block = !flow;
        node.kind = Kind::Map(items);
        Some(())
    }

    /// Behind the bracket itself: what is reported may go on to the end of a comment behind it.
    fn bracket_end(&self, span: Span) -> usize {
        (self.byte(span.start.index()) + 1).min(self.text.len())
    }
}

/// A scalar with its type: `80` and `"80"` differ, `web` and `"web"` do not.
fn meaning(text: &str, style: ScalarStyle) -> String {
    let typed = style == ScalarStyle::Plain
        && (text.parse::<f64>().is_ok()
            || text.starts_with(|c: char| c.is_ascii_digit() || ".+-".contains(c))
            || matches!(
                text.to_ascii_lowercase().as_str(),
                "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
            ));
    if typed {
        text.to_owned()
    } else {
        format!("\"{text}")
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
fn dash_before(text: &str, at: usize) -> Option<usize> {
    let mut dashes = text.get(..at)?.rmatch_indices('-').map(|(at, _)| at);
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
