//! Names of packages, and references to them.

use std::fmt;
use std::str::FromStr;

use semver::VersionReq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::path;

/// The namespace meant where none is written.
pub const DEFAULT_NAMESPACE: &str = "scaffold";

/// Most bytes in a namespace, and in a name.
pub const NAME_BYTES: usize = 64;

/// `namespace/name`: ASCII lower-case letters, digits, and single dashes between them.
///
/// The alphabet is this small so that look-alikes cannot be told apart by case, `_` or doubled dashes, and so
/// that a name is a safe file name on every system and a safe piece of a URL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageName {
    namespace: String,
    name: String,
}

impl PackageName {
    /// The part before the slash.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The part after the slash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a person types: the name alone in the default namespace, the full name elsewhere.
    #[must_use]
    pub fn short(&self) -> String {
        if self.namespace == DEFAULT_NAMESPACE {
            self.name.clone()
        } else {
            self.to_string()
        }
    }
}

/// A text that is no package name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a package name: {reason}")]
pub struct NameError {
    /// What was read, shortened.
    pub text: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl FromStr for PackageName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (namespace, name) = text.split_once('/').unwrap_or((DEFAULT_NAMESPACE, text));
        for (what, part) in [("namespace", namespace), ("name", name)] {
            check_part(what, part).map_err(|reason| NameError {
                text: text.chars().take(100).collect(),
                reason,
            })?;
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// Whether `text` is a namespace.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn check_namespace(text: &str) -> Result<(), String> {
    check_part("namespace", text)
}

fn check_part(what: &str, part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err(format!(
            "the {what} is empty; write `name` or `namespace/name`"
        ));
    }
    if part.len() > NAME_BYTES {
        return Err(format!("the {what} is longer than {NAME_BYTES} characters"));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(wrong) = part.chars().find(|&c| !allowed(c)) {
        let lower: String = part
            .chars()
            .map(|c| {
                if c == '_' || c == '.' {
                    '-'
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect();
        return Err(if lower != part && check_part(what, &lower).is_ok() {
            format!("{wrong:?} may not stand in a {what}; did you mean {lower:?}?")
        } else {
            format!(
                "{wrong:?} may not stand in a {what}; it is made of lower-case letters, digits and `-`"
            )
        });
    }
    if part.starts_with('-') || part.ends_with('-') || part.contains("--") {
        return Err(format!(
            "a dash in a {what} stands alone, between letters or digits"
        ));
    }
    if path::check(part).is_err() {
        return Err(format!(
            "{part:?} is a name some systems reserve; choose another"
        ));
    }
    Ok(())
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.namespace, self.name))
    }
}

impl fmt::Debug for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PackageName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PackageName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A package and the versions of it that will do: `namespace/name@^1`; without `@`, any version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageRef {
    /// Which package.
    pub name: PackageName,
    /// Which versions; `1.2` means `^1.2`, as in Cargo.
    pub req: VersionReq,
}

/// A text that is no reference to a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// The part before `@` is no name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The part after `@` is no version requirement.
    #[error(
        "{text:?} asks for a version that cannot be read: {reason}; write, say, `{name}@^1.2` or `{name}@=1.2.3`"
    )]
    Requirement {
        /// What was read, shortened.
        text: String,
        /// The package it names.
        name: PackageName,
        /// What is wrong with the requirement.
        reason: String,
    },
}

impl FromStr for PackageRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let Some((name, req)) = text.split_once('@') else {
            return Ok(Self {
                name: text.parse()?,
                req: VersionReq::STAR,
            });
        };
        let name: PackageName = name.parse()?;
        match req.parse() {
            Ok(req) => Ok(Self { name, req }),
            Err(error) => Err(RefError::Requirement {
                text: text.chars().take(100).collect(),
                name,
                reason: semver::Error::to_string(&error),
            }),
        }
    }
}

impl fmt::Display for PackageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.req == VersionReq::STAR {
            write!(f, "{}", self.name)
        } else {
            write!(f, "{}@{}", self.name, self.req)
        }
    }
}

impl Serialize for PackageRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PackageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_namespace_may_be_left_out() {
        let django = name("django");
        assert_eq!(django.to_string(), "scaffold/django");
        assert_eq!(django.short(), "django");
        assert_eq!(name("acme/web").short(), "acme/web");
        assert_eq!(
            (name("acme/web").namespace(), name("acme/web").name()),
            ("acme", "web")
        );
    }

    #[test]
    fn hostile_and_reserved_names_are_refused() {
        let long = "a".repeat(65);
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            "../x",
            "a/..",
            "a b",
            "a\\b",
            "con",
            "acme/nul",
            "com1",
            "-a",
            "a-",
            "a--b",
            "é",
            "a/\u{202e}b",
            "a\0",
            "%2e%2e",
            "~",
            "a:b",
            &long,
        ] {
            assert!(text.parse::<PackageName>().is_err(), "{text:?}");
        }
        assert!("a".repeat(64).parse::<PackageName>().is_ok());
    }

    #[test]
    fn look_alikes_are_refused_with_the_right_spelling() {
        let error = "acme/My_Thing"
            .parse::<PackageName>()
            .unwrap_err()
            .to_string();
        assert!(error.contains("did you mean \"my-thing\"?"), "{error}");
    }

    #[test]
    fn references_carry_a_requirement() {
        let any: PackageRef = "django".parse().unwrap();
        assert_eq!(any.req, VersionReq::STAR);
        assert_eq!(any.to_string(), "scaffold/django");
        let one: PackageRef = "acme/web@^1.2".parse().unwrap();
        assert_eq!(one.to_string(), "acme/web@^1.2");
        assert_eq!(
            serde_json::from_str::<PackageRef>("\"acme/web@^1.2\"").unwrap(),
            one
        );
        for text in ["django@", "django@^^", "django@1@2", "@1"] {
            assert!(text.parse::<PackageRef>().is_err(), "{text}");
        }
    }
}
