//! Fuzzes a collector's proof of where a report stands.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::log_receipt(input));
