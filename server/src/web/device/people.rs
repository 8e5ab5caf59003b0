//! Who held a device, what colleagues wrote about it, and which exceptions
//! were accepted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::policy::{Mode, Policy};

use crate::shown::names::{rule_word, sentence_case};
use crate::store::access::holdings::Holding;
use crate::store::access::notes::Note;
use crate::store::access::waivers::Waiver;
use crate::store::views::device::DeviceRecord;
use crate::web::times::{When, last_day};

/// A time in which somebody held it.
pub(super) struct HolderView {
    pub(super) person: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) from: When,
    /// None for the present holder.
    pub(super) until: Option<When>,
}

impl HolderView {
    pub(super) fn of(holding: &Holding, now: Timestamp) -> Self {
        Self {
            person: holding.person_id.clone(),
            name: holding.name.clone(),
            email: holding.email.clone(),
            from: When::relative(holding.from, now),
            until: holding.until.map(|at| When::relative(at, now)),
        }
    }
}

/// A note.
pub(super) struct NoteView {
    pub(super) id: String,
    pub(super) at: When,
    pub(super) author: String,
    /// Its lines.
    pub(super) lines: Vec<String>,
}

impl NoteView {
    pub(super) fn of(note: &Note, now: Timestamp) -> Self {
        Self {
            id: note.id.clone(),
            at: When::relative(note.at, now),
            author: note.author_name.clone(),
            lines: note.text.lines().map(str::to_owned).collect(),
        }
    }
}

/// An exception.
pub(super) struct WaiverView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) approver: String,
    pub(super) from: When,
    /// Its last day.
    pub(super) until: String,
    /// When it ended, if it has.
    pub(super) ended: Option<When>,
}

impl WaiverView {
    pub(super) fn of(waiver: &Waiver, policy: &Policy, now: Timestamp) -> Self {
        Self {
            id: waiver.id.clone(),
            title: title(&waiver.rule, policy),
            reason: waiver.reason.clone(),
            approver: waiver.approver_name.clone(),
            from: When::relative(waiver.from, now),
            until: last_day(waiver.expires),
            ended: waiver.ended.map(|at| When::relative(at, now)),
        }
    }
}

fn title(rule: &str, policy: &Policy) -> String {
    policy.rule(rule).map_or_else(|| sentence_case(&rule_word(rule)), |rule| rule.title.clone())
}

/// Rules for which an exception can be accepted, failing ones first: those
/// that count, and have none.
pub(super) fn rules(
    record: &DeviceRecord,
    waivers: &[Waiver],
    policy: &Policy,
) -> Vec<(String, String)> {
    let waived: BTreeSet<&str> =
        waivers.iter().filter(|one| one.ended.is_none()).map(|one| one.rule.as_str()).collect();
    let fails = |rule: &str| record.row.failing().any(|problem| problem.rule == rule);
    let mut rules: Vec<_> = policy
        .rules
        .iter()
        .filter(|rule| matches!(rule.mode, Mode::Required | Mode::Recommended))
        .filter(|rule| !waived.contains(rule.id.as_str()))
        .map(|rule| (rule.id.clone(), rule.title.clone()))
        .collect();
    rules.sort_by_key(|(id, _)| !fails(id));
    rules
}
