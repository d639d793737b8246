//! Taking turns: one command at a time in a project, from before it looks until after it has written.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::error::io;
use super::fault::Probe;
use super::state::State;
use super::{ApplyError, Options};

/// A command's turn in a project. Others wait until it is dropped, so what was decided on is what is changed.
pub struct Turn(State);

impl Turn {
    /// Waits for the turn, or fails at once where `options` say so. The folder has to be there.
    pub fn take(root: &Path, options: &Options<'_>) -> Result<Self, ApplyError> {
        Self::enter(root, options).map_err(ApplyError::unchanged)
    }

    pub(super) fn enter(root: &Path, options: &Options<'_>) -> Result<Self, ApplyError> {
        let dir = Dir::open_ambient_dir(root, ambient_authority())
            .map_err(io("open", root.display().to_string()))?;
        State::enter(dir, options.label, options.busy(), Probe(options.fault)).map(Self)
    }

    pub(super) fn state(&self) -> &State {
        &self.0
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A program that fails in its midst leaves everything to the next command, as if it had been killed.
        if !std::thread::panicking() {
            self.0.leave();
        }
    }
}
