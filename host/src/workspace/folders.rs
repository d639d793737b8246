//! Opens what lies below a held folder, one component at a time and never through a link.
//!
//! A path is looked up anew from the held root, so what a component was a moment ago does not matter: a link that was
//! swapped in is met, and refused, when it is opened. The chain of folders last opened is kept, since paths come
//! sorted and mostly share their folders.

use std::io;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, FileType, Metadata, OpenOptions};

use crate::path::ProjectPath;

/// Why a path cannot be followed to its end.
#[derive(Debug)]
pub(crate) struct Obstacle {
    /// The component, as a path from the root.
    pub(crate) at: String,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Link,
    /// A regular file, where a folder is needed.
    File,
    Folder,
    /// A pipe, a socket, a device.
    Special(&'static str),
    Io(io::Error),
}

pub(crate) struct Folders {
    root: Dir,
    chain: Vec<(String, Dir)>,
}

impl Folders {
    pub(crate) fn new(root: Dir) -> Self {
        Self {
            root,
            chain: Vec::new(),
        }
    }

    pub(crate) fn root(&self) -> &Dir {
        &self.root
    }

    /// The folder `path` lies in; none if it does not exist.
    pub(crate) fn parent_of(&mut self, path: &ProjectPath) -> Result<Option<&Dir>, Obstacle> {
        self.folder(path.parent().unwrap_or_default())
    }

    /// The folder with that path, `""` for the root.
    pub(crate) fn folder(&mut self, path: &str) -> Result<Option<&Dir>, Obstacle> {
        self.descend(path, |_, _| Ok(false))
    }

    /// The folder `path` lies in, made where it is missing; `made` is told each folder that was.
    #[expect(clippy::disallowed_methods, reason = "called by apply alone")]
    pub(crate) fn make_parent_of(
        &mut self,
        path: &ProjectPath,
        mut made: impl FnMut(&str),
    ) -> Result<&Dir, Obstacle> {
        let parent = path.parent().unwrap_or_default();
        let found = self.descend(parent, |above, at| {
            let name = at.rsplit_once('/').map_or(at, |(_, name)| name);
            above.create_dir(name)?;
            made(at);
            Ok(true)
        })?;
        found.ok_or_else(|| Obstacle {
            at: parent.to_owned(),
            what: What::Io(io::Error::new(
                io::ErrorKind::NotFound,
                "the folder vanished while it was made",
            )),
        })
    }

    /// Forgets the open folders. For when the tree below the root is rearranged.
    pub(crate) fn forget(&mut self) {
        self.chain.clear();
    }

    fn descend(
        &mut self,
        path: &str,
        mut missing: impl FnMut(&Dir, &str) -> io::Result<bool>,
    ) -> Result<Option<&Dir>, Obstacle> {
        let names = || path.split('/').filter(|name| !name.is_empty());
        let shared = self
            .chain
            .iter()
            .zip(names())
            .take_while(|((open, _), name)| open == name)
            .count();
        self.chain.truncate(shared);
        let mut end = names()
            .take(shared)
            .map(|name| name.len() + 1)
            .sum::<usize>()
            .saturating_sub(1);
        for name in names().skip(shared) {
            let above = self.chain.last().map_or(&self.root, |(_, dir)| dir);
            end += name.len() + usize::from(end > 0);
            let at = &path[..end];
            let obstacle = |error| obstacle(above, name, at, error);
            let dir = match above.open_dir_nofollow(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !missing(above, at).map_err(|error| Obstacle {
                        at: at.to_owned(),
                        what: What::Io(error),
                    })? {
                        return Ok(None);
                    }
                    above.open_dir_nofollow(name).map_err(obstacle)?
                }
                opened => opened.map_err(obstacle)?,
            };
            self.chain.push((name.to_owned(), dir));
        }
        Ok(Some(self.chain.last().map_or(&self.root, |(_, dir)| dir)))
    }
}

/// Opens a regular file for reading; none if it does not exist. Opening neither follows a link nor waits for the other
/// end of a pipe.
pub(crate) fn open_regular(
    dir: &Dir,
    name: &str,
    at: &str,
) -> Result<Option<(File, Metadata)>, Obstacle> {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let file = match dir.open_with(name, &options) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(obstacle(dir, name, at, error)),
    };
    let io = |error| Obstacle {
        at: at.to_owned(),
        what: What::Io(error),
    };
    let metadata = file.metadata().map_err(io)?;
    match kind(metadata.file_type()) {
        None => Ok(Some((file, metadata))),
        Some(what) => Err(Obstacle {
            at: at.to_owned(),
            what,
        }),
    }
}

/// What is in the way, where opening failed with `error`.
fn obstacle(dir: &Dir, name: &str, at: &str, error: io::Error) -> Obstacle {
    let what = match dir.symlink_metadata(name) {
        Ok(metadata) if error.kind() == io::ErrorKind::PermissionDenied && metadata.is_dir() => {
            What::Io(error)
        }
        Ok(metadata) if metadata.is_file() && error.kind() == io::ErrorKind::NotADirectory => {
            What::File
        }
        Ok(metadata) => match kind(metadata.file_type()) {
            Some(What::Folder) | None => What::Io(error),
            Some(what) => what,
        },
        Err(_) => What::Io(error),
    };
    Obstacle {
        at: at.to_owned(),
        what,
    }
}

/// What something is that is not a regular file.
fn kind(of: FileType) -> Option<What> {
    if of.is_file() {
        return None;
    }
    if of.is_symlink() {
        return Some(What::Link);
    }
    if of.is_dir() {
        return Some(What::Folder);
    }
    Some(What::Special(special(of)))
}

#[cfg(unix)]
fn special(of: FileType) -> &'static str {
    use cap_std::fs::FileTypeExt;
    if of.is_fifo() {
        "a named pipe"
    } else if of.is_socket() {
        "a socket"
    } else if of.is_block_device() || of.is_char_device() {
        "a device"
    } else {
        "not a regular file"
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "not a regular file"
}
