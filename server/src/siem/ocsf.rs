//! Events in the words of the Open Cybersecurity Schema Framework.
//!
//! Findings are *Compliance Finding* (2003), sign-ins *Authentication* (3002),
//! changes of accounts *Account Change* (3001), and whatever else people do is
//! *API Activity* (6003). Only attributes are used that versions 1.8.0 and 1.9
//! have with the same meaning, and none that either calls deprecated.

mod act;
mod finding;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::Wording;
use super::event::{Event, What};

/// The version of the schema that every event names. 1.9.0 reads it as well;
/// receivers that check find this one in their catalogue.
pub const VERSION: &str = "1.8.0";

/// One event.
pub(super) fn write(event: &Event, wording: &Wording) -> Value {
    match &event.what {
        What::Change(device, told) => finding::write(event, device, told, wording),
        What::Act(act) => act::write(event, act, wording),
    }
}

/// What classifies an event.
#[derive(Clone, Copy)]
struct Class {
    category: (u32, &'static str),
    kind: (u32, &'static str),
    activity: (u32, &'static str),
    severity: (u32, &'static str),
}

impl Class {
    /// The attributes that every event has.
    fn event(self, event: &Event, wording: &Wording, message: &str) -> Map<String, Value> {
        let Self { category, kind: class, activity, severity } = self;
        let pairs = [
            ("category_uid", json!(category.0)),
            ("category_name", json!(category.1)),
            ("class_uid", json!(class.0)),
            ("class_name", json!(class.1)),
            ("activity_id", json!(activity.0)),
            ("activity_name", json!(activity.1)),
            ("type_uid", json!(class.0 * 100 + activity.0)),
            ("type_name", json!(format!("{}: {}", class.1, activity.1))),
            ("severity_id", json!(severity.0)),
            ("severity", json!(severity.1)),
            ("time", json!(event.at.as_millisecond())),
            ("message", json!(message)),
            ("metadata", metadata(event, wording)),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn metadata(event: &Event, wording: &Wording) -> Value {
    json!({
        "version": VERSION,
        "uid": event.id(),
        "event_code": super::native::kind(event),
        "log_name": "events",
        "original_time": event.at.to_string(),
        "product": {
            "name": "Muster",
            "vendor_name": "Muster",
            "uid": wording.public_url,
            "version": env!("CARGO_PKG_VERSION"),
        },
    })
}

/// Adds what is known, and nothing for what is not.
fn put(map: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.into());
    }
}

/// A text that says something.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
