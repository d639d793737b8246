//! Taking back one change exactly.
//!
//! Replaying the lock from before a change gives what generators made then, not what stood in the folder: an edit that was
//! merged in, or a conflict that was marked, is in no lock. So the merge that takes a change back is between what the change
//! left and what stood there before it, as its record says; the replay stands in where the record kept no copy, since the
//! replay gives the same. Files the change did not touch are left alone.

use std::sync::Arc;

use super::{ChangeError, Decision};
use crate::{
    apply::{Record, RecordedFile},
    merge::{self, Labels},
    path::ProjectPath,
    plan::Verb,
    project::{Lock, Project, ProjectManifest},
    tree::{File, Ownership, Tree},
    workspace::{Found, Workspace},
};

/// A change that is to be taken back.
pub struct Past {
    pub record: Record,
    /// What was edited since goes as well, into the record of the taking back; otherwise it is merged.
    pub exactly: bool,
}

/// The texts of our own files; none: there is no such file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTexts {
    pub lock: Option<String>,
    pub manifest: Option<String>,
}

impl Past {
    /// The lock from before the change.
    ///
    /// # Errors
    /// It is not remembered, or cannot be understood.
    pub fn lock(&self, now: &Lock) -> Result<Lock, ChangeError> {
        let Some(file) = self.record.file(&ProjectPath::lock()) else {
            return Ok(now.clone());
        };
        match text_before(file)? {
            Some(text) => Lock::parse(&text).map_err(|source| ChangeError::NoLockBefore {
                label: self.record.label.clone(),
                source,
            }),
            None => Ok(Lock::empty(&now.project)),
        }
    }

    /// The version requirements from before the change.
    pub fn manifest(&self) -> Option<ProjectManifest> {
        let file = self.record.file(&ProjectPath::manifest())?;
        ProjectManifest::parse(&text_before(file).ok()??).ok()
    }

    /// What the change left and what stood there before it; `base` and `theirs` are what the replays give of both. Our own
    /// files are not among them.
    pub(super) fn sides(
        &self,
        base: &Tree,
        theirs: &Tree,
        workspace: &Workspace,
    ) -> Result<(Arc<Tree>, Arc<Tree>, merge::Options), ChangeError> {
        let (mut left, mut before) = (Tree::new(), Tree::new());
        for file in self.record.files.iter().filter(|file| !file.path.is_own()) {
            let now = workspace.read(&file.path).ok().flatten();
            let version = if self.exactly || is_untouched(file, now.as_ref()) {
                now.map(|now| version(now.bytes, now.executable))
            } else {
                what_it_left(file, base)
            };
            for (tree, version) in [(&mut left, version), (&mut before, stood(file, theirs)?)] {
                if let Some(version) = version {
                    tree.insert(file.path.clone(), version)?;
                }
            }
        }
        let named = |tree: &Tree, name: &str| {
            let paths = tree.iter().map(|(path, _)| path.clone());
            paths.map(|path| (path, name.to_owned())).collect()
        };
        let options = merge::Options {
            labels: Labels {
                base: named(&left, "as the change left it"),
                theirs: named(&before, "as it was before the change"),
            },
            ..merge::Options::default()
        };
        Ok((Arc::new(left), Arc::new(before), options))
    }

    /// What our own files become; `decided` has the lock and the manifest of the generators from before the change.
    ///
    /// # Errors
    /// Something else has changed the lock since, or what is needed is not remembered.
    pub(super) fn own_texts(
        &self,
        project: &Project,
        workspace: &Workspace,
        decided: &Decision,
    ) -> Result<OwnTexts, ChangeError> {
        Ok(OwnTexts {
            lock: lock_before(self, project)?,
            manifest: manifest_before(self, project, workspace, decided)?,
        })
    }
}

impl Decision {
    /// What the plan leaves in our own files.
    pub fn own_texts(&self) -> OwnTexts {
        self.past.clone().unwrap_or_else(|| OwnTexts {
            lock: Some(self.lock.to_text()),
            manifest: Some(self.manifest.clone()),
        })
    }

    fn agrees(&self, manifest: &str) -> bool {
        ProjectManifest::parse(manifest).is_ok_and(|manifest| {
            manifest.generators.len() == self.lock.generators.len()
                && self
                    .lock
                    .generators
                    .iter()
                    .all(|locked| manifest.generators.contains_key(&locked.instance))
        })
    }
}

/// What stood there before the change.
fn stood(file: &RecordedFile, generated: &Tree) -> Result<Option<File>, ChangeError> {
    let Some(stamp) = file.before else {
        return Ok(None);
    };
    let kept = file
        .old
        .clone()
        .map(|bytes| version(bytes, stamp.executable));
    kept.or_else(|| generated.get(&file.path).cloned())
        .map(Some)
        .ok_or_else(|| ChangeError::Forgotten(file.path.clone()))
}

/// The text of the lock file from before; it has to be what the change left, or something else has to be taken back first.
fn lock_before(past: &Past, project: &Project) -> Result<Option<String>, ChangeError> {
    let Some(file) = past.record.file(&ProjectPath::lock()) else {
        return Ok(project.lock_text.clone());
    };
    let now = project.lock_text.as_deref().map(|text| Found {
        bytes: text.as_bytes().into(),
        executable: file.after.is_some_and(|after| after.executable),
    });
    if past.exactly || is_untouched(file, now.as_ref()) {
        text_before(file)
    } else {
        Err(ChangeError::LockChanged(past.record.label.clone()))
    }
}

/// `scaffold.toml` as it was; with the user's edits, where it was edited since.
fn manifest_before(
    past: &Past,
    project: &Project,
    workspace: &Workspace,
    decided: &Decision,
) -> Result<Option<String>, ChangeError> {
    let Some(file) = past.record.file(&ProjectPath::manifest()) else {
        return Ok(project.manifest_text.clone());
    };
    let now = project.manifest_text.as_deref().map(|text| Found {
        bytes: text.as_bytes().into(),
        executable: file.after.is_some_and(|after| after.executable),
    });
    if past.exactly || is_untouched(file, now.as_ref()) {
        return text_before(file);
    }
    if file.before.is_none() || now.is_none() {
        return Ok(project.manifest_text.clone());
    }
    let (mut left, mut before) = (Tree::new(), Tree::new());
    for (tree, bytes) in [(&mut left, &file.new), (&mut before, &file.old)] {
        if let Some(bytes) = bytes {
            tree.insert(file.path.clone(), version(Arc::clone(bytes), false))?;
        }
    }
    let plan = merge::merge(&left, &before, workspace, &merge::Options::default())?;
    let merged = plan
        .actions
        .into_iter()
        .find(|action| action.path == file.path && action.verb != Verb::Conflict)
        .and_then(|action| action.after)
        .and_then(|after| String::from_utf8(after.bytes.to_vec()).ok());
    // Lines that go together need not make sense together; then our own lines are written into the user's text.
    Ok(Some(match merged {
        Some(text) if decided.agrees(&text) => text,
        _ => decided.manifest.clone(),
    }))
}

fn text_before(file: &RecordedFile) -> Result<Option<String>, ChangeError> {
    match (file.before, &file.old) {
        (None, _) => Ok(None),
        (Some(_), Some(old)) => Ok(Some(String::from_utf8_lossy(old).into_owned())),
        (Some(_), None) => Err(ChangeError::Forgotten(file.path.clone())),
    }
}

/// Whether a file is what the change left.
fn is_untouched(file: &RecordedFile, now: Option<&Found>) -> bool {
    match (&file.after, now) {
        (Some(after), Some(now)) => after.matches(now),
        (None, None) => true,
        _ => false,
    }
}

/// What the change left there: the copy, or else what the replay gives.
fn what_it_left(file: &RecordedFile, generated: &Tree) -> Option<File> {
    let after = file.after?;
    let kept = file
        .new
        .clone()
        .map(|bytes| version(bytes, after.executable));
    kept.or_else(|| generated.get(&file.path).cloned())
}

fn version(bytes: Arc<[u8]>, executable: bool) -> File {
    File {
        bytes,
        executable,
        ownership: Ownership::Managed,
    }
}
