//! What a judgement of a device tells the stream.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::policy::{DeviceStatus, FindingStatus, Mode};

use crate::agent_releases::shelf::Build;
use crate::fleet::advance::{Change, Changes};
use crate::fleet::finding::Finding;

/// A change of a device, as the stream keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Told {
    /// A rule stands otherwise, or says something else.
    Finding(FindingTold),
    /// A rule is no longer judged for the device.
    Ended {
        /// The rule.
        rule: String,
        /// Since when its last finding held.
        since: Timestamp,
    },
    /// The agent began or ceased to be a program of no known release.
    Agent {
        /// The version that it names.
        version: String,
        /// Whether a known release has its program now.
        is_known: bool,
    },
    /// The agent said farewell: it was removed.
    Removed,
    /// The device as a whole stands otherwise.
    Standing {
        /// How.
        status: DeviceStatus,
    },
}

/// A finding as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingTold {
    /// The rule's id.
    pub rule: String,
    /// Whether it is the first of the rule on the device.
    pub is_first: bool,
    /// How it ended.
    pub status: FindingStatus,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub reason: String,
    /// How much the rule matters.
    pub mode: Mode,
    /// Since when it has this status.
    pub since: Timestamp,
    /// End of the grace of a required failure.
    pub due_at: Option<Timestamp>,
}

impl FindingTold {
    fn of(finding: &Finding, is_first: bool) -> Self {
        Self {
            rule: finding.rule.clone(),
            is_first,
            status: finding.status,
            code: finding.code.clone(),
            reason: finding.reason.clone(),
            mode: finding.mode,
            since: finding.since,
            due_at: finding.due_at,
        }
    }
}

/// What `changes` of one device tell, in order, each with its instant. Most
/// reports change nothing, and then nothing is made.
pub fn told(changes: &Changes) -> Vec<(Timestamp, Told)> {
    let mut told = Vec::new();
    let mut ended: Option<(&str, Timestamp, Timestamp)> = None;
    for change in changes {
        let follows = match (change, ended) {
            (Change::Put(finding), Some((rule, ..))) => finding.rule == rule,
            _ => false,
        };
        if let Some((rule, since, until)) = ended.take().filter(|_| !follows) {
            told.push((until, Told::Ended { rule: rule.to_owned(), since }));
        }
        match change {
            Change::Close { rule, from, until } => ended = Some((rule, *from, *until)),
            Change::Put(finding) => {
                told.push((finding.since, Told::Finding(FindingTold::of(finding, !follows))));
            }
            Change::Say { finding, news_at: Some(at) } => {
                told.push((*at, Told::Finding(FindingTold::of(finding, false))));
            }
            // The same in other words, such as a count of days.
            Change::Say { news_at: None, .. } => {}
            Change::Build { version, build, at } => {
                let is_known = *build == Build::Known;
                told.push((*at, Told::Agent { version: version.clone(), is_known }));
            }
            Change::Removed { at } => told.push((*at, Told::Removed)),
            Change::Status { status, from } => {
                told.push((*from, Told::Standing { status: *status }));
            }
        }
    }
    if let Some((rule, since, until)) = ended {
        told.push((until, Told::Ended { rule: rule.to_owned(), since }));
    }
    told
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::policy::{DeviceStatus, FindingStatus, Mode};

    use super::{Told, told};
    use crate::fleet::advance::Change;
    use crate::fleet::finding::Finding;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn finding(rule: &str, status: FindingStatus, since: &str) -> Finding {
        Finding {
            rule: rule.to_owned(),
            status,
            code: "off".to_owned(),
            reason: "It is off.".to_owned(),
            observed: shared::reading::Fields::new(),
            mode: Mode::Required,
            since: at(since),
            episode: None,
            due_at: None,
            reading_at: None,
        }
    }

    #[test]
    fn a_change_is_told_once_and_a_rule_that_is_gone_is_told_too() {
        let (first, second) = ("2026-08-20T09:00:00Z", "2026-08-20T10:00:00Z");
        let closed = |rule: &str| Change::Close {
            rule: rule.to_owned(),
            from: at(first),
            until: at(second),
        };
        let changes = vec![
            Change::Put(finding("firewall", FindingStatus::Pass, first)),
            closed("firewall"),
            Change::Put(finding("firewall", FindingStatus::Fail, second)),
            Change::Say {
                finding: finding("gatekeeper", FindingStatus::Fail, first),
                news_at: None,
            },
            Change::Say {
                finding: finding("gatekeeper", FindingStatus::Fail, first),
                news_at: Some(at(second)),
            },
            closed("screen-lock"),
            closed("auto-login"),
            Change::Put(finding("auto-login", FindingStatus::Pass, second)),
            Change::Status { status: DeviceStatus::AtRisk, from: at(second) },
            closed("vpn-client"),
        ];
        let words: Vec<String> = told(&changes)
            .into_iter()
            .map(|(at, told)| match told {
                Told::Finding(it) => {
                    format!("{at} {} {} {}", it.rule, it.status.as_str(), it.is_first)
                }
                Told::Ended { rule, .. } => format!("{at} {rule} ended"),
                Told::Standing { status } => format!("{at} {}", status.as_str()),
                Told::Agent { version, is_known } => format!("{at} agent {version} {is_known}"),
                Told::Removed => format!("{at} removed"),
            })
            .collect();
        assert_eq!(
            words,
            [
                "2026-08-20T09:00:00Z firewall pass true",
                "2026-08-20T10:00:00Z firewall fail false",
                "2026-08-20T10:00:00Z gatekeeper fail false",
                "2026-08-20T10:00:00Z screen-lock ended",
                "2026-08-20T10:00:00Z auto-login pass false",
                "2026-08-20T10:00:00Z at_risk",
                "2026-08-20T10:00:00Z vpn-client ended",
            ]
        );
        assert!(told(&Vec::new()).is_empty());
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let changes =
            vec![Change::Put(finding("firewall", FindingStatus::Fail, "2026-08-20T09:00:00Z"))];
        let (_, told) = told(&changes).remove(0);
        let text = serde_json::to_string(&told).unwrap();
        assert!(
            text.starts_with(r#"{"kind":"finding","rule":"firewall","is_first":true,"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
    }
}
