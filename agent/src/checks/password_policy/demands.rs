//! What the rules demand beside a length: kinds of characters, lockout, age,
//! history. All rules hold at once, so the strictest counts.

use plist::Dictionary;
use shared::reading::FieldValue;

use super::classes::{Classes, classes};
use super::content;
use crate::property_list;

/// What all rules demand together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Demands {
    classes: Classes,
    refuses_simple: bool,
    history: Option<i64>,
    max_age_days: Option<i64>,
    min_lifetime_hours: Option<i64>,
    inactive_days: Option<i64>,
    attempts: Option<i64>,
    lock_seconds: Option<i64>,
    /// Rules that a profile brought.
    profile_rules: i64,
    /// Rules in a form that is not on the list.
    custom_rules: i64,
}

/// What one rule is about, by the words in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Password,
    Simple,
    History,
    Age,
    MinLifetime,
    Inactivity,
    Lockout,
    LockoutWithEnd,
}

const HISTORY: &str = "policyAttributePasswordHistoryDepth";
const AGE: [&str; 2] = ["policyAttributeExpiresEveryNDays", "policyAttributeDaysUntilExpiration"];
const LIFETIME: &str = "policyAttributeMinimumLifetimeHours";
const INACTIVE: &str = "policyAttributeInactiveDays";
const ATTEMPTS: &str = "policyAttributeMaximumFailedAuthentications";
const LOCKED: &str = "autoEnableInSeconds";
const FAILED: &str = "policyAttributeFailedAuthentications";
const NOW: &str = "policyAttributeCurrentTime";
const CHANGED: &str = "policyAttributeLastPasswordChangeTime";

/// Each subject with all the words that its rule consists of.
const SUBJECTS: &[(Subject, &[&str])] = &[
    (
        Subject::Simple,
        &[
            "and",
            "policyAttributeConsecutiveCharacters",
            "policyAttributeMaximumConsecutiveCharacters",
            "policyAttributeMaximumSequentialCharacters",
            "policyAttributeSequentialCharacters",
        ],
    ),
    (
        Subject::History,
        &["in", "none", "policyAttributePasswordHashes", "policyAttributePasswordHistory"],
    ),
    (Subject::Age, &[NOW, AGE[1], CHANGED]),
    (Subject::Age, &[NOW, AGE[0], CHANGED]),
    (Subject::MinLifetime, &[NOW, CHANGED, LIFETIME]),
    (Subject::Inactivity, &[NOW, INACTIVE, "policyAttributeLastAuthenticationTime"]),
    (Subject::Lockout, &[FAILED, ATTEMPTS]),
    (
        Subject::LockoutWithEnd,
        &[LOCKED, "or", NOW, FAILED, "policyAttributeLastFailedAuthenticationTime", ATTEMPTS],
    ),
];

/// What a rule with this content is about; `None` for a form not on the list.
pub(super) fn subject(content: &str) -> Option<Subject> {
    if content.trim_start().starts_with("policyAttributePassword")
        && content.contains("policyAttributePassword ")
        || content.contains("policyAttributePassword.length")
    {
        return Some(Subject::Password);
    }
    let words = content.split(|any: char| !(any.is_ascii_alphanumeric() || "._@'\"".contains(any)));
    let mut words: Vec<String> = words
        .filter(|word| !word.is_empty() && word.parse::<u32>().is_err())
        // Words of the language have no case, attributes do.
        .map(|word| if word.len() <= 4 { word.to_ascii_lowercase() } else { word.to_owned() })
        .collect();
    words.sort_unstable();
    words.dedup();
    SUBJECTS.iter().find(|(_, known)| words.iter().eq(known.iter())).map(|(subject, _)| *subject)
}

impl Demands {
    /// Adds a rule of any category.
    pub(super) fn with(mut self, rule: Option<&Dictionary>) -> Self {
        let is_known = rule.and_then(|rule| self.add(rule)).is_some();
        self.custom_rules += i64::from(!is_known);
        self
    }

    fn add(&mut self, rule: &Dictionary) -> Option<()> {
        let identifier = rule.get("policyIdentifier").and_then(plist::Value::as_string);
        let is_of_profile = identifier.is_some_and(|one| one.starts_with("ProfilePayload:"));
        self.profile_rules += i64::from(is_of_profile);
        let content = content(rule)?;
        let parameter = |name: &str| {
            let parameters = rule.get("policyParameters")?.as_dictionary()?;
            property_list::whole(parameters.get(name)?).filter(|number| *number >= 0)
        };
        match subject(content)? {
            Subject::Password => self.classes = self.classes.and(of_pattern(content)?),
            Subject::Simple => self.refuses_simple = true,
            Subject::History => self.history = self.history.max(Some(parameter(HISTORY)?)),
            Subject::Age => {
                let days = AGE.into_iter().find_map(parameter)?;
                self.max_age_days = Some(least(self.max_age_days, days));
            }
            Subject::MinLifetime => {
                self.min_lifetime_hours = self.min_lifetime_hours.max(Some(parameter(LIFETIME)?));
            }
            Subject::Inactivity => {
                self.inactive_days = Some(least(self.inactive_days, parameter(INACTIVE)?));
            }
            Subject::Lockout => self.attempts = Some(least(self.attempts, parameter(ATTEMPTS)?)),
            Subject::LockoutWithEnd => {
                self.lock_seconds = self.lock_seconds.max(Some(parameter(LOCKED)?));
                self.attempts = Some(least(self.attempts, parameter(ATTEMPTS)?));
            }
        }
        Some(())
    }

    /// What is surely demanded; that something is not, only when every rule is
    /// understood.
    pub(super) fn fields(self) -> [(&'static str, Option<FieldValue>); 14] {
        let Classes { letters, upper, lower, digits, special } = self.classes;
        let is_whole = self.custom_rules == 0;
        let flag = |is: bool| (is || is_whole).then_some(FieldValue::Flag(is));
        let count = |number: i64| (number > 0 || is_whole).then_some(FieldValue::Integer(number));
        let number = |number: Option<i64>| number.map(FieldValue::Integer);
        let is_until_reset = self.attempts.is_some() && self.lock_seconds.is_none();
        [
            ("needs_letter", flag(letters + upper + lower > 0)),
            ("needs_upper_case", flag(upper > 0)),
            ("needs_lower_case", flag(lower > 0)),
            ("needs_digit", flag(digits > 0)),
            ("special_characters", count(special)),
            ("refuses_simple", flag(self.refuses_simple)),
            ("history", count(self.history.unwrap_or(0))),
            ("max_age_days", number(self.max_age_days)),
            ("min_lifetime_hours", number(self.min_lifetime_hours)),
            ("inactive_days", number(self.inactive_days)),
            ("lockout_attempts", number(self.attempts)),
            ("lockout_seconds", number(self.lock_seconds)),
            ("lockout_until_reset", self.attempts.map(|_| FieldValue::Flag(is_until_reset))),
            ("profile_rules", Some(FieldValue::Integer(self.profile_rules))),
        ]
    }

    /// Rules that a company wrote in its own way.
    pub(super) fn custom_rules(self) -> i64 {
        self.custom_rules
    }
}

fn least(one: Option<i64>, other: i64) -> i64 {
    one.map_or(other, |one| one.min(other))
}

/// The kinds of characters in `policyAttributePassword matches '...'`.
fn of_pattern(content: &str) -> Option<Classes> {
    if content.trim_start().starts_with("policyAttributePassword.length") {
        return (!content.contains(['\'', '"', '('])).then(Classes::default);
    }
    let rest = content.trim().strip_prefix("policyAttributePassword")?.trim_start();
    let (verb, pattern) = rest.split_at_checked("matches".len())?;
    let pattern = pattern.trim();
    let quote = pattern.chars().next().filter(|quote| "'\"".contains(*quote))?;
    let pattern = pattern.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_one = verb.eq_ignore_ascii_case("matches") && !pattern.contains(quote);
    is_one.then(|| classes(pattern)).flatten()
}

#[cfg(test)]
pub(super) mod tests;
