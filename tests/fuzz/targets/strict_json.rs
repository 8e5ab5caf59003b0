//! Fuzzes the check for strict JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::strict_json(input));
