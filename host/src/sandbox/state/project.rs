//! What stands in the project: generated files, and files of the user's own.

use std::sync::Arc;

use super::{
    super::{
        bindings::scaffold::generator::{project_files, types},
        limits::Limit,
    },
    State, failure,
};
use crate::{inputs::InputError, path::ProjectPath, tree::Ownership};

/// Carries the reason through the guest's trap.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(in crate::sandbox) struct Unreadable(pub(in crate::sandbox) Arc<InputError>);

fn unreadable(error: InputError) -> wasmtime::Error {
    wasmtime::Error::new(Unreadable(Arc::new(error)))
}

impl State {
    fn count_own(&self) -> wasmtime::Result<()> {
        if self.own.count() as u64 > self.limits.inputs {
            return self.passed(Limit::Inputs);
        }
        Ok(())
    }
}

impl project_files::Host for State {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Option<Vec<u8>>, types::Failure>> {
        self.count_call()?;
        let path = match ProjectPath::parse(&path) {
            Ok(path) => path,
            Err(e) => return Ok(Err(failure("invalid-path", &e.to_string(), &path))),
        };
        let made = self.input.project.get(&path);
        let bytes = match made.map(|file| Arc::clone(&file.bytes)) {
            // A spelling of a generated file that some systems take for the file itself is no file of the user's.
            None if self.input.project.holds(&path) => None,
            None => self.own.read(&path).map_err(unreadable)?,
            made => made,
        };
        let Some(bytes) = bytes else {
            return Ok(Ok(None));
        };
        self.count_own()?;
        self.count_read(bytes.len())?;
        Ok(Ok(Some(bytes.to_vec())))
    }

    fn paths(&mut self, under: String) -> wasmtime::Result<Result<Vec<String>, types::Failure>> {
        self.count_call()?;
        let folder = match under.as_str() {
            "" => String::new(),
            under => match ProjectPath::parse(under) {
                Ok(path) => format!("{path}/"),
                Err(e) => return Ok(Err(failure("invalid-path", &e.to_string(), under))),
            },
        };
        let project = &self.input.project;
        let own = self
            .own
            .list(|path| path.as_str().starts_with(&folder) && !project.holds(path));
        let own = own.map_err(unreadable)?;
        self.count_own()?;
        let made = self.input.project.iter().map(|(path, _)| path);
        let made = made.filter(|path| path.as_str().starts_with(&folder));
        let mut paths: Vec<String> = made.chain(&own).map(ToString::to_string).collect();
        paths.sort_unstable();
        Ok(Ok(paths))
    }

    fn mode_of(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Option<types::Mode>, types::Failure>> {
        self.count_call()?;
        let path = match ProjectPath::parse(&path) {
            Ok(path) => path,
            Err(e) => return Ok(Err(failure("invalid-path", &e.to_string(), &path))),
        };
        let made = self.input.project.get(&path);
        Ok(Ok(made.map(|file| types::Mode {
            executable: file.executable,
            ownership: match file.ownership {
                Ownership::Managed => types::Ownership::Managed,
                Ownership::Seed => types::Ownership::Seed,
            },
        })))
    }
}
