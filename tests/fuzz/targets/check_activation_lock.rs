//! Fuzzes the check `activation_lock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("activation_lock", input));
