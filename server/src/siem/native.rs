//! An event as the collector says it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Wording;
use super::change::Told;
use super::event::{ActTold, DeviceTold, Event, What};

#[derive(Serialize)]
struct Line<'a> {
    cursor: String,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Agent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<Audit<'a>>,
}

#[derive(Serialize)]
struct Device<'a> {
    id: &'a str,
    person_id: Option<&'a str>,
    platform: &'a str,
    model: Option<&'a str>,
    serial: Option<&'a str>,
    os_version: Option<&'a str>,
    url: String,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    title: &'a str,
    /// None when the rule is no longer judged.
    status: Option<&'static str>,
    code: Option<&'a str>,
    reason: Option<&'a str>,
    mode: Option<&'static str>,
    since: Timestamp,
    due_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Agent<'a> {
    version: &'a str,
    /// Whether a release that the collector knows has its program.
    is_known: bool,
}

#[derive(Serialize)]
struct Audit<'a> {
    position: u64,
    actor_kind: &'a str,
    actor_id: &'a str,
    actor_name: &'a str,
    action: &'a str,
    object_kind: &'a str,
    object_id: &'a str,
    object_name: &'a str,
    detail: &'a str,
    request_id: &'a str,
    address: &'a str,
}

/// One line of the stream.
pub(super) fn write(event: &Event, wording: &Wording) -> Value {
    let line = Line {
        cursor: event.cursor.to_string(),
        id: event.id(),
        kind: kind(event),
        at: event.at,
        device: None,
        finding: None,
        status: None,
        agent: None,
        audit: None,
    };
    let line = match &event.what {
        What::Change(of, told) => {
            let line = Line { device: Some(device(of, wording)), ..line };
            match told {
                Told::Standing { status } => Line { status: Some(status.as_str()), ..line },
                Told::Agent { version, is_known } => {
                    Line { agent: Some(Agent { version, is_known: *is_known }), ..line }
                }
                Told::Removed => line,
                other => Line { finding: finding(other, wording), ..line },
            }
        }
        What::Act(act) => Line { audit: Some(audit(event, act)), ..line },
    };
    // Texts and numbers of a fixed shape: there is nothing that could fail.
    serde_json::to_value(line).unwrap_or_default()
}

/// The type of an event.
pub(super) fn kind(event: &Event) -> &'static str {
    match &event.what {
        What::Change(_, Told::Finding(finding)) if finding.is_first => "finding.created",
        What::Change(_, Told::Finding(_)) => "finding.changed",
        What::Change(_, Told::Ended { .. }) => "finding.ended",
        What::Change(_, Told::Standing { .. }) => "device.status_changed",
        What::Change(_, Told::Agent { .. }) => "agent.build_changed",
        What::Change(_, Told::Removed) => "agent.removed",
        What::Act(_) => "audit",
    }
}

fn device<'a>(device: &'a DeviceTold, wording: &Wording) -> Device<'a> {
    Device {
        id: &device.id,
        person_id: device.person.as_deref(),
        platform: &device.platform,
        model: device.model.as_deref(),
        serial: device.serial.as_deref(),
        os_version: device.os_version.as_deref(),
        url: wording.page(&device.id),
    }
}

fn finding<'a>(told: &'a Told, wording: &'a Wording) -> Option<Finding<'a>> {
    match told {
        Told::Finding(finding) => Some(Finding {
            rule: &finding.rule,
            title: wording.title(&finding.rule),
            status: Some(finding.status.as_str()),
            code: Some(&finding.code),
            reason: Some(&finding.reason),
            mode: Some(finding.mode.as_str()),
            since: finding.since,
            due_at: finding.due_at,
        }),
        Told::Ended { rule, since } => Some(Finding {
            rule,
            title: wording.title(rule),
            status: None,
            code: None,
            reason: None,
            mode: None,
            since: *since,
            due_at: None,
        }),
        Told::Standing { .. } | Told::Agent { .. } | Told::Removed => None,
    }
}

fn audit<'a>(event: &Event, act: &'a ActTold) -> Audit<'a> {
    Audit {
        // The entry itself made the log one larger.
        position: event.cursor.log_size.saturating_sub(1),
        actor_kind: &act.actor_kind,
        actor_id: &act.actor,
        actor_name: &act.actor_name,
        action: &act.action,
        object_kind: &act.object_kind,
        object_id: &act.object,
        object_name: &act.object_name,
        detail: &act.detail,
        request_id: &act.request,
        address: &act.address,
    }
}
