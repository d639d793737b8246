#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| scaffold::fuzz::kept(data));
