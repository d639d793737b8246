//! Three-way merge of lists, item by item.

use std::ops::Range;

use super::value::{Merger, TooLong, Value};

/// The most pairs of items that are compared; two lists of a thousand.
const MOST_PAIRS: usize = 1_000_000;

/// Keys by which people tell the items of a list apart.
const NAMES: [&str; 5] = ["id", "name", "repo", "key", "path"];

/// Whether two items are one thing, perhaps changed.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    a == b || name(a).is_some_and(|name_of_a| name(b) == Some(name_of_a))
}

fn name(item: &Value) -> Option<(&'static str, &str)> {
    let Value::Map(item) = item else { return None };
    NAMES.iter().find_map(|key| match item.get(*key) {
        Some(Value::Scalar(name)) => Some((*key, name.as_str())),
        _ => None,
    })
}

pub(super) fn are_named(items: &[Value]) -> bool {
    items.iter().all(|item| name(item).is_some())
}

/// Pairs of the same items, in order, as many as there can be; none if there are too many to compare.
pub(super) fn pairs(old: &[Value], new: &[Value]) -> Option<Vec<(usize, usize)>> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return None;
    }
    // `longest[i][j]`: how many pairs the items from `i` and `j` on can form.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let mut same = vec![false; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let is = is_same(&old[i], &new[j]);
            same[i * new.len() + j] = is;
            longest[i * width + j] = if is {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < old.len() && j < new.len() {
        if same[i * new.len() + j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    Some(found)
}

/// Items of the base that became others.
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

fn hunks(base: &[Value], side: &[Value]) -> Result<Vec<Hunk>, TooLong> {
    let mut hunks = Vec::new();
    let (mut b, mut s) = (0, 0);
    let ends = (base.len(), side.len());
    for (i, j) in pairs(base, side).ok_or(TooLong)?.into_iter().chain([ends]) {
        if (b, s) != (i, j) {
            hunks.push(Hunk {
                base: b..i,
                side: s..j,
            });
        }
        (b, s) = (i + 1, j + 1);
    }
    Ok(hunks)
}

/// One side's way through the base.
struct Way<'a> {
    items: &'a [Value],
    hunks: Vec<Hunk>,
    /// The next hunk.
    next: usize,
    /// The next item.
    at: usize,
}

impl<'a> Way<'a> {
    fn new(base: &[Value], items: &'a [Value]) -> Result<Self, TooLong> {
        Ok(Self {
            items,
            hunks: hunks(base, items)?,
            next: 0,
            at: 0,
        })
    }

    fn peek(&self) -> Option<&Range<usize>> {
        self.hunks.get(self.next).map(|hunk| &hunk.base)
    }

    /// What became of the items of the base from `range`, of whose hunks those up to `next` belong to it.
    fn take(&mut self, first: usize, range: &Range<usize>) -> &'a [Value] {
        let end = match self.hunks[first..self.next].last() {
            Some(hunk) => hunk.side.end + (range.end - hunk.base.end),
            None => self.at + range.len(),
        };
        let items = &self.items[self.at..end];
        self.at = end;
        items
    }
}

/// Merges two lists made from `base`. What both add in one place stays, the user's first; what one changes where the other
/// changes nothing is taken over.
///
/// # Errors
/// They are too long.
pub(super) fn merge(
    merger: &mut Merger,
    base: &[Value],
    ours: &[Value],
    theirs: &[Value],
) -> Result<Vec<Value>, TooLong> {
    let mut ours = Way::new(base, ours)?;
    let mut theirs = Way::new(base, theirs)?;
    let mut merged = Vec::new();
    let mut at = 0;
    loop {
        let key = |range: &Range<usize>| (range.start, range.end);
        let first = [ours.peek(), theirs.peek()]
            .into_iter()
            .flatten()
            .min_by_key(|range| key(range))
            .cloned();
        // Up to there nobody added or removed anything; an item may still have changed inside.
        let same = at..first.as_ref().map_or(base.len(), |range| range.start);
        for item in &base[same.clone()] {
            let (one, other) = (&ours.items[ours.at], &theirs.items[theirs.at]);
            merged.extend(merger.value(Some(item), Some(one), Some(other))?);
            (ours.at, theirs.at) = (ours.at + 1, theirs.at + 1);
        }
        let Some(mut range) = first else {
            return Ok(merged);
        };
        let (first_of_ours, first_of_theirs) = (ours.next, theirs.next);
        let touches = |range: &Range<usize>, other: &Range<usize>| {
            other.start < range.end || (range.is_empty() && *other == *range)
        };
        loop {
            // The first hunk is the range itself.
            let way = [&mut ours, &mut theirs].into_iter().find(|way| {
                way.peek()
                    .is_some_and(|next| touches(&range, next) || *next == range)
            });
            let Some(way) = way else { break };
            range.end = range.end.max(way.hunks[way.next].base.end);
            way.next += 1;
        }
        let changed = (ours.next > first_of_ours, theirs.next > first_of_theirs);
        let one = ours.take(first_of_ours, &range);
        let other = theirs.take(first_of_theirs, &range);
        merged.extend(changes(merger, changed, &base[range.clone()], one, other)?);
        at = range.end;
    }
}

/// What becomes of items of the base that at least one side changed.
fn changes(
    merger: &mut Merger,
    changed: (bool, bool),
    base: &[Value],
    ours: &[Value],
    theirs: &[Value],
) -> Result<Vec<Value>, TooLong> {
    if base.is_empty() {
        return both(merger, ours, theirs);
    }
    let only_removes = |side: &[Value]| side.iter().all(|item| base.contains(item));
    match changed {
        (true, false) if theirs == base => Ok(ours.to_vec()),
        (false, true) if ours == base => Ok(theirs.to_vec()),
        _ if ours == theirs => Ok(ours.to_vec()),
        _ if only_removes(ours) && only_removes(theirs) => {
            let kept = ours.iter().filter(|item| theirs.contains(item));
            Ok(kept.cloned().collect())
        }
        _ => Ok(merger.settle(base, ours, theirs).to_vec()),
    }
}

/// What both add in one place: each thing once.
fn both(merger: &mut Merger, ours: &[Value], theirs: &[Value]) -> Result<Vec<Value>, TooLong> {
    let mut all = ours.to_vec();
    for item in theirs {
        // Against the user's alone: a list may hold a thing twice on purpose.
        match ours.iter().position(|known| is_same(known, item)) {
            None => all.push(item.clone()),
            Some(at) => {
                let merged = merger.value(None, Some(&ours[at]), Some(item))?;
                if let Some(merged) = merged {
                    all[at] = merged;
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::data::value::Pick;

    fn items(text: &str) -> Vec<Value> {
        let item = |word: &str| match word.split_once('=') {
            Some((name, value)) => Value::Map(
                [("name", name), ("value", value)]
                    .map(|(key, text)| (key.to_owned(), Value::Scalar(text.to_owned())))
                    .into(),
            ),
            None => Value::Scalar(word.to_owned()),
        };
        text.split_whitespace().map(item).collect()
    }

    /// What comes of it, and how many places both sides want to be something else.
    fn picked(pick: Pick, base: &str, ours: &str, theirs: &str) -> (Vec<Value>, usize) {
        let mut merger = Merger { pick, places: 0 };
        let merged = merge(&mut merger, &items(base), &items(ours), &items(theirs));
        (merged.unwrap(), merger.places)
    }

    fn merged(base: &str, ours: &str, theirs: &str) -> Option<Vec<Value>> {
        let (merged, places) = picked(Pick::Ours, base, ours, theirs);
        (places == 0).then_some(merged)
    }

    #[test]
    fn what_both_add_stays_once() {
        assert_eq!(merged("a", "a b", "a c"), Some(items("a b c")));
        assert_eq!(merged("a", "a b c", "a c d"), Some(items("a b c d")));
        assert_eq!(merged("", "b", "c"), Some(items("b c")));
        assert_eq!(merged("a z", "x a z", "a y z"), Some(items("x a y z")));
    }

    #[test]
    fn what_one_changes_is_taken_over() {
        assert_eq!(merged("a b c", "a B c", "a b c d"), Some(items("a B c d")));
        assert_eq!(merged("a b", "a B", "a b c"), Some(items("a B c")));
        assert_eq!(merged("a b c", "a c", "a b c d"), Some(items("a c d")));
        assert_eq!(merged("a b c", "b c", "a b"), Some(items("b")));
        assert_eq!(merged("a b c", "c", "a c"), Some(items("c")));
        assert_eq!(merged("a", "", ""), Some(items("")));
    }

    #[test]
    fn named_items_are_merged_inside() {
        assert_eq!(
            merged("x=1 y=1", "x=2 y=1", "x=1 y=2 z=1"),
            Some(items("x=2 y=2 z=1"))
        );
        assert_eq!(merged("x=1", "x=2", "x=3"), None);
        assert_eq!(merged("x=1 y=1", "y=1", "x=2 y=1"), None);
        assert_eq!(merged("", "x=1", "x=1 y=1"), Some(items("x=1 y=1")));
    }

    #[test]
    fn the_same_item_changed_twice_is_for_somebody_to_pick() {
        assert_eq!(merged("a b", "a1 b", "a2 b"), None);
        assert_eq!(merged("a b c", "a c", "a b1 c"), None);
        let one = |pick| picked(pick, "a b", "a1 b x", "a2 b y");
        assert_eq!(one(Pick::Ours), (items("a1 b x y"), 1));
        assert_eq!(one(Pick::Theirs), (items("a2 b x y"), 1));
        assert_eq!(one(Pick::Base), (items("a b x y"), 1));
    }

    proptest::proptest! {
        #[test]
        fn one_side_alone_is_that_side(base in "([a-d] ){0,8}", side in "([a-d] ){0,8}") {
            proptest::prop_assert_eq!(merged(&base, &base, &side), Some(items(&side)));
            proptest::prop_assert_eq!(merged(&base, &side, &base), Some(items(&side)));
            proptest::prop_assert_eq!(merged(&base, &side, &side), Some(items(&side)));
        }

        /// Where one side is right, so is everybody's pick.
        #[test]
        fn who_is_picked_matters_only_in_places(base in "([a-d] ){0,8}", ours in "([a-d] ){0,8}", theirs in "([a-d] ){0,8}") {
            let [one, other] = [Pick::Ours, Pick::Theirs].map(|pick| picked(pick, &base, &ours, &theirs));
            proptest::prop_assert_eq!(one.1, other.1);
            proptest::prop_assert!(one.1 > 0 || one == other);
        }
    }
}
