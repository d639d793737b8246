//! The stock engine: a package is questions, templates and edits, all of it data.
//!
//! This crate decides what a data package's manifest means. It reads the package and what stands in the
//! project through three traits, works everything out in memory and hands the files over at the very end, so
//! a failure writes nothing. It knows nothing of the sandbox: `guest` is the only module that does, and the
//! rest runs natively in tests.
//!
//! The way through: `manifest` parses `scaffold.toml` · `questions` turns answers into values · `context`
//! makes them into what a template sees · `render` renders · `files` decides which files there are ·
//! `edits` changes files that are there already.

mod context;
mod edits;
mod engine;
mod error;
mod files;
#[cfg(test)]
mod fixture;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod glob;
mod guest;
mod manifest;
mod names;
mod questions;
mod render;
mod words;

pub use engine::{Changes, Draft, Mode, Package, Project, World, generate, questions};
pub use error::Error;
pub use render::Secret;
