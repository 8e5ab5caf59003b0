//! The agent's settings: one table, from which the agent's reader, the schemas
//! for MDMs and the documentation come.
//!
//! A collector's address is no setting: it is in the token, beside the
//! certificate that the token pins, so the two cannot contradict each other.

use std::fmt::Write as _;

use crate::statement::OWNER_LIMIT;
use crate::token::Token;

mod nearest;
mod variable;

pub use nearest::nearest;
pub use variable::{Unfilled, unfilled};

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in a configuration profile.
    pub key: &'static str,
    /// Its name in `config.toml`.
    pub toml: &'static str,
    /// What its value is; in every file it stands as a text.
    pub kind: Kind,
    /// Its name for people.
    pub title: &'static str,
    /// What it means, in plain sentences.
    pub meaning: &'static str,
    /// A value as it may stand in a profile. A text of an MDM's variable where
    /// each Mac has its own value.
    pub example: &'static str,
    /// Whether the value is never shown and never logged.
    pub secret: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An enrolment token.
    Token,
    /// A mail address.
    MailAddress,
    /// A Mac's serial number.
    SerialNumber,
}

/// The token that admits the Mac.
pub const ENROLLMENT_TOKEN: Setting = Setting {
    key: "EnrollmentToken",
    toml: "enrollment_token",
    kind: Kind::Token,
    title: "Enrolment token",
    meaning: "Admits this Mac to its collector, once: the agent trades it for a key of its own and ignores it from then on. One fleet token serves all Macs of a profile.",
    example: "mst1.AAkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABtdXN0ZXIuY29tcGFueS5leGFtcGxl",
    secret: true,
};

/// Who holds the Mac.
pub const OWNER: Setting = Setting {
    key: "Owner",
    toml: "owner",
    kind: Kind::MailAddress,
    title: "Owner",
    meaning: "Mail address of who holds this Mac, from the MDM's variable. The collector takes it for a claim and shows it as one. Without it somebody names the owner in the console.",
    example: "$EMAIL",
    secret: false,
};

/// Which Mac the settings are for.
pub const SERIAL_NUMBER: Setting = Setting {
    key: "SerialNumber",
    toml: "serial_number",
    kind: Kind::SerialNumber,
    title: "Serial number",
    meaning: "Serial number of the Mac that these settings are for, from the MDM's variable. Another Mac refuses them: somebody has copied a profile that was filled in for this one.",
    example: "$SERIALNUMBER",
    secret: false,
};

/// Every setting, in the order in which people meet them.
pub const SETTINGS: &[Setting] = &[ENROLLMENT_TOKEN, OWNER, SERIAL_NUMBER];

/// The setting with this key in a profile.
pub fn of_key(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The setting with this name in TOML.
pub fn of_toml(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.toml == name)
}

impl Kind {
    /// What is wrong with `value`, as the end of a sentence that begins with
    /// where it stands. The value itself is not repeated.
    pub fn fault(self, value: &str) -> Option<String> {
        match self {
            Self::Token => value.parse::<Token>().err().map(|error| error.to_string()),
            Self::MailAddress if !is_mail_address(value) => {
                Some("it is no mail address".to_owned())
            }
            Self::SerialNumber if !is_serial_number(value) => {
                Some("it is no serial number of a Mac".to_owned())
            }
            Self::MailAddress | Self::SerialNumber => None,
        }
    }
}

/// One `@` between two parts, nothing that steers a terminal. Whether anybody
/// reads it cannot be seen from here.
fn is_mail_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_plain = |part: &str| {
        !part.is_empty() && !part.contains(|any: char| any.is_control() || any.is_whitespace())
    };
    let is_two = parts
        .is_some_and(|(name, domain)| is_plain(name) && is_plain(domain) && !domain.contains('@'));
    is_two && text.chars().count() <= OWNER_LIMIT
}

/// Apple prints 10 to 12 capitals and digits; room is left for more.
fn is_serial_number(text: &str) -> bool {
    (8..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The table as Markdown.
pub fn document() -> String {
    let mut text =
        "| in a profile | in `config.toml` | value | meaning |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let secret = if setting.secret { "; a secret" } else { "" };
        let kind = match setting.kind {
            Kind::Token => "token",
            Kind::MailAddress => "mail address",
            Kind::SerialNumber => "serial number",
        };
        let Setting { key, toml, meaning, .. } = setting;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "| `{key}` | `{toml}` | {kind}{secret} | {meaning} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_setting_has_names_of_its_own_and_an_example_that_holds() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|it| it.key).collect();
        let names: BTreeSet<_> = SETTINGS.iter().map(|it| it.toml).collect();
        assert_eq!((keys.len(), names.len()), (SETTINGS.len(), SETTINGS.len()));
        for setting in SETTINGS {
            let is_variable = unfilled(setting.example) == Some(Unfilled::Variable);
            let fault = setting.kind.fault(setting.example);
            assert!(is_variable || fault.is_none(), "{}: {fault:?}", setting.key);
            assert_eq!(of_key(setting.key), Some(setting));
            assert_eq!(of_toml(setting.toml), Some(setting));
            assert!(setting.meaning.ends_with('.'), "{}", setting.key);
        }
        assert_eq!(of_key("Token"), None);
    }

    #[test]
    fn a_name_in_toml_is_the_key_in_small_letters() {
        for setting in SETTINGS {
            let joined = setting.toml.replace('_', "");
            assert_eq!(joined, setting.key.to_lowercase());
        }
    }

    #[test]
    fn what_is_no_value_is_said_without_repeating_it() {
        for (kind, value, says) in [
            (
                Kind::Token,
                "mst1.x",
                Some("the token is damaged; copy the whole line of the invitation again"),
            ),
            (Kind::MailAddress, "Sam Doe", Some("it is no mail address")),
            (Kind::MailAddress, "@company.example", Some("it is no mail address")),
            (Kind::MailAddress, "sam@", Some("it is no mail address")),
            (Kind::MailAddress, "sam@a@b", Some("it is no mail address")),
            (Kind::MailAddress, "sam\u{1b}@company.example", Some("it is no mail address")),
            (Kind::MailAddress, "sam.doe@company.example", None),
            (Kind::SerialNumber, "C02-1", Some("it is no serial number of a Mac")),
            (Kind::SerialNumber, "ZZDEV00001", None),
        ] {
            assert_eq!(kind.fault(value).as_deref(), says, "{value}");
        }
        let long = format!("{}@b", "a".repeat(OWNER_LIMIT));
        assert!(Kind::MailAddress.fault(&long).is_some());
        assert!(Kind::MailAddress.fault(&long[2..]).is_none());
    }

    #[test]
    fn the_document_names_every_setting() {
        let text = document();
        assert_eq!(text.lines().count(), 2 + SETTINGS.len());
        assert!(text.contains("| `EnrollmentToken` | `enrollment_token` | token; a secret |"));
    }
}
