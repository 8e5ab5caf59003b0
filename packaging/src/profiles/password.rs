//! A password policy: as a profile for an MDM, and as a file of `pwpolicy` for
//! a Mac without one. Owners cannot set either in System Settings.

use plist::{Dictionary, Value};

use super::Company;
use super::envelope::{self, Payload, Profile};
use crate::exit::{Exit, Failure};

/// Payload of passcodes, which macOS takes for passwords of local accounts.
const PASSWORD: &str = "com.apple.mobiledevice.passwordpolicy";
/// Its identifier, and the start of names within the file of `pwpolicy`.
const IDENTIFIER: &str = "org.muster.password-policy";

/// A minimum length that people can live with and macOS takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumLength(u8);

impl MinimumLength {
    /// At least what the baseline asks for: a shorter one would not pass.
    ///
    /// # Errors
    ///
    /// When it is shorter, or longer than Apple's payload allows.
    pub fn new(letters: u8) -> Result<Self, Failure> {
        let least = baseline();
        if (least..=MOST).contains(&letters) {
            return Ok(Self(letters));
        }
        let message = format!(
            "`--min-length` is {letters}, but the baseline asks for {least} and Apple's payload takes at most {MOST}"
        );
        Err(Failure::new(Exit::Usage, message))
    }

    /// What the baseline asks for.
    pub fn of_the_baseline() -> Self {
        Self(baseline())
    }
}

/// Apple's payload takes no more.
const MOST: u8 = 16;
/// What the baseline asks for, where its rule cannot be read.
const USUAL: u8 = 8;

/// The minimum of the rule `password-policy`.
fn baseline() -> u8 {
    let policy = shared::policy::Policy::baseline();
    let rule = policy.rules.iter().find(|rule| rule.id == "password-policy");
    let length = rule.and_then(|rule| rule.params.get("min_length"));
    let length = length.and_then(|it| serde_json::to_value(it).ok()).and_then(|it| it.as_u64());
    length.and_then(|it| u8::try_from(it).ok()).unwrap_or(USUAL)
}

/// The profile.
///
/// A minimum length and nothing that the baseline does not ask for: NIST
/// advises against forced changes and against rules about kinds of letters.
///
/// # Errors
///
/// When it cannot be written.
pub fn profile(company: &Company, length: MinimumLength) -> Result<String, Failure> {
    let mut content = Dictionary::new();
    content.insert("minLength".to_owned(), Value::Integer(i64::from(length.0).into()));
    // Without it macOS may take a Mac that has no password for compliant.
    content.insert("forcePIN".to_owned(), true.into());
    // Length decides, not the kinds of letters.
    content.insert("allowSimple".to_owned(), true.into());
    let payload =
        Payload { kind: PASSWORD, name: "payload", title: "Minimum length of passwords", content };
    let profile = Profile {
        identifier: IDENTIFIER,
        title: "Password policy",
        description: "New passwords have a minimum length. It holds from the next change of a password.",
        payloads: vec![payload],
    };
    profile.write(company)
}

/// The file for `pwpolicy -setaccountpolicies`.
///
/// # Errors
///
/// When it cannot be written.
pub fn account_policies(length: MinimumLength) -> Result<String, Failure> {
    let mut policy = Dictionary::new();
    let content = format!("policyAttributePassword matches '.{{{},}}+'", length.0);
    policy.insert("policyContent".to_owned(), content.into());
    policy.insert("policyIdentifier".to_owned(), format!("{IDENTIFIER}.minimum-length").into());
    let mut words = Dictionary::new();
    words.insert(
        "en".to_owned(),
        format!("Enter a password of {} characters or more.", length.0).into(),
    );
    policy.insert("policyContentDescription".to_owned(), Value::Dictionary(words));
    let mut all = Dictionary::new();
    let list = Value::Array(vec![Value::Dictionary(policy)]);
    all.insert("policyCategoryPasswordContent".to_owned(), list);
    envelope::write(&Value::Dictionary(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_length_is_that_of_the_baseline() {
        assert_eq!(MinimumLength::of_the_baseline(), MinimumLength(8));
        for wrong in [0, 7, 17, 255] {
            let failure = MinimumLength::new(wrong).unwrap_err();
            assert!(failure.to_string().contains("the baseline asks for 8"), "{failure}");
        }
        assert!(account_policies(MinimumLength::new(12).unwrap()).unwrap().contains(".{12,}+"));
    }
}
