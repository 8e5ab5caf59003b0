//! What a configuration profile enforces.

use shared::agent_settings::{SETTINGS, of_key};
use shared::names::AGENT_LABEL;

use super::fault::Fault;
use super::{Layer, Source, Value};
use crate::host::{FileAnswer, Forced, Host, managed_file};
use crate::property_list;

/// What macOS itself writes beside the settings.
const BOOKKEEPING: [&str; 2] = ["Payload", "_"];

/// Asks for every setting.
pub(super) fn read(host: &dyn Host) -> Layer {
    let mut layer = Layer::default();
    for setting in SETTINGS {
        match host.forced(AGENT_LABEL, setting.key) {
            Forced::Nothing => {}
            Forced::Text(text) => {
                layer.values.push((setting, Value { text, source: Source::Profile }));
            }
            Forced::NotText => layer.faults.push(Fault::no_text(setting, Source::Profile)),
        }
    }
    layer.faults.extend(unknown_keys(host));
    layer
}

/// Keys that no setting has. The system tells a value by its key, but no list
/// of keys; so the names alone are taken from its file.
fn unknown_keys(host: &dyn Host) -> Vec<Fault> {
    let FileAnswer::Bytes(bytes) = host.read(&managed_file(AGENT_LABEL)) else { return Vec::new() };
    let Some(file) = property_list::dictionary(&bytes) else {
        let says = "the profile's settings are no property list";
        return vec![Fault::of_place(says, "install the profile again")];
    };
    let is_ours = |key: &str| !BOOKKEEPING.iter().any(|start| key.starts_with(start));
    file.keys()
        .filter(|key| is_ours(key) && of_key(key).is_none())
        .map(|key| Fault::unknown(key, Source::Profile))
        .collect()
}
