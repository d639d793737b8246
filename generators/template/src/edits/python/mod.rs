//! Edits of Python: items of a list, imports, statements at the end.
//!
//! What is compared is code, token by token, so a difference in quotes, spacing or line breaks is none.

mod append;
mod import;
mod list;
mod scan;
mod tree;

use super::brackets::Style;

pub(super) use append::add as append;
pub(super) use import::add as import;
pub(super) use list::add as list;

const STYLE: Style<'static> = Style {
    comments: &["#"],
    step: "    ",
    trailing_comma: true,
    padding: "",
    comma_behind_only_one: false,
};
