//! The checksum of POSIX `cksum`, which a bill of materials names for each file.
//!
//! It is not the CRC-32 of zip: bits come highest first, and the length is part
//! of it.

/// The polynomial 0x04c11db7 times each half byte.
const HALVES: [u32; 16] = [
    0x0000_0000,
    0x04c1_1db7,
    0x0982_3b6e,
    0x0d43_26d9,
    0x1304_76dc,
    0x17c5_6b6b,
    0x1a86_4db2,
    0x1e47_5005,
    0x2608_edb8,
    0x22c9_f00f,
    0x2f8a_d6d6,
    0x2b4b_cb61,
    0x350c_9b64,
    0x31cd_86d3,
    0x3c8e_a00a,
    0x384f_bdbd,
];

/// The checksum of `bytes`.
pub fn cksum(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(0, |sum, &byte| with_byte(sum, byte));
    let mut length = bytes.len();
    let mut sum = sum;
    while length > 0 {
        sum = with_byte(sum, length.to_le_bytes().first().copied().unwrap_or_default());
        length >>= 8;
    }
    !sum
}

fn with_byte(sum: u32, byte: u8) -> u32 {
    with_half(with_half(sum, byte >> 4), byte & 15)
}

fn with_half(sum: u32, half: u8) -> u32 {
    let row = (sum >> 28) ^ u32::from(half);
    let row = usize::try_from(row).unwrap_or_default();
    (sum << 4) ^ HALVES.get(row).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_program_of_this_name_prints() {
        // `printf ... | cksum` of GNU coreutils.
        assert_eq!(cksum(b""), 4_294_967_295);
        assert_eq!(cksum(b"123456789"), 930_766_865);
        assert_eq!(cksum(b"muster\n"), 1_325_148_837);
        assert_eq!(cksum(&[b'a'; 300]), 1_664_553_091);
    }
}
