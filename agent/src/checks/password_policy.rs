//! How long must a new local password be?
//!
//! Asks `pwpolicy -getaccountpolicies` for the rules of all local accounts.
//! macOS demands all of them at once, so the strictest counts. The rules are
//! small programs of text (predicates over regular expressions); a rule that
//! is not understood cannot lower what the others demand, and keeps a short
//! result from being taken for the whole truth. A policy applies when a
//! password is next set: it says nothing of the ones in use.
//!
//! Kinds of characters, history, age and lockout are told as well, and not
//! judged: forced changes make passwords weaker. Whether a profile brought the
//! rules shows in their names and in its file; a declaration leaves no file.
//!
//! Sent: the minimum length, how many rules are not understood, what the others
//! demand, and whether a profile brought them, with the rules about the
//! password itself as evidence. A company sets them, so they say nothing of a
//! person; no account and no password is read.
//!
//! Not seen: the passwords in use, rules for one account alone, and those of a
//! directory or a single sign-on.

use plist::Dictionary;
use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields};
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

mod classes;
mod demands;
mod pattern;
mod predicate;

use demands::{Demands, Subject};

pub(super) const CHECK: Check = Check {
    id: "password_policy",
    sources: &[
        "exec:/usr/bin/pwpolicy -getaccountpolicies",
        "presence:/Library/Managed Preferences/com.apple.mobiledevice.passwordpolicy.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

const PWPOLICY: &[&str] = &["/usr/bin/pwpolicy", "-getaccountpolicies"];
const PROFILE: &str = "/Library/Managed Preferences/com.apple.mobiledevice.passwordpolicy.plist";
const CONTENT: &str = "policyCategoryPasswordContent";
const CATEGORIES: [&str; 3] =
    ["policyCategoryAuthentication", "policyCategoryPasswordChange", CONTENT];

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let outcome = ask(&mut inquiry);
    inquiry.found(outcome)
}

fn ask(inquiry: &mut Inquiry<'_>) -> Result<Fields, UnknownReason> {
    let said = inquiry.run(PWPOLICY)?;
    let answer = said.success()?;
    let read = parse(answer).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(&read.evidence.join("\n"));
    let mut fields = read.policy.fields();
    if let Some(demands) = read.demands {
        fields.extend(super::inquiry::fields(demands.fields()));
        let custom = FieldValue::Integer(demands.custom_rules());
        fields.insert("custom_rules".to_owned(), custom);
    }
    fields.insert("profile".to_owned(), FieldValue::Flag(inquiry.exists(PROFILE)));
    Ok(fields)
}

/// The rules of one answer.
struct Rules {
    policy: PasswordPolicy,
    /// Left out when several lists in the answer differ in it.
    demands: Option<Demands>,
    /// The rules that decided.
    evidence: Vec<String>,
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

/// The rules in an answer.
fn parse(answer: &str) -> Option<Rules> {
    let Some(start) = answer.find("<?xml") else {
        return says_none(answer).then(|| Rules {
            policy: PasswordPolicy::default(),
            demands: Some(Demands::default()),
            evidence: vec![lines(answer).collect()],
        });
    };
    let mut lists = answer.get(start..)?.split("<?xml").skip(1).map(|plist| {
        let end = plist.rfind(END)? + END.len();
        rules(&format!("<?xml{}", plist.get(..end)?))
    });
    let mut first = lists.next()??;
    // Several answers in one may be of several accounts: only what they agree
    // on holds for all.
    for other in lists {
        let other = other.filter(|other| other.policy == first.policy)?;
        first.demands = first.demands.filter(|demands| other.demands == Some(*demands));
    }
    Some(first)
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

fn rules(plist: &str) -> Option<Rules> {
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
    Some(Rules { policy, demands: Some(demands(plist)), evidence: texts })
}

/// What the rules of all categories demand.
fn demands(plist: &Dictionary) -> Demands {
    let lists = CATEGORIES.iter().filter_map(|category| plist.get(category));
    lists.fold(Demands::default(), |demands, list| match list.as_array() {
        Some(rules) => {
            rules.iter().fold(demands, |demands, rule| demands.with(rule.as_dictionary()))
        }
        None => demands.with(None),
    })
}

fn content(rule: &Dictionary) -> Option<&str> {
    rule.get("policyContent")?.as_string()
}

fn length(rule: &Dictionary) -> Length {
    let Some(content) = content(rule) else { return Length::UNKNOWN };
    if demands::subject(content).is_some_and(|subject| subject != Subject::Password) {
        return Length::whole(0);
    }
    let parameter = rule
        .get("policyParameters")
        .and_then(|parameters| parameters.as_dictionary()?.get("minimumLength"))
        .and_then(property_list::whole);
    predicate::length(content, parameter)
}

#[cfg(test)]
mod tests;
