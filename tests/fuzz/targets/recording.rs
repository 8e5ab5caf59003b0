//! Fuzzes recordings of Macs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::recording(input));
