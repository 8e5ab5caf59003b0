//! Fuzzes the check `os`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("os", input));
