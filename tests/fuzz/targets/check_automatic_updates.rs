//! Fuzzes the check `automatic_updates`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("automatic_updates", input));
