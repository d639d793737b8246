//! Merging documents: tables are merged, arrays get the elements they lack, scalars are set where there is
//! none. The three formats keep what people wrote in their own ways.

mod json;
mod toml;
mod yaml;

use super::Problem;
use super::splice::Splices;

/// Merges collection by collection, the document read anew in between: one that is broken into lines moves
/// everything inside of it. `pass` adds to the first collection that lacks something.
fn in_passes(
    source: &str,
    most: usize,
    pass: impl Fn(&str, &mut Splices) -> Result<(), Problem>,
) -> Result<String, Problem> {
    let mut text = source.to_owned();
    for _ in 0..=most {
        let mut out = Splices::default();
        pass(&text, &mut out)?;
        if out.is_empty() {
            return Ok(text);
        }
        text = out.apply(&text);
    }
    Err(Problem::place(NOT_UNDERSTOOD))
}

const NOT_UNDERSTOOD: &str = "merging into it would not give what it should, since it is laid out in a way that is \
                              not understood. Use `insert` instead.";

pub(super) use json::merge as json;
pub(super) use toml::merge as toml;
pub(super) use yaml::merge as yaml;
