//! UUIDs from names (RFC 9562, version 5), so that a profile made twice is the
//! same profile.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The RFC's name space for names of the domain system.
const DNS: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The UUID of `name`, in capitals as Apple writes them.
pub fn of(name: &str) -> String {
    let mut text = DNS.to_vec();
    text.extend_from_slice(name.as_bytes());
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &text);
    let mut letters = String::new();
    for (number, byte) in digest.as_ref().iter().take(16).enumerate() {
        let byte = match number {
            6 => (byte & 0x0f) | 0x50,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        if matches!(number, 4 | 6 | 8 | 10) {
            letters.push('-');
        }
        // Writing to a text cannot fail.
        let _ = write!(letters, "{byte:02X}");
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        assert_eq!(of("www.example.com"), "2ED6657D-E927-568B-95E1-2665A8AEA6A2");
        assert_ne!(of("a"), of("b"));
    }
}
