//! Takes one verified report into a device's state.

use jiff::{SignedDuration, Timestamp};
use shared::policy::{Known, Readings};
use shared::reading::{Outcome, Reading};
use shared::statement::{Posture, ReportKind};

use super::advance::{Change, Changes, judged_by};
use super::chain::{self, Claim, Flag};
use super::state::{DeviceState, Head, Place};
use crate::agent_releases::shelf::Build;
use crate::app::Rules;

/// Silence of this length gives the patch level a new grace.
const AWAY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A report whose signature and subject were checked.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What it says.
    pub posture: &'a Posture,
    /// SHA-256 over PAE.
    pub digest: [u8; 32],
    /// The digest that it names as the one before.
    pub previous: [u8; 32],
    /// Which of the device's keys signed.
    pub chain: i64,
    /// When the collector received it.
    pub received_at: Timestamp,
    /// Issue time of its nonce, when that is authentic and in time.
    pub nonce_at: Option<Timestamp>,
    /// Whether the certificate had expired when it was received.
    pub certificate_expired: bool,
    /// Whether it is a full one with the [`fingerprint`] of the readings held.
    pub repeats: bool,
}

impl Report<'_> {
    /// Whether taking it into `state` moves the device's place and times only,
    /// so that readings and findings are not even needed.
    pub fn changes_nothing(&self, state: &DeviceState, rules: &Rules) -> bool {
        let is_due = state.next_change_at.is_some_and(|at| at <= self.received_at);
        (self.repeats || self.posture.kind == ReportKind::Unchanged)
            && !is_due
            && !must_judge(state, rules)
            && build(self.posture, rules) == state.build
    }
}

/// Digest of what a full report read: equal for equal outcomes, reasons and
/// fields, whatever the times and the raw answers.
pub fn fingerprint(posture: &Posture) -> Option<[u8; 32]> {
    if posture.kind != ReportKind::Full {
        return None;
    }
    let read: Vec<_> = posture
        .checks
        .iter()
        .map(|check| (&check.id, check.outcome, &check.reason, &check.fields))
        .collect();
    // An updated agent or another computer is news, too.
    let text = serde_json::to_vec(&(read, &posture.device, &posture.agent)).ok()?;
    Some(shared::keys::sha256(&text))
}

/// Whether a device is judged again whatever its report says.
fn must_judge(state: &DeviceState, rules: &Rules) -> bool {
    state.received_at.is_none() || state.was.is_some() || state.judged_by != judged_by(rules)
}

/// What the program that signed is to the collector, by its own word.
fn build(posture: &Posture, rules: &Rules) -> Build {
    rules.releases.build(posture.agent.binary_sha256.as_deref())
}

/// Takes over what the program is; beginning and end of being unknown are told.
fn take_build(state: &mut DeviceState, report: &Report<'_>, build: Build, changes: &mut Changes) {
    let tells = (build == Build::Unknown) != (state.build == Build::Unknown);
    if tells && build != Build::Unjudged {
        let version = report.posture.agent.version.clone();
        changes.push(Change::Build { version, build, at: report.received_at });
    }
    state.build = build;
}

/// What a report did to a device.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// What is odd about the report.
    pub flags: Vec<Flag>,
    /// Whether the readings differ from those before.
    pub readings_changed: bool,
    /// Whether the device was judged again.
    pub judged: bool,
}

/// Takes `report` into `state`. `before` is the stored digest of the sequence
/// just below, for a report that comes late.
pub fn receive(
    state: &mut DeviceState,
    report: &Report<'_>,
    before: Option<[u8; 32]>,
    rules: &Rules,
    changes: &mut Changes,
) -> Effect {
    let posture = report.posture;
    let claim =
        Claim { chain: report.chain, sequence: posture.sequence, previous: report.previous };
    let mut flags = chain::place(&state.head, &claim, before);
    let received_at = report.received_at;
    let finished_at = posture.time.finished_at;
    flags.extend(chain::freshness(report.nonce_at, state.nonce_at, finished_at, received_at));
    if report.certificate_expired {
        flags.push(Flag::CertificateExpired);
    }
    if let (Some(known), Some(claimed)) = (&state.hardware_uuid, &posture.device.hardware_uuid)
        && !known.eq_ignore_ascii_case(claimed)
    {
        flags.push(Flag::OtherHardware);
    }
    if posture.host.is_some() {
        flags.push(Flag::Recorded);
    }
    let build = build(posture, rules);
    if build == Build::Unknown {
        flags.push(Flag::UnknownBuild);
    }
    if flags.contains(&Flag::Old) {
        return Effect { flags, ..Effect::default() };
    }

    state.catch_up(rules, received_at, changes);
    if state.received_at.is_some_and(|last| received_at.duration_since(last) >= AWAY) {
        state.returned_at = Some(received_at);
    }
    let must_judge = must_judge(state, rules);
    take_build(state, report, build, changes);
    state.received_at = Some(received_at);
    if !flags.contains(&Flag::Stale) {
        state.nonce_at = report.nonce_at;
    }
    state.head = Head { chain: report.chain, sequence: posture.sequence, digest: report.digest };
    let readings_changed = match posture.kind {
        ReportKind::Full => {
            state.full = Some(Place { sequence: posture.sequence, digest: report.digest });
            !report.repeats && take_readings(&mut state.readings, &posture.checks, received_at)
        }
        ReportKind::Unchanged => {
            if !matches_full(state, posture) {
                flags.push(Flag::Unmatched);
            }
            false
        }
    };
    if !flags.contains(&Flag::Unmatched) {
        state.confirmed_at = Some(finished_at.min(received_at));
    }
    let judged = must_judge || readings_changed;
    if judged {
        state.judge_at(rules, received_at, changes);
    }
    Effect { flags, readings_changed, judged }
}

fn matches_full(state: &DeviceState, posture: &Posture) -> bool {
    match (&posture.unchanged_since, &state.full) {
        (Some(since), Some(full)) => {
            since.sequence == full.sequence && since.sha256 == shared::keys::hex(&full.digest)
        }
        _ => false,
    }
}

/// Puts the newest readings in, keeps what was last observed, and says whether
/// anything but times and raw answers differs.
fn take_readings(readings: &mut Readings, checks: &[Reading], received_at: Timestamp) -> bool {
    let mut changed = readings.len() != checks.len()
        || readings.keys().any(|id| !checks.iter().any(|reading| reading.id == *id));
    for reading in checks {
        let former = readings.get(&reading.id);
        let same = former.is_some_and(|known| {
            known.latest.outcome == reading.outcome
                && known.latest.reason == reading.reason
                && known.latest.fields == reading.fields
        });
        changed |= !same;
    }
    if changed {
        let mut former = std::mem::take(readings);
        for reading in checks {
            let mut latest = reading.clone();
            // A clock that runs ahead must not make a reading last longer.
            latest.observed_at = latest.observed_at.min(received_at);
            // Only the sentence of an unknown names its source; the statement
            // itself keeps them all, at two thirds of its size.
            if latest.outcome == Outcome::Observed {
                latest.sources.clear();
            }
            let observed = if latest.outcome == Outcome::Observed {
                Some((latest.fields.clone(), latest.observed_at))
            } else {
                former.remove(&latest.id).and_then(|known| known.observed)
            };
            readings.insert(latest.id.clone(), Known { latest, observed });
        }
    }
    changed
}

/// Moves the times of what was observed up to the newest report that confirmed
/// it. Done when a state is loaded, so that a report that changes nothing
/// leaves the stored readings alone.
pub fn confirm(readings: &mut Readings, confirmed_at: Option<Timestamp>) {
    let Some(at) = confirmed_at else { return };
    for known in readings.values_mut() {
        known.latest.observed_at = known.latest.observed_at.max(at);
        if known.latest.outcome == Outcome::Observed
            && let Some((_, observed_at)) = &mut known.observed
        {
            *observed_at = (*observed_at).max(at);
        }
    }
}
