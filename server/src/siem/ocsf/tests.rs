//! Every kind of event against facts of the schema, which `schema.json` holds
//! with their source: required attributes, types, lists, enums, constraints.

use serde_json::{Map, Value};
use shared::os_releases::Catalogue;
use shared::policy::{DeviceStatus, FindingStatus, Mode, Policy};

use super::super::change::{FindingTold, Told};
use super::super::cursor::Cursor;
use super::super::event::{ActTold, DeviceTold, Event, What};
use super::super::{Format, Wording};
use crate::app::Rules;

const SCHEMA: &str = include_str!("schema.json");

fn wording() -> Wording {
    let rules = Rules::new(Policy::baseline(), Catalogue::embedded());
    Wording { rules, public_url: "https://muster.company.example".to_owned() }
}

fn event(number: u64, what: What) -> Event {
    let at = "2026-08-20T09:00:00Z".parse().unwrap();
    Event { cursor: Cursor { log_size: 120, number }, at, what }
}

fn device(model: Option<&str>, platform: &str) -> DeviceTold {
    DeviceTold {
        id: "4f0c2a9e-0000-4000-8000-000000000001".to_owned(),
        person: model.map(|_| "p1".to_owned()),
        platform: platform.to_owned(),
        model: model.map(str::to_owned),
        serial: model.map(|_| "ZZTEST01234".to_owned()),
        os_version: model.map(|_| "26.6.2".to_owned()),
        os_build: None,
    }
}

/// Every rule in every status and mode, and everything else that can happen
/// to a device.
fn changes() -> Vec<Told> {
    let policy = Policy::baseline();
    let mut changes = Vec::new();
    for rule in policy.rules.iter().map(|rule| rule.id.as_str()).chain(["gone-rule"]) {
        for status in [
            FindingStatus::Pass,
            FindingStatus::Fail,
            FindingStatus::Unknown,
            FindingStatus::NotApplicable,
        ] {
            for (mode, is_first) in
                [(Mode::Required, true), (Mode::Recommended, false), (Mode::Info, false)]
            {
                changes.push(Told::Finding(FindingTold {
                    rule: rule.to_owned(),
                    is_first,
                    status,
                    code: if is_first { String::new() } else { "off".to_owned() },
                    reason: if is_first { String::new() } else { "It is off.".to_owned() },
                    mode,
                    since: "2026-08-20T09:00:00Z".parse().unwrap(),
                    due_at: is_first.then(|| "2026-08-21T09:00:00Z".parse().unwrap()),
                }));
            }
        }
        let since = "2026-08-19T09:00:00Z".parse().unwrap();
        changes.push(Told::Ended { rule: rule.to_owned(), since });
    }
    for status in [
        DeviceStatus::Compliant,
        DeviceStatus::AtRisk,
        DeviceStatus::NonCompliant,
        DeviceStatus::Unknown,
        DeviceStatus::Stale,
        DeviceStatus::Archived,
    ] {
        changes.push(Told::Standing { status });
    }
    changes
}

fn acts() -> Vec<ActTold> {
    let mut acts = Vec::new();
    for kind in ["account", "token", "command", "collector", "nobody"] {
        for (action, object_kind, object) in [
            ("sign_in", "session", "s1"),
            ("sign_in_refused", "", ""),
            ("sign_out", "session", "s1"),
            ("account_added", "account", "a2"),
            ("account_disabled", "account", "a2"),
            ("role_changed", "account", "a2"),
            ("view_account", "account", "a2"),
            ("view", "device", "d1"),
            ("export", "devices", ""),
            ("webhook_created", "webhook", "w1"),
            ("token_removed", "token", "t1"),
            ("device_approved", "device", "d1"),
        ] {
            acts.push(ActTold {
                actor_kind: kind.to_owned(),
                actor: if kind == "account" { "a1".to_owned() } else { String::new() },
                actor_name: "Sam Doe".to_owned(),
                action: action.to_owned(),
                object_kind: object_kind.to_owned(),
                object: object.to_owned(),
                object_name: String::new(),
                detail: if kind == "token" { "as viewer".to_owned() } else { String::new() },
                request: if kind == "command" { String::new() } else { "r1".to_owned() },
                address: if kind == "account" { "192.0.2.7".to_owned() } else { String::new() },
            });
        }
    }
    acts
}

/// Everything that the stream can hold.
fn every_event() -> Vec<Event> {
    let devices = [device(Some("MacBookAir10,1"), "macos"), device(None, "linux")];
    let mut events = Vec::new();
    for told in changes() {
        for device in &devices {
            events.push(event(3, What::Change(Box::new(device.clone()), told.clone())));
        }
    }
    events.extend(acts().into_iter().map(|act| event(0, What::Act(Box::new(act)))));
    events
}

/// Holds `value` against the facts of a class or object.
fn check(facts: &Value, of: &Value, value: &Map<String, Value>, at: &str) {
    let attributes = of["attributes"].as_object().unwrap();
    for (name, fact) in attributes {
        assert!(fact["required"] != true || value.contains_key(name), "{at} lacks {name}");
    }
    if let Some(names) = of["constraints"]["at_least_one"].as_array() {
        assert!(
            names.iter().any(|it| value.contains_key(it.as_str().unwrap())),
            "{at}: none of {names:?}"
        );
    }
    for (name, value) in value {
        let at = format!("{at}.{name}");
        let fact = attributes.get(name).unwrap_or_else(|| panic!("{at} is unknown"));
        assert!(fact["deprecated"] != true, "{at} is deprecated");
        let values = match (fact["list"] == true, value) {
            (true, Value::Array(list)) => list.as_slice(),
            (false, other) => std::slice::from_ref(other),
            (true, _) => panic!("{at} is no list"),
        };
        for value in values {
            if let Some(allowed) = fact["enum"].as_array() {
                assert!(allowed.contains(value), "{at} is {value}");
            }
            match fact["type"].as_str().unwrap() {
                "integer_t" | "long_t" | "timestamp_t" => {
                    assert!(value.is_i64(), "{at} is {value}");
                }
                kind if kind.ends_with("_t") => {
                    assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{at} is {value}");
                }
                object => {
                    let of = &facts["objects"][object];
                    assert!(of.is_object(), "{at}: no facts of {object}");
                    check(facts, of, value.as_object().unwrap(), &at);
                }
            }
        }
    }
}

#[test]
fn every_event_keeps_to_the_schema() {
    let facts: Value = serde_json::from_str(SCHEMA).unwrap();
    let (wording, mut seen) = (wording(), std::collections::BTreeSet::new());
    for event in every_event() {
        let line = wording.write(&event, Format::Ocsf);
        let (class, of) = facts["classes"]
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, of)| of["uid"] == line["class_uid"])
            .unwrap();
        check(&facts, of, line.as_object().unwrap(), class);
        let (activity, uid) =
            (line["activity_id"].as_i64().unwrap(), line["class_uid"].as_i64().unwrap());
        assert_eq!(line["type_uid"], uid * 100 + activity);
        seen.insert(line["type_uid"].as_i64().unwrap());
    }
    let expected = [
        200_301, 200_302, 200_303, 300_101, 300_105, 300_199, 300_201, 300_202, 600_301, 600_302,
        600_303, 600_304,
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_finding_of_a_rule_on_a_device_has_one_name_for_ever() {
    let wording = wording();
    let uid = |event: &Event| wording.write(event, Format::Ocsf)["finding_info"]["uid"].clone();
    let firewall: Vec<Event> = every_event()
        .into_iter()
        .filter(|event| match &event.what {
            What::Change(_, Told::Finding(finding)) => finding.rule == "firewall",
            What::Change(_, Told::Ended { rule, .. }) => rule == "firewall",
            _ => false,
        })
        .collect();
    assert_eq!(firewall.len(), 26);
    for event in &firewall {
        assert_eq!(uid(event), "4f0c2a9e-0000-4000-8000-000000000001/firewall");
    }
}

#[test]
fn unknown_is_a_warning_and_neither_pass_nor_fail() {
    let wording = wording();
    for event in every_event() {
        let What::Change(_, Told::Finding(finding)) = &event.what else { continue };
        let line = wording.write(&event, Format::Ocsf);
        let expected = match finding.status {
            FindingStatus::Pass => (1, 4),
            FindingStatus::Unknown => (2, 1),
            FindingStatus::Fail => (3, 1),
            FindingStatus::NotApplicable => (99, 4),
        };
        let found = (line["compliance"]["status_id"].as_i64(), line["status_id"].as_i64());
        assert_eq!(found, (Some(expected.0), Some(expected.1)), "{finding:?}");
        assert_eq!(line["compliance"]["checks"][0]["status_id"], expected.0);
    }
}

#[test]
fn standards_and_steps_come_from_the_rule() {
    let finding = every_event().into_iter().find(|event| match &event.what {
        What::Change(_, Told::Finding(finding)) => {
            finding.rule == "firewall" && finding.status == FindingStatus::Fail
        }
        _ => false,
    });
    let line = wording().write(&finding.unwrap(), Format::Ocsf);
    let standards = line["compliance"]["standards"].as_array().unwrap();
    assert!(standards.contains(&"ISO/IEC 27001:2022".into()), "{standards:?}");
    let requirements = line["compliance"]["requirements"].as_array().unwrap();
    assert!(requirements.contains(&"SOC 2: CC6.6".into()), "{requirements:?}");
    assert!(line["remediation"]["desc"].as_str().unwrap().contains("Turn on Firewall"));
    assert_eq!(line["device"]["os"]["type_id"], 300);
    assert_eq!(line["resources"][0]["name"], "MacBookAir10,1 …1234");
}

#[test]
fn both_formats_name_the_same_event() {
    let wording = wording();
    for event in every_event() {
        let (own, ocsf) =
            (wording.write(&event, Format::Muster), wording.write(&event, Format::Ocsf));
        assert_eq!(own["id"], ocsf["metadata"]["uid"]);
        assert_eq!(own["type"], ocsf["metadata"]["event_code"]);
        assert_eq!(own["cursor"], event.cursor.to_string());
        let people = own.to_string().contains("Sam Doe");
        assert_eq!(
            people,
            matches!(event.what, What::Act(_)),
            "names stand in the audit log alone"
        );
    }
}
