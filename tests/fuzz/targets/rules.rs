//! Fuzzes the rules that a collector signs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::rules(input));
