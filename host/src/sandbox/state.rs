//! What a guest can reach: the five interfaces of the contract, each bounded, none of them writing anything.

mod project;

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Input, LogLine,
    bindings::scaffold::generator::{changes, log, package_files, types},
    limits::{Limit, Limits},
    meter::Meter,
};
use crate::{
    inputs::Reader,
    path::ProjectPath,
    secret::Placeholder,
    tree::{File, Ownership, Tree},
};

pub(super) use project::Unreadable;

/// What one run of a generator asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    /// Each path it named, with the file that shall stand there, or none where nothing shall stand.
    pub files: BTreeMap<ProjectPath, Option<File>>,
}

/// One call's worth of guest: what it was given, what it said, how much it used.
pub(super) struct State {
    input: Input,
    /// The user's own files, and what was told of them.
    pub(super) own: Reader,
    limits: Limits,
    pub(super) meter: Meter,
    pub(super) changes: ChangeSet,
    /// What stands if the guest ends now; copied with its first change.
    pub(super) tree: Arc<Tree>,
    pub(super) log: Vec<LogLine>,
    may_write: bool,
    calls: u64,
    read: usize,
    written: usize,
    logged: usize,
}

impl State {
    pub(super) fn new(input: Input, limits: &Limits, may_write: bool) -> Self {
        Self {
            own: Reader::new(input.own.clone()),
            tree: Arc::clone(&input.project),
            input,
            limits: limits.clone(),
            meter: Meter::new(limits.clone()),
            changes: ChangeSet::default(),
            log: Vec::new(),
            may_write,
            calls: 0,
            read: 0,
            written: 0,
            logged: 0,
        }
    }

    /// Ends the guest.
    fn passed<T>(&self, limit: Limit) -> wasmtime::Result<T> {
        Err(wasmtime::Error::new(self.limits.passed(limit)))
    }

    fn count_call(&mut self) -> wasmtime::Result<()> {
        self.calls += 1;
        if self.calls > self.limits.host_calls {
            return self.passed(Limit::HostCalls);
        }
        Ok(())
    }

    fn count_read(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.read = self.read.saturating_add(bytes);
        if self.read > self.limits.read {
            return self.passed(Limit::Read);
        }
        Ok(())
    }

    /// The path a change may name, if this generator may write there now.
    fn writable(&self, path: &str) -> Result<ProjectPath, types::Failure> {
        if !self.may_write {
            return Err(failure(
                "not-granted",
                "questions are answered without writing; write in `generate`",
                path,
            ));
        }
        let path =
            ProjectPath::parse(path).map_err(|e| failure("invalid-path", &e.to_string(), path))?;
        if !self.input.writes.allows(&path) {
            return Err(failure(
                "not-granted",
                "the package's manifest has no `writes` pattern for this path",
                path.as_str(),
            ));
        }
        Ok(path)
    }

    /// Takes a change, unless it cannot stand beside what is there.
    fn change(
        &mut self,
        path: ProjectPath,
        file: Option<File>,
    ) -> wasmtime::Result<Result<(), types::Failure>> {
        self.written = self
            .written
            .saturating_add(file.as_ref().map_or(0, |f| f.bytes.len()));
        if self.written > self.limits.output {
            return self.passed(Limit::Output);
        }
        let tree = Arc::make_mut(&mut self.tree);
        match &file {
            Some(file) => {
                if let Err(e) = tree.insert(path.clone(), file.clone()) {
                    return Ok(Err(failure("conflict", &e.to_string(), path.as_str())));
                }
            }
            None => drop(tree.remove(&path)),
        }
        self.changes.files.insert(path, file);
        if self.changes.files.len() as u64 > self.limits.files {
            return self.passed(Limit::Files);
        }
        Ok(Ok(()))
    }
}

fn failure(code: &str, message: &str, subject: &str) -> types::Failure {
    types::Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        subject: Some(subject.to_owned()),
    }
}

impl types::Host for State {}

impl package_files::Host for State {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, types::Failure>> {
        self.count_call()?;
        let package = Arc::clone(&self.input.package);
        let Some(entry) = package.files.get(&path) else {
            return Ok(Err(failure(
                "not-found",
                "the package has no such file",
                &path,
            )));
        };
        self.count_read(entry.bytes.len())?;
        Ok(Ok(entry.bytes.clone()))
    }

    fn paths(&mut self) -> wasmtime::Result<Vec<String>> {
        self.count_call()?;
        Ok(self.input.package.files.keys().cloned().collect())
    }
}

impl changes::Host for State {
    fn write(
        &mut self,
        path: String,
        contents: Vec<u8>,
        mode: types::Mode,
    ) -> wasmtime::Result<Result<(), types::Failure>> {
        self.count_call()?;
        let path = match self.writable(&path) {
            Ok(path) => path,
            Err(failure) => return Ok(Err(failure)),
        };
        let ownership = match mode.ownership {
            types::Ownership::Managed => Ownership::Managed,
            types::Ownership::Seed => Ownership::Seed,
        };
        self.change(
            path,
            Some(File {
                bytes: contents.into(),
                executable: mode.executable,
                ownership,
            }),
        )
    }

    fn remove(&mut self, path: String) -> wasmtime::Result<Result<(), types::Failure>> {
        self.count_call()?;
        match self.writable(&path) {
            Ok(path) => self.change(path, None),
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn secret(
        &mut self,
        name: String,
        length: u32,
    ) -> wasmtime::Result<Result<String, types::Failure>> {
        self.count_call()?;
        Ok(Placeholder::new(&name, length)
            .map(|placeholder| placeholder.to_string())
            .map_err(|e| failure("invalid-secret", &e.to_string(), &name)))
    }
}

impl log::Host for State {
    fn message(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        self.count_call()?;
        self.logged = self.logged.saturating_add(text.len());
        if self.logged > self.limits.log {
            return self.passed(Limit::Log);
        }
        let level = match level {
            log::Level::Debug => super::LogLevel::Debug,
            log::Level::Info => super::LogLevel::Info,
            log::Level::Warn => super::LogLevel::Warn,
        };
        self.log.push(LogLine { level, text });
        Ok(())
    }
}
