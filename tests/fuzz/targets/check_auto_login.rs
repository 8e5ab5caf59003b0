//! Fuzzes the check `auto_login`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("auto_login", input));
