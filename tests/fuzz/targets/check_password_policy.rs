//! Fuzzes the check `password_policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("password_policy", input));
