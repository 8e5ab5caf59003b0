//! What exports of other programs call their columns.
//!
//! Names are compared as [`plain_name`](crate::sheet::plain_name) writes them.
//! server/EXPECTED.md says where each was seen.

use super::Source;

/// How a kind of file is recognised, and where it says what.
#[derive(Debug)]
pub struct Format {
    /// Whose export it is.
    pub source: Source,
    /// One of these must be there, beside the serial number.
    marks: &'static [&'static str],
    /// Serial number.
    pub serial: &'static [&'static str],
    /// Full name of the owner; the first that is not empty counts.
    pub owner_name: &'static [&'static str],
    /// Mail address of the owner.
    pub owner_email: &'static [&'static str],
    /// Model.
    pub model: &'static [&'static str],
    /// The company's own number.
    pub asset_tag: &'static [&'static str],
    /// What kind of device it is: lines that are no Mac are left out.
    pub kind: &'static [&'static str],
}

/// Columns of a file of the company's own, in the order of the template.
pub const OWN: &[&str] =
    &["serial", "owner_name", "owner_email", "state", "reason", "model", "asset_tag"];

const SERIAL: &[&str] = &["serial number"];

/// Exports that are known, the most particular first.
pub const FORMATS: &[Format] = &[
    Format {
        source: Source::Jamf,
        marks: &["computer name", "jss computer id", "jamf pro computer id"],
        serial: SERIAL,
        owner_name: &["full name", "real name"],
        owner_email: &["email address", "email"],
        model: &["model", "model identifier"],
        asset_tag: &["asset tag"],
        kind: &[],
    },
    Format {
        source: Source::Kandji,
        marks: &["blueprint", "blueprint name", "blueprint id"],
        serial: SERIAL,
        owner_name: &["user name", "assigned user", "assigned user name"],
        owner_email: &["user email", "assigned user email", "user email address", "email"],
        model: &["model", "device model"],
        asset_tag: &["asset tag"],
        kind: &["platform", "device family", "device type"],
    },
    Format {
        source: Source::Intune,
        marks: &[
            "primary user upn",
            "primary user email address",
            "primary user display name",
            "management name",
            "managed by",
            "intune registered",
            "device registration state",
        ],
        serial: SERIAL,
        owner_name: &["primary user display name", "user name"],
        owner_email: &["primary user email address", "user email", "primary user upn", "upn"],
        model: &["model"],
        asset_tag: &[],
        kind: &["os", "operating system"],
    },
    Format {
        source: Source::Apple,
        marks: &[
            "order number",
            "product family",
            "product type",
            "part number",
            "mdm server",
            "device management service",
            "device management server",
            "added to org date time",
            "date added",
        ],
        serial: SERIAL,
        owner_name: &[],
        owner_email: &[],
        model: &["device model", "model", "product description", "description"],
        asset_tag: &[],
        kind: &["product family", "device family", "device type", "product type"],
    },
];

/// The format whose header this is.
pub fn recognised(names: &[String]) -> Option<&'static Format> {
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    FORMATS.iter().find(|format| has(format.serial) && has(format.marks))
}

/// Whether a device is a Mac by its kind, or else by its model; what says
/// nothing is taken for one.
pub fn is_mac(kind: &str, model: &str) -> bool {
    const OTHERS: &[&str] = &[
        "ipad",
        "iphone",
        "ipod",
        "apple tv",
        "appletv",
        "watch",
        "vision",
        "homepod",
        "windows",
        "surface",
        "thinkpad",
        "latitude",
        "elitebook",
        "android",
        "galaxy",
        "pixel",
        "virtual machine",
    ];
    let (kind, model) = (kind.to_lowercase(), model.to_lowercase());
    if !kind.is_empty() {
        return kind.contains("mac");
    }
    !OTHERS.iter().any(|other| model.contains(other))
}

#[cfg(test)]
mod tests {
    use super::{is_mac, recognised};
    use crate::expected::Source;
    use crate::sheet::plain_name;

    #[test]
    fn each_export_is_recognised_by_its_header() {
        for (header, wanted) in [
            ("Computer Name,Serial Number,Model,Full Name,Email Address,Asset Tag", Source::Jamf),
            ("JSS Computer ID,Serial Number", Source::Jamf),
            ("Device Name,Serial Number,Model,Platform,Blueprint,User Email", Source::Kandji),
            ("device_id,device_name,serial_number,platform,blueprint_name", Source::Kandji),
            ("Device name,Managed by,Ownership,OS,Serial number,Primary user UPN", Source::Intune),
            ("DeviceName,SerialNumber,OS,UPN,ManagedBy", Source::Intune),
            ("Serial Number,Product Family,Order Number,MDM Server", Source::Apple),
            ("serialNumber,deviceModel,productFamily,orderNumber", Source::Apple),
        ] {
            let names: Vec<String> = header.split(',').map(plain_name).collect();
            assert_eq!(recognised(&names).map(|it| it.source), Some(wanted), "{header}");
        }
        for header in ["Serial Number,Colour", "Computer Name,Model", ""] {
            let names: Vec<String> = header.split(',').map(plain_name).collect();
            assert!(recognised(&names).is_none(), "{header}");
        }
    }

    #[test]
    fn what_is_no_mac_is_told_by_kind_and_else_by_model() {
        for (kind, model) in
            [("macOS", ""), ("Mac", "x"), ("", "MacBook Air"), ("", ""), ("MacMDM", "")]
        {
            assert!(is_mac(kind, model), "{kind} {model}");
        }
        for (kind, model) in
            [("iPad", ""), ("Windows", "MacBook"), ("", "iPad Air"), ("iOS/iPadOS", "")]
        {
            assert!(!is_mac(kind, model), "{kind} {model}");
        }
    }
}
