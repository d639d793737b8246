//! What the fuzzer runs on this crate, and what must hold whatever it comes up with. All of this runs inside the sandbox,
//! so what it finds is a package that does not work and never more.
//!
//! Compiled for tests, which run every function on its committed seeds, and with `--cfg fuzzing`; never into the
//! component. How to run the fuzzer: `tests/fuzz/README.md`.

use crate::manifest::Manifest;

/// The name of a target, which is that of its seeds and of its binary as well, and the target.
#[cfg(test)]
type Target = (&'static str, fn(&[u8]));

#[cfg(test)]
pub(crate) const TARGETS: &[Target] = &[("edits", edits), ("engine", engine)];

/// A structured edit of any file.
pub fn edits(data: &[u8]) {
    crate::edits::fuzz::edits(data);
}

/// The engine's part of a package's manifest.
pub fn engine(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Manifest::parse(text);
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/seeds.rs"]
mod seeds;
