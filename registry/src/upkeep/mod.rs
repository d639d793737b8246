//! What whoever runs a registry does beside publishing: look whether all of it is right, copy it, clear it up.

mod gc;
mod mirror;
mod verify;

pub use gc::{Collected, gc};
pub use mirror::{Mirrored, Only, mirror};
pub use verify::{Problem, Verified, verify};
