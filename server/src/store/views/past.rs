//! What a device's history reads, page by page.

use jiff::Timestamp;

/// Where something stands in a history; no two stand at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastPlace {
    /// When.
    pub at: Timestamp,
    /// Orders what happened at one instant.
    pub name: String,
    /// Orders events of one instant.
    pub number: i64,
}

/// Which page of a history.
#[derive(Clone, Debug)]
pub struct PastAsk {
    /// Only what stands behind this place.
    pub behind: Option<PastPlace>,
    /// Nothing from before.
    pub from: Option<Timestamp>,
    /// Most entries; one more is given when there are more.
    pub limit: u32,
}

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Where it stands.
    pub place: PastPlace,
    /// `status`, `finding` or `event`.
    pub kind: String,
    /// The rule of a finding; empty otherwise.
    pub rule: String,
    /// Status of the device or of the rule, or the event.
    pub word: String,
    /// Who did it; empty when nobody did.
    pub actor: String,
    /// More about it.
    pub detail: String,
}
