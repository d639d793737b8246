//! Compiling what a stranger wrote. No compiler bounds what its input costs it, so it works in a child process that has
//! limits of its own and can be killed.

use std::{
    env,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use wasmtime::{CodeBuilder, Engine};

use super::{
    Limit, Limits, SandboxError,
    code::Code,
    worker::{Means, OUT_OF_MEMORY, REFUSED},
};

/// Where components are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In a child process: a program that begins with [`compile_as_child`](super::compile_as_child), as `scaffold` does.
    Child(PathBuf),
    /// In this process, however long it takes and whatever it costs: for components one made oneself.
    Here,
}

/// More threads than this gain little, and each takes memory.
const MOST_THREADS: usize = 8;

/// What the child may say when it fails.
const MOST_WORDS: u64 = 4096;

/// How Rust's runtime begins its last words when there is no more memory.
const ALLOCATION_FAILED: &str = "memory allocation of ";

/// Wasm to machine code, in this process. Takes wasm alone, no text, and never machine code.
pub(super) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Vec<u8>> {
    CodeBuilder::new(engine)
        .wasm_binary(wasm, None)?
        .compile_component_serialized()
}

impl Compiler {
    /// A child process of this program.
    ///
    /// # Errors
    /// The system does not say which program this is.
    pub fn child() -> io::Result<Self> {
        // The file that is running, even if an update has put another in its place.
        let running = Path::new("/proc/self/exe");
        if cfg!(target_os = "linux") && running.exists() {
            return Ok(Self::Child(running.to_owned()));
        }
        env::current_exe().map(Self::Child)
    }

    pub(super) fn compile(
        &self,
        engine: &Engine,
        limits: &Limits,
        package: &str,
        wasm: &[u8],
    ) -> Result<Code, SandboxError> {
        let unusable = |reason: String| SandboxError::Unusable {
            package: package.to_owned(),
            reason,
        };
        match self {
            Self::Here => {
                compile(engine, wasm).map_err(|e| unusable(format!("it does not compile: {e:#}")))
            }
            Self::Child(program) => {
                let job = Job::start(program, limits)
                    .map_err(|e| unusable(format!("the compiler does not start: {e}")))?;
                job.run(limits, wasm).map_err(|stop| match stop {
                    Stop::Limit(limit) => SandboxError::Limit {
                        package: package.to_owned(),
                        source: limits.passed(limit),
                    },
                    Stop::Failed(reason) => unusable(reason),
                })
            }
        }
        .map(Code::vouched)
    }
}

/// Why there is no machine code.
enum Stop {
    Limit(Limit),
    Failed(String),
}

/// A child at work. Dropped, it is killed and waited for, so that none outlives what asked for it.
struct Job {
    child: Child,
    deadline: Option<Instant>,
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Job {
    fn start(program: &Path, limits: &Limits) -> io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
        let seconds = limits.compile_time.as_secs().saturating_add(1);
        let means = Means {
            memory: limits.compile_memory as u64,
            // The deadline comes first; this is for a child that nobody waits for any more.
            seconds: seconds.saturating_mul(threads as u64),
        };
        let mut command = new_command(program);
        command
            .args(means.to_args())
            .env_clear()
            .env("RAYON_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if cfg!(unix) {
            command.current_dir("/");
        }
        // Without it Windows gives no random numbers, which every hash table asks for.
        command.envs(env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        Ok(Self {
            child: command.spawn()?,
            deadline: Instant::now().checked_add(limits.compile_time),
        })
    }

    fn run(mut self, limits: &Limits, wasm: &[u8]) -> Result<Vec<u8>, Stop> {
        let pipes = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Stop::Failed("the compiler has no pipes".to_owned()));
        };
        let most = limits.machine_code as u64;
        // The threads end when the child does, and it ends with `self`, which is dropped inside.
        thread::scope(|scope| {
            let (send, code) = mpsc::channel();
            // Its end of the pipe is held until the child has ended.
            let fed = scope.spawn(move || feed(stdin, wasm));
            scope.spawn(move || send.send(read(stdout, most.saturating_add(1))));
            let said = scope.spawn(move || read(stderr, MOST_WORDS));
            let code = match code.recv_timeout(self.left()) {
                Ok(code) => code,
                Err(_) => return Err(Stop::Limit(Limit::CompileTime)),
            };
            if code.len() as u64 > most {
                return Err(Stop::Limit(Limit::MachineCode));
            }
            let status = self.wait().ok_or(Stop::Limit(Limit::CompileTime))?;
            drop(fed.join());
            let said = said.join().unwrap_or_default();
            match ended(status, &String::from_utf8_lossy(&said)) {
                None => Ok(code),
                Some(stop) => Err(stop),
            }
        })
    }

    fn left(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        })
    }

    /// How the child ended, which it is about to: it has closed its output. None if it does not.
    fn wait(&mut self) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if !self.left().is_zero() => thread::sleep(Duration::from_micros(200)),
                _ => return None,
            }
        }
    }
}

/// What is wrong with how it ended.
fn ended(status: ExitStatus, said: &str) -> Option<Stop> {
    #[cfg(unix)]
    let out_of_time = {
        use std::os::unix::process::ExitStatusExt;
        status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
    };
    #[cfg(not(unix))]
    let out_of_time = false;
    let code = status.code();
    if code == Some(0) {
        None
    } else if code == Some(i32::from(REFUSED)) {
        Some(Stop::Failed(format!("it does not compile: {said}")))
    } else if code == Some(i32::from(OUT_OF_MEMORY)) || said.contains(ALLOCATION_FAILED) {
        Some(Stop::Limit(Limit::CompileMemory))
    } else if out_of_time {
        Some(Stop::Limit(Limit::CompileTime))
    } else {
        let first = said.lines().find(|line| !line.trim().is_empty());
        let said = first.map_or_else(String::new, |line| format!(": {line}"));
        Some(Stop::Failed(format!(
            "the compiler failed on it ({status}){said}"
        )))
    }
}

/// How long it is, then all of it. A child that ends early says why on its own.
fn feed(mut stdin: ChildStdin, wasm: &[u8]) -> ChildStdin {
    let length = (wasm.len() as u64).to_le_bytes();
    let _ = stdin
        .write_all(&length)
        .and_then(|()| stdin.write_all(wasm));
    stdin
}

/// Up to so many bytes; the child meets a closed pipe if it goes on.
fn read(from: impl Read, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = from.take(most).read_to_end(&mut bytes);
    bytes
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only program that is started: this one, to compile"
)]
fn new_command(program: &Path) -> Command {
    Command::new(program)
}
