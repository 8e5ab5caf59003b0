//! Fuzzes the reader of executables for macOS.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::mach_o(input));
