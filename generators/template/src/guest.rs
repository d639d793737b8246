//! The engine as a component: the traits of this crate bound to the host.

use std::sync::Arc;

use scaffold_guest::files::Ownership;
use scaffold_guest::{Failure, Generator, Outcome, Question, Request};

use crate::engine::{self, Changes, Draft, Mode, Package, Project, World};
use crate::error::Error;

struct Host;

impl Package for Host {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(scaffold_guest::package::read(path)?)
    }

    fn paths(&self) -> Vec<String> {
        scaffold_guest::package::paths()
    }
}

impl Project for Host {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(scaffold_guest::project::read(path)?)
    }

    fn paths(&self, under: &str) -> Result<Vec<String>, Error> {
        Ok(scaffold_guest::project::paths(under)?)
    }

    fn mode(&self, path: &str) -> Result<Option<Mode>, Error> {
        let made = scaffold_guest::project::mode_of(path)?;
        Ok(made.map(|made| Mode {
            executable: made.executable,
            seed: made.ownership == Ownership::Seed,
        }))
    }
}

impl Changes for Host {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        let ownership = if draft.mode.seed {
            Ownership::Seed
        } else {
            Ownership::Managed
        };
        let mode = scaffold_guest::files::Mode {
            executable: draft.mode.executable,
            ownership,
        };
        Ok(scaffold_guest::files::write_as(
            path,
            &draft.contents,
            mode,
        )?)
    }
}

fn secret(name: &str, length: u32) -> Result<String, Error> {
    Ok(scaffold_guest::files::secret(name, length)?)
}

fn world() -> World<'static> {
    World {
        package: &Host,
        project: Arc::new(Host),
        secret,
    }
}

struct Template;

impl Generator for Template {
    fn questions(request: &Request) -> Result<Vec<Question>, Failure> {
        Ok(engine::questions(&world(), request)?)
    }

    fn generate(request: &Request) -> Result<Outcome, Failure> {
        Ok(engine::generate(&world(), request, &mut Host)?)
    }
}

scaffold_guest::export!(Template);
