//! The attacks of `threats.txt`, a named test each, by class. Every one goes through the real binary or the real sandbox,
//! and `removed/` has for every one a patch that takes its defence away and makes it fail.

mod list;
mod scene;

mod archives;
mod cache;
mod component;
mod consent;
#[cfg(unix)]
mod forged;
#[cfg(unix)]
mod links;
mod lock;
#[cfg(unix)]
mod machine;
mod oci;
mod paths;
mod publisher;
#[cfg(unix)]
mod races;
mod registry;
pub mod server;
mod signing;
mod text;
