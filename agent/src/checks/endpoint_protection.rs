//! Which system extensions watch this Mac or carry its traffic?
//!
//! Reads macOS's own list of system extensions, and counts those that are
//! active: one that waits for somebody's consent or for a restart does
//! nothing. A Mac without that file, or with one that is not understood in
//! every entry, is unknown.
//!
//! Sent: numbers, and the names of products in a table of known ones. They
//! show whether a second pair of eyes looks for malware, and how the Mac gets
//! into a company's network. Nothing of a person. Extensions that are not in
//! the table are never named. Not seen: products without a system extension,
//! VPNs that macOS has built in or that an application brings along, and
//! whether a product is configured or its server hears of the Mac.

use std::collections::{BTreeMap, BTreeSet};

use plist::Value;
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

mod known;

use known::{PRODUCTS, Product, Purpose};

pub(super) const CHECK: Check = Check {
    id: "endpoint_protection",
    sources: &["file:/Library/SystemExtensions/db.plist"],
    read,
    #[cfg(test)]
    full: tests::full,
};

const LIST: &str = "/Library/SystemExtensions/db.plist";
const SECURITY: &str = "com.apple.system_extension.endpoint_security";
const NETWORK: &str = "com.apple.system_extension.network_extension";
const ACTIVE: &str = "activated_enabled";

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(|extensions| fields_of(&extensions));
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Vec<Extension>, UnknownReason> {
    let bytes = inquiry.read(LIST)?;
    let extensions = extensions(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    let active = extensions.iter().filter(|one| one.is_active).count();
    inquiry.matched(&format!("{} extensions, {active} {ACTIVE}", extensions.len()));
    Ok(extensions)
}

/// Every extension, one for each identifier: an old version may wait for a
/// restart beside the new one that is active.
fn extensions(plist: &[u8]) -> Option<Vec<Extension>> {
    let plist = property_list::dictionary(plist)?;
    let mut by_identifier: BTreeMap<(String, bool, bool), Extension> = BTreeMap::new();
    for entry in plist.get("extensions")?.as_array()? {
        let one = Extension::parse(entry)?;
        let key = (one.identifier.clone(), one.is_security, one.is_network);
        match by_identifier.get(&key) {
            Some(known) if known.is_active => {}
            _ => drop(by_identifier.insert(key, one)),
        }
    }
    Some(by_identifier.into_values().collect())
}

/// One system extension.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Extension {
    /// In small letters.
    identifier: String,
    team: String,
    is_active: bool,
    is_security: bool,
    is_network: bool,
}

impl Extension {
    fn parse(entry: &Value) -> Option<Self> {
        let entry = entry.as_dictionary()?;
        let word = |key| entry.get(key)?.as_string();
        let categories: Option<Vec<&str>> =
            entry.get("categories")?.as_array()?.iter().map(Value::as_string).collect();
        let categories = categories?;
        Some(Self {
            identifier: word("identifier")?.to_ascii_lowercase(),
            team: word("teamID").unwrap_or_default().to_owned(),
            is_active: word("state")? == ACTIVE,
            is_security: categories.contains(&SECURITY),
            is_network: categories.contains(&NETWORK),
        })
    }

    /// The product that it belongs to, of those that serve `purpose`.
    fn product(&self, purpose: Purpose) -> Option<&'static Product> {
        PRODUCTS.iter().find(|product| {
            product.purpose == purpose
                && product.team == self.team
                && self.identifier.starts_with(product.identifier)
        })
    }
}

fn fields_of(extensions: &[Extension]) -> Fields {
    let of = |wanted: fn(&Extension) -> bool| extensions.iter().filter(move |one| wanted(one));
    let number = |count: usize| i64::try_from(count).ok().map(FieldValue::Integer);
    let security = of(|one| one.is_security && one.is_active);
    let network = of(|one| one.is_network && one.is_active);
    let vpn = network.clone().filter(|one| one.product(Purpose::Vpn).is_some());
    let unknown = network.clone().filter(|one| {
        one.product(Purpose::Vpn).is_none() && one.product(Purpose::Filter).is_none()
    });
    fields([
        ("security_active", number(security.clone().count())),
        ("security_inactive", number(of(|one| one.is_security && !one.is_active).count())),
        ("security_products", names(security, Purpose::Security)),
        ("vpn_active", number(vpn.clone().count())),
        ("vpn_products", names(vpn, Purpose::Vpn)),
        ("network_unknown", number(unknown.count())),
    ])
}

/// Names of the known products among `extensions`.
fn names<'e>(
    extensions: impl Iterator<Item = &'e Extension>,
    purpose: Purpose,
) -> Option<FieldValue> {
    let names: BTreeSet<&str> =
        extensions.filter_map(|one| one.product(purpose)).map(|product| product.name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| text(names))
}

#[cfg(test)]
mod tests;
