//! What is odd about a report: its place in the chain, its nonce, its clock.
//!
//! None of this refuses a report, because refusing evidence is a way to lose
//! it. It is kept with flags, and only the newest one speaks for the present.

use jiff::{SignedDuration, Timestamp};

use super::state::Head;

/// Something odd about an accepted report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Earlier sequences are missing.
    ChainGap,
    /// `previous` is not the digest of the statement before.
    ChainBreak,
    /// No valid unused nonce: the report may be older than it says.
    Stale,
    /// The device's clock is ahead of the collector's.
    ClockSkew,
    /// Older than the newest report: kept as history only.
    Old,
    /// The certificate had expired.
    CertificateExpired,
    /// `unchanged` since a report that is not the newest full one.
    Unmatched,
    /// Another hardware UUID than the device has had so far.
    OtherHardware,
    /// The answers come from a recording.
    Recorded,
    /// It carries a checkpoint of a log that was never so.
    OtherLog,
    /// No known release has the program that made it.
    UnknownBuild,
}

impl Flag {
    /// Every flag with its word and what it means to people.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::ChainGap, "chain-gap", "Earlier reports of this device have not arrived."),
        (
            Self::ChainBreak,
            "chain-break",
            "The report does not continue the one before it; someone may have tampered with the agent.",
        ),
        (
            Self::Stale,
            "stale",
            "The report holds no fresh number from the collector, so only the time of arrival is proven.",
        ),
        (
            Self::ClockSkew,
            "clock-skew",
            "The clock of the device is ahead; its times are not used.",
        ),
        (Self::Old, "old", "A newer report was there already; this one counts as history only."),
        (Self::CertificateExpired, "certificate-expired", "The certificate had expired."),
        (
            Self::Unmatched,
            "unmatched",
            "The report says that nothing changed since a report that the collector does not hold as the newest.",
        ),
        (
            Self::OtherHardware,
            "other-hardware",
            "The report comes from another computer than before: the key was copied.",
        ),
        (Self::Recorded, "recorded", "The answers come from a recording, not from a Mac."),
        (
            Self::OtherLog,
            "other-log",
            "The device has seen another history of the log than this collector holds; an old database may have been restored.",
        ),
        (
            Self::UnknownBuild,
            "unknown-build",
            "By its own word the agent is no release that this collector knew then.",
        ),
    ];

    /// The word in receipts and in the database.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(flag, ..)| *flag == self).map_or("", |row| row.1)
    }

    /// What a word means, for people.
    pub fn meaning(word: &str) -> &'static str {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map_or("", |row| row.2)
    }
}

/// How far a device's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The place that a report claims.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Which of the device's keys signed.
    pub chain: i64,
    /// Its sequence.
    pub sequence: i64,
    /// The digest that it names as the one before.
    pub previous: [u8; 32],
}

/// Whether a report continues the chain, comes late, or belongs elsewhere.
///
/// `before` is the digest stored for the sequence just below the claimed one,
/// where there is one.
pub fn place(head: &Head, claim: &Claim, before: Option<[u8; 32]>) -> Vec<Flag> {
    let mut flags = Vec::new();
    let newer_chain = claim.chain > head.chain;
    let newest = newer_chain || (claim.chain == head.chain && claim.sequence > head.sequence);
    if newest {
        let expected = if newer_chain { 1 } else { head.sequence + 1 };
        if claim.sequence > expected {
            flags.push(Flag::ChainGap);
        } else if !newer_chain && claim.previous != head.digest {
            flags.push(Flag::ChainBreak);
        }
    } else {
        if before.is_some_and(|digest| digest != claim.previous) {
            flags.push(Flag::ChainBreak);
        }
        flags.push(Flag::Old);
    }
    flags
}

/// Whether the times and the nonce are in order.
///
/// `nonce_at` is the issue time of a nonce whose authenticity was checked;
/// `used` that of the newest nonce this device has used.
pub fn freshness(
    nonce_at: Option<Timestamp>,
    used: Option<Timestamp>,
    finished_at: Timestamp,
    received_at: Timestamp,
) -> Vec<Flag> {
    let mut flags = Vec::new();
    let unused = nonce_at.is_some_and(|at| used.is_none_or(|used| at > used));
    if !unused {
        flags.push(Flag::Stale);
    }
    if finished_at.duration_since(received_at) > AHEAD {
        flags.push(Flag::ClockSkew);
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::{Claim, Flag, freshness, place};
    use crate::fleet::state::Head;

    const HEAD: Head = Head { chain: 0, sequence: 5, digest: [5; 32] };

    fn claim(sequence: i64, previous: u8) -> Claim {
        Claim { chain: 0, sequence, previous: [previous; 32] }
    }

    #[test]
    fn a_report_that_continues_the_chain_has_no_flag() {
        assert_eq!(place(&HEAD, &claim(6, 5), None), []);
    }

    #[test]
    fn gaps_breaks_and_latecomers_are_told_apart() {
        assert_eq!(place(&HEAD, &claim(6, 9), None), [Flag::ChainBreak]);
        assert_eq!(place(&HEAD, &claim(8, 7), None), [Flag::ChainGap]);
        assert_eq!(place(&HEAD, &claim(3, 2), Some([2; 32])), [Flag::Old]);
        assert_eq!(place(&HEAD, &claim(3, 2), Some([8; 32])), [Flag::ChainBreak, Flag::Old]);
        assert_eq!(place(&HEAD, &claim(3, 2), None), [Flag::Old]);
    }

    #[test]
    fn a_new_key_starts_a_new_chain() {
        let first = Claim { chain: 1, sequence: 1, previous: [1; 32] };
        assert_eq!(place(&HEAD, &first, None), []);
        assert_eq!(place(&HEAD, &Claim { sequence: 2, ..first }, None), [Flag::ChainGap]);
        let old_key = Claim { chain: 0, sequence: 6, previous: [5; 32] };
        let head = Head { chain: 1, sequence: 1, digest: [1; 32] };
        assert_eq!(place(&head, &old_key, Some([5; 32])), [Flag::Old]);
    }

    #[test]
    fn a_nonce_counts_once_and_a_fast_clock_is_noticed() {
        let at = |text: &str| text.parse().unwrap();
        let (one, two) = (at("2026-08-23T09:00:00Z"), at("2026-08-23T09:05:00Z"));
        assert_eq!(freshness(Some(two), Some(one), two, two), []);
        assert_eq!(freshness(Some(one), Some(one), two, two), [Flag::Stale]);
        assert_eq!(freshness(None, None, two, two), [Flag::Stale]);
        assert_eq!(freshness(Some(one), None, two, one), []);
        let later = at("2026-08-23T09:05:00.001Z");
        assert_eq!(freshness(Some(one), None, later, one), [Flag::ClockSkew]);
    }
}
