//! The state of the fleet in one sentence whose numbers add up.

use jiff::Timestamp;

use crate::store::views::Standing;
use crate::web::times::length;
use crate::web::words::{count, thousands};

/// A piece of the sentence, with the list that it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Goes before the piece.
    pub(super) glue: &'static str,
    pub(super) text: String,
    pub(super) href: String,
    pub(super) kind: &'static str,
}

/// The sentence; archived devices are not counted, and Macs that never
/// enrolled are.
pub(super) fn parts(
    standings: &[(Standing, u64)],
    never_enrolled: u64,
    silent_since: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Part> {
    let number = |standing: Standing| {
        standings.iter().find(|(one, _)| *one == standing).map_or(0, |(_, count)| *count)
    };
    let watched = Standing::ALL.iter().copied().filter(|one| *one != Standing::Archived);
    let total: u64 = watched.clone().map(number).sum::<u64>() + never_enrolled;
    let compliant = number(Standing::Compliant);
    let mut parts = vec![Part {
        glue: "",
        text: first(compliant, total),
        href: "/devices?status=compliant".to_owned(),
        kind: "plain",
    }];
    for standing in watched.filter(|standing| *standing != Standing::Compliant) {
        let number = number(standing);
        if number == 0 {
            continue;
        }
        let silent = silent_since.map(|since| length(now.duration_since(since)));
        parts.push(Part {
            glue: ", ",
            text: clause(standing, number, silent.as_deref()),
            href: format!("/devices?status={}", standing.as_str()),
            kind: crate::web::words::kind(standing),
        });
    }
    if never_enrolled > 0 {
        parts.push(Part {
            glue: ", ",
            text: count(never_enrolled, "was never enrolled", "were never enrolled"),
            href: "/expected?show=never_enrolled".to_owned(),
            kind: "silent",
        });
    }
    if let Some(second) = parts.get_mut(1) {
        second.glue = "; ";
    }
    if parts.len() > 2
        && let Some(last) = parts.last_mut()
    {
        last.glue = " and ";
    }
    parts
}

fn first(compliant: u64, total: u64) -> String {
    if total == 0 {
        "No Macs are watched".to_owned()
    } else if compliant == total && total == 1 {
        "The one Mac is compliant".to_owned()
    } else if compliant == total {
        format!("All {} are compliant", count(total, "Mac", "Macs"))
    } else {
        let verb = if compliant == 1 || total == 1 { "is" } else { "are" };
        format!("{} of {} {verb} compliant", thousands(compliant), count(total, "Mac", "Macs"))
    }
}

fn clause(standing: Standing, number: u64, silent: Option<&str>) -> String {
    let (one, many) = match standing {
        Standing::NonCompliant => ("fails", "fail"),
        Standing::AtRisk => ("is due soon", "are due soon"),
        Standing::Stale => {
            return match (number, silent) {
                (1, Some(length)) => format!("1 has been silent for {length}"),
                (_, Some(length)) => {
                    format!("{} are silent, the longest for {length}", thousands(number))
                }
                (_, None) => count(number, "is silent", "are silent"),
            };
        }
        Standing::Unknown => ("is unknown", "are unknown"),
        Standing::NeverReported => ("has never reported", "have never reported"),
        Standing::Suspended => ("is suspended", "are suspended"),
        Standing::Pending => ("waits for approval", "wait for approval"),
        Standing::Revoked => ("has a revoked key", "have a revoked key"),
        Standing::Waived => ("is waived", "are waived"),
        Standing::Compliant => ("is compliant", "are compliant"),
        Standing::Archived => ("is archived", "are archived"),
    };
    count(number, one, many)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Standing, parts};

    fn said(standings: &[(Standing, u64)]) -> String {
        said_with(standings, 0)
    }

    fn said_with(standings: &[(Standing, u64)], never_enrolled: u64) -> String {
        let now: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        let silent = now - SignedDuration::from_hours(9 * 24);
        parts(standings, never_enrolled, Some(silent), now)
            .iter()
            .fold(String::new(), |said, part| said + part.glue + &part.text)
    }

    use Standing::{Archived, AtRisk, Compliant, NonCompliant, Stale, Suspended, Unknown};

    #[test]
    fn everybody_is_counted_once() {
        assert_eq!(
            said(&[(Compliant, 38), (NonCompliant, 2), (Stale, 1), (Archived, 4)]),
            "38 of 41 Macs are compliant; 2 fail and 1 has been silent for 9 days"
        );
        assert_eq!(
            said(&[(Compliant, 1), (Suspended, 1), (AtRisk, 2), (Stale, 3)]),
            "1 of 7 Macs is compliant; 1 is suspended, 2 are due soon and 3 are silent, the longest for 9 days"
        );
    }

    #[test]
    fn a_fleet_of_which_nothing_is_known_is_not_compliant() {
        assert_eq!(said(&[(Unknown, 2)]), "0 of 2 Macs are compliant; 2 are unknown");
    }

    #[test]
    fn macs_that_never_came_count_as_macs() {
        assert_eq!(
            said_with(&[(Compliant, 38), (NonCompliant, 2), (Stale, 1)], 3),
            "38 of 44 Macs are compliant; 2 fail, 1 has been silent for 9 days and 3 were never enrolled"
        );
        assert_eq!(said_with(&[], 1), "0 of 1 Mac is compliant; 1 was never enrolled");
        assert_eq!(
            said_with(&[(Compliant, 41)], 3),
            "41 of 44 Macs are compliant; 3 were never enrolled"
        );
    }

    #[test]
    fn a_quiet_morning_is_short() {
        assert_eq!(said(&[(Compliant, 41)]), "All 41 Macs are compliant");
        assert_eq!(said(&[(Compliant, 1)]), "The one Mac is compliant");
        assert_eq!(said(&[(Archived, 1)]), "No Macs are watched");
    }
}
