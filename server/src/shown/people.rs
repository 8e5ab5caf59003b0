//! A person as one row, for exports and for the API.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use shared::os_releases::Catalogue;
use utoipa::ToSchema;

use super::names::device_name;
use crate::store::access::people::PersonRow;
use crate::store::views::Standing;

/// Somebody who works for the company, worked for it, or is about to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct PersonShown {
    /// Random id.
    pub(crate) id: String,
    /// Full name.
    pub(crate) name: String,
    /// Mail address.
    pub(crate) email: String,
    /// Department; empty when it is not known.
    pub(crate) department: String,
    /// Where the person came from: `invitation`, `csv`, `api`, `scim`, `console`.
    pub(crate) source: String,
    /// What a directory calls the person.
    pub(crate) external_id: Option<String>,
    /// First day at work.
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) first_day: Option<Date>,
    /// Last day at work.
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) last_day: Option<Date>,
    /// Last day of an absence.
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) away_until: Option<Date>,
    /// Whether the person has left: ended, or the last day is over.
    pub(crate) has_left: bool,
    /// Since when the person is ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended_at: Option<Timestamp>,
    /// How the Mac stands that needs somebody most; null without a Mac.
    pub(crate) status: Option<&'static str>,
    /// Macs that the person holds now.
    pub(crate) devices: Vec<HeldShown>,
    /// Checklists that are not done.
    pub(crate) checklists: Vec<OpenShown>,
    /// When the person became known.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

/// A Mac that somebody holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HeldDevice)]
pub(crate) struct HeldShown {
    /// Its id.
    pub(crate) id: String,
    /// Its name, such as `Sam’s MacBook Air (…4F2K)`.
    pub(crate) device: String,
    /// How it stands.
    pub(crate) status: &'static str,
    /// Serial number.
    pub(crate) serial: Option<String>,
}

/// A checklist that is not done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OpenChecklist)]
pub(crate) struct OpenShown {
    /// Its id.
    pub(crate) id: String,
    /// `onboarding`, `offboarding` or `yearly`.
    pub(crate) kind: String,
    /// Its title.
    pub(crate) title: String,
    /// Tasks that are done.
    pub(crate) done: u64,
    /// All its tasks.
    pub(crate) tasks: u64,
}

/// How the Mac stands that needs somebody most.
pub(crate) fn worst(row: &PersonRow) -> Option<Standing> {
    let standings = row.macs.iter().map(|mac| mac.standing);
    standings.min_by_key(|one| Standing::ALL.iter().position(|known| known == one))
}

/// The person on that day.
pub(crate) fn shown(row: &PersonRow, catalogue: &Catalogue, today: Date) -> PersonShown {
    let devices = row.macs.iter().map(|mac| HeldShown {
        id: mac.id.clone(),
        device: device_name(mac, catalogue),
        status: mac.standing.as_str(),
        serial: mac.serial.clone(),
    });
    let checklists = row.checklists.iter().map(|one| OpenShown {
        id: one.id.clone(),
        kind: one.kind.clone(),
        title: one.title.clone(),
        done: one.done,
        tasks: one.tasks,
    });
    let person = &row.person;
    PersonShown {
        id: person.id.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        department: person.department.clone(),
        source: person.source.clone(),
        external_id: person.external_id.clone(),
        first_day: person.first_day,
        last_day: person.last_day,
        away_until: person.away_until,
        has_left: person.has_left(today),
        ended_at: person.ended,
        status: worst(row).map(Standing::as_str),
        devices: devices.collect(),
        checklists: checklists.collect(),
        created_at: person.created,
    }
}
