//! Runs a generator that nobody has to trust.
//!
//! Decides what a component may do (its imports, read before it is compiled), how much it may use ([`Limits`]),
//! and hands back what it asked for as data. No WASI is linked: no clock, no network, no environment, no process,
//! no file of the machine. It must never write a project or print.

mod amount;
mod bindings;
mod code;
mod compiled;
mod compiler;
mod convert;
mod deadline;
mod imports;
mod limits;
mod meter;
mod settings;
mod state;
mod trap;
mod worker;

use std::{panic, path::Path, sync::Arc, thread};

pub use amount::Amount;
pub use compiler::Compiler;
pub use imports::{Ability, Refusal, abilities, import_names};
pub use limits::{Limit, LimitPassed, Limits};
use scaffold_registry::{Digest, Package, PackageName};
pub use state::ChangeSet;
use wasmtime::{
    Engine, Store,
    component::{Component, HasSelf, Linker},
};
pub use worker::compile_as_child;

use self::{
    bindings::GeneratorPre, code::Code, compiled::CompiledCache, deadline::Deadline, state::State,
};
use crate::{
    grants::Patterns,
    inputs::{Blobs, InputError, Inputs, Source},
    question::{Answers, Question},
    tree::Tree,
};

/// What a guest is told and can read in one call.
#[derive(Clone)]
pub struct Input {
    pub request: Request,
    /// The files of the package whose data is run.
    pub package: Arc<Package>,
    /// What generators made before this one.
    pub project: Arc<Tree>,
    /// The user's own files.
    pub own: Source,
    /// Where it may write.
    pub writes: Arc<Patterns>,
}

#[derive(Debug, Clone)]
pub struct Request {
    pub project_name: String,
    pub instance: String,
    pub answers: Answers,
    pub applied: Vec<Applied>,
}

/// A generator that ran before this one.
#[derive(Debug, Clone)]
pub struct Applied {
    pub package: PackageName,
    pub instance: String,
    pub version: semver::Version,
    pub answers: Answers,
}

/// Suggested to the user, never run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub why: String,
    pub command: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub steps: Vec<Step>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
}

impl Outcome {
    fn words(&self) -> impl Iterator<Item = &str> {
        let steps = self.steps.iter().flat_map(|s| [&*s.why, &*s.command]);
        steps.chain(self.notes.iter().map(String::as_str))
    }
}

/// Something the guest said. Not yet cleaned for a terminal.
#[derive(Debug, Clone)]
pub struct LogLine {
    pub level: LogLevel,
    pub text: String,
}

/// What `generate` gave.
#[derive(Debug)]
pub struct Generated {
    pub changes: ChangeSet,
    /// What stands after these changes.
    pub tree: Arc<Tree>,
    pub outcome: Outcome,
    pub log: Vec<LogLine>,
    /// What it was told of the user's own files, and their contents.
    pub inputs: Inputs,
    pub blobs: Blobs,
}

/// A failure the guest reported itself. Not yet cleaned for a terminal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub subject: Option<String>,
}

impl Failure {
    fn words(&self) -> impl Iterator<Item = &str> {
        [&*self.code, &*self.message]
            .into_iter()
            .chain(self.subject.as_deref())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("`{package}` cannot run here: {source}")]
    Refused { package: String, source: Refusal },
    #[error("`{package}` cannot run here: {reason}")]
    Unusable { package: String, reason: String },
    #[error("`{package}` was stopped: {source}")]
    Limit {
        package: String,
        source: LimitPassed,
    },
    #[error("`{package}` cannot read your files: {source}")]
    Input {
        package: String,
        source: Arc<InputError>,
    },
    #[error("`{package}` crashed: {reason}")]
    Crashed { package: String, reason: String },
    #[error("`{package}` failed: {}", place(.source))]
    Failed { package: String, source: Failure },
}

fn place(failure: &Failure) -> String {
    let message = &failure.message;
    // Many a package begins its words with the place already.
    let names = |subject: &String| {
        let rest = message.strip_prefix(subject.as_str());
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    match &failure.subject {
        Some(subject) if !names(subject) => format!("{subject}: {message}"),
        _ => message.clone(),
    }
}

/// The engine with its settings, the compiler, and the user's cache of compiled components.
pub struct Sandbox {
    engine: Engine,
    limits: Limits,
    compiler: Compiler,
    cache: Option<CompiledCache>,
}

impl Sandbox {
    /// `cache` is the user's cache folder; without one each run compiles anew.
    ///
    /// # Errors
    /// This machine cannot run WebAssembly as it is configured.
    pub fn new(
        limits: Limits,
        compiler: Compiler,
        cache: Option<&Path>,
    ) -> Result<Self, SandboxError> {
        let engine = settings::engine(limits.stack).map_err(|e| SandboxError::Unusable {
            package: "wasmtime".into(),
            reason: e.to_string(),
        })?;
        let cache = cache.and_then(|root| CompiledCache::open(root, limits.machine_code));
        Ok(Self {
            engine,
            limits,
            compiler,
            cache,
        })
    }

    /// A generator ready to run: from the compiled cache, or else compiled from `wasm`. `identity` is the digest
    /// of something that holds these very bytes (the package), so that a warm run need not unpack them.
    ///
    /// # Errors
    /// The bytes are no component, want something outside the contract, do not compile, or not within the limits.
    pub fn load<E: From<SandboxError>>(
        &self,
        package: &str,
        identity: &Digest,
        wasm: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Generator, E> {
        let cached = |cache: &CompiledCache| cache.load(&self.engine, identity);
        let component = match self.cache.as_ref().and_then(cached) {
            Some(component) => component,
            None => {
                let code = self.compile(package, &wasm()?)?;
                let component = code.load(&self.engine).map_err(|e| unusable(package, &e))?;
                if let Some(cache) = &self.cache {
                    cache.keep(&self.engine, identity, &code);
                }
                component
            }
        };
        Ok(self.link(package, &component)?)
    }

    fn compile(&self, package: &str, wasm: &[u8]) -> Result<Code, SandboxError> {
        if wasm.len() > self.limits.component {
            return Err(SandboxError::Limit {
                package: package.to_owned(),
                source: self.limits.passed(Limit::Component),
            });
        }
        abilities(wasm).map_err(|source| SandboxError::Refused {
            package: package.to_owned(),
            source,
        })?;
        self.compiler
            .compile(&self.engine, &self.limits, package, wasm)
    }

    fn link(&self, package: &str, component: &Component) -> Result<Generator, SandboxError> {
        let unusable = |e: wasmtime::Error| unusable(package, &e);
        let mut linker = Linker::new(&self.engine);
        bindings::Generator::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)
            .map_err(unusable)?;
        let pre = linker.instantiate_pre(component).map_err(unusable)?;
        let pre = GeneratorPre::new(pre).map_err(|e| SandboxError::Unusable {
            package: package.to_owned(),
            reason: format!("it is no generator: {e:#}"),
        })?;
        Ok(Generator {
            package: package.to_owned(),
            limits: self.limits.clone(),
            pre: Arc::new(pre),
        })
    }
}

fn unusable(package: &str, e: &wasmtime::Error) -> SandboxError {
    SandboxError::Unusable {
        package: package.to_owned(),
        reason: format!("{e:#}"),
    }
}

/// What the host's own functions need of the stack they share with the guest that calls them.
const HOST_STACK: usize = 1024 * 1024;

/// A loaded generator. Each call runs in a store of its own.
#[derive(Clone)]
pub struct Generator {
    package: String,
    limits: Limits,
    pre: Arc<GeneratorPre<State>>,
}

impl Generator {
    /// The same component, running another package's data: errors name that package.
    pub fn named(&self, package: &str) -> Self {
        Self {
            package: package.to_owned(),
            ..self.clone()
        }
    }

    /// All questions, given the answers so far.
    ///
    /// # Errors
    /// The guest refused an answer ([`SandboxError::Failed`] with the question as subject), crashed, or passed a
    /// limit.
    pub fn questions(&self, input: Input) -> Result<Vec<Question>, SandboxError> {
        let request = (&input.request).into();
        let (questions, _) = self.call(input, false, |generator, store| {
            generator.call_questions(store, &request)
        })?;
        if questions.len() as u64 > self.limits.questions {
            return Err(self.stopped(Limit::Questions));
        }
        Ok(questions.into_iter().map(Into::into).collect())
    }

    /// What the generator wants to stand in the project.
    ///
    /// # Errors
    /// The guest failed, crashed, or passed a limit.
    pub fn generate(&self, input: Input) -> Result<Generated, SandboxError> {
        let request = (&input.request).into();
        let (outcome, state) = self.call(input, true, |generator, store| {
            generator.call_generate(store, &request)
        })?;
        let outcome = Outcome::from(outcome);
        self.bound(outcome.words())?;
        let (inputs, blobs) = state.own.finish();
        Ok(Generated {
            changes: state.changes,
            tree: state.tree,
            outcome,
            log: state.log,
            inputs,
            blobs,
        })
    }

    /// What a call ends with is shown to a person, and so may be no longer than a log.
    fn bound<'a>(&self, words: impl Iterator<Item = &'a str>) -> Result<(), SandboxError> {
        // One more each, or a million empty notes would be nothing.
        let bytes: usize = words.map(|text| text.len().saturating_add(1)).sum();
        if bytes > self.limits.log {
            return Err(self.stopped(Limit::Log));
        }
        Ok(())
    }

    fn stopped(&self, limit: Limit) -> SandboxError {
        SandboxError::Limit {
            package: self.package.clone(),
            source: self.limits.passed(limit),
        }
    }

    fn call<T: Send>(
        &self,
        input: Input,
        may_write: bool,
        run: impl FnOnce(
            &bindings::Generator,
            &mut Store<State>,
        )
            -> wasmtime::Result<Result<T, bindings::scaffold::generator::types::Failure>>
        + Send,
    ) -> Result<(T, State), SandboxError> {
        let engine = self.pre.engine();
        let mut store = Store::new(engine, State::new(input, &self.limits, may_write));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(self.limits.call_bytes);
        store.set_epoch_deadline(1);
        let work = || {
            store.set_fuel(self.limits.fuel)?;
            let _deadline = Deadline::start(engine, self.limits.time);
            let generator = self.pre.instantiate(&mut store)?;
            run(&generator, &mut store)
        };
        // A stack as large as the limit says, whatever the stack of this thread is.
        let stack = self.limits.stack.saturating_add(HOST_STACK);
        let result = thread::scope(|scope| {
            let guest = thread::Builder::new().stack_size(stack);
            let guest = guest.spawn_scoped(scope, work)?;
            guest.join().unwrap_or_else(|e| panic::resume_unwind(e))
        });
        let state = store.into_data();
        match result {
            Ok(Ok(value)) => Ok((value, state)),
            Ok(Err(failure)) => {
                let source = Failure::from(failure);
                self.bound(source.words())?;
                Err(SandboxError::Failed {
                    package: self.package.clone(),
                    source,
                })
            }
            Err(trap) => Err(self.explain(&trap, &state)),
        }
    }
}
