//! Fuzzes the check `firewall`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("firewall", input));
