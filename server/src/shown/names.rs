//! How devices, models and rules are called, on pages and in the API.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::os_releases::Catalogue;

use crate::store::views::DeviceRow;

/// `Sam's MacBook Air (…4F2K)`: owner, kind of Mac, last four of the serial.
pub(crate) fn device_name(row: &DeviceRow, catalogue: &Catalogue) -> String {
    let kind = row
        .model
        .as_deref()
        .and_then(|id| catalogue.model_name(id))
        .map_or("Mac", |name| name.split(" (").next().unwrap_or(name));
    let mut name = match &row.owner {
        Some(owner) => format!("{} {kind}", possessive(first_name(&owner.name))),
        None => kind.to_owned(),
    };
    if let Some(ending) = row.serial.as_deref().and_then(last_four) {
        // Writing to a string cannot fail.
        let _ = write!(name, " (…{ending})");
    }
    name
}

fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

fn possessive(name: &str) -> String {
    if name.ends_with('s') { format!("{name}’") } else { format!("{name}’s") }
}

fn last_four(serial: &str) -> Option<&str> {
    let start = serial.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    serial.get(start..).filter(|ending| !ending.is_empty())
}

/// `MacBook Air 13″ M3 2024`, or the identifier when the catalogue does not
/// have it.
pub(crate) fn model_words(row: &DeviceRow, catalogue: &Catalogue) -> String {
    let Some(id) = row.model.as_deref() else { return String::new() };
    catalogue.model_name(id).map_or_else(
        || id.to_owned(),
        |name| name.replace("-inch", "″").replace(['(', ')', ','], ""),
    )
}

/// A word for a failing rule that fits a table cell.
pub(crate) fn rule_word(id: &str) -> String {
    let known = match id {
        "os-patch-level" => "macOS updates",
        "system-integrity-protection" => "SIP",
        "gatekeeper" => "Gatekeeper",
        "auto-login" => "automatic login",
        "malware-protection" => "XProtect",
        "mdm-enrollment" => "MDM",
        "sealed-system-volume" => "sealed volume",
        "vpn-client" => "VPN",
        _ => return id.replace('-', " "),
    };
    known.to_owned()
}

/// `text` with a capital first letter.
pub(crate) fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A public key in PEM.
pub(crate) fn pem(spki: &[u8]) -> String {
    let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
    let encoded = STANDARD.encode(spki);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    text.push_str("-----END PUBLIC KEY-----\n");
    text
}

#[cfg(test)]
mod tests {
    use shared::os_releases::Catalogue;

    use super::{device_name, possessive};
    use crate::store::views::{DeviceRow, Owner, Standing};

    fn row() -> DeviceRow {
        DeviceRow {
            id: "1".to_owned(),
            owner: Some(Owner { name: "Sam Carter".to_owned(), ..Owner::default() }),
            model: Some("Mac15,12".to_owned()),
            serial: Some("C02XY1ZT4F2K".to_owned()),
            recorded: false,
            key_protection: "software-file".to_owned(),
            agent_version: "0.1.0".to_owned(),
            enrolled: jiff::Timestamp::UNIX_EPOCH,
            received: None,
            system: None,
            standing: Standing::Stale,
            since: jiff::Timestamp::UNIX_EPOCH,
            was: None,
            due: None,
            problems: Vec::new(),
            labels: Vec::new(),
            build: crate::agent_releases::shelf::Build::default(),
            removed: None,
            owner_claim: None,
        }
    }

    #[test]
    fn a_device_is_called_by_owner_kind_and_serial() {
        let catalogue = Catalogue::embedded();
        assert_eq!(device_name(&row(), &catalogue), "Sam’s MacBook Air (…4F2K)");
        let nobody = DeviceRow { owner: None, model: None, serial: None, ..row() };
        assert_eq!(device_name(&nobody, &catalogue), "Mac");
        assert_eq!(possessive("James"), "James’");
    }
}
