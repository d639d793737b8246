//! Every step of applying at which a machine may stop, so that a test can stop there.

use std::io;

/// A step that changes the disk or depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Make or open our folder in the project.
    Enter,
    /// Look again at a file the plan changes.
    Verify,
    /// Write a new content beside the project's files.
    Stage,
    /// Make what was staged survive a power cut.
    SyncStage,
    /// Say what is about to be done.
    Journal,
    /// Set a file of the project aside.
    SetAside,
    /// Put a new content in its place.
    Place,
    /// Make the new state survive a power cut.
    SyncFolders,
    /// Remove folders that emptied.
    Sweep,
    /// Say that it is done: the state is the new one from here on.
    Commit,
    /// File away the undo record.
    Record,
    /// Note down how a conflict was settled.
    Settle,
    /// Note down what git's index says, or change it.
    Index,
    /// Remove what is no longer needed.
    Clear,
    /// Take a file back out of its place.
    TakeBack,
    /// Put a file that was set aside back.
    Restore,
}

/// Asked before every step; an error stops there as if the system had returned it.
pub type Hook<'a> = dyn Fn(Step) -> io::Result<()> + 'a;

#[derive(Clone, Copy, Default)]
pub(super) struct Probe<'a>(pub(super) Option<&'a Hook<'a>>);

impl Probe<'_> {
    pub(super) fn step(self, step: Step) -> io::Result<()> {
        self.0.map_or(Ok(()), |hook| hook(step))
    }
}

/// The hook that a test of the real program asks for: the value of `SCAFFOLD_FAULT`, a number for "end the process at that
/// step" or `<number>:full` for "the disk is full from there on". Always none in a release.
pub fn from_request(request: Option<&str>) -> Option<Box<Hook<'static>>> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let (number, kind) =
        request.map(|request| request.split_once(':').unwrap_or((request, "abort")))?;
    let at: u32 = number.parse().ok()?;
    let full = kind == "full";
    let count = std::cell::Cell::new(0);
    Some(Box::new(move |_| {
        count.set(count.get() + 1);
        match (count.get() >= at, full) {
            (false, _) => Ok(()),
            (true, true) => Err(io::ErrorKind::StorageFull.into()),
            (true, false) => std::process::abort(),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_number_and_what_happens_there() {
        if cfg!(debug_assertions) {
            let hook = from_request(Some("2:full")).unwrap();
            assert!(hook(Step::Enter).is_ok());
            let errors = [Step::Stage, Step::Journal].map(|step| hook(step).unwrap_err().kind());
            assert_eq!(errors, [io::ErrorKind::StorageFull; 2]);
        }
        assert!(from_request(None).is_none());
        assert!(from_request(Some("soon")).is_none());
    }
}
