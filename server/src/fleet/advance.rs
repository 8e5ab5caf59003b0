//! Judges a device again: on a report, and when time alone changes something.
//!
//! An interval begins at the instant at which the change became true, not when
//! a job happened to notice: before a report is judged, everything that was due
//! before it is judged first, each at its own instant.

use jiff::Timestamp;
use shared::policy::{DeviceStatus, FindingStatus, derive, derive_reporting, judge};

use super::finding::{self, Circumstances, Finding};
use super::state::DeviceState;
use super::status;
use crate::agent_releases::shelf::Build;
use crate::app::Rules;

/// One thing that the store has to write; the order matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The present interval of a rule ended.
    Close {
        /// The rule.
        rule: String,
        /// When the interval began.
        from: Timestamp,
        /// When it ended.
        until: Timestamp,
    },
    /// A finding with a new status: an interval begins.
    Put(Finding),
    /// A present finding says something else; its interval goes on.
    Say {
        /// As it is now.
        finding: Finding,
        /// When code, mode or grace changed; none when only the words did.
        news_at: Option<Timestamp>,
    },
    /// The agent began or ceased to be a program of no known release.
    Build {
        /// The version that it names.
        version: String,
        /// What it is now.
        build: Build,
        /// When.
        at: Timestamp,
    },
    /// The agent said farewell.
    Removed {
        /// When.
        at: Timestamp,
    },
    /// The device's status changed.
    Status {
        /// To what.
        status: DeviceStatus,
        /// When.
        from: Timestamp,
    },
}

/// What the store has to write, in order.
pub type Changes = Vec<Change>;

/// More steps than any device can owe; a guard against rules that never rest.
const STEPS: usize = 4000;

impl DeviceState {
    /// Judges everything that time changed up to and including `until`.
    pub fn catch_up(&mut self, rules: &Rules, until: Timestamp, changes: &mut Changes) {
        for _ in 0..STEPS {
            let Some(at) = self.next_change_at.filter(|at| *at <= until) else { return };
            self.judge_at(rules, at, changes);
            if self.next_change_at.is_some_and(|next| next <= at) {
                // A rule that asks for the same instant again would never end.
                self.next_change_at = at.checked_add(jiff::SignedDuration::from_secs(1)).ok();
            }
        }
    }

    /// Judges the device as it is at `at`.
    pub fn judge_at(&mut self, rules: &Rules, at: Timestamp, changes: &mut Changes) {
        let mut derived = derive(&self.readings, &rules.catalogue, at);
        derive_reporting(&mut derived, self.received_at.unwrap_or(self.enrolled_at), at);
        let verdicts = judge(&rules.policy, &self.readings, &derived, at);
        let circumstances =
            Circumstances { enrolled_at: self.enrolled_at, returned_at: self.returned_at };
        let mut next_change = None;
        let mut judged = std::collections::BTreeMap::new();
        for verdict in verdicts {
            let Some(rule) = rules.policy.rule(&verdict.rule) else { continue };
            let former = self.findings.remove(&verdict.rule);
            let changes_at = verdict.next_change_at;
            let finding = finding::next(former.as_ref(), verdict, rule.mode, circumstances, at);
            for instant in [changes_at, finding.due_at.filter(|due| *due > at)] {
                next_change = earliest(next_change, instant);
            }
            match former {
                Some(former) if former.says_the_same(&finding) => {}
                Some(former) if former.status == finding.status => {
                    let news_at = former.differs_for_programs(&finding).then_some(at);
                    changes.push(Change::Say { finding: finding.clone(), news_at });
                }
                Some(former) => {
                    changes.push(close(&former, at));
                    changes.push(Change::Put(finding.clone()));
                }
                None => changes.push(Change::Put(finding.clone())),
            }
            judged.insert(finding.rule.clone(), finding);
        }
        // What is left belongs to rules that the policy no longer has.
        changes.extend(self.findings.values().map(|former| close(former, at)));
        self.findings = judged;
        self.next_change_at = next_change;
        self.judged_by = judged_by(rules);
        self.settle_status(at, changes);
    }

    /// Recomputes the status without judging, after a change of life cycle.
    pub fn settle_status(&mut self, at: Timestamp, changes: &mut Changes) {
        let status = status::of(self.lifecycle, &self.findings, at);
        self.was =
            (status == DeviceStatus::Stale).then(|| status::beside_silence(&self.findings, at));
        if status != self.status {
            self.status = status;
            self.status_since = at;
            changes.push(Change::Status { status, from: at });
        }
    }

    /// Required rules that fail now.
    pub fn failing(&self) -> usize {
        self.findings
            .values()
            .filter(|finding| {
                finding.status == FindingStatus::Fail
                    && finding.mode == shared::policy::Mode::Required
            })
            .count()
    }

    /// When the first grace ends or ended.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.findings.values().filter_map(|finding| finding.due_at).min()
    }
}

/// Names the rules by content, to notice devices judged by others.
pub fn judged_by(rules: &Rules) -> String {
    let half = |digest: &str| digest.get(..16).unwrap_or(digest).to_owned();
    format!("{} {}", half(&rules.policy.sha256), half(rules.catalogue.sha256()))
}

fn close(former: &Finding, until: Timestamp) -> Change {
    Change::Close { rule: former.rule.clone(), from: former.since, until }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
