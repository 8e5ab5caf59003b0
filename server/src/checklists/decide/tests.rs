//! What closes a task, what opens it again, and what does neither.

use jiff::{SignedDuration, Timestamp};
use shared::policy::FindingStatus;

use super::{Standing as Place, Step, Truth, step, truth};
use crate::checklists::facts::{Facts, Mac, Report, Standing};
use crate::checklists::{Closing, TaskState};
use crate::fleet::state::Lifecycle;

fn start() -> Timestamp {
    "2026-08-20T09:00:00Z".parse().unwrap()
}

fn later(hours: i64) -> Timestamp {
    start() + SignedDuration::from_hours(hours)
}

fn mac(rules: &[(&str, FindingStatus)]) -> Mac {
    let standing = |status: FindingStatus| Standing {
        status,
        reason: format!("It is {}.", status.as_str()),
        since: start(),
    };
    let rules = rules.iter().map(|(rule, status)| ((*rule).to_owned(), standing(*status)));
    Mac {
        device: "d1".to_owned(),
        name: "C02X".to_owned(),
        held_until: None,
        lifecycle: Lifecycle::Active,
        is_silent: false,
        report: Some(Report {
            chain: 0,
            sequence: 3,
            statement_sha256: "ab".to_owned(),
            log_position: Some(7),
            received: later(5),
        }),
        rules: rules.collect(),
        active_keys: 1,
        came_back: None,
        removed: None,
    }
}

fn facts(macs: Vec<Mac>) -> Facts {
    Facts { macs }
}

fn filevault() -> Closing {
    Closing::RulesPassing { rules: vec!["disk-encryption".to_owned()] }
}

fn now(closing: &Closing, macs: Vec<Mac>) -> Truth {
    truth(closing, &facts(macs), (start(), later(6))).unwrap()
}

fn moved(state: TaskState, closing: &Closing, macs: Vec<Mac>) -> Option<Step> {
    let place = Place { state, closing, is_last: false, others_open: true };
    step(place, &facts(macs), (start(), later(6)))
}

const PASS: (&str, FindingStatus) = ("disk-encryption", FindingStatus::Pass);
const FAIL: (&str, FindingStatus) = ("disk-encryption", FindingStatus::Fail);
const UNKNOWN: (&str, FindingStatus) = ("disk-encryption", FindingStatus::Unknown);
const NEITHER: (&str, FindingStatus) = ("disk-encryption", FindingStatus::NotApplicable);

#[test]
fn a_pass_closes_a_failure_opens_again_and_both_name_the_report() {
    let closed = moved(TaskState::Open, &filevault(), vec![mac(&[PASS])]);
    let Some(Step::Close { says, shown }) = closed else { panic!("{closed:?}") };
    assert_eq!(says, "Report 3 of C02X, 20 Aug 2026, 14:00 UTC.");
    assert_eq!((shown[0].device.as_str(), shown[0].rules.len()), ("d1", 1));
    assert_eq!(shown[0].report.as_ref().unwrap().log_position, Some(7));
    let opened = moved(TaskState::Closed, &filevault(), vec![mac(&[FAIL])]);
    let says = "It is fail. Seen in report 3 of C02X, 20 Aug 2026, 14:00 UTC.".to_owned();
    assert_eq!(opened, Some(Step::Reopen { says }));
}

#[test]
fn what_is_unknown_silent_or_old_neither_closes_nor_opens() {
    let silent = Mac { is_silent: true, ..mac(&[PASS]) };
    let mut old = mac(&[PASS]);
    old.report.as_mut().unwrap().received = start() - SignedDuration::from_hours(7 * 24 - 5);
    let unreported = Mac { report: None, ..mac(&[]) };
    let waiting = Mac { lifecycle: Lifecycle::Pending, ..mac(&[PASS]) };
    let suspended = Mac { lifecycle: Lifecycle::Suspended, ..mac(&[PASS]) };
    for nothing in [
        mac(&[UNKNOWN]),
        mac(&[NEITHER]),
        mac(&[]),
        silent.clone(),
        old,
        unreported,
        waiting,
        suspended,
    ] {
        for state in [TaskState::Open, TaskState::Closed] {
            assert_eq!(moved(state, &filevault(), vec![nothing.clone()]), None, "{nothing:?}");
        }
    }
    // Nor does one Mac speak for the other.
    let both = vec![mac(&[PASS]), Mac { device: "d2".to_owned(), ..silent }];
    assert_eq!(moved(TaskState::Open, &filevault(), both), None);
    let one_fails = vec![mac(&[PASS]), mac(&[FAIL])];
    assert!(matches!(moved(TaskState::Closed, &filevault(), one_fails), Some(Step::Reopen { .. })));
}

#[test]
fn without_a_mac_nothing_passes() {
    assert!(matches!(now(&filevault(), Vec::new()), Truth::Disproven { .. }));
    assert!(matches!(now(&Closing::DeviceEnrolled, Vec::new()), Truth::Disproven { .. }));
    assert!(matches!(now(&Closing::KeyRevoked, Vec::new()), Truth::NotKnown { .. }));
    assert!(matches!(now(&Closing::LastReportEncrypted, Vec::new()), Truth::NotKnown { .. }));
    let gone = Mac { held_until: Some(later(1)), ..mac(&[PASS]) };
    assert!(matches!(now(&filevault(), vec![gone]), Truth::Disproven { .. }));
}

#[test]
fn a_mac_is_enrolled_when_it_has_reported() {
    let unreported = Mac { report: None, ..mac(&[]) };
    assert!(matches!(now(&Closing::DeviceEnrolled, vec![unreported]), Truth::NotKnown { .. }));
    assert!(matches!(now(&Closing::DeviceEnrolled, vec![mac(&[])]), Truth::Proven { .. }));
}

#[test]
fn the_last_proven_state_outlives_the_laptops_return_but_a_failure_does_not_count() {
    let returned = Mac { held_until: Some(later(1)), ..mac(&[PASS]) };
    let last = Closing::LastReportEncrypted;
    assert!(matches!(now(&last, vec![returned.clone()]), Truth::Proven { .. }));
    // Long given away: not this person's any more.
    let before = Mac { held_until: Some(start() - SignedDuration::from_hours(1)), ..mac(&[FAIL]) };
    assert!(matches!(now(&last, vec![returned, before]), Truth::Proven { .. }));
    assert!(matches!(now(&last, vec![mac(&[FAIL])]), Truth::Disproven { .. }));
    let archived = Mac { lifecycle: Lifecycle::Archived, ..mac(&[PASS]) };
    assert_eq!(moved(TaskState::Closed, &last, vec![archived]), None);
}

#[test]
fn a_key_is_revoked_when_no_report_is_taken_any_more_and_comes_last() {
    let revoked = Mac { lifecycle: Lifecycle::Revoked, active_keys: 0, ..mac(&[]) };
    assert!(matches!(now(&Closing::KeyRevoked, vec![mac(&[])]), Truth::Disproven { .. }));
    let one_left = vec![revoked.clone(), mac(&[])];
    assert!(matches!(now(&Closing::KeyRevoked, one_left), Truth::Disproven { .. }));
    assert!(matches!(now(&Closing::KeyRevoked, vec![revoked.clone()]), Truth::Proven { .. }));
    let place = |others_open| Place {
        state: TaskState::Open,
        closing: &Closing::KeyRevoked,
        is_last: true,
        others_open,
    };
    let facts = facts(vec![revoked]);
    assert_eq!(step(place(true), &facts, (start(), later(6))), None);
    assert!(matches!(step(place(false), &facts, (start(), later(6))), Some(Step::Close { .. })));
}

#[test]
fn an_agent_is_gone_when_the_mac_came_back_with_another_key_and_never_by_silence() {
    let silent = Mac { is_silent: true, ..mac(&[]) };
    assert!(matches!(now(&Closing::AgentRemoved, vec![silent]), Truth::NotKnown { .. }));
    let before = Mac { came_back: Some(start() - SignedDuration::from_hours(1)), ..mac(&[]) };
    assert!(matches!(now(&Closing::AgentRemoved, vec![before]), Truth::NotKnown { .. }));
    let back = Mac { came_back: Some(later(2)), ..mac(&[]) };
    assert!(matches!(now(&Closing::AgentRemoved, vec![back]), Truth::Proven { .. }));
    let left = Mac { removed: Some(later(2)), ..mac(&[]) };
    assert!(matches!(now(&Closing::AgentRemoved, vec![left]), Truth::Proven { .. }));
}

#[test]
fn what_only_people_know_is_not_decided_and_what_is_overridden_stays() {
    let text = Closing::Acknowledgement { text: "I do.".to_owned(), version: 1 };
    for closing in [Closing::Confirmation, Closing::Evidence { kinds: Vec::new() }, text] {
        assert_eq!(truth(&closing, &Facts::default(), (start(), start())), None);
        assert!(!closing.is_automatic());
    }
    for macs in [vec![mac(&[PASS])], vec![mac(&[FAIL])]] {
        assert_eq!(moved(TaskState::Overridden, &filevault(), macs), None);
    }
}
