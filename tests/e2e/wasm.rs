//! What of WebAssembly a guest may use, and what of wasmtime is built in.

use std::{collections::BTreeSet, process::Command};

use scaffold::sandbox::SandboxError;

use crate::{
    guests::guest,
    sandbox::{low, refused},
};

/// Each proposal that is off, something that uses it, and how the refusal names it.
const OFF: [(&str, &str); 24] = [
    ("(memory 1 1 shared)", "threads"),
    (
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        "threads",
    ),
    ("(memory i64 1)", "memory64"),
    ("(memory 1) (memory 1)", "multiple memories"),
    ("(memory 1 (pagesize 1))", "page size"),
    ("(func (result v128) (v128.const i64x2 0 0))", "SIMD"),
    (
        "(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
        "SIMD",
    ),
    ("(func $f (return_call $f))", "tail calls"),
    ("(tag)", "exceptions"),
    ("(func (param exnref))", "exception handling"),
    ("(func (block (try_table)))", "exceptions"),
    ("(type (struct (field i32)))", "gc"),
    ("(type (array i8))", "gc"),
    ("(func (param anyref))", "gc"),
    ("(func (param (ref func)))", "function references"),
    ("(type $f (func)) (type (cont $f))", "stack switching"),
    (
        "(func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
        "wide arithmetic",
    ),
    ("(table shared 1 funcref)", "shared"),
    // Of the component model.
    ("component: (type (stream u8))", "stream"),
    ("component: (type (future u8))", "future"),
    ("component: (type (list u8 4))", "fixed"),
    ("component: (type (map string u8))", "map"),
    ("component: (type error-context)", "error-context"),
    ("component: (core func (canon backpressure.inc))", "async"),
];

#[test]
fn proposals_that_are_not_needed_are_off() {
    let mut unnamed = Vec::new();
    for (text, name) in OFF {
        let text = match text.strip_prefix("component: ") {
            Some(text) => format!("(component {text})"),
            None => format!("(component (core module {text}))"),
        };
        let wasm = wat::parse_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let error = refused(low(), wasm);
        let told = error.to_string();
        assert!(
            matches!(error, SandboxError::Unusable { .. }),
            "{text}: {told}"
        );
        let told = told.to_lowercase().replace(['-', '_'], " ");
        let name = name.to_lowercase().replace(['-', '_'], " ");
        if !told.contains(&name) {
            unnamed.push(format!("{name}: {text}: {told}"));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
    let error = refused(low(), guest("loops-by-tail-call"));
    assert!(error.to_string().contains("tail calls"), "{error}");
}

/// What is built of wasmtime and of all that it links: a crate a line, with the features of each.
fn tree() -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-p", "wasmtime"])
        .args(["-e", "normal,no-proc-macro", "--prefix", "none"])
        .args([
            "--target",
            "x86_64-unknown-linux-gnu",
            "--format",
            "{lib} {f}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn wasmtime_is_built_with_what_is_used_and_nothing_else() {
    // No WASI, async, cache, gc, threads, profiling, debugging, core dumps, pools or text format. The two that are not
    // in Cargo.toml are what `std` is made of.
    let built = "wasmtime component-model,cranelift,once_cell,parallel-compilation,runtime,std,wasmtime-jit-icache-coherence";
    assert_eq!(tree().lines().next(), Some(built));
}

/// A crate that joins them is a decision: it is part of the wall.
#[test]
fn the_crates_that_wasmtime_brings_are_known() {
    let tree = tree();
    let crates = tree.lines().filter_map(|line| line.split(' ').next());
    let crates: BTreeSet<&str> = crates.filter(|name| !name.is_empty()).collect();
    assert!(crates.len() > 20, "{tree}");
    insta::assert_snapshot!(crates.into_iter().collect::<Vec<_>>().join("\n"));
}
