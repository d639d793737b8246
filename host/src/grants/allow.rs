//! The words of `--allow`.

use std::collections::BTreeSet;

use super::Class;
use crate::path::{ProjectPath, ProjectPathError};

/// What the command line allows, of what is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    pub classes: BTreeSet<Class>,
    /// To read what packages ask to read.
    pub reads: bool,
    /// To read these files, whatever they hold.
    pub named: BTreeSet<ProjectPath>,
}

#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    #[error("`{0}` is nothing that can be allowed")]
    Unknown(String),
    #[error("`{word}` names no file of the project: {source}")]
    Path {
        word: String,
        source: ProjectPathError,
    },
}

impl Allow {
    /// # Errors
    /// A word that says nothing.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, AllowError> {
        let mut allow = Self::default();
        for word in words {
            if word == "read" {
                allow.reads = true;
            } else if let Some(path) = word.strip_prefix("read=") {
                let path = ProjectPath::parse(path).map_err(|source| AllowError::Path {
                    word: word.to_owned(),
                    source,
                })?;
                allow.named.insert(path);
            } else {
                let class = Class::from_name(word);
                let class = class.ok_or_else(|| AllowError::Unknown(word.to_owned()))?;
                allow.classes.insert(class);
            }
        }
        Ok(allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    #[test]
    fn what_a_command_line_allows() {
        let allow = Allow::parse(["ci", "read", "read=.env", "read=docs/a.md"]).unwrap();
        assert_eq!(allow.classes, [Class::Ci].into());
        assert!(allow.reads);
        assert_eq!(allow.named, [path(".env"), path("docs/a.md")].into());
        assert!(!Allow::parse(["read=a"]).unwrap().reads);
        for wrong in ["reads", "read=", "read=../x", "read=scaffold.lock", ""] {
            assert!(Allow::parse([wrong]).is_err(), "{wrong}");
        }
    }
}
