//! What lies in a project's folder.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;

use cap_std::fs::Dir;

use super::{Workspace, WorkspaceError};
use crate::path::{INPUTS, ProjectPath, STATE};

impl Workspace {
    /// The names in the project's folder, sorted; none if there is no folder. For "the target is not empty": our own
    /// state does not count.
    pub fn names(&self) -> Result<Vec<String>, WorkspaceError> {
        let Some(folders) = self.folders() else {
            return Ok(Vec::new());
        };
        let mut names: Vec<String> = entries(folders.root(), "the project's folder")?
            .into_iter()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .filter(|name| name != STATE)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Every regular file below a folder (`""`: the whole project), sorted, in folders that `enter` lets it look into.
    /// Links are not followed; `.git`, our own state and names no project path can have are left out. More than `limit`
    /// files and folders is an error.
    pub fn files(
        &self,
        under: &str,
        limit: usize,
        enter: &dyn Fn(&ProjectPath) -> bool,
    ) -> Result<Vec<ProjectPath>, WorkspaceError> {
        let Some(mut folders) = self.folders() else {
            return Ok(Vec::new());
        };
        let mut files = Vec::new();
        let mut waiting = vec![under.to_owned()];
        while let Some(folder) = waiting.pop() {
            // A link or a file where the folder should be holds no files, and neither does what is gone by now.
            let Ok(Some(dir)) = folders.folder(&folder) else {
                continue;
            };
            for (name, kind) in entries(dir, &folder)? {
                // Asked of folders too: what cannot be a path cannot begin one.
                let Some(path) = name
                    .to_str()
                    .and_then(|name| ProjectPath::parse(&join(&folder, name)).ok())
                else {
                    continue;
                };
                match kind {
                    Kind::Folder if enter(&path) => waiting.push(path.to_string()),
                    Kind::File => files.push(path),
                    Kind::Folder | Kind::Other => {}
                }
                if files.len() + waiting.len() > limit {
                    return Err(WorkspaceError::TooMany {
                        under: under.to_owned(),
                        limit,
                    });
                }
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    /// The recorded inputs that are kept in the project, whatever they hold.
    pub fn inputs(&self) -> Result<Vec<ProjectPath>, WorkspaceError> {
        let Some(mut folders) = self.folders() else {
            return Ok(Vec::new());
        };
        let Ok(Some(dir)) = folders.folder(INPUTS) else {
            return Ok(Vec::new());
        };
        let names = entries(dir, INPUTS)?.into_iter();
        let mut paths: Vec<ProjectPath> = names
            .filter_map(|(name, _)| ProjectPath::parse_recorded(&join(INPUTS, name.to_str()?)).ok())
            .collect();
        paths.sort_unstable();
        Ok(paths)
    }

    /// Whether a file is there under exactly that name, and not only under one the system takes for the same.
    pub(crate) fn is_spelled(&self, path: &ProjectPath) -> Result<bool, WorkspaceError> {
        let Some(mut folders) = self.folders() else {
            return Ok(false);
        };
        let found = folders
            .parent_of(path)
            .map_err(|obstacle| WorkspaceError::obstacle(path, obstacle))?;
        let Some(dir) = found else { return Ok(false) };
        let names = entries(dir, path.parent().unwrap_or_default())?;
        Ok(names
            .iter()
            .any(|(name, _)| name.to_str() == Some(path.name())))
    }

    /// Whether the folder at `path` holds nothing but those files and the folders they lie in: whether it is gone when
    /// they are.
    pub(crate) fn holds_only(
        &self,
        path: &ProjectPath,
        those: &BTreeSet<&str>,
    ) -> Result<bool, WorkspaceError> {
        let Some(mut folders) = self.folders() else {
            return Ok(true);
        };
        let mut waiting = vec![path.to_string()];
        while let Some(folder) = waiting.pop() {
            let found = folders
                .folder(&folder)
                .map_err(|obstacle| WorkspaceError::obstacle(path, obstacle))?;
            let Some(dir) = found else { continue };
            for (name, kind) in entries(dir, &folder)? {
                let Some(at) = name.to_str().map(|name| join(&folder, name)) else {
                    return Ok(false);
                };
                let inside = format!("{at}/");
                match kind {
                    Kind::File if those.contains(at.as_str()) => {}
                    Kind::Folder
                        if those
                            .range(inside.as_str()..)
                            .next()
                            .is_some_and(|next| next.starts_with(&inside)) =>
                    {
                        waiting.push(at);
                    }
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Folder,
    Other,
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn entries(dir: &Dir, at: &str) -> Result<Vec<(OsString, Kind)>, WorkspaceError> {
    let list = || -> io::Result<Vec<_>> {
        let mut found = Vec::new();
        for entry in dir.entries()? {
            let entry = entry?;
            let of = entry.file_type()?;
            let kind = if of.is_file() {
                Kind::File
            } else if of.is_dir() {
                Kind::Folder
            } else {
                Kind::Other
            };
            found.push((entry.file_name(), kind));
        }
        Ok(found)
    };
    list().map_err(|source| WorkspaceError::Io {
        path: at.to_owned(),
        source,
    })
}
