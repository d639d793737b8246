//! A project: its root, its `scaffold.toml`, its `scaffold.lock`.

pub(crate) mod conflict;
pub mod lock;
pub mod manifest;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};

pub use lock::{Lock, LockError, Locked, Pinned};
pub use manifest::ProjectManifest;

use crate::inputs::Kept;
pub use crate::path::{LOCK, MANIFEST, STATE};
use crate::workspace::folders::{Obstacle, What, open_regular};

/// Bytes of a lock or manifest that are read at most.
const MAX_OWN_FILE: u64 = 4 * 1024 * 1024;

/// A project as it stands on disk.
#[derive(Debug)]
pub struct Project {
    pub root: PathBuf,
    pub lock: Lock,
    /// Text of `scaffold.lock` and `scaffold.toml`, none where the file is missing.
    pub lock_text: Option<String>,
    pub manifest_text: Option<String>,
    pub manifest: Option<ProjectManifest>,
    /// Where the contents that the lock names as inputs are.
    pub kept: Kept,
}

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("there is no project in {0} or a folder above it")]
    NotFound(PathBuf),
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is a link or not a plain file")]
    NotPlain { path: PathBuf },
    #[error("{path} is larger than {} MiB", MAX_OWN_FILE / 1024 / 1024)]
    TooLarge { path: PathBuf },
    #[error("the project in {0}, above this folder, was put there by another user")]
    Foreign(PathBuf),
    #[error("{0} has no scaffold.toml")]
    NoManifest(PathBuf),
    #[error("{0} has a scaffold.toml and no scaffold.lock")]
    Unlocked(PathBuf),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Manifest(#[from] manifest::ManifestError),
    #[error(transparent)]
    Name(#[from] NameError),
}

#[derive(Debug, thiserror::Error)]
#[error("`{name}` will not do as {what}: {reason}")]
pub struct NameError {
    name: String,
    what: &'static str,
    reason: &'static str,
}

/// Checks a project's name, which generators turn into names of packages, modules and services.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let reason = if name.is_empty() || name.len() > 64 {
        "it needs 1 to 64 characters"
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "it has to start with a letter from a to z"
    } else if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    {
        "letters (a-z), digits, `-`, `_` and `.` are allowed"
    } else if scaffold_registry::path::check(name).is_err() {
        "some systems cannot have a folder of that name"
    } else {
        return Ok(());
    };
    Err(NameError {
        name: name.to_owned(),
        what: "the name of a project",
        reason,
    })
}

/// Checks what a project calls one of its generators.
///
/// # Errors
/// What is wrong with it.
pub fn check_instance(name: &str) -> Result<(), NameError> {
    let reason = if name.is_empty() || name.len() > 129 {
        "it needs 1 to 129 characters"
    } else if !name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c))
    {
        "lower-case letters (a-z), digits and `-` are allowed"
    } else if name
        .split('/')
        .any(|part| !part.starts_with(|c: char| c.is_ascii_alphanumeric()))
    {
        "it has to begin with a letter or a digit, and so does what follows a `/`"
    } else {
        return Ok(());
    };
    Err(NameError {
        name: name.to_owned(),
        what: "the name of a generator in a project",
        reason,
    })
}

impl Project {
    /// The root of the project that `start` is in.
    ///
    /// # Errors
    /// There is none.
    pub fn root_of(start: &Path) -> Result<PathBuf, ProjectError> {
        let start = std::path::absolute(start).map_err(|source| ProjectError::Read {
            path: start.into(),
            source,
        })?;
        // An interrupted command may have set the lock file aside; its journal then marks the root, under either name.
        let marks = [
            LOCK.to_owned(),
            format!("{STATE}/{}", crate::apply::JOURNAL),
            format!("{STATE}/{}", crate::apply::JOURNAL_BACK),
            // The same once the change is done and not yet filed away.
            format!("{STATE}/backup/{}", crate::apply::JOURNAL),
        ];
        let is_root = |folder: &&Path| {
            marks
                .iter()
                .any(|mark| folder.join(mark).symlink_metadata().is_ok())
                // A merge that took the last generator away is still to be ended.
                || crate::apply::merge_under_way(folder).is_ok_and(|merge| merge.is_some())
        };
        match start.ancestors().find(is_root) {
            Some(root) => trusted(root, &start),
            None => Err(ProjectError::NotFound(start)),
        }
    }

    /// The folder with a project's `scaffold.toml` that `start` is in; its lock may be gone.
    ///
    /// # Errors
    /// It is another user's.
    pub fn manifest_above(start: &Path) -> Result<Option<PathBuf>, ProjectError> {
        let mut above = start.ancestors();
        let root = above.find(|folder| Self::has_manifest(folder));
        root.map(|root| trusted(root, start)).transpose()
    }

    /// A project that does not exist yet.
    pub fn new(root: &Path, name: &str) -> Self {
        Self {
            root: root.to_owned(),
            lock: Lock::empty(name),
            lock_text: None,
            manifest_text: None,
            manifest: None,
            kept: Kept::of(root),
        }
    }

    /// The project with this root; one without a lock is empty.
    ///
    /// # Errors
    /// Its files cannot be read or understood.
    pub fn open(root: &Path) -> Result<Self, ProjectError> {
        let lock_text = read(root, LOCK)?;
        let manifest_text = read(root, MANIFEST)?;
        let lock = match &lock_text {
            Some(text) => Lock::parse(text)?,
            None => Lock::empty(&name_of(root)?),
        };
        let manifest = manifest_text
            .as_deref()
            .map(ProjectManifest::parse)
            .transpose()?;
        // Taken for a project without generators, its scaffold.toml would be emptied.
        if lock_text.is_none() && manifest.as_ref().is_some_and(|m| !m.generators.is_empty()) {
            return Err(ProjectError::Unlocked(root.to_owned()));
        }
        Ok(Self {
            root: root.to_owned(),
            lock,
            lock_text,
            manifest_text,
            manifest,
            kept: Kept::of(root),
        })
    }

    /// Whether a folder has a project's `scaffold.toml`, and not a package's.
    fn has_manifest(root: &Path) -> bool {
        let text = read(root, MANIFEST).ok().flatten();
        text.is_some_and(|text| ProjectManifest::parse(&text).is_ok())
    }

    /// The project as its `scaffold.toml` alone has it, without generators yet, and what can be made out of its lock:
    /// nothing, the lock, or both sides of one that git could not merge.
    ///
    /// # Errors
    /// Its files cannot be read, or the lock has a newer format: that one is not to be replaced.
    pub fn open_unlocked(root: &Path) -> Result<(Self, Vec<Lock>), ProjectError> {
        let lock_text = read(root, LOCK)?;
        let manifest_text = read(root, MANIFEST)?;
        let Some(text) = &manifest_text else {
            return Err(ProjectError::NoManifest(root.to_owned()));
        };
        let manifest = ProjectManifest::parse(text)?;
        let locks = match lock_text.as_deref().map(|text| (text, Lock::parse(text))) {
            None => Vec::new(),
            Some((_, Ok(lock))) => vec![lock],
            Some((_, Err(error @ LockError::Newer { .. }))) => return Err(error.into()),
            Some((text, Err(_))) => {
                let sides = conflict::sides(text);
                let sides = sides.iter().filter_map(|side| Lock::parse(side).ok());
                sides.collect()
            }
        };
        let project = Self {
            root: root.to_owned(),
            lock: Lock::empty(&manifest.project.name),
            lock_text,
            manifest_text,
            manifest: Some(manifest),
            kept: Kept::of(root),
        };
        Ok((project, locks))
    }

    /// The version requirements of `scaffold.toml`, by instance.
    pub fn requirements(&self) -> BTreeMap<String, semver::VersionReq> {
        let generators = self.manifest.iter().flat_map(|m| &m.generators);
        generators
            .filter_map(|(instance, wanted)| Some((instance.clone(), wanted.version.clone()?)))
            .collect()
    }

    /// What a person wrote into `scaffold.toml` that the lock does not say, each by its name. Requirements on versions
    /// do not count: they say what may be, not what is.
    pub fn edits(&self) -> Vec<String> {
        let Some(manifest) = &self.manifest else {
            return Vec::new();
        };
        let mut edits = Vec::new();
        if manifest.project.name != self.lock.project {
            edits.push("project.name".to_owned());
        }
        for (instance, wanted) in &manifest.generators {
            let Some(locked) = self.lock.instance(instance) else {
                edits.push(format!("{instance} is new"));
                continue;
            };
            if locked.package.package != wanted.package {
                edits.push(format!("{instance}.package"));
            }
            let names = locked.answers.keys().chain(wanted.answers.keys());
            let names: BTreeSet<&String> = names.collect();
            let differs =
                |name: &&&String| locked.answers.get(**name) != wanted.answers.get(**name);
            let differing = names.iter().filter(differs);
            edits.extend(differing.map(|name| format!("{instance}.{name}")));
        }
        let locked = self.lock.generators.iter().map(|locked| &locked.instance);
        let gone = locked.filter(|instance| !manifest.generators.contains_key(*instance));
        edits.extend(gone.map(|instance| format!("{instance} is gone")));
        edits
    }
}

/// The project in `root`, if what lies there may be believed by whoever works in `start`: in a folder that anybody may write
/// to, such as the one for temporary files, anybody may leave a lock file for everybody who works below.
fn trusted(root: &Path, start: &Path) -> Result<PathBuf, ProjectError> {
    if root == start || is_known(root, start) {
        Ok(root.to_owned())
    } else {
        Err(ProjectError::Foreign(root.to_owned()))
    }
}

/// Whether a project was made by the user, by the administrator, or by whoever the folder `start` belongs to.
#[cfg(unix)]
fn is_known(root: &Path, start: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    let host = start.metadata().map(|found| found.uid()).ok();
    let own = [MANIFEST, LOCK, STATE].map(|name| root.join(name).symlink_metadata());
    own.iter().flatten().all(|found| {
        let owner = found.uid();
        owner == user || owner == 0 || Some(owner) == host
    })
}

/// Folders that everybody may write to are rare elsewhere.
#[cfg(not(unix))]
fn is_known(_: &Path, _: &Path) -> bool {
    true
}

/// The name a project in this folder gets.
///
/// # Errors
/// The folder's name will not do.
pub fn name_of(root: &Path) -> Result<String, NameError> {
    let name = root
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    check_name(name)?;
    Ok(name.to_owned())
}

/// One of our own files. What it is is asked of the file that was opened, since another may stand there a moment later.
fn read(root: &Path, name: &str) -> Result<Option<String>, ProjectError> {
    let path = root.join(name);
    let failed = |source| ProjectError::Read {
        path: path.clone(),
        source,
    };
    let dir = match Dir::open_ambient_dir(root, ambient_authority()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        dir => dir.map_err(failed)?,
    };
    let file = match open_regular(&dir, name, name) {
        Ok(None) => return Ok(None),
        Ok(Some((file, _))) => file,
        Err(Obstacle {
            what: What::Io(source),
            ..
        }) => return Err(failed(source)),
        Err(_) => return Err(ProjectError::NotPlain { path }),
    };
    let mut bytes = Vec::new();
    file.take(MAX_OWN_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_OWN_FILE {
        return Err(ProjectError::TooLarge { path });
    }
    let not_text = |error| failed(io::Error::new(io::ErrorKind::InvalidData, error));
    String::from_utf8(bytes).map(Some).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["shop", "My-Shop", "a", "shop_2", "shop.example"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2shop",
            "-x",
            "my shop",
            "ünder",
            "con",
            "nul.txt",
            "shop.",
            "a/b",
            "..",
            &"x".repeat(65),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        for good in ["django", "acme/site", "a-1"] {
            assert!(check_instance(good).is_ok(), "{good}");
        }
        for bad in ["", "/", "/etc", "a/", "a//b", "-x", "a/-b", "../x", "A"] {
            assert!(check_instance(bad).is_err(), "{bad}");
        }
    }
}
