//! Findings in the order of need: failing ones opened with their fix, then
//! unknown ones, then one line for each that passes.

use jiff::Timestamp;
use shared::os_releases::Version;
use shared::policy::{Controls, FindingStatus, FixedBy, Mode, Policy};

use crate::shown::names::{rule_word, sentence_case};
use crate::store::access::waivers::Waiver;
use crate::store::views::device::{DeviceRecord, FindingRecord};
use crate::web::times::{When, last_day};

/// All findings of a device.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    /// Required and recommended rules that fail.
    pub(super) failing: Vec<FindingView>,
    /// Required and recommended rules of which nothing is known.
    pub(super) unknown: Vec<FindingView>,
    /// Rules that pass or do not apply.
    pub(super) passing: Vec<FindingView>,
    /// Neutral facts, whatever they say.
    pub(super) facts: Vec<FindingView>,
}

/// One finding.
#[derive(Clone, Debug)]
pub(super) struct FindingView {
    pub(super) title: String,
    pub(super) recommended: bool,
    pub(super) applies: bool,
    pub(super) reason: String,
    pub(super) why: String,
    pub(super) steps: Vec<String>,
    /// Who can put it right.
    pub(super) fixed_by: &'static str,
    pub(super) since: When,
    pub(super) due: Option<When>,
    pub(super) overdue: bool,
    pub(super) reading: Option<When>,
    /// Last day of the exception that holds; empty when none does.
    pub(super) waived: String,
    /// Controls for which the rule is evidence, by catalogue.
    pub(super) controls: Vec<(&'static str, String)>,
}

/// Findings by what to do about them, each in the policy's order.
pub(super) fn sorted(
    record: &DeviceRecord,
    waivers: &[Waiver],
    policy: &Policy,
    now: Timestamp,
) -> Findings {
    let version: Option<Version> =
        record.row.system.as_ref().and_then(|system| system.version.parse().ok());
    let place = |finding: &FindingRecord| {
        let at = policy.rules.iter().position(|rule| rule.id == finding.rule);
        (finding.mode == Mode::Recommended, at.unwrap_or(usize::MAX))
    };
    let mut records: Vec<&FindingRecord> =
        record.findings.iter().filter(|finding| finding.mode != Mode::Off).collect();
    records.sort_by_key(|finding| place(finding));
    let mut findings = Findings::default();
    for record in records {
        let mut view = view(record, policy, version, now);
        let waiver = waivers.iter().find(|one| one.rule == record.rule && one.ended.is_none());
        view.waived = waiver.map(|one| last_day(one.expires)).unwrap_or_default();
        let list = match (record.mode, record.status) {
            (Mode::Info, _) => &mut findings.facts,
            (_, FindingStatus::Fail) => &mut findings.failing,
            (_, FindingStatus::Unknown) => &mut findings.unknown,
            (_, FindingStatus::Pass | FindingStatus::NotApplicable) => &mut findings.passing,
        };
        list.push(view);
    }
    findings
}

fn view(
    record: &FindingRecord,
    policy: &Policy,
    version: Option<Version>,
    now: Timestamp,
) -> FindingView {
    let rule = policy.rule(&record.rule);
    let fails = record.status == FindingStatus::Fail;
    let since = record.episode.filter(|_| fails).unwrap_or(record.from);
    let overdue = record.due.is_some_and(|due| due <= now);
    FindingView {
        title: rule
            .map_or_else(|| sentence_case(&rule_word(&record.rule)), |rule| rule.title.clone()),
        recommended: record.mode == Mode::Recommended,
        applies: record.status != FindingStatus::NotApplicable,
        reason: record.reason.clone(),
        why: rule.map(|rule| rule.why.clone()).unwrap_or_default(),
        steps: rule.map(|rule| rule.fix_for(version).to_vec()).unwrap_or_default(),
        fixed_by: match rule.map(|rule| rule.fixed_by) {
            Some(FixedBy::Owner) => "How its owner fixes it",
            Some(FixedBy::It) => "How IT fixes it",
            None => "",
        },
        since: When::relative(since, now),
        due: record.due.filter(|_| fails).map(|due| When::due(due, now)),
        overdue,
        reading: record.reading.map(|at| When::relative(at, now)),
        waived: String::new(),
        controls: rule.map(|rule| controls(&rule.controls)).unwrap_or_default(),
    }
}

/// Where a rule stands in the catalogues of controls, in words.
fn controls(controls: &Controls) -> Vec<(&'static str, String)> {
    let all = [
        ("SOC 2", &controls.soc2),
        ("ISO 27001", &controls.iso27001),
        ("NIST 800-53", &controls.nist80053),
        ("CIS macOS", &controls.cis),
        ("mSCP", &controls.mscp),
    ];
    let named = all.into_iter().filter(|(_, ids)| !ids.is_empty());
    named.map(|(catalogue, ids)| (catalogue, ids.join(", "))).collect()
}
