//! Fuzzes the check `remote_access`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("remote_access", input));
