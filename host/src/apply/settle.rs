//! Settling the conflicts a change left.
//!
//! A conflict is settled when the user says so and nothing in the folder speaks against it. What the file is at that moment
//! becomes what the change left, so that undoing the change later gives back exactly what stood before it. The copies are
//! written first and the note of them last, in one rename: killed in between, nothing is settled.

use std::collections::BTreeMap;
use std::path::Path;

use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};

use super::disk;
use super::error::{in_state, io};
use super::fault::{Probe, Step};
use super::journal::{Conflict, LineStamp};
use super::record::{self, Record, RecordedFile};
use super::{ApplyError, Options, git, stage};
use crate::path::ProjectPath;
use crate::plan::Stamp;
use crate::text;
use crate::workspace::{Workspace, WorkspaceError};

const FILE: &str = "settled";
const AT: &str = ".scaffold/undo/…/settled";

/// What became of the conflicts somebody wants settled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    pub settled: Vec<ProjectPath>,
    /// Those that are not, and what speaks against it.
    pub open: Vec<(ProjectPath, Reason)>,
    /// Why git's index was not told.
    pub warning: Option<String>,
}

/// Why a conflict is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// That line of the file is a marker.
    Marker { line: usize },
    /// The new version is still there.
    Beside(ProjectPath),
    /// What stands there is no file.
    NoFile,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Marker { line } => write!(f, "line {line} is a conflict marker"),
            Self::Beside(path) => write!(f, "move {path} over it, or delete {path}"),
            Self::NoFile => f.write_str("what stands there is no file"),
        }
    }
}

/// What each conflict was settled to; none: the file was deleted.
pub(super) type Settlements = BTreeMap<ProjectPath, Option<Stamp>>;

#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    after: Option<LineStamp>,
}

/// Settles those of the conflicts of `record` that are among `paths` and can be. Writes nothing with `dry`. The caller has the
/// turn.
///
/// # Errors
/// A file cannot be read, or the record not be written. What is not settled then is as it was.
pub fn settle(
    root: &Path,
    record: &Record,
    paths: &[ProjectPath],
    dry: bool,
    options: &Options<'_>,
) -> Result<Settled, ApplyError> {
    let probe = Probe(options.fault);
    let workspace = Workspace::open(root)?;
    let mut outcome = Settled::default();
    let mut settled: Settlements = record
        .files
        .iter()
        .filter(|file| file.settled)
        .map(|file| (file.path.clone(), file.after))
        .collect();
    let state = record::open(root)?.ok_or_else(|| gone_record(record))?;
    let dir = record::folder(&state, record.id)?.ok_or_else(|| gone_record(record))?;
    for file in record.open().filter(|file| paths.contains(&file.path)) {
        let found = match workspace.read(&file.path) {
            Err(error @ WorkspaceError::Io { .. }) => return Err(error.into()),
            Err(_) => {
                outcome.open.push((file.path.clone(), Reason::NoFile));
                continue;
            }
            Ok(found) => found,
        };
        let bytes = found.as_ref().map(|found| &*found.bytes);
        if let Some(reason) = objection(file, bytes, &workspace)? {
            outcome.open.push((file.path.clone(), reason));
            continue;
        }
        if let (Some(bytes), false) = (bytes, dry) {
            let [_, new] = stage::copies(file.number);
            probe
                .step(Step::Settle)
                .and_then(|()| disk::replace(&dir, &new, bytes))
                .map_err(io("write", AT))?;
        }
        settled.insert(file.path.clone(), found.as_ref().map(Stamp::of));
        outcome.settled.push(file.path.clone());
    }
    if dry || outcome.settled.is_empty() {
        return Ok(outcome);
    }
    probe
        .step(Step::Settle)
        .and_then(|()| disk::replace(&dir, FILE, to_text(&settled).as_bytes()))
        .map_err(io("write", AT))?;
    outcome.warning = git::settle(&dir, root, &outcome.settled, probe);
    Ok(outcome)
}

fn gone_record(record: &Record) -> ApplyError {
    ApplyError::Record {
        path: record.id.to_string(),
        reason: "it is gone".to_owned(),
    }
}

/// What speaks against a conflict being settled.
fn objection(
    file: &RecordedFile,
    now: Option<&[u8]>,
    workspace: &Workspace,
) -> Result<Option<Reason>, ApplyError> {
    match &file.conflict {
        Some(Conflict::Markers) => Ok(now
            .and_then(|now| marker(file, now))
            .map(|line| Reason::Marker { line })),
        Some(Conflict::Beside(beside)) => match workspace.read(beside) {
            Ok(None) => Ok(None),
            Err(error @ WorkspaceError::Io { .. }) => Err(error.into()),
            _ => Ok(Some(Reason::Beside(beside.clone()))),
        },
        Some(Conflict::Kept) | None => Ok(None),
    }
}

/// The first line that is a marker of this merge: one that the merge wrote and that was not there before. Other text may look
/// like a marker as it likes.
fn marker(file: &RecordedFile, now: &[u8]) -> Option<usize> {
    let marks = |line: &&[u8]| {
        let outer = [&b"<<<<<<<"[..], b"|||||||", b">>>>>>>"];
        outer.iter().any(|mark| line.starts_with(mark))
    };
    let lines = |bytes: &'_ [u8]| -> Vec<Vec<u8>> {
        let lines = text::lines(bytes).map(<[u8]>::trim_ascii_end);
        lines.filter(marks).map(<[u8]>::to_vec).collect()
    };
    let before = lines(file.old.as_deref().unwrap_or_default());
    let mut written = lines(file.new.as_deref().unwrap_or_default());
    written.retain(|line| !before.contains(line));
    text::lines(now)
        .position(|line| written.iter().any(|mark| mark == line.trim_ascii_end()))
        .map(|place| place + 1)
}

/// What the conflicts of the record in `dir` were settled to. What cannot be understood settles nothing.
pub(super) fn read(dir: &Dir) -> Result<Settlements, ApplyError> {
    let Some(found) =
        disk::read_regular(dir, FILE, AT).map_err(|obstacle| in_state(AT, obstacle))?
    else {
        return Ok(Settlements::new());
    };
    Ok(parse(&found.bytes))
}

pub(super) fn parse(bytes: &[u8]) -> Settlements {
    let lines: Vec<Line> = serde_json::from_slice(bytes).unwrap_or_default();
    let pairs = lines.into_iter().filter_map(|line| {
        let path = ProjectPath::parse_recorded(&line.path).ok()?;
        Some((path, line.after.map(Stamp::from)))
    });
    pairs.collect()
}

pub(super) fn to_text(settled: &Settlements) -> String {
    let lines: Vec<Line> = settled
        .iter()
        .map(|(path, after)| Line {
            path: path.to_string(),
            after: after.map(Into::into),
        })
        .collect();
    // Strings and flags only: serialising them to memory cannot fail.
    serde_json::to_string(&lines).unwrap_or_default()
}
