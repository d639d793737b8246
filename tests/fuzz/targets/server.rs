#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| scaffold_registry::fuzz::server(data));
