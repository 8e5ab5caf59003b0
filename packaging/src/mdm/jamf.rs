//! Forms for the settings: a custom schema for Jamf Pro, and a manifest in the
//! format of ProfileManifests, which several editors of profiles read.

use plist::{Dictionary, Value};
use serde_json::json;
use shared::agent_settings::{SETTINGS, unfilled};
use shared::names::AGENT_LABEL;

use super::json;
use crate::exit::Failure;
use crate::profiles::envelope;

/// What the settings are for.
const ABOUT: &str = "Settings of the Muster agent. It reads them until it is enrolled.";

/// The schema for Application & Custom Settings.
pub(super) fn schema() -> Result<String, Failure> {
    let properties = (1_u32..).zip(SETTINGS).map(|(number, setting)| {
        let property = json!({
            "title": setting.title,
            "description": setting.meaning,
            "property_order": number,
            "type": "string",
            "options": {"inputAttributes": {"placeholder": placeholder(setting.example)}},
        });
        (setting.key.to_owned(), property)
    });
    json(&json!({
        "title": format!("Muster agent ({AGENT_LABEL})"),
        "description": ABOUT,
        "type": "object",
        "options": {"remove_empty_properties": true},
        "additionalProperties": false,
        "properties": properties.collect::<serde_json::Map<_, _>>(),
    }))
}

/// A variable as it is; of a token only its beginning, which nobody takes for
/// a real one.
fn placeholder(example: &str) -> String {
    if unfilled(example).is_some() { example.to_owned() } else { "mst1.".to_owned() }
}

/// The manifest.
pub(super) fn manifest() -> Result<String, Failure> {
    let subkeys = SETTINGS.iter().map(|setting| {
        dictionary([
            ("pfm_name", setting.key.into()),
            ("pfm_title", setting.title.into()),
            ("pfm_description", setting.meaning.into()),
            ("pfm_type", "string".into()),
            ("pfm_value_placeholder", placeholder(setting.example).into()),
            ("pfm_sensitive", setting.secret.into()),
        ])
    });
    envelope::write(&dictionary([
        ("pfm_domain", AGENT_LABEL.into()),
        ("pfm_title", "Muster agent".into()),
        ("pfm_description", ABOUT.into()),
        ("pfm_format_version", Value::Integer(1.into())),
        ("pfm_version", Value::Integer(1.into())),
        ("pfm_unique", true.into()),
        ("pfm_platforms", Value::Array(vec!["macOS".into()])),
        ("pfm_targets", Value::Array(vec!["system".into()])),
        ("pfm_subkeys", Value::Array(subkeys.collect())),
    ]))
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let all: Dictionary = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Value::Dictionary(all)
}
