//! The result of `check --json`: one document of schema `muster.check/v1`.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use shared::policy::FindingStatus;
use shared::reading::Fields;

use super::assessment::Assessment;
use super::rules::{From, Rules};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    device: Device<'a>,
    observed_at: Timestamp,
    policy: PolicyName<'a>,
    /// Only where the collector's rules judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<ReceivedRules>,
    findings: Vec<Finding<'a>>,
    summary: Summary,
}

/// What is not known is null.
#[derive(Serialize)]
struct Device<'a> {
    model: Option<&'a str>,
    serial: Option<&'a str>,
    os_version: Option<&'a str>,
    os_build: Option<&'a str>,
}

#[derive(Serialize)]
struct PolicyName<'a> {
    id: &'a str,
    version: u32,
}

/// What the collector signed, and what of it judged.
#[derive(Serialize)]
struct ReceivedRules {
    at: Timestamp,
    policy: bool,
    catalogue: bool,
    catalogue_as_of: Date,
}

impl ReceivedRules {
    fn of(rules: &Rules) -> Option<Self> {
        let at = |from| match from {
            From::Collector(at) => Some(at),
            From::Program | From::File => None,
        };
        let (policy, catalogue) = (at(rules.policy_from), at(rules.catalogue_from));
        Some(Self {
            at: policy.or(catalogue)?,
            policy: policy.is_some(),
            catalogue: catalogue.is_some(),
            catalogue_as_of: rules.catalogue.as_of(),
        })
    }
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    status: FindingStatus,
    reason: &'a str,
    observed: &'a Fields,
}

#[derive(Serialize)]
struct Summary {
    pass: usize,
    fail: usize,
    unknown: usize,
    not_applicable: usize,
}

/// Writes the document and a line break.
pub(super) fn write(
    out: &mut dyn Write,
    assessment: &Assessment<'_>,
    rules: &Rules,
) -> io::Result<()> {
    let document = Document {
        schema: "muster.check/v1",
        device: Device {
            model: assessment.device.model.as_deref(),
            serial: assessment.device.serial.as_deref(),
            os_version: assessment.os_version.as_deref(),
            os_build: assessment.os_build.as_deref(),
        },
        observed_at: assessment.observed_at,
        policy: PolicyName { id: &assessment.policy.id, version: assessment.policy.version },
        received: ReceivedRules::of(rules),
        findings: assessment
            .findings()
            .map(|(_, verdict)| Finding {
                rule: &verdict.rule,
                status: verdict.status,
                reason: &verdict.reason,
                observed: &verdict.observed,
            })
            .collect(),
        summary: Summary {
            pass: assessment.count(FindingStatus::Pass),
            fail: assessment.count(FindingStatus::Fail),
            unknown: assessment.count(FindingStatus::Unknown),
            not_applicable: assessment.count(FindingStatus::NotApplicable),
        },
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}
