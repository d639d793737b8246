//! JSON, with comments and trailing commas where the user's file has them.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::flow::{self, Comments};
use super::lines::Piece;
use super::node::{Edit, Item, Kind, Node};

const COMMENTS: Comments = Comments {
    line: &["//"],
    stars: true,
};

/// None if it is no JSON, or empty.
pub(super) fn parse(text: &str) -> Option<Node> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).ok()?;
    Some(node(&parsed.value?))
}

/// Whether every program that reads JSON reads it: no comments, no trailing commas.
pub(super) fn is_strict(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn node(value: &ast::Value<'_>) -> Node {
    let kind = match value {
        ast::Value::StringLit(text) => Kind::Scalar(format!("\"{}", text.value)),
        ast::Value::NumberLit(number) => Kind::Scalar(number.value.to_owned()),
        ast::Value::BooleanLit(is) => Kind::Scalar(is.value.to_string()),
        ast::Value::NullKeyword(_) => Kind::Scalar("null".to_owned()),
        ast::Value::Array(array) => {
            let item = |value: &ast::Value<'_>| Item {
                key: None,
                span: value.start()..value.end(),
                node: node(value),
            };
            Kind::List(array.elements.iter().map(item).collect())
        }
        ast::Value::Object(object) => {
            let item = |entry: &ast::ObjectProp<'_>| Item {
                key: Some(entry.name.as_str().to_owned()),
                span: entry.start()..entry.end(),
                node: node(&entry.value),
            };
            Kind::Map(object.properties.iter().map(item).collect())
        }
    };
    Node {
        span: value.start()..value.end(),
        kind,
        block: false,
        path: Vec::new(),
        movable: true,
    }
}

/// Carries an edit out; `source` is the text new items are taken from.
pub(super) fn edit(text: &str, source: &str, edit: &Edit<'_>) -> Option<String> {
    Some(match edit {
        Edit::Insert { into, index, new } => {
            let piece = Piece::cut(source, &new.item().span, COMMENTS.line);
            flow::insert(text, into, *index, &piece, COMMENTS)
        }
        Edit::Replace { inside, index, new } => {
            let piece = Piece::cut(source, &new.item().node.span, COMMENTS.line);
            flow::replace(text, &inside.items()[*index].node.span, &piece)
        }
        Edit::Remove { from, index } => flow::remove(text, from, *index, COMMENTS),
    })
}
