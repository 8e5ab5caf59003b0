//! Compliance Finding (2003).

use serde_json::{Map, Value, json};
use shared::os_releases::Version;
use shared::policy::{Controls, DeviceStatus, FindingStatus, Mode, Rule};

use super::super::Wording;
use super::super::change::{FindingTold, Told};
use super::super::event::{DeviceTold, Event};
use super::{Class, put};

type Word = (u32, &'static str);

const CREATE: Word = (1, "Create");
const UPDATE: Word = (2, "Update");
const CLOSE: Word = (3, "Close");
const NEW: Word = (1, "New");
const RESOLVED: Word = (4, "Resolved");
const ARCHIVED: Word = (5, "Archived");
const INFORMATIONAL: Word = (1, "Informational");
const LOW: Word = (2, "Low");
const MEDIUM: Word = (3, "Medium");
const HIGH: Word = (4, "High");
const PASS: Word = (1, "Pass");
/// There is no result.
const WARNING: Word = (2, "Warning");
const FAIL: Word = (3, "Fail");

/// The finding of the device as a whole, beside those of its rules.
const STANDING: &str = "device-status";
/// The finding about the program that signs.
const BUILD: &str = "agent-build";
/// The finding about an agent that said farewell.
const REMOVED: &str = "agent-removed";

/// What an event says in the schema's words.
struct Said<'a> {
    rule: &'a str,
    title: String,
    activity: Word,
    state: Word,
    severity: Word,
    result: Option<Word>,
    code: &'a str,
    reason: &'a str,
}

pub(super) fn write(event: &Event, device: &DeviceTold, told: &Told, wording: &Wording) -> Value {
    let said = match told {
        Told::Finding(finding) => of_finding(event, finding, wording),
        Told::Ended { rule, .. } => of_ended(rule, wording),
        Told::Standing { status } => of_standing(*status),
        Told::Agent { is_known, .. } => of_build(*is_known),
        Told::Removed => of_removal(),
    };
    let class = Class {
        category: (2, "Findings"),
        kind: (2003, "Compliance Finding"),
        activity: said.activity,
        severity: said.severity,
    };
    let message = format!("{}: {}", device.label(), message(&said));
    let mut map = class.event(event, wording, &message);
    let rule = wording.rules.policy.rule(said.rule);
    map.insert("status_id".to_owned(), said.state.0.into());
    map.insert("status".to_owned(), said.state.1.into());
    map.insert("finding_info".to_owned(), finding_info(event, device, told, &said, wording));
    map.insert("compliance".to_owned(), compliance(&said, rule));
    map.insert("resources".to_owned(), json!([resource(device)]));
    map.insert("device".to_owned(), endpoint(device));
    let failed = said.result == Some(FAIL);
    put(&mut map, "remediation", rule.filter(|_| failed).and_then(|rule| remedy(rule, device)));
    Value::Object(map)
}

fn message(said: &Said<'_>) -> String {
    if said.reason.is_empty() { said.title.clone() } else { said.reason.to_owned() }
}

fn of_finding<'a>(event: &Event, finding: &'a FindingTold, wording: &Wording) -> Said<'a> {
    let (result, state) = match finding.status {
        FindingStatus::Pass | FindingStatus::NotApplicable => (PASS, RESOLVED),
        FindingStatus::Unknown => (WARNING, NEW),
        FindingStatus::Fail => (FAIL, NEW),
    };
    let within_grace = finding.due_at.is_some_and(|due| due > event.at);
    let severity = match (finding.status, finding.mode) {
        (FindingStatus::Fail, Mode::Required) if within_grace => MEDIUM,
        (FindingStatus::Fail, Mode::Required) => HIGH,
        (FindingStatus::Fail, Mode::Recommended) | (FindingStatus::Unknown, Mode::Required) => LOW,
        _ => INFORMATIONAL,
    };
    let activity = match (finding.is_first, state) {
        (true, _) => CREATE,
        (false, RESOLVED) => CLOSE,
        (false, _) => UPDATE,
    };
    Said {
        rule: &finding.rule,
        title: wording.title(&finding.rule).to_owned(),
        activity,
        state,
        severity,
        // What does not apply was not checked.
        result: (finding.status != FindingStatus::NotApplicable).then_some(result),
        code: &finding.code,
        reason: &finding.reason,
    }
}

fn of_ended<'a>(rule: &'a str, wording: &Wording) -> Said<'a> {
    Said {
        rule,
        title: wording.title(rule).to_owned(),
        activity: CLOSE,
        state: ARCHIVED,
        severity: INFORMATIONAL,
        result: None,
        code: "",
        reason: "The rule is no longer judged for this device.",
    }
}

fn of_standing(status: DeviceStatus) -> Said<'static> {
    let (result, severity, reason) = match status {
        DeviceStatus::Compliant => (PASS, INFORMATIONAL, "Every required rule passes."),
        DeviceStatus::AtRisk => {
            (FAIL, MEDIUM, "A required rule fails, and the time to fix it is not over.")
        }
        DeviceStatus::NonCompliant => {
            (FAIL, HIGH, "A required rule fails, and the time to fix it is over.")
        }
        DeviceStatus::Unknown => (WARNING, LOW, "A required rule is unknown, and none fails."),
        DeviceStatus::Stale => (WARNING, MEDIUM, "No report came for too long."),
        DeviceStatus::Archived => (WARNING, INFORMATIONAL, "The device is no longer watched."),
    };
    let (activity, state) = match status {
        DeviceStatus::Compliant => (CLOSE, RESOLVED),
        DeviceStatus::Archived => (CLOSE, ARCHIVED),
        _ => (UPDATE, NEW),
    };
    Said {
        rule: STANDING,
        title: "Status of the device".to_owned(),
        activity,
        state,
        severity,
        result: (status != DeviceStatus::Archived).then_some(result),
        code: status.as_str(),
        reason,
    }
}

fn of_build(is_known: bool) -> Said<'static> {
    let (activity, state, severity, result, code, reason) = if is_known {
        (CLOSE, RESOLVED, INFORMATIONAL, PASS, "known", "The agent is a known release.")
    } else {
        let reason = "By its own word the agent is no release that the collector knows.";
        (UPDATE, NEW, MEDIUM, WARNING, "unknown-build", reason)
    };
    let title = "Program of the agent".to_owned();
    Said { rule: BUILD, title, activity, state, severity, result: Some(result), code, reason }
}

fn of_removal() -> Said<'static> {
    Said {
        rule: REMOVED,
        title: "Agent removed".to_owned(),
        activity: CREATE,
        state: NEW,
        severity: MEDIUM,
        result: Some(WARNING),
        code: "removed",
        reason: "The agent was removed by the Mac itself; nothing is known of it from now on.",
    }
}

fn finding_info(
    event: &Event,
    device: &DeviceTold,
    told: &Told,
    said: &Said<'_>,
    wording: &Wording,
) -> Value {
    let mut info = Map::new();
    // The same for ever: this rule on this device.
    info.insert("uid".to_owned(), format!("{}/{}", device.id, said.rule).into());
    info.insert("title".to_owned(), said.title.as_str().into());
    info.insert("src_url".to_owned(), wording.page(&device.id).into());
    info.insert("types".to_owned(), json!(["compliance"]));
    info.insert("modified_time".to_owned(), event.at.as_millisecond().into());
    let since = match told {
        Told::Finding(finding) => Some(finding.since),
        Told::Ended { since, .. } => Some(*since),
        Told::Standing { .. } | Told::Agent { .. } | Told::Removed => None,
    };
    put(&mut info, "first_seen_time", since.map(jiff::Timestamp::as_millisecond));
    let why = wording.rules.policy.rule(said.rule).map(|rule| rule.why.as_str());
    put(&mut info, "desc", why);
    Value::Object(info)
}

fn compliance(said: &Said<'_>, rule: Option<&Rule>) -> Value {
    let mut compliance = Map::new();
    compliance.insert("control".to_owned(), said.title.as_str().into());
    put(&mut compliance, "desc", rule.map(|rule| rule.why.as_str()));
    let (standards, requirements) = rule.map(|rule| controls(&rule.controls)).unwrap_or_default();
    let mut check = Map::new();
    check.insert("uid".to_owned(), said.rule.into());
    check.insert("name".to_owned(), said.title.as_str().into());
    let (status_id, status) = said.result.unwrap_or((99, "Not applicable"));
    for map in [&mut compliance, &mut check] {
        map.insert("status_id".to_owned(), status_id.into());
        map.insert("status".to_owned(), status.into());
        put(map, "standards", Some(standards.clone()).filter(|list| !list.is_empty()));
    }
    put(&mut compliance, "requirements", Some(requirements).filter(|list| !list.is_empty()));
    put(&mut compliance, "status_code", super::said(said.code));
    let details = super::said(said.reason).map(|reason| vec![reason]);
    put(&mut compliance, "status_details", details);
    compliance.insert("checks".to_owned(), json!([check]));
    Value::Object(compliance)
}

/// The standards that a rule is evidence for, and the controls in them.
fn controls(controls: &Controls) -> (Vec<String>, Vec<String>) {
    let lists = [
        ("SOC 2", &controls.soc2),
        ("ISO/IEC 27001:2022", &controls.iso27001),
        ("NIST SP 800-53 Rev. 5", &controls.nist80053),
        ("CIS Apple macOS 26 Benchmark", &controls.cis),
        ("macOS Security Compliance Project", &controls.mscp),
    ];
    let (mut standards, mut requirements) = (Vec::new(), Vec::new());
    for (standard, ids) in lists {
        if ids.is_empty() {
            continue;
        }
        standards.push(standard.to_owned());
        requirements.extend(ids.iter().map(|id| format!("{standard}: {id}")));
    }
    (standards, requirements)
}

fn resource(device: &DeviceTold) -> Value {
    let mut resource = Map::new();
    resource.insert("uid".to_owned(), device.id.as_str().into());
    resource.insert("name".to_owned(), device.label().into());
    resource.insert("type".to_owned(), "Device".into());
    put(&mut resource, "owner", device.person.as_ref().map(|person| json!({ "uid": person })));
    Value::Object(resource)
}

fn endpoint(device: &DeviceTold) -> Value {
    let mut endpoint = Map::new();
    let (kind, word) = kind(device);
    endpoint.insert("uid".to_owned(), device.id.as_str().into());
    endpoint.insert("name".to_owned(), device.label().into());
    endpoint.insert("type_id".to_owned(), kind.into());
    endpoint.insert("type".to_owned(), word.into());
    put(&mut endpoint, "model", device.model.as_deref());
    let mut os = Map::new();
    let (os_kind, os_name) = match device.platform.as_str() {
        "macos" => (300, "macOS"),
        "linux" => (200, "Linux"),
        _ => (0, "Unknown"),
    };
    os.insert("type_id".to_owned(), os_kind.into());
    os.insert("name".to_owned(), os_name.into());
    put(&mut os, "version", device.os_version.as_deref());
    put(&mut os, "build", device.os_build.as_deref());
    endpoint.insert("os".to_owned(), os.into());
    let serial = device.serial.as_ref().map(|serial| json!({ "serial_number": serial }));
    put(&mut endpoint, "hw_info", serial);
    Value::Object(endpoint)
}

/// What kind of computer it is, as far as the model tells: newer ones are all
/// called `Mac`.
fn kind(device: &DeviceTold) -> Word {
    let model = device.model.as_deref().unwrap_or_default();
    if model.starts_with("MacBook") {
        (3, "Laptop")
    } else if ["iMac", "Macmini", "MacPro"].iter().any(|it| model.starts_with(it)) {
        (2, "Desktop")
    } else if model.starts_with("VirtualMac") {
        (6, "Virtual")
    } else {
        (0, "Unknown")
    }
}

fn remedy(rule: &Rule, device: &DeviceTold) -> Option<Value> {
    let version = device.os_version.as_deref().and_then(|text| text.parse::<Version>().ok());
    let steps = rule.fix_for(version);
    (!steps.is_empty()).then(|| json!({ "desc": steps.join(" ") }))
}
