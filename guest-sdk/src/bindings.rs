//! The contract as Rust: what `wit/generator.wit` says, word by word.
//!
//! The modules of this crate wrap all of it; use this one for what they leave out.

// The code below is written by wit-bindgen. It moves strings and lists over the boundary of the component as
// the canonical ABI demands, by address and length, which no safe Rust can express; nothing here is by hand.
// Names and visibility are the generator's as well.
#![allow(unsafe_code, unreachable_pub, missing_docs, clippy::all)]

wit_bindgen::generate!({
    path: "../wit",
    world: "generator",
    pub_export_macro: true,
});
