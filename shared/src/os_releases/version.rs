//! A version of macOS as numbers, so that it is never compared as text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A product version: three numbers, the missing ones zero.
///
/// `10.16` is what macOS 11 calls itself to programs linked against an old
/// SDK, and is read as 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u32; 3]);

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a macOS version; write two or three numbers, such as 26.6.2")]
pub struct VersionError(String);

impl Version {
    /// The version `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch])
    }

    /// The first number, by which Apple names a generation of macOS.
    pub fn major(self) -> i64 {
        let [major, ..] = self.0;
        i64::from(major)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `26.6.2`, and ignores the suffix of `26.3.1 (a)`: a suffix is no
    /// part of the order of versions.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let refused = || VersionError(text.chars().take(40).collect());
        let trimmed = text.trim();
        let numbers = match trimmed.split_once('(') {
            Some((numbers, suffix)) if suffix.ends_with(')') => numbers.trim_end(),
            Some(_) => return Err(refused()),
            None => trimmed,
        };
        let mut parts = [0_u32; 3];
        let mut given = numbers.split('.');
        for (index, part) in parts.iter_mut().enumerate() {
            match given.next() {
                Some(digits) => *part = number(digits).ok_or_else(refused)?,
                None if index > 0 => break,
                None => return Err(refused()),
            }
        }
        if given.next().is_some() {
            return Err(refused());
        }
        Ok(if matches!(parts, [10, 16, _]) { Self([11, 0, 0]) } else { Self(parts) })
    }
}

/// Digits alone: `u32::from_str` would also take a plus sign.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for Version {
    /// As Apple writes it: `26.0`, `26.6.2`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(out, "{major}.{minor}")?;
        if patch > 0 { write!(out, ".{patch}") } else { Ok(()) }
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Version;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        assert!(version("26.10") > version("26.9.9"));
        assert!(version("9.0") < version("12.0"));
        assert_eq!(version("26"), version("26.0.0"));
    }

    #[test]
    fn the_suffix_of_an_improvement_is_no_part_of_the_order() {
        assert_eq!(version("26.3.1 (a)"), version("26.3.1"));
        assert_eq!(version("13.3.1(a)"), version("13.3.1"));
    }

    #[test]
    fn ten_sixteen_is_eleven() {
        assert_eq!(version("10.16"), version("11.0"));
        assert_eq!(version("10.15.7").major(), 10);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", ".", "26.", "26.6.2.1", "+26.1", "26.x", "26.3.1 (a", "99999999999"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_version_reads_back_as_written(major in 12_u32..99, minor in 0_u32..99, patch in 0_u32..99) {
            let version = Version::new(major, minor, patch);
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }

        #[test]
        fn no_text_is_too_strange_to_be_answered(text in "\\PC{0,30}") {
            let _ = text.parse::<Version>();
        }
    }
}
