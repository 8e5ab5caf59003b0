//! Fuzzes the check `disk_space`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("disk_space", input));
