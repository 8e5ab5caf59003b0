//! One word for a device on pages: its status, or what outranks it.

/// How a device stands. The kinds exclude each other, so their counts add up
/// to the fleet, and none of them hides another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A required rule fails, and its grace is over.
    NonCompliant,
    /// A required rule fails within its grace.
    AtRisk,
    /// No report for too long.
    Stale,
    /// A required rule is unknown, and none fails.
    Unknown,
    /// Enrolled, and no report came yet.
    NeverReported,
    /// Its key was suspended by a person or after a conflict.
    Suspended,
    /// Somebody has to approve it.
    Pending,
    /// Its key was revoked.
    Revoked,
    /// A required rule fails, and exceptions are accepted for all that do.
    Waived,
    /// Every required rule passes.
    Compliant,
    /// No longer watched, and not counted.
    Archived,
}

impl Standing {
    /// Every standing, the one that needs a person most first.
    pub const ALL: &'static [Self] = &[
        Self::NonCompliant,
        Self::Suspended,
        Self::AtRisk,
        Self::Stale,
        Self::Unknown,
        Self::NeverReported,
        Self::Pending,
        Self::Revoked,
        Self::Waived,
        Self::Compliant,
        Self::Archived,
    ];

    /// The word in addresses, exports and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonCompliant => "non_compliant",
            Self::AtRisk => "at_risk",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
            Self::NeverReported => "never_reported",
            Self::Suspended => "suspended",
            Self::Pending => "pending",
            Self::Revoked => "revoked",
            Self::Waived => "waived",
            Self::Compliant => "compliant",
            Self::Archived => "archived",
        }
    }

    /// The standing with that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|standing| standing.as_str() == word)
    }

    /// The standing for a word of the database. A word from a newer program
    /// is unknown: it must not look passing or failing.
    pub fn stored(word: &str) -> Self {
        Self::named(word).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use shared::policy::DeviceStatus;

    use super::Standing;

    #[test]
    fn words_lead_back_to_the_standing() {
        for standing in Standing::ALL {
            assert_eq!(Standing::named(standing.as_str()), Some(*standing));
        }
        assert_eq!(Standing::stored("quantum"), Standing::Unknown);
    }

    #[test]
    fn every_status_of_a_device_is_a_standing() {
        for status in [
            DeviceStatus::Compliant,
            DeviceStatus::AtRisk,
            DeviceStatus::NonCompliant,
            DeviceStatus::Unknown,
            DeviceStatus::Stale,
            DeviceStatus::Archived,
        ] {
            assert!(Standing::named(status.as_str()).is_some(), "{status:?}");
        }
    }
}
