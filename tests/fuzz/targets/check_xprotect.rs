//! Fuzzes the check `xprotect`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("xprotect", input));
