//! One device: what is wrong with it, how to fix it, and its newest reports.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::os_releases::Version;
use shared::policy::{FindingStatus, FixedBy, Mode, Policy};
use utoipa::ToSchema;

use super::call::Call;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use super::statements::ReportItem;
use crate::shown::names::{rule_word, sentence_case};
use crate::shown::row::{Row, rows};
use crate::store::views::device::{DeviceAsk, FindingRecord};

/// Reports that are named.
const REPORTS: u32 = 10;

/// One device.
#[derive(Serialize, ToSchema)]
pub(super) struct DeviceItem {
    #[serde(flatten)]
    row: Row,
    /// `macos`.
    platform: String,
    /// Why it is suspended, revoked, ...; empty when it is not.
    lifecycle_reason: String,
    /// What every rule says now, in the policy's order.
    findings: Vec<FindingItem>,
    /// Its newest reports, the newest first.
    reports: Vec<ReportItem>,
}

/// What a rule says of a device.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingItem {
    /// The rule's id.
    rule: String,
    /// What the rule asks, as a short claim.
    title: String,
    /// `pass`, `fail`, `unknown` or `not_applicable`.
    status: &'static str,
    /// `required`, `recommended` or `info`.
    mode: &'static str,
    /// What was seen, as a sentence.
    seen: String,
    /// Why the rule asks it.
    why: String,
    /// Steps that put it right, for the version of macOS that it has.
    fix: Vec<String>,
    /// Who can do that: `owner` or `it`; null when the rule is gone.
    fixed_by: Option<&'static str>,
    /// Since when; for a failure, short passes left out.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When the grace of a failure ends or ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// When what was judged had been read.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Timestamp>,
}

/// There is none.
pub(super) fn no_device() -> ApiProblem {
    ApiProblem::nothing("There is no device with this id.")
}

pub(super) async fn show(call: Call) -> Answered {
    let id = call.id();
    let ask = DeviceAsk { reports: REPORTS, gap: SignedDuration::from_hours(24) };
    let record = call.read(move |views| views.device(&id, ask)).await?.ok_or_else(no_device)?;
    let record = record.seen(call.sight);
    let rules = call.api.app.rulebook.current();
    let row = rows(std::slice::from_ref(&record.row), &rules, call.now());
    let version: Option<Version> =
        record.row.system.as_ref().and_then(|system| system.version.parse().ok());
    let place = |finding: &&FindingRecord| {
        let at = rules.policy.rules.iter().position(|rule| rule.id == finding.rule);
        (at.unwrap_or(usize::MAX), finding.rule.clone())
    };
    let mut findings: Vec<&FindingRecord> =
        record.findings.iter().filter(|finding| finding.mode != Mode::Off).collect();
    findings.sort_by_key(place);
    Reply::of(&DeviceItem {
        row: row.into_iter().next().ok_or_else(no_device)?,
        platform: record.platform.clone(),
        lifecycle_reason: record.lifecycle_reason.clone(),
        findings: findings.into_iter().map(|one| finding(one, &rules.policy, version)).collect(),
        reports: record.reports.iter().map(ReportItem::of).collect(),
    })
}

fn finding(record: &FindingRecord, policy: &Policy, version: Option<Version>) -> FindingItem {
    let rule = policy.rule(&record.rule);
    let fails = record.status == FindingStatus::Fail;
    let title = || sentence_case(&rule_word(&record.rule));
    FindingItem {
        rule: record.rule.clone(),
        title: rule.map_or_else(title, |rule| rule.title.clone()),
        status: record.status.as_str(),
        mode: record.mode.as_str(),
        seen: record.reason.clone(),
        why: rule.map(|rule| rule.why.clone()).unwrap_or_default(),
        fix: rule.map(|rule| rule.fix_for(version).to_vec()).unwrap_or_default(),
        fixed_by: rule.map(|rule| match rule.fixed_by {
            FixedBy::Owner => "owner",
            FixedBy::It => "it",
        }),
        since: record.episode.filter(|_| fails).unwrap_or(record.from),
        due: record.due.filter(|_| fails),
        read_at: record.reading,
    }
}
