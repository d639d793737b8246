//! The engine as a component: the traits of this crate bound to the host.

use scaffold_guest::files::{Mode, Ownership};
use scaffold_guest::{Failure, Generator, Outcome, Question, Request};

use crate::engine::{self, Changes, Draft, Package, Project, World};
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
}

impl Changes for Host {
    fn write(&mut self, path: &str, draft: &Draft) -> Result<(), Error> {
        let ownership = if draft.seed {
            Ownership::Seed
        } else {
            Ownership::Managed
        };
        let mode = Mode {
            executable: draft.executable,
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

const WORLD: World<'static> = World {
    package: &Host,
    project: &Host,
    secret,
};

struct Template;

impl Generator for Template {
    fn questions(request: &Request) -> Result<Vec<Question>, Failure> {
        Ok(engine::questions(&WORLD, request)?)
    }

    fn generate(request: &Request) -> Result<Outcome, Failure> {
        Ok(engine::generate(&WORLD, request, &mut Host)?)
    }
}

scaffold_guest::export!(Template);
