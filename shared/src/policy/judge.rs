//! From readings to verdicts.

use std::borrow::Cow;

use cel::common::types::CelMap;
use jiff::Timestamp;

use super::conditions::{Facts, fields_map, params_map};
use super::known::{Basis, Readings, Validity, basis};
use super::rule::{Params, Rule};
use super::status::{FindingStatus, Mode};
use super::unknown;
use super::{Derived, Policy, Verdict};
use crate::days::age_words;
use crate::reading::Fields;

/// Judges one device by the defaults of `policy`, in the policy's order.
///
/// Rules with mode `off` are left out, and so are those that need what only
/// the collector knows while `derived` does not hold it.
pub fn judge(
    policy: &Policy,
    readings: &Readings,
    derived: &Derived,
    now: Timestamp,
) -> Vec<Verdict> {
    judge_in(policy, &[], readings, derived, now)
}

/// Judges one device that belongs to `groups`.
pub fn judge_in(
    policy: &Policy,
    groups: &[&str],
    readings: &Readings,
    derived: &Derived,
    now: Timestamp,
) -> Vec<Verdict> {
    let derived_map = fields_map(derived.facts());
    let device = Device { readings, derived, derived_map: &derived_map, now };
    policy
        .rules
        .iter()
        .filter(|rule| policy.mode_in(rule, groups) != Mode::Off)
        .filter(|rule| rule.conditions.collector_facts().all(|fact| derived.get(fact).is_some()))
        .map(|rule| match policy.params_in(rule, groups) {
            Cow::Borrowed(params) => device.judge(rule, params, &rule.conditions.params),
            Cow::Owned(params) => device.judge(rule, &params, &params_map(&params)),
        })
        .collect()
}

/// All that is known of one device.
#[derive(Clone, Copy)]
struct Device<'a> {
    readings: &'a Readings,
    derived: &'a Derived,
    derived_map: &'a CelMap<'a>,
    now: Timestamp,
}

impl Device<'_> {
    fn judge(self, rule: &Rule, params: &Params, map: &CelMap<'_>) -> Verdict {
        let found = rule.check.as_ref().map(|check| {
            let known = self.readings.get(check);
            (check.as_str(), known, basis(known, rule.reading_valid_for, self.now))
        });
        let (fields, at, validity) = match found {
            Some((_, _, Basis::Observed { fields, at, valid })) => (Some(fields), Some(at), valid),
            Some((_, _, Basis::Unknown(reading))) => (None, Some(reading.observed_at), None),
            _ => (None, None, None),
        };
        let facts = Facts::new(
            rule.check.as_deref().zip(fields),
            (self.derived.facts(), self.derived_map),
            (params, map),
        );
        let said = match &found {
            Some((_, _, Basis::NotApplicable(reading))) => unknown::not_applicable(reading),
            Some((check, known, Basis::Unknown(reading))) => {
                let older = known.and_then(|known| known.observed.as_ref()).map(|(_, at)| *at);
                proven(rule, &facts)
                    .unwrap_or_else(|| unknown::unread(check, reading, older, self.now))
            }
            Some((check, _, Basis::NeverRead)) => {
                proven(rule, &facts).unwrap_or_else(|| unknown::never_read(check))
            }
            Some((_, _, Basis::Observed { .. })) | None => proven(rule, &facts)
                .or_else(|| explain(rule, &facts, FindingStatus::Unknown))
                .unwrap_or_else(|| unknown::undecided(rule, &facts)),
        };
        self.verdict(rule, said, fields, (at, validity))
    }

    fn verdict(
        &self,
        rule: &Rule,
        said: Said,
        fields: Option<&Fields>,
        (at, validity): (Option<Timestamp>, Option<Validity>),
    ) -> Verdict {
        let next = rule.conditions.next_change(self.derived);
        let until = validity.map(|validity| validity.until);
        let next = next.into_iter().chain(until).filter(|at| *at > self.now).min();
        Verdict {
            rule: rule.id.clone(),
            status: said.status,
            code: said.code,
            reason: match validity {
                Some(validity) => with_age(&said.reason, validity),
                None => said.reason,
            },
            observed: fields.cloned().unwrap_or_default(),
            grace: said.grace.unwrap_or(rule.grace),
            next_change_at: next,
            reading_at: at,
        }
    }
}

/// A status with the words for it.
pub(super) struct Said {
    pub(super) status: FindingStatus,
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) grace: Option<jiff::SignedDuration>,
}

impl Said {
    pub(super) fn plain(status: FindingStatus, code: &str, reason: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), reason: reason.into(), grace: None }
    }
}

/// A fail if proven, else a pass if proven, with the words for it.
fn proven(rule: &Rule, facts: &Facts<'_>) -> Option<Said> {
    let conditions = &rule.conditions;
    let passes = || facts.prove(&conditions.pass);
    let (status, code, plain) = match &conditions.fail {
        Some(fail) if facts.prove(fail) == Some(true) => FAILS,
        Some(_) if passes() == Some(true) => PASSES,
        Some(_) => return None,
        None if passes()? => PASSES,
        None => FAILS,
    };
    Some(explain(rule, facts, status).unwrap_or_else(|| Said::plain(status, code, plain)))
}

type Plain = (FindingStatus, &'static str, &'static str);
const PASSES: Plain = (FindingStatus::Pass, "pass", "Meets this rule.");
const FAILS: Plain = (FindingStatus::Fail, "fail", "Does not meet this rule.");

/// The first of the rule's own sentences that fits.
fn explain(rule: &Rule, facts: &Facts<'_>, status: FindingStatus) -> Option<Said> {
    rule.conditions.reasons.iter().find_map(|reason| {
        if reason.status.is_some_and(|only| only != status) {
            return None;
        }
        if reason.when.as_ref().is_some_and(|when| facts.prove(when) != Some(true)) {
            return None;
        }
        let said = reason.says.say(facts.values())?;
        Some(Said { status, code: reason.code.clone(), reason: said, grace: reason.grace })
    })
}

/// The sentence, saying that it rests on an older reading.
fn with_age(reason: &str, validity: Validity) -> String {
    let sentence = reason.strip_suffix('.').unwrap_or(reason);
    format!("{sentence}, as observed {} ago.", age_words(validity.age))
}

#[cfg(test)]
mod tests;
