//! Which computer is this? Model, serial number and hardware UUID.
//!
//! Asks `sysctl` and `ioreg`. A computer put together by hand, or a virtual
//! one, may answer with filler such as `System Serial#`; two of those would
//! pass for one device, so what is not plausible is left out.

use plist::Dictionary;

use crate::host::{Answer, Host};
use crate::property_list;

/// The command that prints the model identifier.
pub(crate) const MODEL: &[&str] = &["/usr/sbin/sysctl", "-n", "hw.model"];
/// The command that prints serial number and hardware UUID.
pub(crate) const REGISTRY: &[&str] = &["/usr/sbin/ioreg", "-ard1", "-c", "IOPlatformExpertDevice"];

/// What is asked for these facts, as it stands in reports.
pub(crate) const SOURCES: &[&str] =
    &["exec:/usr/sbin/sysctl -n hw.model", "exec:/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice"];

/// What the device says of itself, beside the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Model identifier, such as `Mac15,12`.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Hardware UUID, in capitals.
    pub hardware_uuid: Option<String>,
}

/// Reads the facts; what is not there or not plausible is left out.
pub fn read(host: &dyn Host) -> DeviceFacts {
    let registry = output(host, REGISTRY);
    let registry = registry.as_deref().and_then(platform_device);
    let property = |name| registry.as_ref()?.get(name)?.as_string();
    DeviceFacts {
        model: output(host, MODEL).as_deref().and_then(model),
        serial: property("IOPlatformSerialNumber").and_then(serial),
        hardware_uuid: property("IOPlatformUUID").and_then(hardware_uuid),
    }
}

fn output(host: &dyn Host, argv: &[&str]) -> Option<String> {
    match host.run(argv) {
        Answer::Done { exit: 0, stdout, .. } => String::from_utf8(stdout).ok(),
        _ => None,
    }
}

/// The first entry of `ioreg`'s list.
fn platform_device(answer: &str) -> Option<Dictionary> {
    property_list::parse(answer.trim().as_bytes())?
        .into_array()?
        .into_iter()
        .next()?
        .into_dictionary()
}

/// The hardware UUID in the answer of [`REGISTRY`], in capitals.
pub(crate) fn registry_uuid(answer: &str) -> Option<String> {
    platform_device(answer)?.get("IOPlatformUUID")?.as_string().and_then(hardware_uuid)
}

/// A model identifier such as `Mac15,12`, or one of a virtual machine.
pub(crate) fn model(answer: &str) -> Option<String> {
    let model = answer.trim();
    let is_model = (3..=40).contains(&model.len())
        && model.starts_with(|first: char| first.is_ascii_alphabetic())
        && model.contains(|any: char| any.is_ascii_digit())
        && model.chars().all(|any| any.is_ascii_alphanumeric() || ",-_.".contains(any));
    is_model.then(|| model.to_owned())
}

/// Apple prints 10 to 12 capitals and digits; room is left for more.
fn serial(text: &str) -> Option<String> {
    let serial = text.trim();
    let is_serial = (8..=20).contains(&serial.len())
        && serial.chars().all(|any| any.is_ascii_uppercase() || any.is_ascii_digit())
        && !is_one_character(serial);
    is_serial.then(|| serial.to_owned())
}

/// A UUID that is neither all zeros nor all ones.
fn hardware_uuid(text: &str) -> Option<String> {
    let uuid = text.trim().to_ascii_uppercase();
    let lengths = uuid.split('-').map(str::len);
    let digits: String = uuid.chars().filter(|&any| any != '-').collect();
    let is_uuid = lengths.eq([8, 4, 4, 4, 12])
        && digits.chars().all(|any| any.is_ascii_hexdigit())
        && !is_one_character(&digits);
    is_uuid.then_some(uuid)
}

fn is_one_character(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    characters.all(|any| Some(any) == first)
}

/// Says whether Apple built the model with a processor of its own.
///
/// From 2022 on such models are called `Mac13,1` and up; the first ones kept
/// their family's name, which Intel models share. A model that nobody knows
/// is not one.
pub(crate) fn is_apple_silicon(model: &str) -> bool {
    let number = |family: &str| -> Option<u32> {
        model.strip_prefix(family)?.split_once(',')?.0.parse().ok()
    };
    let from = [
        ("Mac", 13),
        ("MacBookAir", 10),
        ("MacBookPro", 17),
        ("Macmini", 9),
        ("iMac", 21),
        ("VirtualMac", 2),
    ];
    from.into_iter().any(|(family, first)| number(family).is_some_and(|number| number >= first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apple_silicon_is_known_by_its_model() {
        for model in [
            "Mac13,1",
            "Mac14,2",
            "Mac15,12",
            "Mac16,12",
            "Mac17,2",
            "MacBookAir10,1",
            "MacBookPro17,1",
            "MacBookPro18,4",
            "Macmini9,1",
            "iMac21,2",
            "VirtualMac2,1",
        ] {
            assert!(is_apple_silicon(model), "{model}");
        }
        for model in [
            "MacBookAir9,1",
            "MacBookPro16,4",
            "MacBookPro15,1",
            "Macmini8,1",
            "iMac20,2",
            "iMacPro1,1",
            "MacPro7,1",
            "MacBook10,1",
            "VMware7,1",
            "VMM-x86_64",
            "Mac",
            "Mac15",
            "Parallels20,1",
            "",
            "NewMac1,1",
            "Mac7,1",
        ] {
            assert!(!is_apple_silicon(model), "{model}");
        }
    }

    #[test]
    fn the_declared_sources_are_those_that_are_asked() {
        let commands = [MODEL, REGISTRY].map(|argv| format!("exec:{}", argv.join(" ")));
        assert_eq!(SOURCES, commands);
    }

    #[test]
    fn filler_is_no_serial_number() {
        for filler in [
            "",
            "0",
            "System Serial#",
            "To be filled by O.E.M.",
            "Not Available",
            "N/A",
            "Default string",
            "00000000",
            "XXXXXXXXXXXX",
            "C02 1234 5678",
            "serial00001",
        ] {
            assert_eq!(serial(filler), None, "{filler}");
        }
        assert_eq!(serial(" ZZDEV00001 \n").as_deref(), Some("ZZDEV00001"));
        assert_eq!(serial("C02ZZ0ZZMD6T").as_deref(), Some("C02ZZ0ZZMD6T"));
    }

    #[test]
    fn filler_is_no_hardware_uuid() {
        for filler in [
            "",
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "00000000-0000-4000-8000-00000000D00",
            "00000000-0000-4000-8000-00000000D00G",
            "0000000000004000800000000000D001",
        ] {
            assert_eq!(hardware_uuid(filler), None, "{filler}");
        }
        let known = "00000000-0000-4000-8000-00000000d001";
        assert_eq!(hardware_uuid(known), Some(known.to_ascii_uppercase()));
    }

    #[test]
    fn models_look_like_models() {
        assert_eq!(model("Mac15,12\n").as_deref(), Some("Mac15,12"));
        assert_eq!(model("VMM-x86_64").as_deref(), Some("VMM-x86_64"));
        for odd in ["", "unknown", "0", "15,12", "sysctl: unknown oid 'hw.model'", "Mac15,12\nx"] {
            assert_eq!(model(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_registry_names_serial_and_uuid() {
        let answer = |body: &str| {
            platform_device(&format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">{body}</plist>\n"
            ))
        };
        let device = answer(
            "<array><dict><key>IOPlatformSerialNumber</key><string>ZZDEV00001</string></dict></array>",
        );
        let device = device.unwrap();
        assert_eq!(device.get("IOPlatformSerialNumber").unwrap().as_string(), Some("ZZDEV00001"));
        assert_eq!(answer("<array/>"), None);
        assert_eq!(answer("<dict/>"), None);
        assert_eq!(platform_device("ioreg: error"), None);
    }
}
