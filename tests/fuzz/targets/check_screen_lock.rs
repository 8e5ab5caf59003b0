//! Fuzzes the check `screen_lock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("screen_lock", input));
