//! A structured text as nodes that know their place, and the next edit that brings it nearer to what it shall mean.

use std::collections::BTreeMap;
use std::ops::Range;

use super::list;
use super::value::Value;

/// Deeper than this no file of a project is nested that a person wrote.
pub(super) const DEEPEST: usize = 64;

#[derive(Debug)]
pub(super) struct Node {
    /// Its text, without what surrounds it. Nothing where the format works with paths instead.
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    /// Whether its items stand in lines, not in brackets.
    pub(super) block: bool,
    /// The way to it from the root, where the format works with paths.
    pub(super) path: Vec<Step>,
    /// Whether it means the same in another text: it holds no name that is given or used elsewhere in its own.
    pub(super) movable: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(String),
    List(Vec<Item>),
    Map(Vec<Item>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// An item of a list, or an entry of a map.
#[derive(Debug)]
pub(super) struct Item {
    /// None in a list.
    pub(super) key: Option<String>,
    /// From its key or its dash to the end of its value.
    pub(super) span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    /// What it means; none if a key occurs twice, or it is nested too deep.
    pub(super) fn value(&self) -> Option<Value> {
        self.value_at(0)
    }

    fn value_at(&self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        Some(match &self.kind {
            Kind::Scalar(text) => Value::Scalar(text.clone()),
            Kind::List(items) => {
                let items = items.iter().map(|item| item.node.value_at(depth + 1));
                Value::List(items.collect::<Option<_>>()?)
            }
            Kind::Map(items) => {
                let mut map = BTreeMap::new();
                for item in items {
                    let value = item.node.value_at(depth + 1)?;
                    if map.insert(item.key.clone()?, value).is_some() {
                        return None;
                    }
                }
                Value::Map(map)
            }
        })
    }

    pub(super) fn items(&self) -> &[Item] {
        match &self.kind {
            Kind::List(items) | Kind::Map(items) => items,
            Kind::Scalar(_) => &[],
        }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List(_))
    }

    fn position(&self, key: &str) -> Option<usize> {
        let is = |item: &Item| item.key.as_deref() == Some(key);
        self.items().iter().position(is)
    }
}

/// One step from the user's text to the merged one. What comes is an item of the new version's text.
#[derive(Debug)]
pub(super) enum Edit<'a> {
    Insert {
        into: &'a Node,
        index: usize,
        new: New<'a>,
    },
    Replace {
        inside: &'a Node,
        index: usize,
        new: New<'a>,
    },
    Remove {
        from: &'a Node,
        index: usize,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct New<'a> {
    pub(super) inside: &'a Node,
    pub(super) index: usize,
}

impl<'a> New<'a> {
    /// The same, if it may be taken from where it stands.
    fn taken(self) -> Result<Self, Stuck> {
        if self.item().node.movable {
            Ok(self)
        } else {
            Err(Stuck)
        }
    }

    pub(super) fn item(&self) -> &'a Item {
        &self.inside.items()[self.index]
    }
}

/// What is wanted is nowhere to be taken from.
#[derive(Debug)]
pub(super) struct Stuck;

/// The first edit that is missing; none if `ours` means what is wanted.
pub(super) fn next_edit<'a>(
    ours: &'a Node,
    theirs: Option<&'a Node>,
    want: &Value,
) -> Result<Option<Edit<'a>>, Stuck> {
    if ours.value().as_ref() == Some(want) {
        return Ok(None);
    }
    match (&ours.kind, want) {
        (Kind::Map(_), Value::Map(want)) => in_map(ours, theirs, want),
        (Kind::List(_), Value::List(want)) => in_list(ours, theirs, want),
        // A file that is of another kind altogether is not brought to this one by edits.
        _ => Err(Stuck),
    }
}

fn in_map<'a>(
    ours: &'a Node,
    theirs: Option<&'a Node>,
    want: &BTreeMap<String, Value>,
) -> Result<Option<Edit<'a>>, Stuck> {
    let find = |key: &str| {
        let inside = theirs?;
        let index = inside.position(key)?;
        Some(New { inside, index })
    };
    for (index, item) in ours.items().iter().enumerate() {
        let key = item.key.as_deref().ok_or(Stuck)?;
        let Some(want) = want.get(key) else {
            return Ok(Some(Edit::Remove { from: ours, index }));
        };
        if let Some(edit) = in_item(ours, index, find(key), want)? {
            return Ok(Some(edit));
        }
    }
    let theirs = theirs.ok_or(Stuck)?;
    for (index, item) in theirs.items().iter().enumerate() {
        let key = item.key.as_deref().ok_or(Stuck)?;
        let Some(want) = want.get(key) else { continue };
        if ours.position(key).is_some() {
            continue;
        }
        if item.node.value().as_ref() != Some(want) {
            return Err(Stuck);
        }
        // Behind the one that stands before it there, or else before the one that follows.
        let mut before = theirs.items()[..index].iter().rev();
        let mut behind = theirs.items()[index..].iter();
        let place = |item: &Item| ours.position(item.key.as_deref()?);
        let at = before.find_map(place).map(|at| at + 1);
        let at = at.or_else(|| behind.find_map(place));
        return Ok(Some(Edit::Insert {
            into: ours,
            index: at.unwrap_or(ours.items().len()),
            new: New {
                inside: theirs,
                index,
            }
            .taken()?,
        }));
    }
    Err(Stuck)
}

fn in_list<'a>(
    ours: &'a Node,
    theirs: Option<&'a Node>,
    want: &[Value],
) -> Result<Option<Edit<'a>>, Stuck> {
    let Some(Value::List(have)) = ours.value() else {
        return Err(Stuck);
    };
    let inside = theirs.filter(|theirs| theirs.is_list()).ok_or(Stuck)?;
    let Some(Value::List(offered)) = inside.value() else {
        return Err(Stuck);
    };
    let find = |want: &Value| {
        let exact = offered.iter().position(|item| item == want);
        let index = exact.or_else(|| offered.iter().position(|item| list::is_same(item, want)));
        index.map(|index| New { inside, index })
    };
    let exact = |want: &Value| find(want).filter(|new| offered[new.index] == *want);
    let (mut i, mut j) = (0, 0);
    let ends = (have.len(), want.len());
    for (to_i, to_j) in list::pairs(&have, want)
        .ok_or(Stuck)?
        .into_iter()
        .chain([ends])
    {
        match (i < to_i, j < to_j) {
            (true, false) => {
                return Ok(Some(Edit::Remove {
                    from: ours,
                    index: i,
                }));
            }
            (removes, true) => {
                let new = exact(&want[j]).ok_or(Stuck)?.taken()?;
                return Ok(Some(if removes {
                    Edit::Replace {
                        inside: ours,
                        index: i,
                        new,
                    }
                } else {
                    Edit::Insert {
                        into: ours,
                        index: i,
                        new,
                    }
                }));
            }
            (false, false) => {}
        }
        if (to_i, to_j) == ends {
            break;
        }
        if let Some(edit) = in_item(ours, to_i, find(&want[to_j]), &want[to_j])? {
            return Ok(Some(edit));
        }
        (i, j) = (to_i + 1, to_j + 1);
    }
    Err(Stuck)
}

/// The first edit inside of an item, or its replacement.
fn in_item<'a>(
    inside: &'a Node,
    index: usize,
    new: Option<New<'a>>,
    want: &Value,
) -> Result<Option<Edit<'a>>, Stuck> {
    let node = &inside.items()[index].node;
    if node.value().as_ref() == Some(want) {
        return Ok(None);
    }
    let same_kind = matches!(
        (&node.kind, want),
        (Kind::Map(_), Value::Map(_)) | (Kind::List(_), Value::List(_))
    );
    if same_kind && !node.items().is_empty() {
        return next_edit(node, new.map(|new| &new.item().node), want);
    }
    let new = new.filter(|new| new.item().node.value().as_ref() == Some(want));
    let new = new.ok_or(Stuck)?.taken()?;
    Ok(Some(Edit::Replace { inside, index, new }))
}
