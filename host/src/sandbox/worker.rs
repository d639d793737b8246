//! The child's side of compiling: this program, started to read wasm, write machine code, and nothing else.
//!
//! It first takes away what it does not need: memory and processor time beyond its limits, every further open file,
//! and writing to any. Then it reads the component, and compiles it. It ends at once when its input does, which is
//! when the parent is gone.
#![expect(
    clippy::disallowed_methods,
    reason = "its input and output are the parent's pipes, and it must end while its other threads compile"
)]

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    process::ExitCode,
    thread,
};

use super::{compiler, settings};

/// The first word of the command line, which is no subcommand and no flag.
pub(super) const WORD: &str = ":compile";

/// It does not compile, and the standard error says why.
pub(super) const REFUSED: u8 = 1;
/// There was no more memory.
pub(super) const OUT_OF_MEMORY: u8 = 3;

/// What the child may use.
pub(super) struct Means {
    /// Bytes of memory.
    pub memory: u64,
    /// Seconds of processor time, in sum over all threads.
    pub seconds: u64,
}

impl Means {
    pub(super) fn to_args(&self) -> [String; 3] {
        [
            WORD.to_owned(),
            self.memory.to_string(),
            self.seconds.to_string(),
        ]
    }

    fn from_args(args: &[OsString]) -> Option<Self> {
        let [_, word, memory, seconds] = args else {
            return None;
        };
        let number = |word: &OsStr| word.to_str()?.parse().ok();
        (word == WORD).then_some(Self {
            memory: number(memory)?,
            seconds: number(seconds)?,
        })
    }
}

/// Compiles for the parent, if that is what the program was started for.
pub fn compile_as_child(args: &[OsString]) -> Option<ExitCode> {
    let means = Means::from_args(args)?;
    Some(match compile(&means) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.is::<wasmtime::OutOfMemory>() => ExitCode::from(OUT_OF_MEMORY),
        Err(e) => {
            let _ = write!(io::stderr(), "{e:#}");
            ExitCode::from(REFUSED)
        }
    })
}

fn compile(means: &Means) -> wasmtime::Result<()> {
    give_up(means)?;
    let mut length = [0; 8];
    io::stdin().read_exact(&mut length)?;
    let mut wasm = Vec::new();
    let length = u64::from_le_bytes(length);
    io::stdin().take(length).read_to_end(&mut wasm)?;
    end_with_parent()?;
    let code = compiler::compile(&settings::engine(1)?, &wasm)?;
    io::stdout().write_all(&code)?;
    Ok(io::stdout().flush()?)
}

/// The parent holds its end of the pipe until it has what it wants.
fn end_with_parent() -> io::Result<()> {
    let watch = || {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(i32::from(REFUSED));
    };
    thread::Builder::new().spawn(watch).map(drop)
}

#[cfg(not(unix))]
fn give_up(_: &Means) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn give_up(means: &Means) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // Linux counts here what is really there to be written. Elsewhere all address space counts, or (macOS) nothing.
    #[cfg(any(target_os = "linux", target_os = "openbsd"))]
    const MEMORY: Resource = Resource::Data;
    #[cfg(not(any(target_os = "linux", target_os = "openbsd")))]
    const MEMORY: Resource = Resource::As;

    for (resource, most) in [
        (MEMORY, means.memory),
        (Resource::Cpu, means.seconds),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Input, output, errors: no file and no connection can be opened any more.
        (Resource::Nofile, 3),
    ] {
        // The user may have set a lower one.
        let most = Some(getrlimit(resource).maximum.map_or(most, |at| at.min(most)));
        let both = Rlimit {
            current: most,
            maximum: most,
        };
        setrlimit(resource, both)?;
    }
    Ok(())
}
