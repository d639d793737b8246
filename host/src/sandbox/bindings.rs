//! What `wit/` says, as Rust. Only this folder sees these types; the rest of the host speaks its own.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "generator",
    imports: { default: trappable },
});
