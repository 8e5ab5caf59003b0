//! What programs send and get about expected Macs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::expected::State;
use crate::store::views::expected::{Expected, ExpectedRow};

/// A Mac of the list.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ExpectedItem {
    /// Serial number in capital letters.
    serial: String,
    /// `in_use`, `spare`, `lost`, `retired` or `not_covered`.
    state: &'static str,
    /// Why it is not covered, or another remark.
    reason: String,
    /// Full name of who has it; empty for nobody.
    owner_name: String,
    /// Mail address of who has it.
    owner_email: String,
    /// Model, in the words of its source.
    model: String,
    /// The company's own number.
    asset_tag: String,
    /// What brought it into the list.
    source: &'static str,
    /// Since when it is on the list.
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// When something else was said of it.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// Id of the device that claims it.
    device: Option<String>,
    /// How that device stands.
    device_status: Option<&'static str>,
}

impl ExpectedItem {
    pub(super) fn of(row: ExpectedRow) -> Self {
        let Expected { serial, facts, source, added, changed, .. } = row.expected;
        Self {
            serial,
            state: facts.state.as_str(),
            reason: facts.reason,
            owner_name: facts.owner_name,
            owner_email: facts.owner_email,
            model: facts.model,
            asset_tag: facts.asset_tag,
            source: source.as_str(),
            added_at: added,
            changed_at: changed,
            device: row.device.as_ref().map(|device| device.id.clone()),
            device_status: row.device.map(|device| device.standing.as_str()),
        }
    }
}

/// Where a Mac is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum ExpectedState {
    /// Somebody works with it.
    InUse,
    /// It lies in a cupboard.
    Spare,
    /// Nobody knows where it is.
    Lost,
    /// It is sold, broken or returned.
    Retired,
    /// It need not report, for the stated reason.
    NotCovered,
}

impl ExpectedState {
    pub(super) fn state(self) -> State {
        match self {
            Self::InUse => State::InUse,
            Self::Spare => State::Spare,
            Self::Lost => State::Lost,
            Self::Retired => State::Retired,
            Self::NotCovered => State::NotCovered,
        }
    }
}

/// What is said of a Mac; what is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ExpectedForm {
    /// Where it is; a new one is in use.
    pub(super) state: Option<ExpectedState>,
    /// Why it is not covered, or another remark.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) reason: Option<String>,
    /// Full name of who has it; empty for nobody.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) owner_name: Option<String>,
    /// Mail address of who has it; empty for nobody.
    #[schema(
        max_length = 254,
        pattern = r"^([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8})?$"
    )]
    pub(super) owner_email: Option<String>,
    /// Model.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) model: Option<String>,
    /// The company's own number.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) asset_tag: Option<String>,
}

/// One Mac of an import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ImportedMac {
    /// Serial number.
    #[schema(pattern = "^[A-Za-z0-9]{8,20}$")]
    pub(super) serial: String,
    /// What is said of it.
    pub(super) facts: Option<ExpectedForm>,
}

/// Several Macs at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ExpectedImportForm {
    /// At most 500; what another import brought stays.
    #[schema(min_items = 1, max_items = 500)]
    pub(super) devices: Vec<ImportedMac>,
}

/// What an import did.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ImportedItem {
    /// Macs that came onto the list.
    pub(super) added: usize,
    /// Macs of which something else is said now.
    pub(super) changed: usize,
    /// Macs that stayed as they were.
    pub(super) unchanged: usize,
}

/// What one Mac may look like.
pub(in crate::api) fn example() -> Value {
    json!({ "state": "in_use", "owner_name": "Sam Carter", "owner_email": "sam@company.example" })
}

/// What an import may look like.
pub(in crate::api) fn import_example() -> Value {
    json!({ "devices": [{ "serial": "C02XY1ZT4F2K", "facts": { "state": "spare" } }] })
}
