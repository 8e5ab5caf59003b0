//! Fuzzes the check `password_manager`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("password_manager", input));
