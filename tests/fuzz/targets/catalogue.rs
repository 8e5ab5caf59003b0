//! Fuzzes catalogues of macOS releases.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::catalogue(input));
