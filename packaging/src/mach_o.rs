//! Reads what an executable for macOS says about itself.
//!
//! The format is that of `<mach-o/loader.h>`: a header, then load commands,
//! each with its kind and length. Only executables of one architecture with 64
//! bits are read, which is all that is built here.

use bytes::Little;

pub(crate) mod bytes;
pub mod signature;
pub mod universal;
pub mod uuid;

pub use signature::Signature;

/// First four bytes of a 64-bit file, little endian.
const MAGIC_64: u32 = 0xfeed_facf;
/// Length of the 64-bit header.
const HEADER: usize = 32;
/// `MH_EXECUTE`.
const KIND_EXECUTABLE: u32 = 2;
/// `MH_PIE`.
const FLAG_ANYWHERE: u32 = 0x0020_0000;
/// `PLATFORM_MACOS`.
const PLATFORM_MACOS: u32 = 1;

/// `LC_LOAD_DYLIB`, and its weak, re-exporting, lazy and upward kin.
const LOAD_LIBRARY: [u32; 5] = [0xc, 0x8000_0018, 0x8000_001f, 0x20, 0x8000_0023];
/// `LC_RPATH`.
const SEARCH_PATH: u32 = 0x8000_001c;
/// `LC_BUILD_VERSION`.
const BUILD_VERSION: u32 = 0x32;
/// `LC_CODE_SIGNATURE`.
const CODE_SIGNATURE: u32 = 0x1d;

/// Why bytes are no executable that can be judged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MachOError {
    /// The first bytes are others.
    #[error("is no 64-bit executable for macOS")]
    Foreign,
    /// A length or an offset points behind the end.
    #[error("ends before its {0}")]
    Short(&'static str),
    /// A load command says that it is shorter than it can be.
    #[error("has a load command (number {0}) of a length that cannot be")]
    Command(u32),
    /// The signature is not laid out as it must be.
    #[error("has a code signature that cannot be read: {0}")]
    Signature(&'static str),
    /// The parts for several processors do not fit together.
    #[error("is no universal executable: {0}")]
    Universal(&'static str),
}

/// The processor that an executable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Apple silicon.
    Arm64,
    /// Intel.
    X86_64,
    /// Another one, by its number.
    Other(u32),
}

/// A version as `major.minor.patch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u8, pub u8);

/// What an executable says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachO {
    /// Processor.
    pub architecture: Architecture,
    /// Whether it is a program, not a library or an object.
    pub is_executable: bool,
    /// Whether it may be loaded at any address.
    pub is_position_independent: bool,
    /// Oldest macOS it says to run on; nothing where it is not for macOS.
    pub oldest_macos: Option<Version>,
    /// The SDK it says to be built with.
    pub sdk: Option<Version>,
    /// Paths of the libraries it loads, in their order.
    pub libraries: Vec<String>,
    /// Folders in which libraries are looked for.
    pub search_paths: Vec<String>,
    /// Its signature.
    pub signature: Option<Signature>,
}

impl MachO {
    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// When it is no 64-bit Mach-O file of one architecture, or contradicts
    /// itself.
    pub fn read(file: &[u8]) -> Result<Self, MachOError> {
        let header = Little(file.get(..HEADER).ok_or(MachOError::Foreign)?);
        if header.u32(0) != Some(MAGIC_64) {
            return Err(MachOError::Foreign);
        }
        let word = |at| header.u32(at).ok_or(MachOError::Short("header"));
        let (count, length) = (word(16)?, word(20)? as usize);
        let mut rest =
            file.get(HEADER..HEADER + length).ok_or(MachOError::Short("load commands"))?;
        let mut found = Self {
            architecture: match word(4)? {
                0x0100_000c => Architecture::Arm64,
                0x0100_0007 => Architecture::X86_64,
                other => Architecture::Other(other),
            },
            is_executable: word(12)? == KIND_EXECUTABLE,
            is_position_independent: word(24)? & FLAG_ANYWHERE != 0,
            oldest_macos: None,
            sdk: None,
            libraries: Vec::new(),
            search_paths: Vec::new(),
            signature: None,
        };
        for number in 0..count {
            let length = Little(rest).u32(4).ok_or(MachOError::Short("load commands"))? as usize;
            if length < 8 {
                return Err(MachOError::Command(number));
            }
            let (command, after) =
                rest.split_at_checked(length).ok_or(MachOError::Short("load commands"))?;
            found.take(file, number, Little(command))?;
            rest = after;
        }
        Ok(found)
    }

    /// Notes what one load command says.
    fn take(&mut self, file: &[u8], number: u32, command: Little) -> Result<(), MachOError> {
        let word = |at| command.u32(at).ok_or(MachOError::Command(number));
        let kind = word(0)?;
        if LOAD_LIBRARY.contains(&kind) {
            self.libraries.push(text(command, number)?);
        } else if kind == SEARCH_PATH {
            self.search_paths.push(text(command, number)?);
        } else if kind == BUILD_VERSION && word(8)? == PLATFORM_MACOS {
            self.oldest_macos = Some(Version::of(word(12)?));
            self.sdk = Some(Version::of(word(16)?));
        } else if kind == CODE_SIGNATURE {
            let (from, length) = (word(8)? as usize, word(12)? as usize);
            self.signature = Some(Signature::read(file, from, length)?);
        }
        Ok(())
    }
}

/// The text whose offset within the command stands at byte 8.
fn text(command: Little, number: u32) -> Result<String, MachOError> {
    let from = command.u32(8).ok_or(MachOError::Command(number))? as usize;
    let bytes = command.0.get(from..).ok_or(MachOError::Command(number))?;
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let bytes = bytes.get(..end).unwrap_or(bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

impl Version {
    /// Two bytes, one and one.
    fn of(packed: u32) -> Self {
        let [high, low, minor, patch] = packed.to_be_bytes();
        Self(u16::from_be_bytes([high, low]), minor, patch)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)?;
        if self.2 == 0 { Ok(()) } else { write!(formatter, ".{}", self.2) }
    }
}

impl std::fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Arm64 => formatter.write_str("arm64"),
            Self::X86_64 => formatter.write_str("x86_64"),
            Self::Other(number) => write!(formatter, "processor {number:#x}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod made;
#[cfg(test)]
mod tests;
