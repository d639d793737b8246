//! Files and changes for the tests of plans.

use super::{Action, Content, Verb};
use crate::path::ProjectPath;
use crate::workspace::Found;

pub(super) fn found(text: &str, executable: bool) -> Found {
    Found {
        bytes: text.as_bytes().into(),
        executable,
    }
}

pub(super) fn content(text: &str, executable: bool) -> Option<Content> {
    Some(Content::from(&found(text, executable)))
}

/// A change of `a.txt`.
pub(super) fn action(verb: Verb, before: Option<&Found>, after: Option<Content>) -> Action {
    Action::new(ProjectPath::parse("a.txt").unwrap(), verb, before, after)
}
