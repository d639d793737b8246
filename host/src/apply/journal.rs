//! What is about to be done to a project, written down before it is done.
//!
//! ```text
//! .scaffold/
//!   .gitignore      nothing in here is ever committed, but for `inputs`
//!   inputs/<hex>    what generators read of the user's files, by digest: part of the project, see `crate::inputs`
//!   lock            held while a command writes
//!   journal         there while a change is under way; `journal.back` once it is being rolled back
//!   stage/0 …       new contents, by the number of their line in the journal
//!   backup/0 …      the files they replace, set aside
//!   undo/<id>/      a finished change: its journal and the files it replaced; the last ten that can be undone
//! ```
//!
//! Beside a file that was set aside under its number, `backup` and later the record may hold two copies: `<n>.old` of a
//! file that is in conflict and stays as it is, and `<n>.new` of what the change wrote, where no replay gives that again.
//!
//! The journal is JSON, a line each: a head, one line a file in the order in which they are put in place, and a digest of
//! all lines before it, with how many of the files are in conflict: nearly always none, and then nobody need read the rest. It lies in the user's folder and may have come with a clone, so it is read as untrusted: its paths
//! are project paths, and it can do no more than a generator could.

use scaffold_registry::Digest;
use serde::{Deserialize, Serialize};

use super::ApplyError;
use crate::path::ProjectPath;
use crate::plan::Stamp;

pub(super) const JOURNAL: &str = ".scaffold/journal";
const VERSION: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    /// The command, for people.
    pub(super) label: String,
    /// Folders that did not exist, the outermost first; a rollback removes them.
    pub(super) folders: Vec<ProjectPath>,
    /// Folders to remove at the end if nothing is left in them, the outermost first.
    pub(super) sweep: Vec<ProjectPath>,
    /// The record this change takes back.
    pub(super) undoes: Option<u64>,
    /// In the order of doing.
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: ProjectPath,
    pub(super) before: Option<Stamp>,
    pub(super) after: Option<Stamp>,
    /// The user has to look at it.
    pub(super) conflict: Option<Conflict>,
}

/// How a conflict shows, and so when it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Markers stand in the file.
    Markers,
    /// The new version stands in that file beside it.
    Beside(ProjectPath),
    /// The user's version was kept.
    Kept,
}

impl Entry {
    /// Whether the file stays as it is: it is in conflict, and the user's version stands.
    pub(super) fn stands(&self) -> bool {
        self.conflict.is_some() && self.before == self.after
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    journal: u32,
    label: String,
    folders: Vec<String>,
    #[serde(default)]
    sweep: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undoes: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    before: Option<LineStamp>,
    after: Option<LineStamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conflict: Option<LineConflict>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineStamp {
    digest: Digest,
    executable: bool,
}

impl From<Stamp> for LineStamp {
    fn from(Stamp { digest, executable }: Stamp) -> Self {
        Self { digest, executable }
    }
}

impl From<LineStamp> for Stamp {
    fn from(LineStamp { digest, executable }: LineStamp) -> Self {
        Self { digest, executable }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LineConflict {
    Markers,
    Beside(String),
    Kept,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    check: String,
    /// Journals of the first two formats do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conflicts: Option<usize>,
}

/// Most bytes of the last line.
pub(super) const LAST_LINE: u64 = 200;

impl Journal {
    /// Whether anything that was there before goes or is replaced.
    pub(super) fn replaces(&self) -> bool {
        self.changed().any(|entry| entry.before.is_some())
    }

    /// The files that are made, replaced or deleted.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.stands())
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let names = |folders: &[ProjectPath]| folders.iter().map(ToString::to_string).collect();
        push(
            &mut text,
            &Head {
                journal: VERSION,
                label: self.label.clone(),
                folders: names(&self.folders),
                sweep: names(&self.sweep),
                undoes: self.undoes,
            },
        );
        for entry in &self.entries {
            push(
                &mut text,
                &Line {
                    path: entry.path.to_string(),
                    before: entry.before.map(Into::into),
                    after: entry.after.map(Into::into),
                    conflict: entry.conflict.as_ref().map(|conflict| match conflict {
                        Conflict::Markers => LineConflict::Markers,
                        Conflict::Beside(path) => LineConflict::Beside(path.to_string()),
                        Conflict::Kept => LineConflict::Kept,
                    }),
                },
            );
        }
        let check = Digest::of(text.as_bytes()).to_string();
        let conflicts = self.entries.iter().filter(|entry| entry.conflict.is_some());
        let conflicts = Some(conflicts.count());
        push(&mut text, &Check { check, conflicts });
        text
    }

    /// Whether the end of a journal, its last [`LAST_LINE`] bytes, says that no file is in conflict.
    pub(super) fn ends_without_conflicts(end: &[u8]) -> bool {
        let end = end.strip_suffix(b"\n").unwrap_or(end);
        let last = end.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let check: Option<Check> = serde_json::from_slice(last).ok();
        check.is_some_and(|check| check.conflicts == Some(0))
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ApplyError> {
        let wrong = |reason: String| ApplyError::Journal {
            journal: JOURNAL,
            reason,
        };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not text".to_owned()))?;
        let body = text.strip_suffix('\n').unwrap_or(text);
        let (body, last) = body
            .rsplit_once('\n')
            .ok_or_else(|| wrong("it is cut off".to_owned()))?;
        let check: Check =
            serde_json::from_str(last).map_err(|_| wrong("it is cut off".to_owned()))?;
        let body = format!("{body}\n");
        if check.check != Digest::of(body.as_bytes()).to_string() {
            return Err(wrong("its digest is not that of its lines".to_owned()));
        }
        let mut lines = body.lines().enumerate();
        let (_, head) = lines.next().unwrap_or_default();
        let head: Head =
            serde_json::from_str(head).map_err(|error| wrong(format!("line 1: {error}")))?;
        if !(1..=VERSION).contains(&head.journal) {
            return Err(wrong(format!(
                "its format is {}, and this version of scaffold knows {VERSION}; use the version that wrote it",
                head.journal
            )));
        }
        let path = |text: &str| {
            ProjectPath::parse_recorded(text).map_err(|error| wrong(error.to_string()))
        };
        let paths = |folders: &[String]| -> Result<Vec<ProjectPath>, ApplyError> {
            let folder = |text: &String| ProjectPath::parse_recorded_folder(text);
            let folders: Result<Vec<_>, _> = folders.iter().map(folder).collect();
            folders.map_err(|error| wrong(error.to_string()))
        };
        let conflict = |conflict: LineConflict| -> Result<Conflict, ApplyError> {
            Ok(match conflict {
                LineConflict::Markers => Conflict::Markers,
                LineConflict::Beside(beside) => Conflict::Beside(path(&beside)?),
                LineConflict::Kept => Conflict::Kept,
            })
        };
        let entries = lines
            .map(|(number, line)| {
                let line: Line = serde_json::from_str(line)
                    .map_err(|error| wrong(format!("line {}: {error}", number + 1)))?;
                Ok(Entry {
                    path: path(&line.path)?,
                    before: line.before.map(Into::into),
                    after: line.after.map(Into::into),
                    conflict: line.conflict.map(conflict).transpose()?,
                })
            })
            .collect::<Result<_, ApplyError>>()?;
        Ok(Self {
            label: head.label,
            folders: paths(&head.folders)?,
            sweep: paths(&head.sweep)?,
            undoes: head.undoes,
            entries,
        })
    }
}

fn push(text: &mut String, line: &impl Serialize) {
    // Strings, numbers and flags only: serialising them to memory cannot fail.
    text.push_str(&serde_json::to_string(line).unwrap_or_default());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        let stamp = |text: &str, executable| {
            Some(Stamp {
                digest: Digest::of(text.as_bytes()),
                executable,
            })
        };
        let path = |path: &str| ProjectPath::parse_recorded(path).unwrap();
        Journal {
            label: "add \"x\"\n".to_owned(),
            folders: vec![path("a"), path("a/b")],
            sweep: vec![path("c")],
            undoes: Some(3),
            entries: vec![
                Entry {
                    path: path("a/b/c"),
                    before: None,
                    after: stamp("1", true),
                    conflict: Some(Conflict::Markers),
                },
                Entry {
                    path: path("old"),
                    before: stamp("2", false),
                    after: None,
                    conflict: Some(Conflict::Kept),
                },
                Entry {
                    path: ProjectPath::lock(),
                    before: stamp("3", false),
                    after: stamp("4", false),
                    conflict: Some(Conflict::Beside(path("x.new"))),
                },
            ],
        }
    }

    #[test]
    fn text_and_back() {
        let text = journal().to_text();
        assert_eq!(text.lines().count(), 5);
        assert_eq!(Journal::parse(text.as_bytes()).unwrap(), journal());
    }

    #[test]
    fn its_end_says_whether_anything_is_in_conflict() {
        let end = |journal: &Journal| {
            let text = journal.to_text().into_bytes();
            let from = text.len() - LAST_LINE as usize;
            Journal::ends_without_conflicts(&text[from..])
        };
        assert!(!end(&journal()));
        let mut settled = journal();
        for entry in &mut settled.entries {
            entry.conflict = None;
        }
        assert!(end(&settled));
        // What does not say so is read whole.
        for other in [
            &b""[..],
            b"\n",
            b"{\"check\":\"sha256:0\"}\n",
            b"{\"conflicts\":0}",
        ] {
            assert!(!Journal::ends_without_conflicts(other));
        }
    }

    #[test]
    fn any_cut_or_change_is_noticed() {
        let text = journal().to_text();
        for end in 0..text.len() - 1 {
            assert!(Journal::parse(&text.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(Journal::parse(text.replace("old", "new").as_bytes()).is_err());
        assert!(Journal::parse(&vec![0; text.len()]).is_err());
    }

    #[test]
    fn a_journal_from_elsewhere_reaches_no_further_than_a_generator() {
        for path in ["../x", "/etc/passwd", ".git/hooks/x", ".scaffold/lock"] {
            let text = journal().to_text().replace("\"old\"", &format!("{path:?}"));
            let body = &text[..text.trim_end().rfind('\n').unwrap() + 1];
            let text = format!("{body}{{\"check\":\"{}\"}}\n", Digest::of(body.as_bytes()));
            let error = Journal::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
    }

    #[test]
    fn a_later_format_is_named() {
        let text = journal()
            .to_text()
            .replace("\"journal\":3", "\"journal\":4");
        let body = &text[..text.trim_end().rfind('\n').unwrap() + 1];
        let text = format!("{body}{{\"check\":\"{}\"}}\n", Digest::of(body.as_bytes()));
        assert!(
            Journal::parse(text.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("its format is 4")
        );
    }
}
