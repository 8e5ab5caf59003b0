//! Fuzzes policies, and judging by them.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::policy(input));
