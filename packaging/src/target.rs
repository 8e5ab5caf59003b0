//! The two kinds of Mac an executable is built for.

use crate::mach_o::Architecture;

/// Oldest macOS that Muster supports, as major and minor version.
pub const OLDEST_MACOS: (u16, u8) = (12, 0);

/// A kind of Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// Macs with Apple silicon.
    #[value(name = "aarch64-apple-darwin")]
    AppleSilicon,
    /// Macs with an Intel processor.
    #[value(name = "x86_64-apple-darwin")]
    Intel,
}

impl Target {
    /// Both.
    pub const ALL: [Self; 2] = [Self::AppleSilicon, Self::Intel];

    /// What Rust calls it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::AppleSilicon => "aarch64-apple-darwin",
            Self::Intel => "x86_64-apple-darwin",
        }
    }

    /// What zig calls it, with the oldest macOS.
    pub fn zig(self) -> String {
        let processor = match self {
            Self::AppleSilicon => "aarch64",
            Self::Intel => "x86_64",
        };
        format!("{processor}-macos.{}", oldest_macos())
    }

    /// What an executable for it is made of.
    pub fn architecture(self) -> Architecture {
        match self {
            Self::AppleSilicon => Architecture::Arm64,
            Self::Intel => Architecture::X86_64,
        }
    }
}

/// [`OLDEST_MACOS`] as `12.0`.
pub fn oldest_macos() -> String {
    format!("{}.{}", OLDEST_MACOS.0, OLDEST_MACOS.1)
}
