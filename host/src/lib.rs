//! A host for project generators that nobody has to trust.
//!
//! **A project is a pure function of its lock file, plus the user's edits.** Generators are sealed, so replaying a
//! lock is exact, and every command is: change the lock, replay old and new, merge.
//!
//! The way through, one module a step:
//!
//! ```text
//! cli, flags > commands > change: intents > resolve > packages (sources, store) > sandbox: questions, generate
//!                              > replay: pristine(old), pristine(new) > merge > plan        nothing written so far
//!                              > apply: stage > journal > rename                            the only writer
//! ```
//!
//! `ui` alone prints and prompts; `apply` alone writes a project; `store` and `sandbox::compiled` alone write the
//! cache.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests set the scene themselves"
    )
)]

pub mod apply;
pub mod change;
mod changelog;
pub mod cli;
mod commands;
pub mod config;
pub mod context;
pub mod credentials;
pub mod dirs;
pub mod error;
pub mod flags;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod grants;
pub mod inputs;
pub mod interview;
pub mod keys;
pub mod merge;
pub mod pack;
pub mod packages;
pub mod path;
pub mod plan;
mod private;
pub mod project;
pub mod question;
pub mod replay;
pub mod sandbox;
pub mod secret;
pub mod sources;
pub mod store;
mod text;
pub mod tree;
pub mod trees;
pub mod trust;
pub mod ui;
pub mod workspace;

pub use commands::run;
