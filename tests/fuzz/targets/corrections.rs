//! Fuzzes corrections of the catalogue.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::corrections(input));
