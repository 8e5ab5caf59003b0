//! Versions of the agent as numbers, so that they are never compared as text.

use std::cmp::Ordering;

/// Most numbers of a version.
const PARTS: usize = 6;

/// Numbers with stops between; `1.2` and `1.2.0` are the same version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AgentVersion(Vec<u64>);

impl AgentVersion {
    /// Reads `1.2.3`; nothing for a text that is no such version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(number).collect::<Option<Vec<u64>>>()?;
        if numbers.len() > PARTS {
            return None;
        }
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(Self(numbers))
    }
}

/// Digits alone: `u64::from_str` would also take a plus sign.
fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

impl Ord for AgentVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without zeros at the end, the shorter of two beginnings is older.
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for AgentVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::AgentVersion;

    fn version(text: &str) -> AgentVersion {
        AgentVersion::parse(text).unwrap()
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("1.10.0") > version("1.9.9"));
        assert!(version("1.2.3.9001") > version("1.2.3"));
        assert!(version("1.2") < version("1.2.0.1"));
        assert_eq!(version("1.2"), version("1.2.0"));
        assert_eq!(version("0.0"), version("0"));
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in ["", "1.", ".1", "1.2-rc1", "+1", "1..2", "v1", "1.2.3.4.5.6.7", " 1"] {
            assert_eq!(AgentVersion::parse(text), None, "{text}");
        }
    }
}
