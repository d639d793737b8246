//! What whoever runs a registry does beside publishing: begin one, look whether all of it is right, copy it, clear it up.

mod gc;
mod mirror;
mod state;
mod verify;

pub use gc::{Collected, gc};
pub use mirror::{MirrorError, Mirrored, Only, mirror};
pub use state::{config, init, sign, stand_in};
pub use verify::{Problem, Verified, verify};

#[cfg(test)]
mod tests;
