//! Fuzzes the check `endpoint_protection`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("endpoint_protection", input));
