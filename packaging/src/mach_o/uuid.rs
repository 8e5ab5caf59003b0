//! The number that tells one build of an executable from another.
//!
//! Linkers take it from what they were given, with the paths of temporary
//! folders in it, which a later step strips away: two builds that are equal in
//! everything else differ in it. macOS only wants one to be there.

use aws_lc_rs::digest::{SHA256, digest};

use super::bytes::Little;
use super::{CODE_SIGNATURE, HEADER, MachOError};

/// `LC_UUID`.
const UUID: u32 = 0x1b;

/// The executable with a number that follows from its content alone. What was
/// signed before is not any more: sign it again.
///
/// # Errors
///
/// When it is no executable, or has no such number.
pub fn of_content(file: &[u8]) -> Result<Vec<u8>, MachOError> {
    let header = Little(file);
    let count = header.u32(16).ok_or(MachOError::Foreign)?;
    let mut at = HEADER;
    let mut place = None;
    let mut end = file.len();
    for number in 0..count {
        let word = |from: usize| header.u32(from).ok_or(MachOError::Command(number));
        let length = word(at + 4)? as usize;
        match word(at)? {
            UUID => place = Some(at + 8),
            CODE_SIGNATURE => end = end.min(word(at + 8)? as usize),
            _ => {}
        }
        at += length.max(8);
    }
    let place = place.ok_or(MachOError::Short("UUID"))?;
    let mut changed = file.to_vec();
    changed.get_mut(place..place + 16).ok_or(MachOError::Short("UUID"))?.fill(0);
    let content = digest(&SHA256, changed.get(..end).unwrap_or_default());
    let mut uuid: Vec<u8> = content.as_ref().iter().copied().take(16).collect();
    // As RFC 9562 marks one that was made of other data.
    for (at, keep, mark) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = uuid.get_mut(at) {
            *byte = *byte & keep | mark;
        }
    }
    if let Some(found) = changed.get_mut(place..place + 16) {
        found.copy_from_slice(&uuid);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::super::made::Made;
    use super::*;

    /// Where the number stands in a made executable.
    const PLACE: usize = HEADER + 8;

    #[test]
    fn only_the_content_decides_and_not_what_the_linker_wrote() {
        let one = Made::right().file();
        let mut other = one.clone();
        other[PLACE..PLACE + 16].fill(7);
        // The linker's signature is of the number, too.
        *other.last_mut().unwrap() ^= 1;
        let [one, other] = [one, other].map(|file| of_content(&file).unwrap());
        let end = one.len() - 200;
        assert!(one[..end] == other[..end]);
        assert_eq!((one[PLACE + 6] >> 4, one[PLACE + 8] >> 6), (8, 2));
        let changed = of_content(&Made { version: "1.2.4", ..Made::right() }.file()).unwrap();
        assert_ne!(one[PLACE..PLACE + 16], changed[PLACE..PLACE + 16]);
    }

    #[test]
    fn what_has_no_such_number_is_refused() {
        assert_eq!(of_content(b"\x7fELF"), Err(MachOError::Foreign));
        let mut file = Made::right().file();
        file[HEADER] = 0x1c;
        assert_eq!(of_content(&file), Err(MachOError::Short("UUID")));
        for end in HEADER..HEADER + 100 {
            let _ = of_content(&file[..end]);
        }
    }
}
