//! Machine code on its way from the compiler to the engine. Loading it runs it, so this is the one place of the program
//! where something is believed.

use wasmtime::{Engine, component::Component};

/// Machine code that this program's own compiler wrote for this user. There are two ways to have one, and both are in
/// this folder: `compiler`, which has just read it from the compiler, and `compiled`, which has read it from the cache
/// and checked its MAC.
pub(super) struct Code(Vec<u8>);

impl Code {
    /// The caller vouches for the bytes: see [`Code`].
    pub(super) fn vouched(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code ready to run.
    ///
    /// # Errors
    /// It is for another version of wasmtime, or for other settings.
    #[allow(unsafe_code)]
    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` trusts its input to be what `serialize` gave, by this version of wasmtime with these
        // settings; it checks version and settings itself. The bytes are those in memory here, not a file that could
        // change. Where they come from:
        // - The compiler in a child process. The child is this very program (on Linux the file that is running, even if
        //   another was put in its place since), started by us; its output is a pipe that nobody else holds, read until
        //   the child has ended well. Wasm that subverted the compiler could have it write any code. It could have done
        //   the same to a compiler in this process, so nothing is given away; the child only has less to work with.
        // - The cache. A MAC over these bytes and over the name of their file, which is a digest of the component, of
        //   the version and of the settings, says that this user's own process wrote them for just this use. The key
        //   can be read by this user alone, who could run any code anyway.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}
