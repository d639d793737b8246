//! What becomes of one file: the table of the merge.
//!
//! | before | new | yours | becomes |
//! |---|---|---|---|
//! | – | file | – | created |
//! | – | file | the same | unchanged |
//! | – | file | empty | merged: the new file |
//! | – | managed | other text | conflict: every difference marked |
//! | – | managed | other bytes | conflict: yours kept, the new file beside it |
//! | – | seed | other | kept |
//! | file | the same file | – | kept deleted |
//! | file | the same file | unedited / edited | unchanged / kept |
//! | file | changed | – | kept deleted, and said |
//! | file | changed | unedited | updated |
//! | file | changed | as the new one | unchanged |
//! | file | changed | edited text | merged, or a conflict with markers |
//! | file | changed | edited bytes | conflict: yours kept, the new file beside it |
//! | managed | seed | unedited / edited | updated / kept |
//! | seed | another seed | any | kept |
//! | file | – | – | nothing to say |
//! | file | – | unedited | deleted |
//! | managed | – | edited | conflict: yours kept, no longer generated |
//! | seed | – | edited | kept |
//!
//! A strategy settles what is a conflict here, place by place: with *ours* the user's version stands, with *theirs* the
//! new one does, also where it is that there is no such file. What the user deleted stays deleted either way. A file that
//! moves is decided upon like one that stays; where it stands is not the matter of this table.
//!
//! "Unedited" overlooks the values of secrets, and line ends where all of a file's were turned into the other kind. The
//! executable bit is merged like a line of its own: the user's choice stands where the user made one.
//!
//! A seed that is no longer made goes while it is unedited, since a package that is removed leaves no trace, and two trees do
//! not tell whether a package was removed or a newer version makes less. A newer version of a seed is not written, so after
//! an update that changes one the file counts as edited: dropped by the update after that it is kept, where one update over
//! both would have deleted it.

use std::sync::Arc;

use super::data::{self, Format};
use super::options::{Names, Strategy};
use super::three::{self, Merged};
use super::version::{Version, executable, style};
use crate::plan::{Content, Note, Verb, Versions};
use crate::secret::Secrets;
use crate::text::Ends;
use crate::tree::{File, Ownership};
use crate::workspace::{Found, KEEPS_MODE};

/// The three versions of a file. Not all of them are missing.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) base: Option<&'a File>,
    pub(super) theirs: Option<&'a File>,
    pub(super) ours: Option<&'a Found>,
}

/// How one file is merged.
pub(super) struct Manner {
    pub(super) names: Names,
    pub(super) strategy: Strategy,
    /// What it is made of, if that is known.
    pub(super) format: Option<Format>,
}

pub(super) struct Decision {
    pub(super) verb: Verb,
    pub(super) after: Option<Content>,
    pub(super) note: Option<Note>,
    /// A new version that has to be put beside the user's file.
    pub(super) beside: Option<Content>,
}

impl Decision {
    fn new(verb: Verb, after: Option<Content>) -> Self {
        Self {
            verb,
            after,
            note: None,
            beside: None,
        }
    }

    /// The user put something in a file's place that is no file.
    pub(super) fn replaced() -> Self {
        Self::noted(Verb::Kept, None, Note::Replaced)
    }

    fn noted(verb: Verb, after: Option<Content>, note: Note) -> Self {
        Self {
            note: Some(note),
            ..Self::new(verb, after)
        }
    }
}

/// Decides; none where there is nothing to say. `secrets` has values for what the project holds already.
pub(super) fn decide(sides: Sides<'_>, secrets: &Secrets, manner: &Manner) -> Option<Decision> {
    match (sides.base, sides.theirs, sides.ours) {
        (None, None, _) => None,
        (None, Some(theirs), None) => Some(Decision::new(
            Verb::Create,
            Some(Version::plain(theirs, secrets).content()),
        )),
        (None, Some(theirs), Some(ours)) => Some(appeared(theirs, ours, secrets, manner)),
        (Some(_), None, None) => None,
        (Some(base), None, Some(ours)) => Some(dropped(base, ours, secrets, manner.strategy)),
        (Some(base), Some(theirs), None) if base == theirs => Some(Decision::new(Verb::Kept, None)),
        (Some(_), Some(theirs), None) if theirs.ownership == Ownership::Seed => {
            Some(Decision::noted(Verb::Kept, None, Note::Seed))
        }
        (Some(_), Some(_), None) => Some(Decision::noted(Verb::Kept, None, Note::DeletedByUser)),
        (Some(base), Some(theirs), Some(ours)) => Some(stayed(base, theirs, ours, secrets, manner)),
    }
}

/// What a conflict is between, with the secrets and line ends of the user's file.
pub(super) fn versions(sides: Sides<'_>, secrets: &Secrets) -> Versions {
    let version = |file: &File| match sides.ours {
        Some(ours) => Version::like(file, ours, secrets, Ends::of(&file.bytes)),
        None => Version::plain(file, secrets),
    };
    Versions {
        old: sides.base.map(|file| version(file).content()),
        new: sides.theirs.map(|file| version(file).content()),
    }
}

/// Newly generated, and there already.
fn appeared(theirs: &File, ours: &Found, secrets: &Secrets, manner: &Manner) -> Decision {
    let new = Version::like(theirs, ours, secrets, Ends::of(&theirs.bytes));
    let seed = theirs.ownership == Ownership::Seed;
    let same_bytes = *new.bytes == *ours.bytes;
    if seed && !(same_bytes && new.executable == executable(ours, theirs)) {
        return Decision::noted(Verb::Kept, Some(ours.into()), Note::Seed);
    }
    // Without a past there is nothing to tell which side took the bit away, so either may give it.
    let executable = executable(ours, theirs) || theirs.executable;
    if same_bytes {
        let verb = if KEEPS_MODE && executable != ours.executable {
            Verb::Merge
        } else {
            Verb::Unchanged
        };
        return Decision::new(
            verb,
            Some(Content {
                bytes: Arc::clone(&ours.bytes),
                executable,
            }),
        );
    }
    if ours.bytes.is_empty() {
        return Decision::new(
            Verb::Merge,
            Some(Content {
                bytes: new.bytes,
                executable,
            }),
        );
    }
    let joined = three::join(&ours.bytes, &new.bytes, &manner.names, manner.strategy);
    let merged = data::merge(manner, None, &ours.bytes, &new.bytes, joined);
    conclude(merged, ours, executable, new.content(), manner.strategy)
}

/// No longer generated, and there.
fn dropped(base: &File, ours: &Found, secrets: &Secrets, strategy: Strategy) -> Decision {
    let old = Version::like(base, ours, secrets, Ends::of(&base.bytes));
    let kept = Some(ours.into());
    if *old.bytes == *ours.bytes {
        return Decision::new(Verb::Delete, None);
    }
    match (base.ownership, strategy) {
        (Ownership::Seed, _) => Decision::noted(Verb::Kept, kept, Note::Seed),
        (_, Strategy::Markers) => Decision::noted(Verb::Conflict, kept, Note::NoLongerGenerated),
        (_, Strategy::Ours) => Decision::noted(Verb::Kept, kept, Note::NoLongerGenerated),
        // Nothing is lost: the record of the change keeps the bytes.
        (_, Strategy::Theirs) => Decision::noted(Verb::Delete, None, Note::DeletedThoughEdited),
    }
}

/// Generated before and still, and there.
fn stayed(
    base: &File,
    theirs: &File,
    ours: &Found,
    secrets: &Secrets,
    manner: &Manner,
) -> Decision {
    let style = style(base, theirs);
    let (old, new) = (
        Version::like(base, ours, secrets, style),
        Version::like(theirs, ours, secrets, style),
    );
    let current = executable(ours, base);
    let is = |version: &Version| *version.bytes == *ours.bytes && version.executable == current;
    if is(&new) {
        return Decision::new(Verb::Unchanged, Some(ours.into()));
    }
    // What was made as a seed is the user's; a managed file that nobody edited is nobody's yet.
    if theirs.ownership == Ownership::Seed && (base.ownership == Ownership::Seed || !is(&old)) {
        return Decision::noted(Verb::Kept, Some(ours.into()), Note::Seed);
    }
    if base.bytes == theirs.bytes && base.executable == theirs.executable {
        return Decision::noted(Verb::Kept, Some(ours.into()), Note::Edited);
    }
    if is(&old) {
        return Decision::new(Verb::Update, Some(new.content()));
    }
    let executable = if current == old.executable {
        new.executable
    } else {
        current
    };
    let merged = if *old.bytes == *ours.bytes || *new.bytes == *ours.bytes {
        Merged::Clean(new.bytes.to_vec())
    } else if old.bytes == new.bytes {
        Merged::Clean(ours.bytes.to_vec())
    } else {
        let lines = three::merge(
            &old.bytes,
            &ours.bytes,
            &new.bytes,
            &manner.names,
            manner.strategy,
        );
        data::merge(manner, Some(&old.bytes), &ours.bytes, &new.bytes, lines)
    };
    conclude(merged, ours, executable, new.content(), manner.strategy)
}

fn conclude(
    merged: Merged,
    ours: &Found,
    executable: bool,
    new: Content,
    strategy: Strategy,
) -> Decision {
    match merged {
        Merged::Clean(bytes)
            if *bytes == *ours.bytes && (executable == ours.executable || !KEEPS_MODE) =>
        {
            Decision::noted(Verb::Kept, Some(ours.into()), Note::Edited)
        }
        Merged::Clean(bytes) => Decision::new(
            Verb::Merge,
            Some(Content {
                bytes: bytes.into(),
                executable,
            }),
        ),
        Merged::Marked { bytes, places } => {
            let after = Content {
                bytes: bytes.into(),
                executable,
            };
            Decision::noted(Verb::Conflict, Some(after), Note::Markers(places))
        }
        Merged::Settled { bytes, places } => {
            let after = Content {
                bytes: bytes.into(),
                executable,
            };
            settled(after, places, ours, &new, strategy)
        }
        Merged::Apart => match strategy {
            Strategy::Markers => Decision {
                verb: Verb::Conflict,
                after: Some(ours.into()),
                note: Some(Note::Beside(None)),
                beside: Some(new),
            },
            Strategy::Ours => {
                let after = Content {
                    bytes: Arc::clone(&ours.bytes),
                    executable,
                };
                settled(after, 1, ours, &new, strategy)
            }
            Strategy::Theirs => {
                let after = Content {
                    bytes: Arc::clone(&new.bytes),
                    executable,
                };
                settled(after, 1, ours, &new, strategy)
            }
        },
    }
}

/// A file whose conflicts the strategy settled: the user's as it is, the new one as it is, or of both.
fn settled(
    after: Content,
    places: usize,
    ours: &Found,
    new: &Content,
    strategy: Strategy,
) -> Decision {
    let same_mode = after.executable == ours.executable || !KEEPS_MODE;
    let verb = if after.bytes == ours.bytes && same_mode {
        Verb::Kept
    } else if after.bytes == new.bytes {
        Verb::Update
    } else {
        Verb::Merge
    };
    let note = match strategy {
        Strategy::Theirs => Note::SettledWithNew(places),
        _ => Note::SettledWithYours(places),
    };
    Decision::noted(verb, Some(after), note)
}
