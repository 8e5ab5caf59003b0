//! What macOS is to let the agent do: run in the background without a person
//! who switches it off, and read protected settings.

use plist::{Dictionary, Value};
use shared::names::AGENT_LABEL;

use super::envelope::{Payload, Profile};
use super::{Company, Team};
use crate::exit::Failure;

/// Payload about background items; macOS 13 and newer, from an MDM alone.
const BACKGROUND: &str = "com.apple.servicemanagement";
/// Payload about privacy (PPPC).
const PRIVACY: &str = "com.apple.TCC.configuration-profile-policy";

/// What the program's signature must say: Developer ID of this team.
pub fn requirement(team: &Team) -> String {
    format!(
        "identifier \"{AGENT_LABEL}\" and anchor apple generic \
         and certificate 1[field.1.2.840.113635.100.6.2.6] /* exists */ \
         and certificate leaf[field.1.2.840.113635.100.6.1.13] /* exists */ \
         and certificate leaf[subject.OU] = {}",
        team.id()
    )
}

/// The profile that goes to Macs before the package does.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(company: &Company, team: &Team) -> Result<String, Failure> {
    let background = Payload {
        kind: BACKGROUND,
        name: "background",
        title: "Muster in the background",
        content: list("Rules", rule(team)),
    };
    let privacy = Payload {
        kind: PRIVACY,
        name: "privacy",
        title: "Muster reads protected settings",
        content: dictionary([(
            "Services",
            Value::Dictionary(list("SystemPolicyAllFiles", access(team))),
        )]),
    };
    let profile = Profile {
        identifier: &format!("{AGENT_LABEL}.access"),
        title: "Muster: background item and privacy",
        description: "Keeps the agent running, and lets it read settings that macOS protects.",
        payloads: vec![background, privacy],
    };
    profile.write(company)
}

fn rule(team: &Team) -> Dictionary {
    dictionary([
        ("RuleType", "Label".into()),
        ("RuleValue", AGENT_LABEL.into()),
        ("TeamIdentifier", team.id().into()),
        ("Comment", "Reports this Mac's security settings to the company's collector".into()),
    ])
}

/// `Authorization` alone: macOS refuses a payload with `Allowed` beside it.
fn access(team: &Team) -> Dictionary {
    dictionary([
        ("Identifier", AGENT_LABEL.into()),
        ("IdentifierType", "bundleID".into()),
        ("CodeRequirement", requirement(team).into()),
        ("StaticCode", false.into()),
        ("Authorization", "Allow".into()),
        ("Comment", "Reads settings, never documents".into()),
    ])
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Dictionary {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn list(key: &str, only: Dictionary) -> Dictionary {
    dictionary([(key, Value::Array(vec![Value::Dictionary(only)]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirement_names_bundle_and_team() {
        let text = requirement(&Team::new("ABCDE12345").unwrap());
        assert!(text.starts_with("identifier \"org.muster.agent\" and anchor apple generic "));
        assert!(text.ends_with("certificate leaf[subject.OU] = ABCDE12345"));
        assert!(!text.contains("  "));
    }
}
