//! What a rule says of a device at a point in time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::status::FindingStatus;
use crate::reading::Fields;

/// One rule's result, with the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule's id.
    pub rule: String,
    /// How it ended.
    pub status: FindingStatus,
    /// Why, for programs: a code of the policy, or of an unknown reading.
    pub code: String,
    /// Why, for people: a full sentence, on a pass too.
    pub reason: String,
    /// The fields of the rule's check that it was judged by.
    pub observed: Fields,
    /// How long a failure of this kind may last.
    pub grace: SignedDuration,
    /// When the verdict may change without a new report.
    pub next_change_at: Option<Timestamp>,
    /// When the fields were read, by the device's clock.
    pub reading_at: Option<Timestamp>,
}
