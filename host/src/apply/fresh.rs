//! Makes a project where there is none: beside its place, under a name of its own, and in one rename.
//!
//! Until that rename there is no project, after it there is a whole one, so there is nothing to roll back and no journal is
//! needed. Nothing of the user's is touched, so nothing is waited for either: like after copying a folder, a power cut within
//! the next seconds may cost what was just made, and making it again is the remedy.

use std::io;
use std::path::{Path, PathBuf};

use cap_fs_ext::DirExt as _;
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::disk::{self, Mode};
use super::error::io;
use super::fault::{Probe, Step};
use super::journal::Journal;
use super::recover::Recovered;
use super::stage::Change;
use super::state::{self, State, UNDO};
use super::{Applied, ApplyError};
use crate::path::{ProjectPath, STATE};
use crate::workspace::WorkspaceError;
use crate::workspace::folders::Folders;

/// How the folder is called while it is made.
const PREFIX: &str = ".scaffold-new-";

/// Makes the project at `root`.
pub(super) fn create(
    root: &Path,
    changes: &[Change],
    label: &str,
    probe: Probe<'_>,
) -> Result<Applied, ApplyError> {
    if let Some(change) = changes.iter().find(|change| change.entry.before.is_some()) {
        return Err(ApplyError::Changed {
            path: change.entry.path.clone(),
        });
    }
    let place = Place::of(root)?;
    let made = place.make_parents(probe)?;
    let mut result = place.fill(changes, label, probe);
    // Another command may have taken what had not even a lock for left behind.
    if matches!(&result, Err(ApplyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound)
    {
        result = place.fill(changes, label, probe);
    }
    if result.is_err() {
        for folder in made.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
    result
}

/// Where the project goes.
struct Place {
    root: PathBuf,
    parent: PathBuf,
    name: String,
}

impl Place {
    fn of(root: &Path) -> Result<Self, ApplyError> {
        let failed = || io("make", root.display().to_string());
        let root = std::path::absolute(root).map_err(failed())?;
        match (
            root.parent(),
            root.file_name().and_then(|name| name.to_str()),
        ) {
            (Some(parent), Some(name)) => Ok(Self {
                parent: parent.to_owned(),
                name: name.to_owned(),
                root: root.clone(),
            }),
            _ => Err(failed()(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a folder cannot be made under that name",
            ))),
        }
    }

    /// Makes the folders above it, and says which.
    fn make_parents(&self, probe: Probe<'_>) -> Result<Vec<PathBuf>, ApplyError> {
        let missing: Vec<&Path> = self
            .parent
            .ancestors()
            .take_while(|folder| folder.symlink_metadata().is_err())
            .collect();
        let mut made = Vec::new();
        for folder in missing.into_iter().rev() {
            let result = probe
                .step(Step::Enter)
                .and_then(|()| std::fs::create_dir(folder));
            match result {
                Ok(()) => made.push(folder.to_owned()),
                Err(error) => {
                    for folder in made.iter().rev() {
                        let _ = std::fs::remove_dir(folder);
                    }
                    return Err(io("make", folder.display().to_string())(error));
                }
            }
        }
        Ok(made)
    }

    fn fill(
        &self,
        changes: &[Change],
        label: &str,
        probe: Probe<'_>,
    ) -> Result<Applied, ApplyError> {
        let shown = self.root.display().to_string();
        let parent = Dir::open_ambient_dir(&self.parent, ambient_authority())
            .map_err(io("open", self.parent.display().to_string()))?;
        let name = new_name()?;
        probe
            .step(Step::Enter)
            .and_then(|()| parent.create_dir(&name))
            .map_err(io("make", shown.clone()))?;
        let filled = write(&parent, &name, changes, label, probe).and_then(|applied| {
            probe
                .step(Step::Commit)
                .map_err(io("make", shown.clone()))?;
            match disk::rename_new(&parent, &name, &parent, &self.name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    Err(ApplyError::Appeared {
                        root: self.root.clone(),
                    })
                }
                renamed => renamed.map(|()| applied).map_err(io("make", shown)),
            }
        });
        if filled.is_err() {
            // What cannot be removed now, `clear` removes.
            let _ = parent.remove_dir_all(&name);
        }
        filled
    }
}

/// Writes all files into the folder `name`. Its lock tells other commands that it is being worked on; it is let go of at the
/// end, since a folder with open files cannot be renamed everywhere.
fn write(
    parent: &Dir,
    name: &str,
    changes: &[Change],
    label: &str,
    probe: Probe<'_>,
) -> Result<Applied, ApplyError> {
    let root = parent.open_dir_nofollow(name).map_err(io("open", name))?;
    let state = State::begin(root.try_clone().map_err(io("open", name))?, probe)?;
    let mut folders = Folders::new(root);
    let mut made = Vec::new();
    for Change { entry, bytes, .. } in changes {
        let (Some(after), Some(bytes)) = (entry.after, bytes) else {
            continue;
        };
        probe
            .step(Step::Stage)
            .map_err(io("write", entry.path.as_str()))?;
        let dir = folders
            .make_parent_of(&entry.path, |folder| made.push(folder.to_owned()))
            .map_err(|obstacle| {
                ApplyError::from(WorkspaceError::obstacle(&entry.path, obstacle))
            })?;
        disk::write_new(
            dir,
            entry.path.name(),
            bytes,
            Mode::New {
                executable: after.executable,
            },
        )
        .map_err(io("write", entry.path.as_str()))?;
    }
    probe
        .step(Step::Record)
        .map_err(io("write", ".scaffold/undo"))?;
    let journal = Journal {
        label: label.to_owned(),
        folders: made
            .iter()
            .filter_map(|folder| ProjectPath::parse_recorded_folder(folder).ok())
            .collect(),
        sweep: Vec::new(),
        undoes: None,
        entries: changes.iter().map(|change| change.entry.clone()).collect(),
    };
    let record = || -> io::Result<()> {
        state.dir.create_dir(UNDO)?;
        let undo = state.dir.open_dir_nofollow(UNDO)?;
        undo.create_dir("1")?;
        disk::write_new(
            &undo.open_dir_nofollow("1")?,
            "journal",
            journal.to_text().as_bytes(),
            Mode::New { executable: false },
        )?;
        Ok(())
    };
    record().map_err(io("write", ".scaffold/undo"))?;
    Ok(Applied {
        written: changes.len(),
        record: Some(1),
        ..Applied::default()
    })
}

/// Whether a folder has a name that [`new_name`] gives, and not just one that begins alike.
fn is_temporary(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn new_name() -> Result<String, ApplyError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(ApplyError::Random)?;
    Ok(format!("{PREFIX}{:016x}", u64::from_le_bytes(random)))
}

/// Removes what commands that were interrupted while making a project left beside its place. One that is still at work holds
/// a lock.
pub(super) fn clear(root: &Path) -> Result<Option<Recovered>, ApplyError> {
    let Ok(Place { parent, .. }) = Place::of(root) else {
        return Ok(None);
    };
    let Ok(parent) = Dir::open_ambient_dir(parent, ambient_authority()) else {
        return Ok(None);
    };
    let mut cleared = None;
    let Ok(entries) = parent.entries() else {
        return Ok(None);
    };
    for name in entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
    {
        // Someone else's may be none of our business, and none of our trouble.
        if is_temporary(&name) && is_left(&parent, &name) && parent.remove_dir_all(&name).is_ok() {
            cleared = Some(Recovered::Cleared);
        }
    }
    Ok(cleared)
}

fn is_left(parent: &Dir, name: &str) -> bool {
    let Ok(dir) = parent.open_dir_nofollow(name) else {
        return false;
    };
    let lock = match dir.open_dir_nofollow(STATE) {
        Ok(state) => state::is_free(&state).ok().flatten(),
        Err(_) => None,
    };
    // Without a lock no file was written yet: it was left at that very moment, or is just being made, in which case it is
    // begun once more.
    lock.unwrap_or(true)
}
