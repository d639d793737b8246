//! What a structured file means, whatever it looks like, and the three-way merge of such meanings.

use std::collections::{BTreeMap, BTreeSet};

use super::list;

/// A value without its looks. Two scalars are the same if their texts are; each format writes its types into them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Scalar(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// A list that is too long to be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Whose version is taken where both sides want something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    Base,
    Ours,
    Theirs,
}

/// Merges values; counts the places in which both sides want something else.
pub(super) struct Merger {
    pub(super) pick: Pick,
    pub(super) places: usize,
}

impl Merger {
    /// What becomes of a value: none if it goes.
    pub(super) fn value(
        &mut self,
        base: Option<&Value>,
        ours: Option<&Value>,
        theirs: Option<&Value>,
    ) -> Result<Option<Value>, TooLong> {
        if ours == theirs || base == theirs {
            return Ok(ours.cloned());
        }
        if base == ours {
            return Ok(theirs.cloned());
        }
        match (base, ours, theirs) {
            (None | Some(Value::Map(_)), Some(Value::Map(ours)), Some(Value::Map(theirs))) => {
                let none = BTreeMap::new();
                let base = match base {
                    Some(Value::Map(base)) => base,
                    _ => &none,
                };
                self.map(base, ours, theirs).map(Some)
            }
            (Some(Value::List(base)), Some(Value::List(ours)), Some(Value::List(theirs))) => {
                let merged = list::merge(self, base, ours, theirs)?;
                Ok(Some(Value::List(merged)))
            }
            (None, Some(Value::List(ours)), Some(Value::List(theirs)))
                if list::are_named(ours) && list::are_named(theirs) =>
            {
                let merged = list::merge(self, &[], ours, theirs)?;
                Ok(Some(Value::List(merged)))
            }
            _ => Ok(self.settle(base, ours, theirs).cloned()),
        }
    }

    fn map(
        &mut self,
        base: &BTreeMap<String, Value>,
        ours: &BTreeMap<String, Value>,
        theirs: &BTreeMap<String, Value>,
    ) -> Result<Value, TooLong> {
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        let mut merged = BTreeMap::new();
        for key in keys {
            if let Some(value) = self.value(base.get(key), ours.get(key), theirs.get(key))? {
                merged.insert(key.clone(), value);
            }
        }
        Ok(Value::Map(merged))
    }

    /// One of those that cannot all be.
    pub(super) fn settle<T>(&mut self, base: T, ours: T, theirs: T) -> T {
        self.places += 1;
        match self.pick {
            Pick::Base => base,
            Pick::Ours => ours,
            Pick::Theirs => theirs,
        }
    }
}
