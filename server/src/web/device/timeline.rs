//! What happened to a device, the newest first: statuses, rules, events, and
//! times of silence.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::policy::{FindingStatus, Mode, Policy};

use crate::auth::sight::Sight;
use crate::shown::names::{rule_word, sentence_case};
use crate::store::views::Standing;
use crate::store::views::device::{DeviceRecord, EventRecord, FindingRecord};
use crate::web::times::{When, exact, length};
use crate::web::words::{kind, word};

/// Entries shown.
const ENTRIES: usize = 40;

/// More changes of one kind at one instant are told together.
const TOLD_APART: usize = 3;

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: When,
    /// Shape beside it.
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) detail: String,
}

/// The newest entries, as somebody with this sight sees them.
pub(super) fn entries(record: &DeviceRecord, policy: &Policy, sight: Sight) -> Vec<Entry> {
    // A status follows from rules, so it stands above them at one instant.
    let mut all: Vec<(Timestamp, Entry)> = statuses(&record.statuses).collect();
    all.extend(rules(record, policy, sight));
    all.extend(record.events.iter().map(event));
    all.extend(record.gaps.iter().map(|gap| {
        let title = format!("No report for {}", length(gap.until.duration_since(gap.from)));
        entry(
            gap.until,
            "silent",
            title,
            format!("The last one before came on {}.", exact(gap.from)),
        )
    }));
    all.sort_by_key(|(at, _)| Reverse(*at));
    all.into_iter().take(ENTRIES).map(|(_, entry)| entry).collect()
}

fn entry(
    at: Timestamp,
    kind: &'static str,
    title: impl Into<String>,
    detail: impl Into<String>,
) -> (Timestamp, Entry) {
    (at, Entry { at: When::exact(at), kind, title: title.into(), detail: detail.into() })
}

fn event(event: &EventRecord) -> (Timestamp, Entry) {
    let (kind, title) = match event.kind.as_str() {
        "suspended" | "conflict" => ("stopped", "Suspended".to_owned()),
        "revoked" => ("stopped", "Key revoked".to_owned()),
        "archived" => ("archived", "Archived".to_owned()),
        other => ("none", sentence_case(&other.replace(['_', '-'], " "))),
    };
    let title = match event.actor.as_str() {
        "" => title,
        "collector" => format!("{title} by the collector"),
        actor => format!("{title} by {actor}"),
    };
    entry(event.at, kind, title, event.detail.clone())
}

fn statuses(statuses: &[(Timestamp, Standing)]) -> impl Iterator<Item = (Timestamp, Entry)> + '_ {
    statuses.iter().enumerate().map(|(index, (at, standing))| {
        let title = match statuses.get(index + 1) {
            Some((_, before)) => format!("{} → {}", word(*before), word(*standing)),
            None => word(*standing).to_owned(),
        };
        entry(*at, kind(*standing), title, "")
    })
}

/// Changes of required and recommended rules. First judgements of one instant
/// are told together, and so are many passes or unknowns; a failure never is.
fn rules(record: &DeviceRecord, policy: &Policy, sight: Sight) -> Vec<(Timestamp, Entry)> {
    let judged =
        |finding: &&FindingRecord| matches!(finding.mode, Mode::Required | Mode::Recommended);
    let mut findings: Vec<&FindingRecord> =
        record.findings.iter().chain(&record.former).filter(judged).collect();
    findings.sort_by_key(|finding| finding.from);
    let mut seen = BTreeSet::new();
    let mut first: BTreeMap<Timestamp, Vec<FindingStatus>> = BTreeMap::new();
    let mut later: BTreeMap<(Timestamp, (&str, &str)), Vec<&FindingRecord>> = BTreeMap::new();
    let mut entries = Vec::new();
    for finding in findings {
        if seen.insert(finding.rule.as_str()) {
            first.entry(finding.from).or_default().push(finding.status);
            continue;
        }
        later.entry((finding.from, status(finding.status))).or_default().push(finding);
    }
    for ((at, (kind, verb)), findings) in later {
        if findings.len() > TOLD_APART && verb != status(FindingStatus::Fail).1 {
            entries.push(together(at, (kind, verb), &findings));
            continue;
        }
        for finding in findings {
            let title = format!("{}: {verb}", title(finding, policy));
            entries.push(entry(at, kind, title, finding.began.clone()));
        }
    }
    let told = |(at, statuses): (Timestamp, Vec<FindingStatus>)| {
        let is_handover = sight.begin() == Some(at);
        let title = if is_handover { "As it was handed over" } else { "First judged" };
        entry(at, "none", title, summary(&statuses))
    };
    entries.extend(first.into_iter().map(told));
    entries
}

fn title(finding: &FindingRecord, policy: &Policy) -> String {
    let word = || sentence_case(&rule_word(&finding.rule));
    policy.rule(&finding.rule).map_or_else(word, |rule| rule.title.clone())
}

fn together(
    at: Timestamp,
    (kind, verb): (&'static str, &str),
    findings: &[&FindingRecord],
) -> (Timestamp, Entry) {
    let verb = match verb {
        "passes" => "pass",
        "does not apply" => "do not apply",
        other => other,
    };
    let words: Vec<String> = findings.iter().map(|finding| rule_word(&finding.rule)).collect();
    let title = format!("{} rules {verb}", findings.len());
    entry(at, kind, title, sentence_case(&words.join(", ")) + ".")
}

fn status(status: FindingStatus) -> (&'static str, &'static str) {
    match status {
        FindingStatus::Pass => ("pass", "passes"),
        FindingStatus::Fail => ("fail", "fails"),
        FindingStatus::Unknown => ("unknown", "unknown"),
        FindingStatus::NotApplicable => ("none", "does not apply"),
    }
}

fn summary(statuses: &[FindingStatus]) -> String {
    let parts: Vec<String> = [
        (FindingStatus::Pass, "passed"),
        (FindingStatus::Fail, "failed"),
        (FindingStatus::Unknown, "unknown"),
        (FindingStatus::NotApplicable, "not applicable"),
    ]
    .into_iter()
    .map(|(wanted, word)| (statuses.iter().filter(|one| **one == wanted).count(), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let rules = if statuses.len() == 1 { "rule" } else { "rules" };
    format!("{} {rules}: {}.", statuses.len(), parts.join(", "))
}
