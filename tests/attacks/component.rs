//! Components that ask for more than the contract, are built to break whoever reads them, or use what is switched off. What
//! guests do while they run is in `sandbox` and `sandbox_rules`.

use std::time::{Duration, Instant};

use scaffold::sandbox::{Limits, SandboxError};

use super::scene::{came_to_nothing, clean, manifest, new, serve, told, world_of};
use crate::{
    environment::World,
    guests::{guest, guest_of},
    sandbox::{load, low, refused},
};

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).unwrap()
}

/// A component that asks for what the host gives nobody, and is told which by name before anything of it is compiled.
#[track_caller]
fn foreign(text: &str, name: &str) {
    let error = refused(low(), component(text));
    assert!(matches!(error, SandboxError::Refused { .. }), "{error}");
    assert!(error.to_string().contains(name), "{error}");
}

macro_rules! foreign_imports {
    ($($name:ident: $text:expr, $says:expr;)*) => { $(#[test] fn $name() { foreign($text, $says); })* };
}

foreign_imports! {
    the_file_system: "(import \"wasi:filesystem/preopens@0.2.0\" (instance))", "wasi:filesystem/preopens@0.2.0";
    the_environment: "(import \"wasi:cli/environment@0.2.0\" (instance))", "wasi:cli/environment@0.2.0";
    the_network: "(import \"wasi:sockets/tcp@0.2.0\" (instance))", "wasi:sockets/tcp@0.2.0";
    the_clock: "(import \"wasi:clocks/wall-clock@0.2.0\" (instance))", "wasi:clocks/wall-clock@0.2.0";
    chance: "(import \"wasi:random/random@0.2.0\" (instance))", "wasi:random/random@0.2.0";
    a_later_contract: "(import \"scaffold:generator/log@0.2.0\" (instance))", "scaffold:generator/log@0.2.0";
    an_interface_nobody_has: "(import \"scaffold:generator/process@0.1.0\" (instance))", "scaffold:generator/process@0.1.0";
    a_contract_without_a_version: "(import \"scaffold:generator/log\" (instance))", "scaffold:generator/log";
    somebody_else_s_contract: "(import \"evil:generator/log@0.1.0\" (instance))", "evil:generator/log@0.1.0";
    a_plain_function: "(import \"system\" (func (param \"command\" string)))", "system";
}

/// One that the contract has by name, but not with that in it.
#[track_caller]
fn unknown(text: &str) {
    let error = refused(low(), component(text));
    assert!(matches!(error, SandboxError::Unusable { .. }), "{error}");
    let told = error.to_string();
    assert!(told.contains("scaffold:generator/"), "{told}");
    assert!(!told.contains("does not compile"), "{told}");
}

#[test]
fn a_function_the_contract_has_not() {
    unknown(
        "(import \"scaffold:generator/changes@0.1.0\" (instance (export \"run\" (func (param \"command\" string)))))",
    );
}

#[test]
fn a_function_with_other_types() {
    unknown(
        "(import \"scaffold:generator/log@0.1.0\" (instance (export \"message\" (func (param \"address\" u64)))))",
    );
}

#[test]
fn a_handle_the_host_never_gave() {
    unknown(
        "(import \"scaffold:generator/changes@0.1.0\" (instance (export \"file\" (type (sub resource)))))",
    );
}

/// A proposal of WebAssembly that is switched off.
#[track_caller]
fn switched_off(text: &str) {
    let error = refused(low(), component(text));
    assert!(
        matches!(
            error,
            SandboxError::Unusable { .. } | SandboxError::Refused { .. }
        ),
        "{error}"
    );
    let told = error.to_string();
    assert!(!told.contains("no generator"), "it was taken: {told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

macro_rules! switched_off {
    ($($name:ident: $text:expr;)*) => { $(#[test] fn $name() { switched_off($text); })* };
}

switched_off! {
    shared_memory: "(core module (memory 1 1 shared))";
    memory_of_64_bits: "(core module (memory i64 1))";
    many_memories: "(core module (memory 1) (memory 1))";
    garbage_collection: "(core module (type (struct (field i32))))";
    relaxed_simd: "(core module (func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))";
    atomics: "(core module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))";
    wide_arithmetic: "(core module (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))))";
}

/// Read or refused, but soon, and without the program breaking.
#[track_caller]
fn ends_soon(wasm: Vec<u8>) {
    let started = Instant::now();
    let result = load(low(), wasm);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(result.is_err(), "it was taken for a generator");
}

#[test]
fn types_nested_deeply() {
    let mut text = String::from("(type $t0 (list u8))\n");
    for depth in 1..5_000 {
        text.push_str(&format!("(type $t{depth} (list $t{}))\n", depth - 1));
    }
    text.push_str("(import \"scaffold:generator/log@0.1.0\" (instance (export \"message\" (func (param \"x\" string)))))");
    ends_soon(component(&text));
}

/// Each twice as wide as the one in it: a few hundred bytes that mean more types than there is memory for.
#[test]
fn types_that_double() {
    let mut text = String::from("(type $t0 (tuple u8 u8))\n");
    for depth in 1..60 {
        text.push_str(&format!(
            "(type $t{depth} (tuple $t{0} $t{0}))\n",
            depth - 1
        ));
    }
    ends_soon(component(&text));
}

#[test]
fn components_nested_deeply() {
    for kind in ["component", "core module"] {
        let depth = if kind == "component" { 2_000 } else { 1 };
        let text = format!(
            "{}{}",
            format!("({kind}\n").repeat(depth),
            ")".repeat(depth)
        );
        // The assembler gives up on what it is too deep for; then bytes do it.
        if let Ok(wasm) = std::panic::catch_unwind(|| component(&text)) {
            ends_soon(wasm);
        }
    }
    let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..1_000 {
        let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
        let mut length = wasm.len();
        while length > 0x7f {
            outer.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.extend(wasm);
        wasm = outer;
    }
    ends_soon(wasm);
}

#[test]
fn imports_without_end() {
    let imports: String = (0..100_000)
        .map(|n| format!("(import \"f{n}\" (func))\n"))
        .collect();
    ends_soon(component(&imports));
}

#[test]
fn exports_without_end() {
    let exports: String = (0..20_000)
        .map(|n| format!("(export \"f{n}\" (func 0))\n"))
        .collect();
    ends_soon(component(&format!(
        "(core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) (func (canon lift (core func $i \"f\"))) {exports}"
    )));
}

#[test]
fn types_without_end() {
    let types: String = (0..200_000).map(|_| "(type (list u8))\n").collect();
    ends_soon(component(&types));
}

#[test]
fn instances_without_end() {
    let instances: String = (0..50_000)
        .map(|_| "(core instance (instantiate $m))\n")
        .collect();
    ends_soon(component(&format!("(core module $m) {instances}")));
}

#[test]
fn locals_without_end() {
    // Fifty thousand in a few bytes, in each of many functions.
    let mut functions = String::new();
    for _ in 0..50 {
        functions.push_str("(func (local ");
        functions.push_str(&"i64 ".repeat(49_000));
        functions.push_str("))\n");
    }
    ends_soon(component(&format!("(core module {functions})")));
}

#[test]
fn branches_without_end() {
    let labels = "0 ".repeat(100_000);
    ends_soon(component(&format!(
        "(core module (func (block (br_table {labels} (i32.const 0)))))"
    )));
}

#[test]
fn blocks_nested_deeply() {
    let depth = 20_000;
    let mut body = vec![0u8];
    body.extend([0x02, 0x40].repeat(depth));
    body.extend([0x0b].repeat(depth + 1));
    let module = module_with_code(&body);
    let mut wasm = b"\0asm\x0d\0\x01\0\x01".to_vec();
    leb(&mut wasm, module.len());
    wasm.extend(module);
    ends_soon(wasm);
}

fn leb(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A module of one function with that body.
fn module_with_code(body: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a".to_vec();
    let mut code = vec![1];
    leb(&mut code, body.len());
    code.extend(body);
    leb(&mut module, code.len());
    module.extend(code);
    module
}

#[test]
fn a_length_that_is_a_lie() {
    for section in 0..12u8 {
        for length in [
            &b"\xff\xff\xff\xff\x0f"[..],
            b"\x80\x80\x80\x80\x08",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
            wasm.push(section);
            wasm.extend(length);
            ends_soon(wasm.clone());
            wasm.extend(length);
            ends_soon(wasm);
        }
    }
}

/// A count of things that are not there, in each section that has one.
#[test]
fn a_count_that_is_a_lie() {
    for section in 0..12u8 {
        let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
        wasm.extend([section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        ends_soon(wasm);
    }
}

#[test]
fn bytes_cut_at_every_place() {
    let whole = guest("writes-where-it-is-told");
    let mut taken = 0;
    for length in 0..whole.len() {
        // What is behind the last thing it needs are names, which nobody needs.
        taken += usize::from(load(low(), whole[..length].to_vec()).is_ok());
    }
    assert!(taken < whole.len() / 4, "{taken} of {}", whole.len());
}

#[test]
fn any_byte_turned_around() {
    let whole = guest("exports-nothing");
    for at in 0..whole.len() {
        for bit in [1, 0x80] {
            let mut wasm = whole.clone();
            wasm[at] ^= bit;
            // Whatever it is then, it is told and not crashed on.
            let _ = load(low(), wasm);
        }
    }
}

#[test]
fn memory_for_the_whole_machine() {
    for pages in [4097, 65536] {
        let wasm = guest_of("memory", &format!("(memory (export \"memory\") {pages})"));
        let generator = load(Limits::default(), wasm).unwrap();
        let error = generator
            .generate(crate::sandbox::input("shop"))
            .unwrap_err();
        assert!(error.to_string().contains("`memory` (256 MiB)"), "{error}");
    }
}

/// Data that lies far behind the memory it is for.
#[test]
fn data_out_of_bounds() {
    let wasm = guest_of("data", "(data (i32.const 0x7fffffff) \"x\")");
    let error = load(low(), wasm)
        .unwrap()
        .generate(crate::sandbox::input("shop"))
        .unwrap_err();
    assert!(matches!(error, SandboxError::Crashed { .. }), "{error}");
}

/// What is not taken is not taken from a registry either, where no publishing stands before it.
macro_rules! served {
    ($($name:ident: $wasm:expr, $why:expr;)*) => { $(
        #[test]
        fn $name() {
            let world = world_of(guest("writes-where-it-is-told"));
            serve(&world, &super::archives::package_of(&manifest(""), &$wasm[..]));
            let run = new(&world, "");
            came_to_nothing(&world, &run);
            assert!(run.stderr.contains($why), "{run}");
        }
    )* };
}

served! {
    a_component_that_wants_wasi: guest("imports-wasi"), "`wasi:cli/environment@0.2.0`, which this host does not grant";
    a_core_module: guest("imports-wasi-preview1"), "core WebAssembly module";
    machine_code: wasmtime::Engine::default().precompile_component(&guest("panics")).unwrap(), "not WebAssembly";
    a_program_of_the_machine: std::fs::read(std::env::current_exe().unwrap()).unwrap()[..4096], "not WebAssembly";
    text_of_wasm: b"(component)", "not WebAssembly";
    an_empty_component: b"", "not WebAssembly";
}

/// The name of an import is a stranger's text like any other.
#[test]
fn an_import_in_escapes() {
    let name = "evil\u{1b}[2J\u{202e}x";
    let mut section = vec![1, 0];
    leb(&mut section, name.len());
    section.extend(name.as_bytes());
    section.extend([1, 0]);
    let mut wasm = b"\0asm\x0d\0\x01\0\x07\x05\x01\x40\0\x01\0\x0a".to_vec();
    leb(&mut wasm, section.len());
    wasm.extend(section);
    let world = World::new();
    world.write("evil/generator.wasm", &wasm);
    world.write("evil/scaffold.toml", manifest(""));
    std::fs::create_dir_all(world.path("registry")).unwrap();
    for line in [
        "publish evil --no-test --registry registry",
        "inspect evil",
        "pack evil",
    ] {
        let run = world.scaffold(line);
        told(&run);
        clean(&run);
    }
    let world = world_of(guest("writes-where-it-is-told"));
    serve(&world, &super::archives::package_of(&manifest(""), &wasm));
    let run = new(&world, "");
    came_to_nothing(&world, &run);
    assert!(run.stderr.contains("evil"), "{run}");
}
