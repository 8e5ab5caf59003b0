//! One rule's standing on one device, with its grace.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::policy::{FindingStatus, Mode, Verdict};
use shared::reading::Fields;

use super::status::REPORTING_RULE;

/// A pass must last this long to end a failure's episode.
const CURED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Every rule has at least this long after the first enrolment.
const ENROLMENT_GRACE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The patch level has at least this long after seven silent days.
const RETURN_GRACE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The rule that cannot be met while a laptop lies in a drawer.
const PATCH_RULE: &str = "os-patch-level";

/// How one rule stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// How it ended.
    pub status: FindingStatus,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub reason: String,
    /// The fields it was judged by.
    pub observed: Fields,
    /// How much the rule matters.
    pub mode: Mode,
    /// Since when it has this status.
    pub since: Timestamp,
    /// Since when it fails, short passes, unknowns and silence left out.
    pub episode: Option<Timestamp>,
    /// End of the grace of a required failure.
    pub due_at: Option<Timestamp>,
    /// When the fields were read.
    pub reading_at: Option<Timestamp>,
}

impl Finding {
    /// Whether nothing differs but the time of the reading. Most judgements
    /// only confirm what was found, and then no interval needs to be written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        // Every field by name, so that a new one is not forgotten.
        let Self {
            rule,
            status,
            code,
            reason,
            observed,
            mode,
            since,
            episode,
            due_at,
            reading_at: _,
        } = self;
        (rule, code, reason) == (&other.rule, &other.code, &other.reason)
            && (*status, *mode) == (other.status, other.mode)
            && (*since, *episode, *due_at) == (other.since, other.episode, other.due_at)
            && *observed == other.observed
    }

    /// Whether more than words changed for those who are told of changes.
    pub fn differs_for_programs(&self, other: &Self) -> bool {
        (&self.code, self.mode, self.due_at) != (&other.code, other.mode, other.due_at)
    }
}

/// What sets the grace of a device apart from that of others.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// When the device was enrolled.
    pub enrolled_at: Timestamp,
    /// When it came back after seven silent days.
    pub returned_at: Option<Timestamp>,
}

/// How `verdict`, given at `at`, changes a rule's standing.
pub fn next(
    former: Option<&Finding>,
    verdict: Verdict,
    mode: Mode,
    circumstances: Circumstances,
    at: Timestamp,
) -> Finding {
    let same = former.filter(|former| former.status == verdict.status);
    let episode = episode(former, verdict.status, at);
    let due_at = match (verdict.status, mode, episode) {
        // Silence has no grace: it is a status of its own.
        (FindingStatus::Fail, Mode::Required, Some(from)) if verdict.rule != REPORTING_RULE => {
            Some(due(&verdict, from, circumstances))
        }
        _ => None,
    };
    Finding {
        rule: verdict.rule,
        status: verdict.status,
        code: verdict.code,
        reason: verdict.reason,
        observed: verdict.observed,
        mode,
        since: same.map_or(at, |former| former.since),
        episode,
        due_at,
        reading_at: verdict.reading_at,
    }
}

/// Since when the rule fails. A pass that lasted a day ends the episode; a
/// shorter one, an unknown or silence does not, or the grace could be had for
/// ever by switching on and off.
fn episode(former: Option<&Finding>, status: FindingStatus, at: Timestamp) -> Option<Timestamp> {
    let running = former.and_then(|former| {
        let cured =
            former.status == FindingStatus::Pass && at.duration_since(former.since) >= CURED_AFTER;
        former.episode.filter(|_| !cured)
    });
    match status {
        FindingStatus::Fail => running.or(Some(at)),
        _ => running,
    }
}

fn due(verdict: &Verdict, episode: Timestamp, circumstances: Circumstances) -> Timestamp {
    let plus = |from: Timestamp, grace| from.checked_add(grace).unwrap_or(Timestamp::MAX);
    let mut due =
        plus(episode, verdict.grace).max(plus(circumstances.enrolled_at, ENROLMENT_GRACE));
    if verdict.rule == PATCH_RULE
        && let Some(returned_at) = circumstances.returned_at
    {
        due = due.max(plus(returned_at, RETURN_GRACE));
    }
    due
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use shared::policy::{FindingStatus, Mode, Verdict};

    use super::{Circumstances, Finding, next};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn verdict(status: FindingStatus) -> Verdict {
        Verdict {
            rule: "firewall".to_owned(),
            status,
            code: String::new(),
            reason: String::new(),
            observed: shared::reading::Fields::new(),
            grace: SignedDuration::from_hours(24),
            next_change_at: None,
            reading_at: None,
        }
    }

    fn run(steps: &[(&str, FindingStatus)]) -> Finding {
        let circumstances =
            Circumstances { enrolled_at: at("2026-01-01T00:00:00Z"), returned_at: None };
        let mut finding = None;
        for (time, status) in steps {
            let verdict = verdict(*status);
            finding =
                Some(next(finding.as_ref(), verdict, Mode::Required, circumstances, at(time)));
        }
        finding.unwrap()
    }

    use FindingStatus::{Fail, Pass, Unknown};

    #[test]
    fn grace_runs_from_the_first_failure() {
        let finding = run(&[
            ("2026-08-01T10:00:00Z", Pass),
            ("2026-08-10T10:00:00Z", Fail),
            ("2026-08-10T20:00:00Z", Fail),
        ]);
        assert_eq!(finding.since, at("2026-08-10T10:00:00Z"));
        assert_eq!(finding.due_at, Some(at("2026-08-11T10:00:00Z")));
    }

    #[test]
    fn a_short_pass_or_an_unknown_does_not_restart_the_grace() {
        let finding = run(&[
            ("2026-08-10T10:00:00Z", Fail),
            ("2026-08-10T12:00:00Z", Pass),
            ("2026-08-11T11:59:59Z", Unknown),
            ("2026-08-15T12:00:00Z", Fail),
        ]);
        assert_eq!(finding.episode, Some(at("2026-08-10T10:00:00Z")));
        assert_eq!(finding.since, at("2026-08-15T12:00:00Z"));
    }

    #[test]
    fn a_pass_of_a_day_ends_the_episode() {
        let finding = run(&[
            ("2026-08-10T10:00:00Z", Fail),
            ("2026-08-10T12:00:00Z", Pass),
            ("2026-08-11T12:00:00Z", Fail),
        ]);
        assert_eq!(finding.due_at, Some(at("2026-08-12T12:00:00Z")));
    }

    #[test]
    fn a_new_device_has_three_days_for_everything() {
        let finding = run(&[("2026-01-01T01:00:00Z", Fail)]);
        assert_eq!(finding.due_at, Some(at("2026-01-04T00:00:00Z")));
    }

    #[test]
    fn only_a_required_failure_is_due() {
        assert_eq!(run(&[("2026-08-10T10:00:00Z", Unknown)]).due_at, None);
        let circumstances =
            Circumstances { enrolled_at: at("2026-01-01T00:00:00Z"), returned_at: None };
        let finding =
            next(None, verdict(Fail), Mode::Recommended, circumstances, at("2026-08-10T10:00:00Z"));
        assert_eq!(finding.due_at, None);
    }

    #[test]
    fn the_patch_level_waits_three_days_for_a_laptop_that_was_away() {
        let mut late = verdict(Fail);
        late.rule = "os-patch-level".to_owned();
        let circumstances = Circumstances {
            enrolled_at: at("2026-01-01T00:00:00Z"),
            returned_at: Some(at("2026-08-10T10:00:00Z")),
        };
        let finding = next(None, late, Mode::Required, circumstances, at("2026-08-10T10:00:00Z"));
        assert_eq!(finding.due_at, Some(at("2026-08-13T10:00:00Z")));
    }
}
