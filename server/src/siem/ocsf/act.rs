//! Entries of the audit log: Authentication (3002), Account Change (3001) and
//! API Activity (6003).

use serde_json::{Map, Value, json};

use super::super::Wording;
use super::super::event::{ActTold, Event};
use super::{Class, put, said};

type Word = (u32, &'static str);

const INFORMATIONAL: Word = (1, "Informational");
const LOW: Word = (2, "Low");
const IAM: Word = (3, "Identity & Access Management");
const OTHER: u32 = 99;

pub(super) fn write(event: &Event, act: &ActTold, wording: &Wording) -> Value {
    let action = act.action.as_str();
    if action.starts_with("sign_in") || action.starts_with("sign_out") {
        sign_in(event, act, wording)
    } else if act.object_kind == "account" && !action.starts_with("view") {
        account(event, act, wording)
    } else {
        activity(event, act, wording)
    }
}

/// The whole act in one sentence.
fn sentence(act: &ActTold) -> String {
    let object = said(&act.object_name).or(said(&act.object));
    let mut sentence = format!("{}: {}", act.actor_name, act.action.replace('_', " "));
    if let Some(object) = object {
        sentence.push(' ');
        sentence.push_str(object);
    }
    if let Some(detail) = said(&act.detail) {
        sentence.push_str(" (");
        sentence.push_str(detail);
        sentence.push(')');
    }
    sentence
}

fn refused(act: &ActTold) -> bool {
    ["refused", "failed", "denied"].iter().any(|word| act.action.contains(word))
}

/// Who did it.
fn actor(act: &ActTold) -> Value {
    let kind: Word = match act.actor_kind.as_str() {
        "account" => (1, "User"),
        "token" => (4, "Service"),
        "command" => (2, "Admin"),
        "collector" => (3, "System"),
        _ => (0, "Unknown"),
    };
    let mut user = Map::new();
    user.insert("name".to_owned(), act.actor_name.as_str().into());
    user.insert("type_id".to_owned(), kind.0.into());
    user.insert("type".to_owned(), kind.1.into());
    put(&mut user, "uid", said(&act.actor));
    Value::Object(user)
}

/// Where it came from.
fn source(act: &ActTold) -> Value {
    match said(&act.address) {
        Some(address) if address.parse::<std::net::IpAddr>().is_ok() => json!({ "ip": address }),
        Some(address) => json!({ "name": address }),
        None => json!({ "name": act.actor_kind }),
    }
}

fn finish(mut map: Map<String, Value>, act: &ActTold) -> Value {
    let status: Word = if refused(act) { (2, "Failure") } else { (1, "Success") };
    map.insert("status_id".to_owned(), status.0.into());
    map.insert("status".to_owned(), status.1.into());
    map.insert("status_code".to_owned(), act.action.as_str().into());
    put(&mut map, "status_detail", said(&act.detail));
    map.insert("src_endpoint".to_owned(), source(act));
    Value::Object(map)
}

fn severity(act: &ActTold) -> Word {
    if refused(act) { LOW } else { INFORMATIONAL }
}

fn sign_in(event: &Event, act: &ActTold, wording: &Wording) -> Value {
    let out = act.action.starts_with("sign_out");
    let class = Class {
        category: IAM,
        kind: (3002, "Authentication"),
        activity: if out { (2, "Logoff") } else { (1, "Logon") },
        severity: severity(act),
    };
    let mut map = class.event(event, wording, &sentence(act));
    map.insert("user".to_owned(), actor(act));
    map.insert("service".to_owned(), json!({ "name": "Muster" }));
    finish(map, act)
}

fn account(event: &Event, act: &ActTold, wording: &Wording) -> Value {
    let action = act.action.as_str();
    let has = |words: &[&str]| words.iter().any(|word| action.contains(word));
    let activity = if has(&["added", "invited", "created"]) {
        (1, "Create")
    } else if has(&["disabled", "ended"]) {
        (5, "Disable")
    } else if has(&["enabled", "restored"]) {
        (2, "Enable")
    } else if has(&["deleted", "removed"]) {
        (6, "Delete")
    } else {
        (OTHER, "Other")
    };
    let class =
        Class { category: IAM, kind: (3001, "Account Change"), activity, severity: severity(act) };
    let mut map = class.event(event, wording, &sentence(act));
    if activity.0 == OTHER {
        // The schema asks for the source's own word here.
        map.insert("activity_name".to_owned(), action.into());
    }
    let mut user = Map::new();
    user.insert("uid".to_owned(), act.object.as_str().into());
    put(&mut user, "name", said(&act.object_name));
    map.insert("user".to_owned(), user.into());
    map.insert("actor".to_owned(), json!({ "user": actor(act) }));
    finish(map, act)
}

fn activity(event: &Event, act: &ActTold, wording: &Wording) -> Value {
    let action = act.action.as_str();
    let has = |words: &[&str]| words.iter().any(|word| action.contains(word));
    let activity = if has(&["view", "export", "read"]) {
        (2, "Read")
    } else if has(&["added", "created", "invited", "made"]) {
        (1, "Create")
    } else if has(&["deleted", "removed"]) {
        (4, "Delete")
    } else {
        (3, "Update")
    };
    let class = Class {
        category: (6, "Application Activity"),
        kind: (6003, "API Activity"),
        activity,
        severity: severity(act),
    };
    let mut map = class.event(event, wording, &sentence(act));
    let mut api = Map::new();
    api.insert("operation".to_owned(), action.into());
    api.insert("service".to_owned(), json!({ "name": "Muster" }));
    put(&mut api, "request", said(&act.request).map(|id| json!({ "uid": id })));
    map.insert("api".to_owned(), api.into());
    map.insert("actor".to_owned(), json!({ "user": actor(act) }));
    if let Some(id) = said(&act.object) {
        let mut resource = Map::new();
        resource.insert("uid".to_owned(), id.into());
        resource.insert("type".to_owned(), act.object_kind.as_str().into());
        put(&mut resource, "name", said(&act.object_name));
        map.insert("resources".to_owned(), json!([resource]));
    }
    finish(map, act)
}
