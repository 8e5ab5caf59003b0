//! Fuzzes the check `guest_account`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::check("guest_account", input));
