//! Tells git of conflicts, where the project is in a repository: its index gets the three versions of a file that is in
//! conflict, as after a merge of git's own, so that `git status`, `git diff`, `git checkout --ours` and editors show it.
//!
//! Only files git tracks: of any other git has nothing to merge, and shows it as untracked before and after. What the index
//! said is noted in the record first, so that giving the merge up puts it back. The project never depends on any of this:
//! whatever is wrong with the repository is told and left alone. Line ends are converted as git would; programs that a
//! repository names (hooks, filters) are never run, so a file under such a filter is left alone too.

mod index;

use std::path::Path;

use cap_std::fs::Dir;
use git2::{IndexEntry, Oid};
use serde::{Deserialize, Serialize};

use self::index::{Trouble, edit, entry};
use super::disk;
use super::fault::{Probe, Step};
use crate::path::ProjectPath;
use crate::plan::Content;

/// What the index said before, in the record.
const FILE: &str = "index";
const AT: &str = ".scaffold/undo/…/index";

/// What a conflict is between.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) path: ProjectPath,
    pub(super) base: Option<Content>,
    pub(super) ours: Option<Content>,
    pub(super) theirs: Option<Content>,
}

/// Puts the versions of files in conflict into the index; why not, where that cannot be done.
pub(super) fn mark(
    record: &Dir,
    root: &Path,
    sides: &[&Sides],
    probe: Probe<'_>,
) -> Option<String> {
    told(edit(root, probe, |git| {
        let mut before = Vec::new();
        for side in sides {
            // Not tracked, or in conflict already, which is git's own affair.
            if let Some(entry) = git.entry(&side.path, 0)
                && !git.is_filtered(&side.path)?
            {
                before.push(Noted::of(&side.path, &entry));
            }
        }
        if before.is_empty() {
            return Ok(false);
        }
        let text = serde_json::to_string(&before).unwrap_or_default();
        probe
            .step(Step::Index)
            .and_then(|()| disk::replace(record, FILE, text.as_bytes()))
            .map_err(|error| Trouble::Failed(format!("cannot write {AT}: {error}")))?;
        for side in sides {
            let Some(noted) = before.iter().find(|noted| noted.path == side.path.as_str()) else {
                continue;
            };
            git.index.remove_path(&git.path(&side.path))?;
            for (stage, content) in [(1, &side.base), (2, &side.ours), (3, &side.theirs)] {
                if let Some(content) = content {
                    let mode = git.mode(content.executable, noted.mode);
                    git.put(&side.path, stage, &content.bytes, mode)?;
                }
            }
        }
        Ok(true)
    }))
}

/// Puts files whose conflicts were settled back, as `git add` would; those still in conflict in the index only.
pub(super) fn settle(
    record: &Dir,
    root: &Path,
    paths: &[ProjectPath],
    probe: Probe<'_>,
) -> Option<String> {
    let noted = noted(record);
    let paths: Vec<&ProjectPath> = paths
        .iter()
        .filter(|path| noted.iter().any(|noted| noted.path == path.as_str()))
        .collect();
    if paths.is_empty() {
        return None;
    }
    told(edit(root, probe, |git| {
        let mut changed = false;
        for path in paths {
            if (1..=3).all(|stage| git.entry(path, stage).is_none()) {
                continue;
            }
            let at = git.path(path);
            git.index.remove_path(&at)?;
            if root.join(path.as_str()).symlink_metadata().is_ok() {
                git.index.add_path(&at)?;
            }
            changed = true;
        }
        Ok(changed)
    }))
}

/// Puts back what the index said before the conflicts.
pub(super) fn restore(record: &Dir, root: &Path, probe: Probe<'_>) -> Option<String> {
    let noted = noted(record);
    if noted.is_empty() {
        return None;
    }
    told(edit(root, probe, |git| {
        for noted in &noted {
            let Ok(path) = ProjectPath::parse_recorded(&noted.path) else {
                continue;
            };
            let id = Oid::from_str(&noted.id)?;
            git.index.remove_path(&git.path(&path))?;
            let entry = entry(git.name(&path), 0, id, noted.mode);
            git.index.add(&IndexEntry {
                flags_extended: noted.extended & EXTENDED,
                ..entry
            })?;
        }
        Ok(true)
    }))
}

/// Of a file's flags, those that are the user's: not to be written out, and to be added.
const EXTENDED: u16 = (1 << 13) | (1 << 14);

/// What the index said of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    path: String,
    id: String,
    mode: u32,
    extended: u16,
}

impl Noted {
    fn of(path: &ProjectPath, entry: &IndexEntry) -> Self {
        Self {
            path: path.to_string(),
            id: entry.id.to_string(),
            mode: entry.mode,
            extended: entry.flags_extended,
        }
    }
}

/// What was noted; nothing, where it cannot be understood.
fn noted(record: &Dir) -> Vec<Noted> {
    let found = disk::read_regular(record, FILE, AT).ok().flatten();
    found
        .and_then(|found| serde_json::from_slice(&found.bytes).ok())
        .unwrap_or_default()
}

fn told(result: Result<(), Trouble>) -> Option<String> {
    const LEFT: &str =
        "git's index was left as it is, so git does not know how the conflicts stand";
    match result {
        Ok(()) => None,
        Err(Trouble::Locked) => Some(format!(
            "{LEFT}: another git command is at work in this repository"
        )),
        Err(Trouble::Failed(reason)) => Some(format!("{LEFT}: {reason}")),
    }
}
