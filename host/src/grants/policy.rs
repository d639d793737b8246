//! What the user said of permissions: `--allow` and `--deny`, and `[policy]` in their configuration, in the same words.
//!
//! A no is stronger than any yes, wherever each was said: `--allow` does not override a configured no, and a no on the
//! command line holds against the lock. There is no word that takes a no back, so adding one never widens anything.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use scaffold_registry::path::fold;
use serde::Deserialize;

use super::{Class, PatternError, Patterns};
use crate::path::{ProjectPath, ProjectPathError};

/// The classes, for errors.
const CLASSES: &str = "ci, editor, hooks, toolchain, agents, executable";

/// What the user says of permissions: on the command line, or under `[policy]` in their configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// In the configuration never `read=PATH`: a file that may hold secrets is named where it is given away.
    #[serde(default, deserialize_with = "allowed")]
    pub allow: Allow,
    #[serde(default, deserialize_with = "denied")]
    pub deny: Deny,
}

impl Policy {
    /// What either says.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            allow: self.allow.and(other.allow),
            deny: self.deny.and(other.deny),
        }
    }
}

/// What is allowed, of what is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    pub classes: BTreeSet<Class>,
    /// To read what packages ask to read.
    pub reads: bool,
    /// To read these files, whatever they hold.
    pub named: BTreeSet<ProjectPath>,
}

/// What is never to be, whatever is asked, allowed or locked.
#[derive(Debug, Clone, Default)]
pub struct Deny(Vec<Rule>);

/// One no.
#[derive(Debug, Clone)]
pub struct Rule {
    /// As it was written.
    pub word: String,
    /// Said in the configuration, not on the command line.
    pub configured: bool,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Class(Class),
    /// To read anything of the user's.
    Reads,
    Read(Arc<Patterns>),
    Write(Arc<Patterns>),
}

#[derive(Debug, thiserror::Error)]
pub enum WordError {
    #[error("`{0}` is nothing that can be allowed, which are {CLASSES}, read and read=PATH")]
    Allow(String),
    #[error(
        "`{0}` is nothing that can be denied, which are {CLASSES}, read, read=PATTERN and write=PATTERN"
    )]
    Deny(String),
    #[error("`{word}` names no file of the project: {source}")]
    Path {
        word: String,
        source: ProjectPathError,
    },
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("`{0}` names a file, which only the command line can: --allow {0}")]
    Named(String),
}

/// The words of one value, between commas. What follows a `=` is a path and may have commas itself, so it comes last.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let value = rest?;
        let (word, after) = match value.split_once(',') {
            Some((word, after)) if !word.contains('=') => (word, Some(after)),
            _ => (value, None),
        };
        rest = after;
        Some(word)
    })
}

impl Allow {
    /// # Errors
    /// A word that says nothing.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, WordError> {
        let mut allow = Self::default();
        for word in values.into_iter().flat_map(words) {
            if word == "read" {
                allow.reads = true;
            } else if let Some(path) = word.strip_prefix("read=") {
                let path = ProjectPath::parse(path).map_err(|source| WordError::Path {
                    word: word.to_owned(),
                    source,
                })?;
                allow.named.insert(path);
            } else {
                let class = Class::from_name(word);
                let class = class.ok_or_else(|| WordError::Allow(word.to_owned()))?;
                allow.classes.insert(class);
            }
        }
        Ok(allow)
    }

    /// What either allows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.classes.extend(other.classes);
        self.reads |= other.reads;
        self.named.extend(other.named);
        self
    }
}

impl Deny {
    /// # Errors
    /// A word that says nothing.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, WordError> {
        let rules = values.into_iter().flat_map(words).map(str::parse);
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// What either denies.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The same, as said in the configuration.
    #[must_use]
    fn configured(mut self) -> Self {
        self.0.iter_mut().for_each(|rule| rule.configured = true);
        self
    }

    /// The no to files of a class.
    pub fn class(&self, class: Class) -> Option<&Rule> {
        self.find(|what| matches!(what, What::Class(denied) if *denied == class))
    }

    /// The no to reading anything.
    pub fn reading(&self) -> Option<&Rule> {
        self.find(|what| matches!(what, What::Reads))
    }

    /// The no to reading a file.
    pub fn read(&self, path: &ProjectPath) -> Option<&Rule> {
        let path = path.fold();
        self.find(|what| match what {
            What::Reads => true,
            What::Read(patterns) => patterns.matches(&path),
            _ => false,
        })
    }

    /// The no to writing or deleting a file.
    pub fn write(&self, path: &ProjectPath) -> Option<&Rule> {
        let path = path.fold();
        self.find(|what| matches!(what, What::Write(patterns) if patterns.matches(&path)))
    }

    /// What is configured is told before what was typed: it is what cannot be left out.
    fn find(&self, is: impl Fn(&What) -> bool) -> Option<&Rule> {
        let all = || self.0.iter().filter(|rule| is(&rule.what));
        all().find(|rule| rule.configured).or_else(|| all().next())
    }
}

impl FromStr for Rule {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        // A no holds for every spelling that some disk takes for the same file.
        let patterns = |pattern: &str| match pattern {
            "" => Err(WordError::Deny(word.to_owned())),
            pattern => Ok(Arc::new(Patterns::new([fold(pattern).as_str()])?)),
        };
        let what = match word.split_once('=') {
            None if word == "read" => What::Reads,
            None => match Class::from_name(word) {
                Some(class) => What::Class(class),
                None => return Err(WordError::Deny(word.to_owned())),
            },
            Some(("read", pattern)) => What::Read(patterns(pattern)?),
            Some(("write", pattern)) => What::Write(patterns(pattern)?),
            Some(_) => return Err(WordError::Deny(word.to_owned())),
        };
        Ok(Self {
            word: word.to_owned(),
            configured: false,
            what,
        })
    }
}

/// Where it was said, in few words.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.configured {
            write!(f, "your config.toml says never: {}", self.word)
        } else {
            write!(f, "--deny {}", self.word)
        }
    }
}

fn allowed<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Allow, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let allow = Allow::parse(words.iter().map(String::as_str)).map_err(serde::de::Error::custom)?;
    match allow.named.first() {
        Some(path) => Err(serde::de::Error::custom(WordError::Named(format!(
            "read={path}"
        )))),
        None => Ok(allow),
    }
}

fn denied<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Deny, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let deny = Deny::parse(words.iter().map(String::as_str));
    deny.map(Deny::configured).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    #[test]
    fn what_a_command_line_allows() {
        let allow = Allow::parse(["ci", "read", "hooks,read=.env", "read=docs/a,b.md"]).unwrap();
        assert_eq!(allow.classes, [Class::Ci, Class::Hooks].into());
        assert!(allow.reads);
        assert_eq!(allow.named, [path(".env"), path("docs/a,b.md")].into());
        assert!(!Allow::parse(["read=a"]).unwrap().reads);
        for wrong in [
            "reads",
            "read=",
            "read=../x",
            "read=scaffold.lock",
            "",
            "ci,",
            "write=a",
        ] {
            assert!(Allow::parse([wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_command_line_denies() {
        let deny = Deny::parse(["ci,agents", "read=Docs/{a,b}/**", "write=.github/**"]).unwrap();
        assert_eq!(deny.class(Class::Ci).unwrap().to_string(), "--deny ci");
        assert!(deny.class(Class::Agents).is_some() && deny.class(Class::Hooks).is_none());
        assert!(deny.reading().is_none());
        assert!(deny.read(&path("docs/A/x")).is_some(), "in every spelling");
        assert!(deny.read(&path("docs/c/x")).is_none());
        assert!(
            deny.write(&path(".GitHub/x")).is_some() && deny.write(&path("docs/a/x")).is_none()
        );
        let all = Deny::parse(["read"]).unwrap();
        assert!(all.reading().is_some() && all.read(&path("x")).is_some());
        for wrong in ["", "read=", "write", "write=", "write={", "run=x", "CI"] {
            assert!(Deny::parse([wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_configured_no_is_named_before_one_that_was_typed() {
        let policy: Policy = toml::from_str("allow = [\"executable\"]\ndeny = [\"ci\"]").unwrap();
        assert_eq!(policy.allow.classes, [Class::Executable].into());
        let deny = Deny::parse(["ci"]).unwrap().and(policy.deny);
        assert_eq!(
            deny.class(Class::Ci).unwrap().to_string(),
            "your config.toml says never: ci"
        );
    }

    #[test]
    fn a_policy_that_says_nothing_known_is_refused() {
        for wrong in [
            "deny = [\"CI\"]",
            "allow = [\"read=.env\"]",
            "allow = [\"write=x\"]",
            "denies = []",
            "deny = \"ci\"",
            "deny = [\"write={\"]",
        ] {
            assert!(toml::from_str::<Policy>(wrong).is_err(), "{wrong}");
        }
    }
}
