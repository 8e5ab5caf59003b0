//! Fuzzes the check `filevault`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("filevault", input));
