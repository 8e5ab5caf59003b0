//! Configuration profiles for the agent, and a password policy.
//!
//! Settings stand apart from what macOS is to allow: some MDMs send a whole
//! profile again when one thing in it changes. There is no payload about
//! notifications: the agent shows none.

use plist::{Dictionary, Value};
use shared::agent_settings::{SETTINGS, Setting, Unfilled, unfilled};
use shared::names::AGENT_LABEL;

use crate::exit::{Exit, Failure};

pub mod access;
pub mod envelope;
pub mod password;
pub mod signing;
pub mod uuid;

use envelope::{Payload, Profile};

/// For whom profiles are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    organization: String,
}

/// Longest name of a company, in letters.
const NAME: usize = 100;

impl Company {
    /// A company of this name.
    ///
    /// # Errors
    ///
    /// When it is no name.
    pub fn new(organization: &str) -> Result<Self, Failure> {
        let organization = organization.trim();
        let is_name = (1..=NAME).contains(&organization.chars().count())
            && !organization.contains(char::is_control);
        if !is_name {
            let message = format!(
                "`--organization` must be a name of at most {NAME} letters; write what people at their Macs know"
            );
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(Self { organization: organization.to_owned() })
    }

    /// Its name.
    pub fn organization(&self) -> &str {
        &self.organization
    }
}

/// A Developer ID team: ten capitals and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team(String);

impl Team {
    /// The team of this id.
    ///
    /// # Errors
    ///
    /// When it is no id.
    pub fn new(id: &str) -> Result<Self, Failure> {
        let is_capital = |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit();
        if id.len() == 10 && id.bytes().all(is_capital) {
            return Ok(Self(id.to_owned()));
        }
        let message = format!(
            "`--team-id` is `{}`, but a team id has ten capitals and digits; it stands in brackets behind the name of the certificate that signed the package",
            printable(id)
        );
        Err(Failure::new(Exit::Usage, message))
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// The profile with the agent's settings; `given` holds a text for some.
///
/// # Errors
///
/// When a text is no value of its setting.
pub fn settings(
    company: &Company,
    given: &[(&'static Setting, String)],
) -> Result<String, Failure> {
    let mut content = Dictionary::new();
    for setting in SETTINGS {
        let Some((_, text)) = given.iter().find(|(known, _)| known.key == setting.key) else {
            continue;
        };
        content.insert(setting.key.to_owned(), Value::String(value(setting, text)?));
    }
    let payload =
        Payload { kind: AGENT_LABEL, name: "settings", title: "Muster settings", content };
    let profile = Profile {
        identifier: &format!("{AGENT_LABEL}.settings"),
        title: "Muster: settings",
        description: "Admits this Mac to the company's collector.",
        payloads: vec![payload],
    };
    profile.write(company)
}

/// A text that an MDM may fill in, or a value; the text itself is not repeated
/// where it may be a secret.
fn value(setting: &Setting, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let refuse = |why: &str| {
        let message = format!("`{}` cannot be written: {why}", setting.key);
        Err(Failure::new(Exit::BadInput, message))
    };
    match (unfilled(text), setting.kind) {
        (Some(Unfilled::Empty), _) => refuse("it is empty; leave the option out"),
        // A token as well: it may lie in the MDM's own store of secrets.
        (Some(Unfilled::Variable), _) => Ok(text.to_owned()),
        (None, kind) => match kind.fault(text) {
            Some(fault) => refuse(&fault),
            None => Ok(text.to_owned()),
        },
    }
}

/// A text from outside, short and without what steers a terminal.
pub(crate) fn printable(text: &str) -> String {
    let plain = text.chars().map(|any| if any.is_control() { '\u{fffd}' } else { any });
    plain.take(60).collect()
}

#[cfg(test)]
mod tests {
    use shared::agent_settings::{ENROLLMENT_TOKEN, OWNER, SERIAL_NUMBER};

    use super::*;

    fn company() -> Company {
        Company::new("Company & Sons").unwrap()
    }

    fn refused(setting: &'static Setting, text: &str) -> String {
        let failure = settings(&company(), &[(setting, text.to_owned())]).unwrap_err();
        assert_eq!(failure.exit, Exit::BadInput);
        failure.to_string()
    }

    #[test]
    fn a_wrong_value_is_refused_and_a_secret_not_repeated() {
        let damaged = "`EnrollmentToken` cannot be written: the token is damaged; copy the whole line of the invitation again";
        assert_eq!(refused(&ENROLLMENT_TOKEN, "mst1.secret"), damaged);
        let prefix = "the token must begin with `mst1.`; copy the whole line of the invitation";
        assert!(refused(&ENROLLMENT_TOKEN, "hello").ends_with(prefix));
        assert!(refused(&ENROLLMENT_TOKEN, " ").ends_with("it is empty; leave the option out"));
        assert!(refused(&OWNER, "Sam Doe").ends_with("it is no mail address"));
        assert!(refused(&SERIAL_NUMBER, "C-1").ends_with("it is no serial number of a Mac"));
    }

    #[test]
    fn variables_are_left_for_the_mdm_and_the_order_is_the_tables() {
        let given = [(&SERIAL_NUMBER, "$SERIALNUMBER"), (&OWNER, "{{mail}}")];
        let given = given.map(|(setting, text)| (setting, text.to_owned()));
        let text = settings(&company(), &given).unwrap();
        let (owner, serial) = (text.find("{{mail}}").unwrap(), text.find("$SERIALNUMBER").unwrap());
        assert!(owner < serial);
        assert!(text.contains("Company &amp; Sons"), "{text}");
        assert!(!text.contains("EnrollmentToken"));
    }

    #[test]
    fn a_company_and_a_team_have_names() {
        for wrong in ["", "  ", "a\nb", &"a".repeat(101)] {
            assert_eq!(Company::new(wrong).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
        for wrong in ["", "abcde12345", "ABCDE1234", "ABCDE123456", "ABCDE 2345", "ÄBCDE1234"] {
            assert!(Team::new(wrong).unwrap_err().to_string().contains("ten capitals"), "{wrong}");
        }
        assert_eq!(Team::new("ABCDE12345").unwrap().id(), "ABCDE12345");
    }
}
