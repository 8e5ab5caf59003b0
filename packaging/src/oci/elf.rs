//! What a Linux executable says about itself: processor, and whether it needs
//! a loader and libraries beside it.

/// An executable with 64 bits, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executable {
    /// The processor, as images name it.
    pub architecture: &'static str,
    /// Whether it is linked dynamically.
    pub needs_libraries: bool,
}

/// `PT_INTERP`: the part that names the loader.
const LOADER: u64 = 3;

/// Reads the headers; nothing when this is no such executable.
pub fn read(file: &[u8]) -> Option<Executable> {
    let number = |at: usize, length: usize| -> Option<u64> {
        let bytes = file.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    };
    // Magic, 64 bits, little endian.
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let architecture = match number(18, 2)? {
        0x3e => "amd64",
        0xb7 => "arm64",
        _ => return None,
    };
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut needs_libraries = false;
    for part in 0..count {
        let at = table.checked_add(part * size)?;
        needs_libraries |= number(usize::try_from(at).ok()?, 4)? == LOADER;
    }
    Some(Executable { architecture, needs_libraries })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest file with one part of this kind.
    fn executable(machine: u8, kind: u8) -> Vec<u8> {
        let mut file = vec![0; 64 + 56];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[18] = machine;
        (file[32], file[54], file[56]) = (64, 56, 1);
        file[64] = kind;
        file
    }

    #[test]
    fn processor_and_loader_are_seen() {
        let read = |machine, kind| read(&executable(machine, kind)).unwrap();
        assert_eq!(read(0x3e, 1), Executable { architecture: "amd64", needs_libraries: false });
        assert_eq!(read(0xb7, 3), Executable { architecture: "arm64", needs_libraries: true });
    }

    #[test]
    fn what_is_cut_short_or_something_else_is_nothing() {
        let whole = executable(0x3e, 3);
        for length in 0..68 {
            assert_eq!(read(&whole[..length]), None, "{length}");
        }
        assert_eq!(read(&executable(3, 3)), None);
        let mut far = whole;
        far[39] = 0xff;
        assert_eq!(read(&far), None);
    }
}
