//! `kill -9` at random moments, in real projects.

pub mod kills;
mod scene;
