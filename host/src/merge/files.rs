//! The sides of every file: what was generated, what is generated now, what the user has, and where.

use std::collections::{BTreeMap, BTreeSet};

use super::MergeError;
use super::file::Decision;
use crate::path::ProjectPath;
use crate::plan::{Plan, Verb};
use crate::secret::Secrets;
use crate::tree::{File, Ownership, Tree};
use crate::workspace::{Found, Workspace, WorkspaceError};

/// Every file that was generated or is, with the user's version of it.
pub(super) struct Files<'a>(pub(super) Vec<Sided<'a>>);

pub(super) struct Sided<'a> {
    /// Where it is generated now, or was last.
    pub(super) path: &'a ProjectPath,
    /// Where it was generated before.
    pub(super) old_path: &'a ProjectPath,
    pub(super) base: Option<&'a File>,
    pub(super) theirs: Option<&'a File>,
    pub(super) ours: Option<Found>,
    /// Whether the user's version was read at the old path, and moves.
    pub(super) moves: bool,
    /// Why the user's version could not be read.
    pub(super) obstacle: Option<WorkspaceError>,
    /// What stands where this file or its folder has to be, and has to be deleted first.
    blocked: Option<WorkspaceError>,
}

impl<'a> Files<'a> {
    pub(super) fn read(
        base: &'a Tree,
        theirs: &'a Tree,
        workspace: &Workspace,
        renames: &'a BTreeMap<ProjectPath, ProjectPath>,
    ) -> Result<Self, MergeError> {
        let reader = Reader {
            base,
            theirs,
            workspace,
            leaving: base
                .iter()
                .filter(|(path, _)| theirs.get(path).is_none())
                .map(|(path, _)| path.fold())
                .collect(),
        };
        let mut paths: BTreeSet<&ProjectPath> = base
            .iter()
            .chain(theirs.iter())
            .map(|(path, _)| path)
            .collect();
        let mut files = Vec::with_capacity(paths.len());
        for (old, new) in reader.moves(renames) {
            if let Some(file) = reader.moved(old, new)? {
                paths.remove(old);
                paths.remove(new);
                files.push(file);
            }
        }
        for path in paths {
            files.push(reader.at(path)?);
        }
        Ok(Self(files))
    }

    /// The secrets the project holds already, the first file's value where two differ. Only of files that were generated:
    /// a new generator shall not choose a line in a file of the user's and have its value put into another file.
    pub(super) fn known_secrets(&self) -> Secrets {
        let mut known = Secrets::default();
        for file in &self.0 {
            if let (Some(base), Some(ours)) = (file.base, &file.ours) {
                known.supplement(&Secrets::read(&base.bytes, &ours.bytes));
            }
        }
        known
    }

    /// Checks that what blocks a new file is deleted by the plan itself.
    pub(super) fn check_room(self, plan: &Plan, workspace: &Workspace) -> Result<(), MergeError> {
        if self.0.iter().all(|file| file.blocked.is_none()) {
            return Ok(());
        }
        let deleted: BTreeSet<&str> = plan
            .actions
            .iter()
            .filter(|action| action.verb == Verb::Delete)
            .map(|action| action.path.as_str())
            .collect();
        for file in self.0 {
            let room = match &file.blocked {
                None => true,
                Some(WorkspaceError::FileInTheWay { at, .. }) => deleted.contains(at.as_str()),
                Some(_) => workspace.holds_only(file.path, &deleted)?,
            };
            if let (false, Some(error)) = (room, file.blocked) {
                return Err(error.into());
            }
        }
        Ok(())
    }
}

struct Reader<'a, 'w> {
    base: &'a Tree,
    theirs: &'a Tree,
    workspace: &'w Workspace,
    /// What is no longer generated, in the form in which some systems confuse names.
    leaving: BTreeSet<String>,
}

impl<'a> Reader<'a, '_> {
    /// The renames that are some: from where a file was and no longer is to where one is and was not.
    fn moves(
        &self,
        renames: &'a BTreeMap<ProjectPath, ProjectPath>,
    ) -> Vec<(&'a ProjectPath, &'a ProjectPath)> {
        let mut taken = BTreeSet::new();
        let only_in = |path: &ProjectPath, one: &Tree, other: &Tree| {
            one.get(path).is_some() && other.get(path).is_none()
        };
        renames
            .iter()
            .filter(|(old, new)| {
                only_in(old, self.base, self.theirs)
                    && only_in(new, self.theirs, self.base)
                    && taken.insert(*new)
            })
            .collect()
    }

    /// A file that is generated elsewhere now; none where the user's folder says that these are two files.
    fn moved(
        &self,
        old: &'a ProjectPath,
        new: &'a ProjectPath,
    ) -> Result<Option<Sided<'a>>, MergeError> {
        let (there, obstacle) = self.read(new)?;
        let (ours, moves) = match (self.read(old)?, there) {
            // Both stand, or something that is no file stands in the old place: the user made two things of them.
            ((Some(_), _), Some(_)) | ((_, Some(_)), _) => return Ok(None),
            ((Some(ours), None), None) => (Some(ours), true),
            // The user moved it already, or deleted it.
            ((None, None), there) => (there, false),
        };
        Ok(Some(Sided {
            path: new,
            old_path: old,
            base: self.base.get(old),
            theirs: self.theirs.get(new),
            ours,
            moves,
            obstacle,
            blocked: None,
        }))
    }

    fn at(&self, path: &'a ProjectPath) -> Result<Sided<'a>, MergeError> {
        let (ours, obstacle) = self.read(path)?;
        Ok(Sided {
            path,
            old_path: path,
            base: self.base.get(path),
            theirs: self.theirs.get(path),
            ours,
            moves: false,
            obstacle,
            blocked: None,
        })
    }

    /// The user's file, or why it cannot be read.
    fn read(
        &self,
        path: &ProjectPath,
    ) -> Result<(Option<Found>, Option<WorkspaceError>), MergeError> {
        match self.workspace.read(path) {
            // A file that goes, met under the name it comes back with, where the system ignores case.
            Ok(Some(_))
                if self.base.get(path).is_none()
                    && self.leaving.contains(&path.fold())
                    && !self.workspace.is_spelled(path)? =>
            {
                Ok((None, None))
            }
            Ok(ours) => Ok((ours, None)),
            Err(error @ WorkspaceError::Io { .. }) => Err(error.into()),
            Err(error) => Ok((None, Some(error))),
        }
    }
}

impl Sided<'_> {
    /// The values for this file: its own first, so that a file is unedited whatever another one holds.
    pub(super) fn secrets(&self, known: &Secrets) -> Secrets {
        let mut secrets = match (self.base.or(self.theirs), &self.ours) {
            (Some(template), Some(ours)) => Secrets::read(&template.bytes, &ours.bytes),
            _ => Secrets::default(),
        };
        secrets.supplement(known);
        secrets
    }

    /// What to do where something that is no file stands in the way. The user put it there: it stays, unless a new file
    /// needs the place.
    pub(super) fn around(
        &mut self,
        decision: Decision,
        obstacle: WorkspaceError,
    ) -> Result<Decision, MergeError> {
        let seed = self
            .theirs
            .is_some_and(|theirs| theirs.ownership == Ownership::Seed);
        let comes = self.moves || decision.verb == Verb::Create;
        match obstacle {
            // The folder it lay in is gone, and the file with it.
            WorkspaceError::FileInTheWay { .. } if !comes => Ok(decision),
            WorkspaceError::FileInTheWay { .. } | WorkspaceError::FolderInTheWay { .. }
                if comes =>
            {
                self.blocked = Some(obstacle);
                Ok(decision)
            }
            WorkspaceError::Link { ref at, .. }
                if seed && !self.moves && at == self.path.as_str() =>
            {
                Ok(Decision::replaced())
            }
            _ if comes => Err(obstacle.into()),
            _ => Ok(Decision::replaced()),
        }
    }
}
