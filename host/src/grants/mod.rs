//! What a package asks, what the user granted or denied, and which files need a yes of their own.
//!
//! Decided on project paths alone, never on words a package says about itself. Short, so that a reviewer can read
//! it in one sitting:
//!
//! - [`classes`]: which files run or steer something later;
//! - [`private`]: which files may hold secrets;
//! - [`patterns`]: how a pattern meets a path;
//! - [`reads`]: what a generator may read, out of what was asked, granted and denied;
//! - [`policy`]: the words of `--allow`, `--deny` and `[policy]`.
//!
//! Only a person widens a grant: by a yes to what was shown, by `--allow`, or by `[policy]` in a configuration that is
//! outside of every project. Only a person denies, and a no is stronger than any yes.

mod classes;
mod patterns;
mod policy;
mod private;
mod reads;

use std::collections::BTreeSet;

pub use patterns::{PatternError, Patterns};
pub use policy::{Allow, Deny, Policy, Rule, WordError};
pub use private::is_private;
pub use reads::{Base, MayRead, Reads};

use serde::{Deserialize, Serialize};

use crate::path::ProjectPath;

/// Files that run or steer something later. Writing one needs its own yes; `--yes` never gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Runs on a CI server, often with secrets.
    Ci,
    /// Steers an editor, which may run tasks when the folder is opened.
    Editor,
    /// Hooks of git and of shells, environment files.
    Hooks,
    /// Steers package managers, compilers and build tools.
    Toolchain,
    /// Instructions to coding agents.
    Agents,
    /// Made executable.
    Executable,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Ci,
        Self::Editor,
        Self::Hooks,
        Self::Toolchain,
        Self::Agents,
        Self::Executable,
    ];

    /// The name in `--allow` and in the lock file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Editor => "editor",
            Self::Hooks => "hooks",
            Self::Toolchain => "toolchain",
            Self::Agents => "agents",
            Self::Executable => "executable",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ci => "files that run on your CI server",
            Self::Editor => "files that steer your editor when it opens the folder",
            Self::Hooks => "hooks and environment files that your shell or git may load",
            Self::Toolchain => "files that steer package managers and build tools",
            Self::Agents => "instructions that coding agents will follow",
            Self::Executable => "executable files",
        }
    }

    /// The classes a file with this path and executable bit is in.
    pub fn of(path: &ProjectPath, executable: bool) -> BTreeSet<Self> {
        let mut classes: BTreeSet<Self> = classes::of(&path.fold()).collect();
        if executable {
            classes.insert(Self::Executable);
        }
        classes
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for class in Class::ALL {
            assert_eq!(Class::from_name(class.name()), Some(class));
        }
    }
}
