//! How long must a new local password be?
//!
//! Asks `pwpolicy -getaccountpolicies` for the rules of all local accounts.
//! macOS demands all of them at once, so the strictest counts. The rules are
//! small programs of text (predicates over regular expressions); a rule that
//! is not understood cannot lower what the others demand, and keeps a short
//! result from being taken for the whole truth. A policy applies when a
//! password is next set: it says nothing of the ones in use.
//!
//! Sent: the minimum length and how many rules are not understood, with the
//! rules about the password itself as evidence. A company sets them, so they
//! say nothing of a person; no account and no password is read.

use plist::{Dictionary, Value};
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

mod pattern;
mod predicate;

pub(super) const CHECK: Check = Check {
    id: "password_policy",
    sources: &["exec:/usr/bin/pwpolicy -getaccountpolicies"],
    read,
    #[cfg(test)]
    full: tests::full,
};

const PWPOLICY: &[&str] = &["/usr/bin/pwpolicy", "-getaccountpolicies"];
const CONTENT: &str = "policyCategoryPasswordContent";
const CATEGORIES: [&str; 3] =
    ["policyCategoryAuthentication", "policyCategoryPasswordChange", CONTENT];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry).map(PasswordPolicy::fields);
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<PasswordPolicy, UnknownReason> {
    let said = inquiry.run(PWPOLICY)?;
    let answer = said.success()?;
    let (policy, rules) = parse(answer).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&rules.join("\n"));
    Ok(policy)
}

/// What was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PasswordPolicy {
    min_length_at_least: i64,
    rules_not_understood: i64,
}

impl PasswordPolicy {
    fn fields(self) -> Fields {
        let length = FieldValue::Integer(self.min_length_at_least);
        let is_whole = self.rules_not_understood == 0;
        fields([
            ("min_length_at_least", Some(length.clone())),
            ("min_length", is_whole.then_some(length)),
            ("rules_not_understood", Some(FieldValue::Integer(self.rules_not_understood))),
        ])
    }

    /// Adds a rule; all of them must hold.
    fn with(self, length: Length) -> Self {
        Self {
            min_length_at_least: self.min_length_at_least.max(length.at_least),
            rules_not_understood: self.rules_not_understood + i64::from(!length.is_whole),
        }
    }
}

/// What one rule demands of a password's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Length {
    /// No shorter password satisfies the rule.
    at_least: i64,
    /// The rule is understood, so it demands no more than that.
    is_whole: bool,
}

impl Length {
    /// Of a rule that nobody understands.
    const UNKNOWN: Self = Self { at_least: 0, is_whole: false };

    /// Of a rule that is understood.
    const fn whole(at_least: i64) -> Self {
        Self { at_least, is_whole: true }
    }
}

/// The policy in an answer, and the rules that decided.
fn parse(answer: &str) -> Option<(PasswordPolicy, Vec<String>)> {
    let Some(start) = answer.find("<?xml") else {
        return says_none(answer)
            .then(|| (PasswordPolicy::default(), vec![lines(answer).collect()]));
    };
    let mut policies = answer.get(start..)?.split("<?xml").skip(1).map(|plist| {
        let end = plist.rfind(END)? + END.len();
        policy(&format!("<?xml{}", plist.get(..end)?))
    });
    let first = policies.next()??;
    // Several answers in one may be of several accounts: only what they agree
    // on holds for all.
    policies.all(|other| other.is_some_and(|(policy, _)| policy == first.0)).then_some(first)
}

const END: &str = "</plist>";

/// Says whether the answer is a sentence, instead of a list, that none is set.
fn says_none(answer: &str) -> bool {
    let mut said = false;
    for line in lines(answer) {
        match line.trim_end_matches('.') {
            "No global account policies have been set" | "<dict/>" => said = true,
            "Getting global account policies" => {}
            _ => return false,
        }
    }
    said
}

fn lines(answer: &str) -> impl Iterator<Item = &str> {
    answer.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn policy(plist: &str) -> Option<(PasswordPolicy, Vec<String>)> {
    let plist = property_list::parse(plist.as_bytes())?;
    let plist = plist.as_dictionary()?;
    let is_known = CATEGORIES.iter().any(|category| plist.contains_key(category));
    if !plist.is_empty() && !is_known {
        return None;
    }
    let none = Vec::new();
    let rules = match plist.get(CONTENT) {
        Some(rules) => rules.as_array()?,
        None => &none,
    };
    let lengths = rules.iter().map(|rule| rule.as_dictionary().map_or(Length::UNKNOWN, length));
    let policy = lengths.fold(PasswordPolicy::default(), PasswordPolicy::with);
    let texts = rules.iter().filter_map(|rule| content(rule.as_dictionary()?));
    let mut texts: Vec<String> = texts.map(str::to_owned).collect();
    // Rules about the password itself come first, as the text is cut.
    texts.sort_by_key(|text| !text.contains("policyAttributePassword "));
    if texts.is_empty() {
        texts.push(format!("no {CONTENT}"));
    }
    Some((policy, texts))
}

fn content(rule: &Dictionary) -> Option<&str> {
    rule.get("policyContent")?.as_string()
}

fn length(rule: &Dictionary) -> Length {
    let Some(content) = content(rule) else { return Length::UNKNOWN };
    let parameter = rule
        .get("policyParameters")
        .and_then(|parameters| whole_number(parameters.as_dictionary()?.get("minimumLength")?));
    predicate::length(content, parameter)
}

/// Profiles and files write numbers as integer, real or text.
fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => number.as_signed(),
        #[expect(clippy::cast_possible_truncation, reason = "only small whole numbers pass")]
        Value::Real(number) if number.fract() == 0.0 && number.abs() < 1e9 => Some(*number as i64),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
