//! Which files a package makes: rules, loops, conditions and paths that are templates.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::engine::{Draft, Mode, Package, Project};
use crate::error::Error;
use crate::glob;
use crate::manifest::{Each, FileRule, Manifest, Text};
use crate::render::{Partial, Renderer, Scope};

/// The files of the run so far, by their path in the project.
pub(crate) type Drafts = BTreeMap<String, Draft>;

/// The files that templates include, import or extend.
pub(crate) fn partials(
    manifest: &Manifest,
    package: &dyn Package,
    paths: &[String],
) -> Result<Vec<Partial>, Error> {
    let folder = &manifest.settings.includes;
    paths
        .iter()
        .filter_map(|path| Some((path, below(folder, path)?)))
        .map(|(path, name)| {
            let name = name
                .strip_suffix(&manifest.settings.suffix)
                .unwrap_or(name)
                .to_owned();
            let text = text(path, package.read(path)?)?;
            Ok(Partial {
                name,
                path: path.clone(),
                text,
            })
        })
        .collect()
}

fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(folder)?
        .strip_prefix('/')
        .filter(|_| !folder.is_empty())
}

fn text(path: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::Template {
            place: format!("{path}:{line}"),
            message: "This template is not UTF-8 text. Save it as UTF-8, or drop the suffix so that it is copied.".into(),
        }
    })
}

/// What the rules say about one file: of each kind, the first rule that matches and says it.
#[derive(Default)]
struct Fate<'a> {
    when: Option<&'a Text>,
    verbatim: bool,
    each: Option<&'a Each>,
    executable: bool,
    seed: bool,
    new: bool,
    to: Option<&'a Text>,
}

impl<'a> Fate<'a> {
    fn of(rules: &'a [FileRule], path: &str) -> Self {
        let matching: Vec<&FileRule> = rules
            .iter()
            .filter(|rule| glob::matches(&rule.pattern, path))
            .collect();
        Fate {
            when: matching.iter().find_map(|rule| rule.when.as_ref()),
            verbatim: matching
                .iter()
                .find_map(|rule| rule.verbatim)
                .unwrap_or(false),
            each: matching.iter().find_map(|rule| rule.each.as_ref()),
            executable: matching
                .iter()
                .find_map(|rule| rule.executable)
                .unwrap_or(false),
            seed: matching.iter().find_map(|rule| rule.seed).unwrap_or(false),
            new: matching.iter().find_map(|rule| rule.new).unwrap_or(false),
            to: matching.iter().find_map(|rule| rule.to.as_ref()),
        }
    }
}

pub(crate) struct Maker<'a> {
    pub manifest: &'a Manifest,
    pub package: &'a dyn Package,
    pub project: &'a dyn Project,
    pub renderer: &'a Renderer<'a>,
    pub scope: &'a Scope,
    pub drafts: Drafts,
    /// Which file of the package made which of the project, for errors.
    pub sources: BTreeMap<String, String>,
}

impl Maker<'_> {
    pub(crate) fn run(&mut self, paths: &[String]) -> Result<(), Error> {
        let settings = &self.manifest.settings;
        for path in paths {
            if below(&settings.includes, path).is_some() {
                continue;
            }
            if let Some(relative) = below(&settings.root, path) {
                self.source(path, relative)?;
            }
        }
        Ok(())
    }

    /// One file of the package: made never, once, or once for each item of a list.
    fn source(&mut self, path: &str, relative: &str) -> Result<(), Error> {
        let fate = Fate::of(&self.manifest.files, relative);
        for scope in self.renderer.rounds(fate.each, fate.when, self.scope)? {
            self.make(path, relative, &fate, &scope)?;
        }
        Ok(())
    }

    fn make(
        &mut self,
        path: &str,
        relative: &str,
        fate: &Fate<'_>,
        scope: &Scope,
    ) -> Result<(), Error> {
        let suffix = self.manifest.settings.suffix.as_str();
        let bare = relative
            .strip_suffix(suffix)
            .filter(|bare| !suffix.is_empty() && !bare.ends_with('/'));
        let template = bare.filter(|_| !fate.verbatim);
        let target = match fate.to {
            Some(to) => self.renderer.string(to, scope)?.trim().to_owned(),
            None => match self.target(path, template.unwrap_or(relative), scope)? {
                Some(target) => target,
                None => return Ok(()),
            },
        };
        if target.is_empty() {
            return Ok(());
        }
        if fate.new && self.project.mode(&target)?.is_some() {
            return Err(Error::Conflict {
                path: target,
                message: "Another generator made this file already; give an answer that leads to another path.".into(),
            });
        }
        let bytes = self.package.read(path)?;
        let contents = match template {
            Some(_) => self
                .renderer
                .file(path, &text(path, bytes)?, scope)?
                .into_bytes(),
            None => bytes,
        };
        match self.sources.entry(target.clone()) {
            Entry::Occupied(other) => {
                let message = if other.get() == path {
                    format!(
                        "{path} makes `{target}` more than once; let its path use the name of the loop."
                    )
                } else {
                    format!(
                        "{} and {path} both make `{target}`; give one of them a `when`.",
                        other.get()
                    )
                };
                return Err(Error::Conflict {
                    path: target,
                    message,
                });
            }
            Entry::Vacant(free) => free.insert(path.to_owned()),
        };
        self.drafts.insert(
            target,
            Draft {
                contents,
                mode: Mode {
                    executable: fate.executable,
                    seed: fate.seed,
                },
            },
        );
        Ok(())
    }

    /// The path in the project; none if a component renders to nothing.
    fn target(&self, path: &str, relative: &str, scope: &Scope) -> Result<Option<String>, Error> {
        if !relative.contains('{') {
            return Ok(Some(relative.to_owned()));
        }
        let mut target = String::new();
        for component in relative.split('/') {
            let name = self.renderer.component(component, path, scope)?;
            let name = name.trim();
            if name.is_empty() {
                return Ok(None);
            }
            if !target.is_empty() {
                target.push('/');
            }
            target.push_str(name);
        }
        Ok(Some(target))
    }
}

#[cfg(test)]
mod tests;
