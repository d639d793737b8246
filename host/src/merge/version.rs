//! A generated file as it would stand in the user's project: with the project's secrets, and with its line ends.

use std::sync::Arc;

use crate::plan::Content;
use crate::secret::Secrets;
use crate::text::{self, Ends};
use crate::tree::File;
use crate::workspace::{Found, KEEPS_MODE};

/// The user's executable bit; where the system keeps none, the generated file's.
pub(super) fn executable(ours: &Found, generated: &File) -> bool {
    if KEEPS_MODE {
        ours.executable
    } else {
        generated.executable
    }
}

/// How the lines of a generated file end in both its versions, if they agree.
pub(super) fn style(base: &File, theirs: &File) -> Ends {
    match (Ends::of(&base.bytes), Ends::of(&theirs.bytes)) {
        (base, theirs) if base == theirs => base,
        (Ends::None, one) | (one, Ends::None) => one,
        _ => Ends::Mixed,
    }
}

/// A generated file as it would stand in the user's project.
pub(super) struct Version {
    pub(super) bytes: Arc<[u8]>,
    pub(super) executable: bool,
}

impl Version {
    pub(super) fn plain(file: &File, secrets: &Secrets) -> Self {
        let bytes = match secrets.fill(&file.bytes) {
            std::borrow::Cow::Borrowed(_) => Arc::clone(&file.bytes),
            std::borrow::Cow::Owned(bytes) => bytes.into(),
        };
        Self {
            bytes,
            executable: file.executable,
        }
    }

    /// With the line ends the user's file has, if all of them are of the kind that the generated file has not (an editor
    /// or git turned them round).
    pub(super) fn like(file: &File, ours: &Found, secrets: &Secrets, style: Ends) -> Self {
        let mut version = Self::plain(file, secrets);
        if !text::is_text(&version.bytes) || !text::is_text(&ours.bytes) {
            return version;
        }
        match (style, Ends::of(&ours.bytes)) {
            (Ends::Lf, Ends::CrLf) => version.bytes = text::to_crlf(&version.bytes).into(),
            (Ends::CrLf, Ends::Lf) => {
                version.bytes = text::to_lf(&version.bytes).into_owned().into()
            }
            _ => {}
        }
        version
    }

    pub(super) fn content(self) -> Content {
        Content {
            bytes: self.bytes,
            executable: self.executable,
        }
    }
}
