//! A device as one row, for exports and for the API.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{device_name, model_words};
use super::systems::Systems;
use crate::app::Rules;
use crate::store::views::{DeviceRow, Problem, Standing};

/// One device as lists name it; the same fields in exports.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeviceRow)]
pub(crate) struct Row {
    /// Random id given at enrolment.
    pub(crate) id: String,
    /// Its name, such as `Sam’s MacBook Air (…4F2K)`.
    pub(crate) device: String,
    /// How it stands.
    pub(crate) status: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) status_since: Timestamp,
    /// How it stood before it went silent.
    pub(crate) status_before_silence: Option<&'static str>,
    /// Who holds it.
    pub(crate) owner: Option<String>,
    /// Mail address of who holds it.
    pub(crate) owner_email: Option<String>,
    /// Department of who holds it.
    pub(crate) owner_department: Option<String>,
    /// Labels that people gave it.
    pub(crate) labels: Vec<String>,
    /// Model identifier, such as `Mac15,12`.
    pub(crate) model: Option<String>,
    /// What the model is sold as.
    pub(crate) model_name: Option<String>,
    /// Serial number.
    pub(crate) serial: Option<String>,
    /// Version of macOS that it last reported.
    pub(crate) macos: Option<String>,
    /// Its build.
    pub(crate) macos_build: Option<String>,
    /// How many releases it misses.
    pub(crate) macos_releases_missed: Option<usize>,
    /// Required rules that fail.
    pub(crate) failing: Vec<String>,
    /// Required rules that are unknown.
    pub(crate) unknown: Vec<String>,
    /// Recommended rules that fail.
    pub(crate) failing_recommended: Vec<String>,
    /// When the first grace ends or ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) first_due: Option<Timestamp>,
    /// When its newest report came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_report: Option<Timestamp>,
    /// When it was enrolled.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) enrolled: Timestamp,
    /// Where it says that its key is kept.
    pub(crate) key_protection: String,
    /// Version of its agent, by its own word.
    pub(crate) agent_version: String,
    /// Whether the collector knows a newer release.
    pub(crate) agent_outdated: bool,
    /// Whether a release that the collector knew at its newest report has its
    /// program: `known` or `unknown`; null where no release was known.
    pub(crate) agent_build: Option<&'static str>,
    /// When its agent said that it was removed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) agent_removed: Option<Timestamp>,
    /// Its reports come from a recording.
    pub(crate) from_recording: bool,
}

/// The rows of devices.
pub(crate) fn rows(devices: &[DeviceRow], rules: &Rules, now: Timestamp) -> Vec<Row> {
    let mut systems = Systems::new(&rules.catalogue, now);
    devices.iter().map(|device| row(device, rules, &mut systems)).collect()
}

fn row(device: &DeviceRow, rules: &Rules, systems: &mut Systems<'_>) -> Row {
    let Rules { catalogue, releases, .. } = rules;
    let missed = |system| systems.facts(system).map(|facts| facts.releases_missed.len());
    let failing = |required: bool| {
        let wanted = move |one: &&Problem| (one.mode == shared::policy::Mode::Required) == required;
        device.failing().filter(wanted).map(|one| one.rule.clone()).collect()
    };
    Row {
        id: device.id.clone(),
        device: device_name(device, catalogue),
        status: device.standing.as_str(),
        status_since: device.since,
        status_before_silence: device.was.map(Standing::as_str),
        owner: device.owner.as_ref().map(|owner| owner.name.clone()),
        owner_email: device.owner.as_ref().map(|owner| owner.email.clone()),
        owner_department: device
            .owner
            .as_ref()
            .map(|owner| owner.department.clone())
            .filter(|department| !department.is_empty()),
        labels: device.labels.clone(),
        model: device.model.clone(),
        model_name: Some(model_words(device, catalogue)).filter(|name| !name.is_empty()),
        serial: device.serial.clone(),
        macos: device.system.as_ref().map(|system| system.version.clone()),
        macos_build: device.system.as_ref().and_then(|system| system.build.clone()),
        macos_releases_missed: device.system.as_ref().and_then(missed),
        failing: failing(true),
        unknown: device.unknown().map(|one| one.rule.clone()).collect(),
        failing_recommended: failing(false),
        first_due: device.due,
        last_report: device.received,
        enrolled: device.enrolled,
        key_protection: device.key_protection.clone(),
        agent_version: device.agent_version.clone(),
        agent_outdated: releases.is_outdated(&device.agent_version),
        agent_build: device.build.word(),
        agent_removed: device.removed,
        from_recording: device.recorded,
    }
}
