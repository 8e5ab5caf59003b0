//! Fuzzes the check `local_admins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("local_admins", input));
