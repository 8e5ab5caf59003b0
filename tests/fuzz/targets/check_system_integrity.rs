//! Fuzzes the check `system_integrity`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("system_integrity", input));
