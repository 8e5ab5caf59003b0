//! The one word for a device, from its findings: the first that fits.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::policy::{DeviceStatus, FindingStatus, Mode};

use super::finding::Finding;
use super::state::Lifecycle;

/// The rule that is about reporting itself.
pub const REPORTING_RULE: &str = "reporting";

/// How a device stands at `now`.
pub fn of(
    lifecycle: Lifecycle,
    findings: &BTreeMap<String, Finding>,
    now: Timestamp,
) -> DeviceStatus {
    if lifecycle == Lifecycle::Archived {
        return DeviceStatus::Archived;
    }
    let silent = findings.get(REPORTING_RULE).is_some_and(|finding| {
        finding.mode == Mode::Required && finding.status == FindingStatus::Fail
    });
    if silent { DeviceStatus::Stale } else { beside_silence(findings, now) }
}

/// How a device stands at `now` by what it last said, however long ago.
pub fn beside_silence(findings: &BTreeMap<String, Finding>, now: Timestamp) -> DeviceStatus {
    let required = || {
        findings
            .values()
            .filter(|finding| finding.mode == Mode::Required && finding.rule != REPORTING_RULE)
    };
    let failing = || required().filter(|finding| finding.status == FindingStatus::Fail);
    if failing().any(|finding| finding.due_at.is_none_or(|due| due <= now)) {
        DeviceStatus::NonCompliant
    } else if failing().next().is_some() {
        DeviceStatus::AtRisk
    } else if required().next().is_none()
        || required().any(|finding| finding.status == FindingStatus::Unknown)
    {
        // A device of which nothing is known is not compliant by default.
        DeviceStatus::Unknown
    } else {
        DeviceStatus::Compliant
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use shared::policy::{DeviceStatus, FindingStatus, Mode};

    use super::{Finding, Lifecycle, of};

    const NOW: &str = "2026-08-23T09:00:00Z";

    fn finding(rule: &str, status: FindingStatus, due: Option<&str>) -> (String, Finding) {
        let now: Timestamp = NOW.parse().unwrap();
        let finding = Finding {
            rule: rule.to_owned(),
            status,
            code: String::new(),
            reason: String::new(),
            observed: shared::reading::Fields::new(),
            mode: Mode::Required,
            since: now,
            episode: None,
            due_at: due.map(|text| text.parse().unwrap()),
            reading_at: None,
        };
        (rule.to_owned(), finding)
    }

    fn status(findings: &[(String, Finding)]) -> DeviceStatus {
        let findings: BTreeMap<_, _> = findings.iter().cloned().collect();
        of(Lifecycle::Active, &findings, NOW.parse().unwrap())
    }

    use FindingStatus::{Fail, NotApplicable, Pass, Unknown};

    #[test]
    fn the_first_that_fits_is_the_status() {
        let pass = finding("a", Pass, None);
        let unknown = finding("b", Unknown, None);
        let in_grace = finding("c", Fail, Some("2026-08-23T09:00:00.001Z"));
        let overdue = finding("d", Fail, Some(NOW));
        let silent = finding("reporting", Fail, Some("2027-01-01T00:00:00Z"));
        assert_eq!(status(&[]), DeviceStatus::Unknown);
        assert_eq!(
            status(&[pass.clone(), finding("x", NotApplicable, None)]),
            DeviceStatus::Compliant
        );
        assert_eq!(status(&[pass.clone(), unknown.clone()]), DeviceStatus::Unknown);
        assert_eq!(status(&[unknown.clone(), in_grace.clone()]), DeviceStatus::AtRisk);
        assert_eq!(status(&[in_grace.clone(), overdue.clone()]), DeviceStatus::NonCompliant);
        assert_eq!(status(&[overdue, silent]), DeviceStatus::Stale);
        assert_eq!(
            of(Lifecycle::Archived, &BTreeMap::new(), Timestamp::MIN),
            DeviceStatus::Archived
        );
    }

    #[test]
    fn recommended_and_info_rules_do_not_set_it() {
        let (rule, mut other) = finding("e", Fail, None);
        other.mode = Mode::Recommended;
        assert_eq!(status(&[finding("a", Pass, None), (rule, other)]), DeviceStatus::Compliant);
    }

    #[test]
    fn reporting_alone_makes_nobody_compliant() {
        assert_eq!(status(&[finding("reporting", Pass, None)]), DeviceStatus::Unknown);
    }
}
