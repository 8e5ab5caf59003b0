//! What is known of one device: the latest readings, and what they replaced.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::reading::{Fields, Outcome, Reading, UnknownReason};

/// The readings of one device, by the id of the check.
pub type Readings = BTreeMap<String, Known>;

/// A check's latest reading, and the last one that observed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The latest reading.
    pub latest: Reading,
    /// What was last observed, and when; may be that of the latest reading.
    pub observed: Option<(Fields, Timestamp)>,
}

impl From<Reading> for Known {
    /// A reading of which nothing earlier is known.
    fn from(latest: Reading) -> Self {
        let observed = (latest.outcome == Outcome::Observed)
            .then(|| (latest.fields.clone(), latest.observed_at));
        Self { latest, observed }
    }
}

/// Which fields a rule is judged by, or why by none.
#[derive(Debug)]
pub(super) enum Basis<'a> {
    /// These, read at this time.
    Observed { fields: &'a Fields, at: Timestamp, valid: Option<Validity> },
    /// None: this latest reading says why.
    Unknown(&'a Reading),
    /// None: the subject does not exist on this device.
    NotApplicable(&'a Reading),
    /// None: no reading of this check ever came.
    NeverRead,
}

/// An older reading stands in for one that could not be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    /// How old it is.
    pub(super) age: SignedDuration,
    /// When it stops standing in.
    pub(super) until: Timestamp,
}

/// What to judge by at `now`, when a reading may stand in for `valid_for`.
pub(super) fn basis(
    known: Option<&Known>,
    valid_for: Option<SignedDuration>,
    now: Timestamp,
) -> Basis<'_> {
    let Some(known) = known else { return Basis::NeverRead };
    let latest = &known.latest;
    match latest.outcome {
        Outcome::Observed => {
            Basis::Observed { fields: &latest.fields, at: latest.observed_at, valid: None }
        }
        Outcome::NotApplicable => Basis::NotApplicable(latest),
        Outcome::Unknown => stand_in(known, valid_for, now).unwrap_or(Basis::Unknown(latest)),
    }
}

/// An earlier reading, when only the absence of a user kept us from another.
fn stand_in(known: &Known, valid_for: Option<SignedDuration>, now: Timestamp) -> Option<Basis<'_>> {
    if known.latest.reason.as_deref() != Some(UnknownReason::NoConsoleUser.code()) {
        return None;
    }
    let (fields, at) = known.observed.as_ref()?;
    let until = at.checked_add(valid_for?).ok()?;
    let age = now.duration_since(*at);
    (now < until).then_some(Basis::Observed {
        fields,
        at: *at,
        valid: Some(Validity { age, until }),
    })
}
