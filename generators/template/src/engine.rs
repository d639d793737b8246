//! The two functions of a generator, over any package.

use std::sync::Arc;

use scaffold_guest::{Outcome, Question, Request, Step};

use crate::edits;
use crate::error::{Error, MANIFEST};
use crate::files::{self, Maker};
use crate::manifest::Manifest;
use crate::questions::{self, Stage};
use crate::render::{Renderer, Secret};

/// The files of the package that is run.
pub trait Package {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error>;
    /// Sorted by bytes.
    fn paths(&self) -> Vec<String>;
}

/// What stands in the project before this run.
pub trait Project {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error>;
    /// The path of every file below a folder (empty: the project), sorted by bytes.
    fn paths(&self, under: &str) -> Result<Vec<String>, Error>;
    /// How a generator made the file; none for the user's own and for what is not there.
    fn mode(&self, path: &str) -> Result<Option<Mode>, Error>;
}

/// Where the files go.
pub trait Changes {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error>;
}

/// What is said of a file besides its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mode {
    pub executable: bool,
    pub seed: bool,
}

/// A file as it shall stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub contents: Vec<u8>,
    pub mode: Mode,
}

/// Everything a run can reach.
#[derive(Clone)]
pub struct World<'a> {
    pub package: &'a dyn Package,
    /// Shared with the functions of templates.
    pub project: Arc<dyn Project + Send + Sync>,
    /// The host's placeholder for a secret; templates call it as `secret(name, length)`.
    pub secret: Secret,
}

fn manifest(package: &dyn Package) -> Result<Manifest, Error> {
    let text = String::from_utf8(package.read(MANIFEST)?)
        .map_err(|_| Error::manifest(1, "The manifest is not UTF-8 text."))?;
    Manifest::parse(&text)
}

/// Questions need no partials: no string of the manifest that they use can include one.
pub fn questions(world: &World<'_>, request: &Request) -> Result<Vec<Question>, Error> {
    let manifest = manifest(world.package)?;
    let renderer = Renderer::new(&manifest, questions::known_names(&manifest), &[], world)?;
    Ok(questions::resolve(&manifest, &renderer, request, Stage::Asking)?.questions)
}

/// Writes nothing unless everything could be worked out.
pub fn generate(
    world: &World<'_>,
    request: &Request,
    changes: &mut dyn Changes,
) -> Result<Outcome, Error> {
    let manifest = manifest(world.package)?;
    let paths = world.package.paths();
    let partials = files::partials(&manifest, world.package, &paths)?;
    let renderer = Renderer::new(
        &manifest,
        questions::known_names(&manifest),
        &partials,
        world,
    )?;
    let scope = questions::resolve(&manifest, &renderer, request, Stage::Answered)?.scope;
    let mut maker = Maker {
        manifest: &manifest,
        package: world.package,
        project: &*world.project,
        renderer: &renderer,
        scope: &scope,
        drafts: Default::default(),
        sources: Default::default(),
    };
    maker.run(&paths)?;
    let drafts = edits::run(&manifest, &*world.project, &renderer, &scope, maker.drafts)?;

    let mut outcome = Outcome::new();
    for step in &manifest.steps {
        if renderer.holds(step.when.as_ref(), &scope)? {
            let why = renderer.string(&step.why, &scope)?;
            outcome.steps.push(Step {
                why,
                command: renderer.string(&step.command, &scope)?,
            });
        }
    }
    for note in &manifest.notes {
        if renderer.holds(note.when.as_ref(), &scope)? {
            outcome
                .notes
                .push(renderer.string(&note.text, &scope)?.trim().to_owned());
        }
    }
    for (path, draft) in &drafts {
        changes.write(path, draft)?;
    }
    Ok(outcome)
}
