//! Rebuilds the crate when a file joins or leaves the embedded tree: the embedding macro sees changes of
//! the files it found, not new ones.

fn main() {
    println!("cargo::rerun-if-changed=official/v1");
}
