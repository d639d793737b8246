//! Why a file is treated as it is, in words for the user.

use std::fmt;

use crate::path::ProjectPath;

/// Why a verb was chosen, where the verb alone does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// That many places with conflict markers.
    Markers(usize),
    /// The new version is put into that file, since the two cannot be merged line by line; none if no name was free.
    Beside(Option<ProjectPath>),
    /// This is the new version of that file.
    NewVersionOf(ProjectPath),
    /// The user deleted it, and the new version changes it.
    DeletedByUser,
    /// The user edited it, and it is no longer generated: it is the user's own from now on.
    NoLongerGenerated,
    /// Made once and the user's since.
    Seed,
    /// Edited by the user; the new version does not change it.
    Edited,
    /// The user put something other than a file in its place, or a file too large to be merged.
    Replaced,
    /// The user asked for their own version in that many places.
    SettledWithYours(usize),
    /// The user asked for the new version in that many places.
    SettledWithNew(usize),
    /// The user edited it, and asked for the new version, which has no such file.
    DeletedThoughEdited,
    /// It goes from here because it is that file now.
    MovedTo(ProjectPath),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Markers(places) => write!(f, "{} marked in the file", conflicts(*places)),
            Self::Beside(Some(path)) => write!(f, "yours is kept; the new version is {path}"),
            Self::Beside(None) => f.write_str("yours is kept; the new version is not written"),
            Self::NewVersionOf(path) => write!(f, "the new version of {path}"),
            Self::DeletedByUser => {
                f.write_str("you deleted it; its new version is not brought back")
            }
            Self::NoLongerGenerated => {
                f.write_str("you edited it and it is no longer generated; it is yours now")
            }
            Self::Seed => f.write_str("made once, yours since"),
            Self::Edited => f.write_str("your edits stand"),
            Self::Replaced => f.write_str("you put something else in its place, which stands"),
            Self::SettledWithYours(places) => {
                write!(f, "{} settled with yours", conflicts(*places))
            }
            Self::SettledWithNew(places) => {
                write!(f, "{} settled with the new version", conflicts(*places))
            }
            Self::DeletedThoughEdited => f.write_str("you edited it; the undo record keeps it"),
            Self::MovedTo(path) => write!(f, "moved to {path}"),
        }
    }
}

impl Note {
    /// Why a file is in conflict, where nothing has been done about it yet.
    pub fn reason(&self) -> String {
        match self {
            Self::Markers(1) => "you and the new version changed the same place".to_owned(),
            Self::Markers(places) => {
                format!("you and the new version changed the same {places} places")
            }
            Self::Beside(_) => {
                "you and the new version changed it, and it cannot be merged line by line"
                    .to_owned()
            }
            Self::NoLongerGenerated => "you edited it, and it is no longer generated".to_owned(),
            other => other.to_string(),
        }
    }
}

fn conflicts(places: usize) -> String {
    match places {
        1 => "1 conflict".to_owned(),
        _ => format!("{places} conflicts"),
    }
}
