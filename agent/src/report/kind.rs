//! Does this run need a full report, or is it enough to say that nothing changed?

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::keys::sha256_hex;
use shared::posture::CHECKS;
use shared::reading::{FieldValue, Outcome, Reading};
use shared::statement::Unchanged;

/// Longest time between two full reports.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The newest full report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFull {
    /// Its sequence.
    pub sequence: i64,
    /// Its digest over PAE, hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub at: Timestamp,
    /// What it depends on.
    pub basis: Basis,
}

/// What, when it changes, asks for a full report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Version of the agent.
    pub agent: String,
    /// Digest of the policy that the agent last received.
    pub policy: Option<String>,
    /// Digest of the catalogue that the agent last received.
    #[serde(default)]
    pub catalogue: Option<String>,
    /// [`fingerprint`] of the readings.
    pub readings: String,
}

/// Decides: none asks for a full report, else what the unchanged one points at.
pub fn unchanged_since(
    last: Option<&LastFull>,
    basis: &Basis,
    now: Timestamp,
) -> Option<Unchanged> {
    let last = last.filter(|it| it.basis == *basis)?;
    // A clock that went back says nothing about how long ago that was.
    let age = now.duration_since(last.at);
    (age >= SignedDuration::ZERO && age < FULL_EVERY)
        .then(|| Unchanged { sequence: last.sequence, sha256: last.sha256.clone() })
}

#[derive(Serialize)]
struct Stable<'a> {
    id: &'a str,
    version: u32,
    outcome: Outcome,
    reason: Option<&'a str>,
    fields: BTreeMap<&'a str, &'a FieldValue>,
}

/// A digest over everything in `readings` that does not change by itself:
/// neither times nor sources nor volatile fields.
pub fn fingerprint(readings: &[Reading]) -> String {
    let stable: Vec<Stable<'_>> = readings
        .iter()
        .map(|reading| Stable {
            id: &reading.id,
            version: reading.version,
            outcome: reading.outcome,
            reason: reading.reason.as_deref(),
            fields: reading
                .fields
                .iter()
                .filter(|(name, _)| !is_volatile(&reading.id, name))
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
        })
        .collect();
    // Text, numbers and flags under sorted names: nothing here can fail, and
    // if it did, equal digests would only mean a report a day.
    sha256_hex(&serde_json::to_vec(&stable).unwrap_or_default())
}

fn is_volatile(check: &str, field: &str) -> bool {
    let schema = CHECKS.iter().find(|it| it.id == check);
    schema.is_some_and(|it| it.fields.iter().any(|it| it.name == field && it.volatile))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use shared::posture::CHECKS;
    use shared::reading::{FieldValue, Outcome, Reading};

    use super::{Basis, LastFull, fingerprint, unchanged_since};

    fn reading(id: &str, fields: &[(&str, FieldValue)]) -> Reading {
        Reading {
            id: id.to_owned(),
            version: 1,
            outcome: Outcome::Observed,
            reason: None,
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            sources: Vec::new(),
            observed_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn of(reading: &Reading) -> String {
        fingerprint(std::slice::from_ref(reading))
    }

    #[test]
    fn only_what_does_not_change_by_itself_counts() {
        for check in CHECKS {
            for field in check.fields {
                let one = reading(check.id, &[(field.name, FieldValue::Integer(1))]);
                let two = reading(check.id, &[(field.name, FieldValue::Integer(2))]);
                let same = of(&one) == of(&two);
                assert_eq!(same, field.volatile, "{}.{}", check.id, field.name);
                let unknown = Reading { outcome: Outcome::Unknown, ..one.clone() };
                assert_ne!(of(&one), of(&unknown));
                let later =
                    Reading { observed_at: Timestamp::from_second(9).unwrap(), ..one.clone() };
                assert_eq!(of(&one), of(&later));
            }
        }
    }

    #[test]
    fn a_reason_and_a_missing_check_count() {
        let one = reading("os", &[]);
        let reason = Reading { reason: Some("timed-out".into()), ..one.clone() };
        assert_ne!(of(&one), of(&reason));
        assert_ne!(of(&one), fingerprint(&[]));
    }

    fn basis() -> Basis {
        let (policy, catalogue) = (Some("p".into()), Some("c".into()));
        Basis { agent: "1".into(), policy, catalogue, readings: "r".into() }
    }

    #[test]
    fn a_day_a_change_an_update_and_other_rules_ask_for_a_full_report() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let last = |hours_ago: i64| LastFull {
            sequence: 7,
            sha256: "d".into(),
            at: now - SignedDuration::from_hours(hours_ago),
            basis: basis(),
        };
        let since = unchanged_since(Some(&last(23)), &basis(), now).unwrap();
        assert_eq!((since.sequence, since.sha256.as_str()), (7, "d"));
        assert_eq!(unchanged_since(None, &basis(), now), None);
        assert_eq!(unchanged_since(Some(&last(24)), &basis(), now), None);
        assert_eq!(unchanged_since(Some(&last(-1)), &basis(), now), None, "the clock went back");
        for other in [
            Basis { agent: "2".into(), ..basis() },
            Basis { policy: None, ..basis() },
            Basis { catalogue: Some("d".into()), ..basis() },
            Basis { readings: "x".into(), ..basis() },
        ] {
            assert_eq!(unchanged_since(Some(&last(1)), &other, now), None);
        }
    }
}
