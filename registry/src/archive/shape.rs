//! Whether paths can stand beside each other on every disk.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::ArchiveError;
use crate::path;

/// A file or folder seen.
struct Seen {
    /// The last part of its path, as it was spelled first.
    spelling: String,
    folder: bool,
    /// What those in it name as the folder they are in.
    number: usize,
}

/// The paths seen so far, with all folders above them: each by the number of the folder it is in and its folded name. So
/// no part of a path is kept twice, however deep a stranger's paths go.
#[derive(Default)]
pub(super) struct Shape(HashMap<(usize, String), Seen>);

impl Shape {
    /// Checks a path by itself and against those before it, and remembers it.
    pub(super) fn add(&mut self, path: &str, folder: bool) -> Result<(), ArchiveError> {
        path::check(path)?;
        // The root is in no folder, so none has its number.
        let mut inside = 0;
        let mut start = 0;
        for name in path.split('/') {
            let end = start + name.len();
            let folder = folder || end < path.len();
            let number = self.0.len() + 1;
            match self.0.entry((inside, path::fold(name))) {
                Entry::Vacant(vacant) => {
                    vacant.insert(Seen {
                        spelling: name.to_owned(),
                        folder,
                        number,
                    });
                    inside = number;
                }
                Entry::Occupied(seen) => {
                    let seen = seen.get();
                    if seen.spelling != name {
                        return Err(ArchiveError::Twins {
                            one: format!("{}{}", &path[..start], seen.spelling),
                            other: path[..end].to_owned(),
                        });
                    }
                    if seen.folder != folder {
                        return Err(ArchiveError::FileAndFolder {
                            path: path[..end].to_owned(),
                        });
                    }
                    inside = seen.number;
                }
            }
            start = end + 1;
        }
        Ok(())
    }
}
