//! Fuzzes signed notes, log keys and inclusion proofs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::log_proof(input));
