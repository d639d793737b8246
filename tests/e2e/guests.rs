//! Hostile guests: small modules in `tests/guests/`, one a behaviour, made into components when a test wants one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a guest does not export itself: one page, a bump allocator, success that holds nothing.
const DEFAULTS: [(&str, &str); 4] = [
    ("memory", r#"(memory (export "memory") 1)"#),
    (
        "cabi_realloc",
        r#"(global $free (mut i32) (i32.const 32768))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
          (global.get $free)
          (global.set $free (i32.add (global.get $free) (local.get 3))))"#,
    ),
    (
        "questions",
        r#"(func (export "questions") (type $call) (i32.const 0))"#,
    ),
    (
        "generate",
        r#"(func (export "generate") (type $call) (i32.const 0))"#,
    ),
];

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests")
}

/// A guest by the name of its file, as the bytes that would be in a package. Those that are no component of the
/// contract (they start with `(`component or module) stay what they are.
pub fn guest(name: &str) -> Vec<u8> {
    guest_of(name, &text_of(name))
}

fn text_of(name: &str) -> String {
    fs::read_to_string(folder().join(format!("{name}.wat"))).unwrap()
}

/// Like [`guest`], for one that is made up by its test.
pub fn guest_of(name: &str, text: &str) -> Vec<u8> {
    if text.starts_with("(component") || text.starts_with("(module") {
        return assemble(name, text);
    }
    let mut module = format!("(module\n{}", text_of("prelude"));
    for (export, default) in DEFAULTS {
        if !text.contains(&format!("(export \"{export}\")")) {
            module.push_str(default);
        }
    }
    module.push_str(text);
    module.push(')');
    componentize(assemble(name, &module))
}

/// A guest that makes nothing and imports nothing of the host but the contract's types.
pub fn sealed_guest() -> Vec<u8> {
    let prelude = fs::read_to_string(folder().join("prelude.wat")).unwrap();
    let imports_end = prelude.find("(type $call").unwrap();
    let defaults = DEFAULTS.map(|(_, text)| text).concat();
    let types = &prelude[imports_end..];
    componentize(assemble("sealed", &format!("(module\n{types}{defaults})")))
}

fn assemble(name: &str, text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn componentize(mut module: Vec<u8>) -> Vec<u8> {
    let mut contract = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = contract.push_dir(wit).unwrap();
    let world = contract
        .select_world(&[package], Some("generator"))
        .unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    // Not validated here: that is the host's to do.
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .unwrap()
}

/// The text of every test in a folder.
fn sources(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests")
        .join(folder);
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// Every guest is named by a test.
#[test]
fn none_is_forgotten() {
    let tests = ["e2e", "attacks"].map(sources).concat();
    let mut seen = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".wat").unwrap();
        if name != "prelude" {
            assert!(
                tests.contains(&format!("\"{name}\"")),
                "no test runs {file}"
            );
            seen += 1;
        }
    }
    assert!(seen > 30);
}
