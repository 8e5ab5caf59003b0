//! The fleet in a few numbers.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::reply::{Answered, Reply};
use crate::shown::row::{Row, rows};
use crate::store::views::fleet::OverviewAsk;

/// Most devices that need attention, and most changes.
const ROWS: u32 = 50;

/// The fleet in a few numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct OverviewItem {
    /// How many devices stand how; a status without devices is left out.
    devices: Vec<StandingCount>,
    /// When the device that is silent longest was last heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    silent_since: Option<Timestamp>,
    /// How many devices need a person.
    attention_total: u64,
    /// The most urgent of them, at most 50.
    attention: Vec<Row>,
    /// How many changes of status there were in the last 24 hours.
    changes_total: u64,
    /// Those away from compliance first, then the newest, at most 50.
    changes: Vec<ChangeItem>,
    /// Devices by status at each midnight (UTC) of the last 89 days.
    days: Vec<DayItem>,
    /// Devices by the system that they last reported.
    systems: Vec<SystemCount>,
    /// Whether there is a list of expected Macs.
    has_expected_list: bool,
    /// Macs in use on that list that no device claims; they count as Macs that
    /// are not compliant.
    never_enrolled: u64,
    /// Enrolled devices that are not on that list.
    not_expected: u64,
}

/// How many devices stand so.
#[derive(Serialize, ToSchema)]
pub(super) struct StandingCount {
    status: &'static str,
    devices: u64,
}

/// A device went from one status to another.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangeItem {
    /// Id of the device.
    device: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Its status before; null when it is new.
    from: Option<&'static str>,
    /// Its status after.
    to: &'static str,
}

/// Devices by status at one instant; archived ones are left out.
#[derive(Serialize, ToSchema)]
pub(super) struct DayItem {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    compliant: u64,
    at_risk: u64,
    non_compliant: u64,
    unknown: u64,
    stale: u64,
}

/// How many devices have a system; all null when they never reported one.
#[derive(Serialize, ToSchema)]
pub(super) struct SystemCount {
    version: Option<String>,
    build: Option<String>,
    /// Suffix of a background security improvement.
    extra: Option<String>,
    devices: u64,
}

pub(super) async fn show(call: Call) -> Answered {
    let now = call.now();
    let ask = OverviewAsk::at(now, ROWS);
    let past = std::sync::Arc::clone(&call.api.days);
    let (overview, days) =
        call.read(move |views| Ok((views.overview(ask)?, past.until(now, views)?))).await?;
    let rules = call.api.app.rulebook.current();
    let standings = overview.standings.iter();
    Reply::of(&OverviewItem {
        devices: standings
            .map(|(standing, devices)| StandingCount {
                status: standing.as_str(),
                devices: *devices,
            })
            .collect(),
        silent_since: overview.silent_since,
        has_expected_list: overview.population.is_listed,
        never_enrolled: overview.population.never_enrolled,
        not_expected: overview.population.unexpected,
        attention_total: overview.attention_total,
        attention: rows(&overview.attention, &rules, now),
        changes_total: overview.changes_total,
        changes: overview
            .changes
            .iter()
            .map(|change| ChangeItem {
                device: change.device.id.clone(),
                at: change.at,
                from: change.from.map(crate::store::views::Standing::as_str),
                to: change.to.as_str(),
            })
            .collect(),
        days: days
            .into_iter()
            .map(|(at, counts)| DayItem {
                at,
                compliant: counts.compliant,
                at_risk: counts.at_risk,
                non_compliant: counts.non_compliant,
                unknown: counts.unknown,
                stale: counts.stale,
            })
            .collect(),
        systems: overview
            .systems
            .into_iter()
            .map(|(system, devices)| {
                let (version, build, extra) = match system {
                    Some(system) => (Some(system.version), system.build, system.extra),
                    None => (None, None, None),
                };
                SystemCount { version, build, extra, devices }
            })
            .collect(),
    })
}
