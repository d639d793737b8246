//! What the fuzzer runs on this crate, and what must hold whatever it comes up with. All of this runs inside the sandbox,
//! so what it finds is a package that does not work and never more.
//!
//! Compiled for tests, which run every function on its committed seeds, and with `--cfg fuzzing`; never into the
//! component. How to run the fuzzer: `tests/fuzz/README.md`.

use crate::manifest::Manifest;

/// Every target by its name, which is that of its seeds and of its binary as well.
#[cfg(test)]
pub(crate) const TARGETS: &[(&str, fn(&[u8]))] = &[("edits", edits), ("engine", engine)];

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
