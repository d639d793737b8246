//! How wasmtime is set up: deny by default. The process that compiles and the one that runs use the same settings, or
//! what the one wrote would not load in the other.

use wasmtime::{Config, Engine, WasmBacktraceDetails, WasmFeatures};

/// What guests may use of WebAssembly: what compilers emit for this target when nothing is asked of them. Every other
/// proposal is off, those that wasmtime has on by default too, and those that a later version adds: less to compile is
/// less to get wrong.
const FEATURES: WasmFeatures = WasmFeatures::LIME1
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::COMPONENT_MODEL)
    // Counted among the first features of all, but it is types that need a garbage collector.
    .difference(WasmFeatures::GC_TYPES);

/// The engine for guests with a stack of that many bytes.
///
/// # Errors
/// This machine cannot run WebAssembly.
pub(super) fn engine(stack: usize) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(FEATURES, true)
        // One and the same NaN on every machine, or replay would not be exact.
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(stack.max(1))
        // No guest runs on such a stack, but wasmtime wants it to be no smaller.
        .async_stack_size(stack.max(1))
        // Guests are told apart by their own words; a backtrace of wasm says nothing to a user.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        // Only foreign unwinders need it, and it would be read and verified on each run; Windows demands it.
        .native_unwind_info(cfg!(windows))
        .memory_init_cow(true);
    Engine::new(&config)
}
