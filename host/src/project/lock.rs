//! `scaffold.lock`: everything that decides what the generators made. Nobody edits it.
//!
//! ```text
//! version = 1
//! project = "shop"                    # what generators are told the project is called
//! tree = "sha256:…"                   # digest of pristine(lock), see `Tree::digest`
//!
//! [[generator]]                       # in the order in which they run
//! instance = "django"
//! package = "scaffold/django"
//! version = "1.0.0"
//! registry = "official"
//! blob = "sha256:…"                   # the package's archive
//! signer = "acme+1a2b3c4d+AQ…"        # the key that signed it; absent where nobody did
//! allow = ["ci"]                      # consent classes the user granted, see `Class`
//!
//! [generator.reads]                   # only where the user granted it to read files of their own, see `Reads`
//! patterns = ["docs/**"]              # as the package asks
//! named = [".env"]                    # single files the user named, secrets among them
//!
//! [generator.engine]                  # only where another package's component runs this one's data
//! package = "scaffold/template"
//! version = "1.0.0"
//! registry = "official"
//! blob = "sha256:…"
//!
//! [generator.answers]
//! database = "sqlite"
//!
//! [generator.inputs]                  # what it was told of the user's own files, sorted by path, see `Inputs`
//! "docs/api.yaml" = "sha256:…"        # read: the content is kept in `.scaffold/inputs/<hex>`
//! "docs/notes.md" = "listed"          # only seen in a list of files
//! ```
//!
//! A replay serves what is in `inputs` and nothing else of the user's folder.

use std::collections::BTreeSet;

use scaffold_registry::{Digest, PackageName, keys::VerifyingKey};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    grants::{Class, Reads},
    inputs::Inputs,
    question::Answers,
};

/// The format this program writes, and the newest it reads.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    pub version: u32,
    pub project: String,
    pub tree: Digest,
    #[serde(default, rename = "generator", skip_serializing_if = "Vec::is_empty")]
    pub generators: Vec<Locked>,
}

/// One generator of the project, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// What the project calls it; unique in the project.
    pub instance: String,
    #[serde(flatten)]
    pub package: Pinned,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow: BTreeSet<Class>,
    #[serde(default, skip_serializing_if = "Reads::is_empty")]
    pub reads: Reads,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Pinned>,
    #[serde(default, skip_serializing_if = "Answers::is_empty")]
    pub answers: Answers,
    #[serde(default, skip_serializing_if = "Inputs::is_empty")]
    pub inputs: Inputs,
}

/// One package version, down to its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    pub package: PackageName,
    pub version: Version,
    /// Where it came from: `official`, a folder, an address.
    pub registry: String,
    pub blob: Digest,
    /// The key that signed it; none where nobody has to and nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<VerifyingKey>,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("scaffold.lock:{line}: it holds git conflict markers")]
    ConflictMarkers { line: usize },
    #[error("scaffold.lock has format {found}; this scaffold reads up to format {FORMAT}")]
    Newer { found: i64 },
    #[error("scaffold.lock{place}: {message}")]
    Malformed { place: String, message: String },
}

impl LockError {
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ConflictMarkers { .. } => {
                "settle scaffold.toml first if it has some as well, then: scaffold lock. It makes scaffold.lock anew, at the versions either side had"
            }
            Self::Newer { .. } => "use the newer scaffold that wrote it",
            Self::Malformed { .. } => {
                "nobody edits this file by hand; restore it, for example with `git checkout scaffold.lock`, or make it anew from scaffold.toml: scaffold lock"
            }
        }
    }
}

impl Lock {
    /// A project with no generators.
    pub fn empty(project: &str) -> Self {
        Self {
            version: FORMAT,
            project: project.to_owned(),
            tree: crate::tree::Tree::default().digest(),
            generators: Vec::new(),
        }
    }

    /// # Errors
    /// The text is not a lock this program can use; the error says where and why.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        if let Some(line) = super::conflict::marker(text) {
            return Err(LockError::ConflictMarkers { line });
        }
        // The version first: a newer format may differ in everything else.
        let table: toml::Table = text.parse().map_err(|e| malformed(text, &e))?;
        match table.get("version").and_then(toml::Value::as_integer) {
            Some(found) if found > i64::from(FORMAT) => return Err(LockError::Newer { found }),
            Some(found) if found < 1 => return Err(LockError::Newer { found }),
            _ => {}
        }
        let lock: Self = toml::from_str(text).map_err(|e| malformed(text, &e))?;
        let wrong = |message: String| LockError::Malformed {
            place: String::new(),
            message,
        };
        super::check_name(&lock.project).map_err(|e| wrong(e.to_string()))?;
        let mut seen = BTreeSet::new();
        for generator in &lock.generators {
            super::check_instance(&generator.instance).map_err(|e| wrong(e.to_string()))?;
            if !seen.insert(&generator.instance) {
                return Err(wrong(format!(
                    "the instance `{}` is there twice",
                    generator.instance
                )));
            }
        }
        Ok(lock)
    }

    /// The file's text: stable, one key a line, so that git can merge it.
    pub fn to_text(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!(
            "# Written by scaffold; not for editing. Check it in: the project is made from it.\n{body}"
        )
    }

    pub fn instance(&self, instance: &str) -> Option<&Locked> {
        self.generators.iter().find(|g| g.instance == instance)
    }
}

fn malformed(text: &str, e: &toml::de::Error) -> LockError {
    let place = e.span().map_or_else(String::new, |span| {
        format!(
            ":{}",
            text.get(..span.start)
                .map_or(1, |before| before.matches('\n').count() + 1)
        )
    });
    LockError::Malformed {
        place,
        message: e.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{inputs::Seen, question::Value};

    fn lock() -> Lock {
        let pinned = |name: &str| Pinned {
            package: name.parse().unwrap(),
            version: Version::new(1, 0, 0),
            registry: "official".into(),
            blob: Digest::of(name.as_bytes()),
            signer: None,
        };
        Lock {
            generators: vec![Locked {
                instance: "django".into(),
                package: pinned("scaffold/django"),
                allow: BTreeSet::from([Class::Ci]),
                reads: Reads {
                    patterns: BTreeSet::from(["docs/**".to_owned()]),
                    named: BTreeSet::from([".env".parse().unwrap()]),
                },
                engine: Some(pinned("scaffold/template")),
                answers: Answers::from([
                    ("debug".into(), Value::Flag(true)),
                    ("database".into(), Value::Text("sqlite".into())),
                    ("apps".into(), Value::Texts(vec!["a".into()])),
                    ("workers".into(), Value::Integer(3)),
                ]),
                inputs: Inputs::from_iter([
                    ("docs/b.md".parse().unwrap(), Seen::Listed),
                    ("docs/a.md".parse().unwrap(), Seen::Read(Digest::of(b"a"))),
                ]),
            }],
            ..Lock::empty("shop")
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = lock().to_text();
        assert_eq!(Lock::parse(&text).unwrap(), lock(), "{text}");
    }

    #[test]
    fn inputs_are_sorted_and_name_files_of_the_project_alone() {
        let text = lock().to_text();
        let inputs = &text[text.find("[generator.inputs]").unwrap()..];
        let digest = Digest::of(b"a");
        assert_eq!(
            inputs,
            format!(
                "[generator.inputs]\n\"docs/a.md\" = \"{digest}\"\n\"docs/b.md\" = \"listed\"\n"
            )
        );
        for wrong in ["../x", "/etc/passwd", "scaffold.lock", ".git/config"] {
            let wrong = text.replace("docs/b.md", wrong);
            assert!(Lock::parse(&wrong).is_err(), "{wrong}");
        }
        assert!(Lock::parse(&text.replace("\"listed\"", "\"x\"")).is_err());
    }

    #[test]
    fn a_newer_format_is_named() {
        let text = "version = 9\nnovel = true\n";
        assert_eq!(
            Lock::parse(text).unwrap_err().to_string(),
            "scaffold.lock has format 9; this scaffold reads up to format 1"
        );
    }

    #[test]
    fn conflict_markers_are_recognised() {
        let text = lock().to_text().replace("tree =", "<<<<<<< HEAD\ntree =");
        assert!(matches!(
            Lock::parse(&text),
            Err(LockError::ConflictMarkers { .. })
        ));
    }

    #[test]
    fn junk_names_its_line() {
        let text = lock()
            .to_text()
            .replace("blob = \"sha256:", "blob = \"md5:");
        let error = Lock::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with("scaffold.lock:"), "{error}");
        assert!(Lock::parse(&lock().to_text().replace("instance =", "instnce =")).is_err());
        let twice = lock().to_text();
        let second = twice[twice.find("[[generator]]").unwrap()..].to_owned();
        assert!(
            Lock::parse(&(twice + &second)).is_err(),
            "one instance twice"
        );
    }
}
