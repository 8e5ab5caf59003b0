//! The words for how much a rule matters and how things stand.

use serde::{Deserialize, Serialize};

/// How much a rule matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Sets the device's status.
    Required,
    /// Counted apart.
    Recommended,
    /// A neutral fact.
    Info,
    /// Not judged.
    Off,
}

impl Mode {
    /// The word in policies and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Info => "info",
            Self::Off => "off",
        }
    }
}

/// A rule's result for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// What was observed meets the rule.
    Pass,
    /// What was observed does not meet it.
    Fail,
    /// Neither can be said. Never counted as a pass or a fail.
    Unknown,
    /// The subject does not exist on this device.
    NotApplicable,
}

impl FindingStatus {
    /// The word in answers and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// How one device stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Every required rule passes or does not apply.
    Compliant,
    /// A required rule fails, and its grace is not over.
    AtRisk,
    /// A required rule fails, and its grace is over.
    NonCompliant,
    /// A required rule is unknown, and none fails.
    Unknown,
    /// No report came for too long.
    Stale,
    /// The device is no longer watched.
    Archived,
}

impl DeviceStatus {
    /// The word in answers and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::AtRisk => "at_risk",
            Self::NonCompliant => "non_compliant",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Archived => "archived",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceStatus, FindingStatus, Mode};

    #[test]
    fn a_status_is_written_the_same_everywhere() {
        for status in [FindingStatus::Pass, FindingStatus::NotApplicable] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for status in [DeviceStatus::AtRisk, DeviceStatus::NonCompliant, DeviceStatus::Stale] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!(serde_json::to_value(Mode::Recommended).unwrap(), Mode::Recommended.as_str());
    }
}
