//! Structured edits.

use crate::engine::Project;
use crate::error::Error;
use crate::files::Drafts;
use crate::manifest::Edit;
use crate::render::{Renderer, Scope};

pub(crate) fn run(
    _edits: &[Edit],
    _project: &dyn Project,
    _renderer: &Renderer<'_>,
    _scope: &Scope,
    drafts: Drafts,
) -> Result<Drafts, Error> {
    Ok(drafts)
}
