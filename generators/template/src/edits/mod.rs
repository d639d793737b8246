//! Structured edits: how a package joins what other packages made, without fragile patches.
//!
//! Each edit finds its place by what the file says, adds only what is missing, and fails with the place named
//! when it is not there. Edits run in order, after this package's own files are made, and each sees what the
//! ones before it did. A file that no edit changed is not written again.

mod brackets;
mod data;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod insert;
mod lines;
#[cfg(test)]
mod properties;
mod python;
mod splice;

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::{Draft, Mode, Project};
use crate::error::{Error, MANIFEST};
use crate::files::Drafts;
use crate::manifest::{Anchor, Edit, Format, Manifest, Op, Text};
use crate::render::{Renderer, Scope};

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    /// The file has no such place. Whole sentences, what to do included.
    #[error("{0}")]
    Place(String),
    /// What the edit brings cannot be read. No sentence yet: where it stands comes first.
    #[error("{0}")]
    Content(String),
}

impl Problem {
    fn place(message: impl Into<String>) -> Self {
        Problem::Place(message.into())
    }

    fn content(message: impl Into<String>) -> Self {
        Problem::Content(message.into())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::After => "after",
            Side::Before => "before",
        })
    }
}

pub(crate) fn run(
    manifest: &Manifest,
    project: &dyn Project,
    renderer: &Renderer<'_>,
    scope: &Scope,
    drafts: Drafts,
) -> Result<Drafts, Error> {
    let mut editor = Editor {
        package: &manifest.name,
        project,
        renderer,
        drafts,
        behind: BTreeMap::new(),
    };
    for edit in &manifest.edits {
        for scope in renderer.rounds(edit.each.as_ref(), edit.when.as_ref(), scope)? {
            editor.edit(edit, &scope)?;
        }
    }
    Ok(editor.drafts)
}

struct Editor<'a> {
    package: &'a str,
    project: &'a dyn Project,
    renderer: &'a Renderer<'a>,
    drafts: Drafts,
    /// The texts of this run behind a marker of a file, so that the next one goes behind them.
    behind: BTreeMap<(String, String), Vec<String>>,
}

impl Editor<'_> {
    fn edit(&mut self, edit: &Edit, scope: &Scope) -> Result<(), Error> {
        let path = self.renderer.string(&edit.file, scope)?;
        let path = path.trim();
        let package = self.package;
        let missing = |message: String| Error::MissingPlace {
            line: edit.line,
            message: format!("{package} wants to change `{path}`: {message}"),
        };
        let mut draft = match self.find(path)? {
            Some(draft) => draft,
            None if edit.optional => return Ok(()),
            None if edit.create => Draft {
                contents: Vec::new(),
                mode: Mode::default(),
            },
            None => {
                return Err(missing(
                    "there is no such file. Either the generator that makes it is not in the project, or it makes it \
                     under another name."
                        .to_owned(),
                ));
            }
        };
        let text = std::str::from_utf8(&draft.contents)
            .map_err(|_| missing("it is not UTF-8 text.".to_owned()))?;
        // Edits are made in files with plain line ends, which get their own back.
        let has_cr = text.contains("\r\n");
        let source = if has_cr {
            text.replace("\r\n", "\n")
        } else {
            text.to_owned()
        };
        let result = self
            .apply(edit, path, &source, scope)?
            .map_err(|problem| match problem {
                Problem::Place(message) => missing(message),
                Problem::Content(message) => Error::Template {
                    place: format!("{MANIFEST}:{}", edit.line),
                    message: format!("The edit of `{path}` cannot be made: {message}."),
                },
            })?;
        if result != source {
            let result = if has_cr {
                result.replace('\n', "\r\n")
            } else {
                result
            };
            draft.contents = result.into_bytes();
            self.drafts.insert(path.to_owned(), draft);
        }
        Ok(())
    }

    /// A file as this run has made it so far, else as it stands in the project.
    fn find(&self, path: &str) -> Result<Option<Draft>, Error> {
        if let Some(draft) = self.drafts.get(path) {
            return Ok(Some(draft.clone()));
        }
        let Some(contents) = self.project.read(path)? else {
            return Ok(None);
        };
        // An edit leaves the file whose it is, and executable if it was.
        let mode = self.project.mode(path)?.unwrap_or_default();
        Ok(Some(Draft { contents, mode }))
    }

    fn apply(
        &mut self,
        edit: &Edit,
        path: &str,
        source: &str,
        scope: &Scope,
    ) -> Result<Result<String, Problem>, Error> {
        let text = |text: &Text| {
            if edit.verbatim {
                Ok(text.text.clone())
            } else {
                self.renderer.content(text, scope)
            }
        };
        let texts = |all: &[Text]| all.iter().map(text).collect::<Result<Vec<String>, Error>>();
        let place = |anchor: &Anchor| {
            Ok::<_, Error>(match anchor {
                Anchor::After(marker) => (Side::After, text(marker)?),
                Anchor::Before(marker) => (Side::Before, text(marker)?),
            })
        };
        Ok(match &edit.op {
            Op::PythonList {
                list,
                items,
                anchor,
            } => {
                let anchor = anchor.as_ref().map(place).transpose()?;
                let anchor = anchor
                    .as_ref()
                    .map(|(side, marker)| (*side, marker.as_str()));
                python::list(source, text(list)?.trim(), &texts(items)?, anchor)
            }
            Op::PythonImport { lines } => {
                python::import(source, &texts(lines)?, &|root| self.is_local(root))
            }
            Op::PythonAppend { lines } => python::append(source, &texts(lines)?.join("\n")),
            Op::Merge {
                format,
                merge,
                overwrite,
            } => {
                let merge = text(merge)?;
                match format {
                    Format::Toml => data::toml(source, &merge, *overwrite),
                    Format::Json => data::json(source, &merge, *overwrite),
                    Format::Yaml => data::yaml(source, &merge, *overwrite),
                }
            }
            Op::Lines { lines, under } => {
                let under = under.as_ref().map(text).transpose()?;
                lines::add(source, &texts(lines)?, under.as_deref())
            }
            Op::Insert {
                anchor,
                text: wanted,
            } => {
                let (side, marker) = place(anchor)?;
                let wanted = text(wanted)?;
                let behind = (side == Side::After).then(|| (path.to_owned(), marker.clone()));
                let earlier = behind.as_ref().and_then(|key| self.behind.get(key));
                let earlier = earlier.map_or(&[][..], Vec::as_slice);
                let added = insert::add(source, side, &marker, &wanted, earlier);
                if let Some(key) = behind {
                    self.behind.entry(key).or_default().push(wanted);
                }
                added
            }
        })
    }

    /// Whether a Python module is the project's own.
    fn is_local(&self, root: &str) -> bool {
        ["", "src/"].iter().any(|folder| {
            [
                format!("{folder}{root}/__init__.py"),
                format!("{folder}{root}.py"),
            ]
            .iter()
            .any(|path| {
                self.drafts.contains_key(path) || matches!(self.project.read(path), Ok(Some(_)))
            })
        })
    }
}

#[cfg(test)]
mod tests;
