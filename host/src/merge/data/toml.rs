//! TOML: tables are changed through a library that keeps what it does not touch, what stands in brackets by its place.

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item as TomlItem, Key, Table, Value};

use super::flow::{self, Comments};
use super::lines::Piece;
use super::node::{Edit, Item, Kind, New, Node, Step};

const COMMENTS: Comments = Comments {
    line: &["#"],
    stars: false,
};

/// None if it is no TOML, or holds something whose place is not known.
pub(super) fn parse(text: &str) -> Option<Node> {
    let document = Document::parse(text).ok()?;
    table(document.as_table(), &[])
}

fn block(kind: Kind, path: &[Step]) -> Node {
    Node {
        span: 0..0,
        kind,
        block: true,
        path: path.to_vec(),
        movable: true,
    }
}

fn with(path: &[Step], step: Step) -> Vec<Step> {
    path.iter().cloned().chain([step]).collect()
}

fn table(table: &Table, path: &[Step]) -> Option<Node> {
    let entry = |(name, _): (&str, &TomlItem)| {
        let (key, item) = table.get_key_value(name)?;
        let path = with(path, Step::Key(name.to_owned()));
        let node = match item {
            TomlItem::None => return None,
            TomlItem::Value(inside) => value(inside)?,
            TomlItem::Table(inside) => self::table(inside, &path)?,
            TomlItem::ArrayOfTables(tables) => {
                let item = |(index, inside): (usize, &Table)| {
                    Some(Item {
                        key: None,
                        span: 0..0,
                        node: self::table(inside, &with(&path, Step::Index(index)))?,
                    })
                };
                let items = tables.iter().enumerate().map(item);
                block(Kind::List(items.collect::<Option<_>>()?), &path)
            }
        };
        let start = key.span().map_or(0, |span| span.start);
        Some(Item {
            key: Some(name.to_owned()),
            span: start..node.span.end.max(start),
            node,
        })
    };
    let items = table.iter().map(entry).collect::<Option<_>>()?;
    Some(block(Kind::Map(items), path))
}

fn value(of: &Value) -> Option<Node> {
    let kind = match of {
        Value::String(text) => Kind::Scalar(format!("\"{}", text.value())),
        Value::Integer(number) => Kind::Scalar(format!("integer {}", number.value())),
        Value::Float(number) => Kind::Scalar(format!("float {}", number.value())),
        Value::Boolean(is) => Kind::Scalar(is.value().to_string()),
        Value::Datetime(time) => Kind::Scalar(format!("time {}", time.value())),
        Value::Array(array) => Kind::List(elements(array)?),
        Value::InlineTable(table) => Kind::Map(entries(table)?),
    };
    Some(Node {
        span: of.span()?,
        kind,
        block: false,
        path: Vec::new(),
        movable: true,
    })
}

fn elements(array: &Array) -> Option<Vec<Item>> {
    let item = |of: &Value| {
        let node = value(of)?;
        Some(Item {
            key: None,
            span: node.span.clone(),
            node,
        })
    };
    array.iter().map(item).collect()
}

fn entries(table: &InlineTable) -> Option<Vec<Item>> {
    let entry = |(name, of): (&str, &Value)| {
        let node = value(of)?;
        let (key, _) = table.get_key_value(name)?;
        Some(Item {
            key: Some(name.to_owned()),
            span: key.span()?.start..node.span.end,
            node,
        })
    };
    table.iter().map(entry).collect()
}

/// Carries an edit out; `source` is the text new items are taken from.
pub(super) fn edit(text: &str, source: &str, edit: &Edit<'_>) -> Option<String> {
    let inside = match edit {
        Edit::Insert { into, .. } => into,
        Edit::Replace { inside, .. } => inside,
        Edit::Remove { from, .. } => from,
    };
    if inside.block {
        return in_tables(text, source, edit);
    }
    let cut = |new: &New<'_>, whole: bool| {
        let (item, node) = (new.item(), &new.item().node);
        let span = if whole { &item.span } else { &node.span };
        (!node.block).then(|| Piece::cut(source, span, COMMENTS.line))
    };
    Some(match edit {
        Edit::Insert { into, index, new } => {
            flow::insert(text, into, *index, &cut(new, true)?, COMMENTS)
        }
        Edit::Replace { inside, index, new } => {
            let place = &inside.items()[*index].node.span;
            flow::replace(text, place, &cut(new, false)?)
        }
        Edit::Remove { from, index } => flow::remove(text, from, *index, COMMENTS),
    })
}

fn in_tables(text: &str, source: &str, edit: &Edit<'_>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    match edit {
        Edit::Remove { from, index } => {
            match (&from.items()[*index].key, find(&mut document, &from.path)?) {
                (Some(key), Place::Table(table)) => drop(table.remove(key)?),
                (None, Place::Tables(tables)) => drop(tables.remove(*index)),
                _ => return None,
            }
        }
        Edit::Insert { into, index, new } => {
            let starts = text.trim().is_empty();
            match find(&mut document, &into.path)? {
                Place::Table(table) => {
                    let (key, mut item) = taken(source, new)?;
                    settle_in(&mut item, starts);
                    insert(table, *index, &key, item);
                }
                Place::Tables(tables) => {
                    let TomlItem::Table(mut one) = taken(source, new)?.1 else {
                        return None;
                    };
                    place_anew(&mut one, starts);
                    tables.insert(*index, one);
                }
            }
        }
        Edit::Replace { inside, index, new } => {
            let (_, mut item) = taken(source, new)?;
            match (
                &inside.items()[*index].key,
                find(&mut document, &inside.path)?,
            ) {
                (Some(key), Place::Table(table)) => {
                    let old = table.get_mut(key)?;
                    match (&*old, &mut item) {
                        (TomlItem::Value(old), TomlItem::Value(new)) => {
                            *new.decor_mut() = old.decor().clone();
                        }
                        _ => settle_in(&mut item, false),
                    }
                    *old = item;
                }
                (None, Place::Tables(tables)) => {
                    let TomlItem::Table(mut one) = item else {
                        return None;
                    };
                    one.set_position(tables.get(*index)?.position());
                    tables.replace(*index, one);
                }
                _ => return None,
            }
        }
    }
    Some(document.to_string())
}

enum Place<'a> {
    Table(&'a mut Table),
    Tables(&'a mut toml_edit::ArrayOfTables),
}

fn find<'a>(document: &'a mut DocumentMut, path: &[Step]) -> Option<Place<'a>> {
    let mut place = Place::Table(document.as_table_mut());
    for step in path {
        place = match (place, step) {
            (Place::Table(table), Step::Key(key)) => match table.get_mut(key)? {
                TomlItem::Table(table) => Place::Table(table),
                TomlItem::ArrayOfTables(tables) => Place::Tables(tables),
                _ => return None,
            },
            (Place::Tables(tables), Step::Index(index)) => Place::Table(tables.get_mut(*index)?),
            _ => return None,
        };
    }
    Some(place)
}

/// A new item out of its text, with its comments. What stands in brackets there does not come into a table.
fn taken(source: &str, new: &New<'_>) -> Option<(Key, TomlItem)> {
    let mut document: DocumentMut = source.parse().ok()?;
    match (&new.item().key, find(&mut document, &new.inside.path)?) {
        _ if !new.inside.block => None,
        (Some(key), Place::Table(table)) => {
            let (key, item) = table.get_key_value(key)?;
            Some((key.clone(), item.clone()))
        }
        (None, Place::Tables(tables)) => Some((
            Key::new("item"),
            TomlItem::Table(tables.get(new.index)?.clone()),
        )),
        _ => None,
    }
}

/// Puts an entry before the one at `index`. Tables stand where their place in the text is, so only values need be moved.
fn insert(table: &mut Table, index: usize, key: &Key, item: TomlItem) {
    let behind: Vec<String> = match index {
        0 if !item.is_value() => Vec::new(),
        _ => table
            .iter()
            .skip(index)
            .map(|(key, _)| key.to_owned())
            .collect(),
    };
    table.insert_formatted(key, item);
    for name in behind {
        if let Some((key, item)) = table.remove_entry(&name) {
            table.insert_formatted(&key, item);
        }
    }
}

/// Tables go behind those that stand before them in their parent.
fn settle_in(item: &mut TomlItem, starts: bool) {
    match item {
        TomlItem::Table(table) => place_anew(table, starts),
        TomlItem::ArrayOfTables(tables) => {
            tables.iter_mut().for_each(|table| place_anew(table, false));
        }
        _ => {}
    }
}

fn place_anew(table: &mut Table, starts: bool) {
    table.set_position(None);
    let above = table.decor().prefix().and_then(|above| above.as_str());
    let above = above.unwrap_or_default().to_owned();
    if !starts && !above.starts_with('\n') {
        table.decor_mut().set_prefix(format!("\n{above}"));
    }
    for (_, item) in table.iter_mut() {
        settle_in(item, starts);
    }
}
