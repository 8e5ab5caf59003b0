//! Fuzzes the check `system_volume`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("system_volume", input));
