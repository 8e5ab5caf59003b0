//! From TOML to rules, with the place of whatever is wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::SignedDuration;
use toml::Spanned;

use super::conditions::{Conditions, Reason};
use super::document::{Document, FixText, OverrideText, ReasonText, RuleText};
use super::expression::Expression;
use super::place::Text;
use super::rule::{Fix, Override, Param, Params, Rule};
use super::sentence::Sentence;
use super::vocabulary::{Kind, Vocabulary, list};
use super::{Policy, PolicyError, sha256_hex};
use crate::days::parse_length;
use crate::posture;

/// Longest text of a policy, in bytes.
const LONGEST: usize = 256 * 1024;
/// Grace of a rule that states none.
const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn policy(source: &str) -> Result<Policy, PolicyError> {
    let text = Text(source);
    if source.len() > LONGEST {
        let message = format!("the policy is longer than {LONGEST} bytes; split it");
        return Err(text.error_at(0, message));
    }
    let document: Document = toml::from_str(source).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        text.error_at(start, error.message().replace('\n', ", "))
    })?;
    let id = name(text, document.id)?;
    let (at, version) = split(document.version);
    if version == 0 {
        return Err(text.error_in(&at, "`version` starts at 1"));
    }
    if document.rules.is_empty() {
        // Nothing to fail would make every device compliant.
        return Err(text.error_in(&at, "the policy has no rules; add at least one `[[rule]]`"));
    }
    let mut seen = BTreeSet::new();
    let mut rules = Vec::with_capacity(document.rules.len());
    for one in document.rules {
        let at = one.id.span();
        let rule = rule(text, one)?;
        if !seen.insert(rule.id.clone()) {
            let message = format!("rule `{}` is there twice; give each an id of its own", rule.id);
            return Err(text.error_in(&at, message));
        }
        rules.push(rule);
    }
    let mut overrides = Vec::with_capacity(document.overrides.len());
    for one in document.overrides {
        overrides.push(different(text, one, &rules)?);
    }
    let sha256 = sha256_hex(source.as_bytes());
    Ok(Policy { id, version, sha256, rules, overrides, source: source.into() })
}

fn rule(text: Text<'_>, one: RuleText) -> Result<Rule, PolicyError> {
    let id = name(text, one.id)?;
    let schema = match one.check {
        None => None,
        Some(check) => {
            let (at, check) = split(check);
            Some(posture::check(&check).ok_or_else(|| {
                let known = list(posture::CHECKS.iter().map(|known| known.id));
                text.error_in(&at, format!("unknown check `{check}`; there are {known}"))
            })?)
        }
    };
    let mut params = Params::new();
    for (key, value) in one.params {
        let at = key.span();
        let key = key.into_inner();
        if !is_word(&key, '_') {
            let message = format!("`{key}` is no name; use lower-case letters, digits and _");
            return Err(text.error_in(&at, message));
        }
        params.insert(key, value.into());
    }
    let vocabulary = Vocabulary { check: schema, params: &params };
    let pass = expression(text, one.pass, vocabulary)?;
    let fail = one.fail.map(|fail| expression(text, fail, vocabulary)).transpose()?;
    let mut reasons = Vec::with_capacity(one.reasons.len());
    for given in one.reasons {
        reasons.push(reason(text, given, vocabulary)?);
    }
    let fix = one.fixes.into_iter().map(|fix| steps(text, fix)).collect::<Result<_, _>>()?;
    let conditions = Conditions::new(pass, fail, reasons, &params);
    Ok(Rule {
        id,
        title: one.title,
        check: schema.map(|check| check.id.to_owned()),
        mode: one.mode,
        why: one.why,
        controls: one.controls,
        fixed_by: one.fixed_by,
        visible_to_owner: one.visible_to_owner,
        params,
        grace: one.grace.map_or(Ok(GRACE), |grace| length(text, grace))?,
        reading_valid_for: one.reading_valid_for.map(|valid| length(text, valid)).transpose()?,
        fix,
        conditions,
    })
}

fn reason(
    text: Text<'_>,
    one: ReasonText,
    vocabulary: Vocabulary<'_>,
) -> Result<Reason, PolicyError> {
    let at = one.code.span();
    let code = name(text, one.code)?;
    if one.when.is_none() && one.status.is_none() {
        let message = "a reason needs `when`, `status` or both, or it would always be said";
        return Err(text.error_in(&at, message));
    }
    let (at, says) = split(one.says);
    let says = Sentence::parse(&says, vocabulary).map_err(|fault| {
        text.error_within(&at, fault.index, format!("`says`: {}", fault.message))
    })?;
    Ok(Reason {
        code,
        status: one.status,
        when: one.when.map(|when| expression(text, when, vocabulary)).transpose()?,
        says,
        grace: one.grace.map(|grace| length(text, grace)).transpose()?,
    })
}

fn steps(text: Text<'_>, one: FixText) -> Result<Fix, PolicyError> {
    let mut fix = Fix { macos: None, steps: one.steps, from: None, below: None };
    let Some(macos) = one.macos else { return Ok(fix) };
    let (at, condition) = split(macos);
    for part in condition.split(',').map(str::trim) {
        let (bound, number) = if let Some(number) = part.strip_prefix(">=") {
            (&mut fix.from, number)
        } else if let Some(number) = part.strip_prefix('<') {
            (&mut fix.below, number)
        } else {
            (&mut fix.from, "")
        };
        let major: i64 = number.trim().parse().map_err(|_| {
            let message = format!("`{part}` is no range of macOS; write `>=13`, `<13` or both");
            text.error_in(&at, message)
        })?;
        *bound = Some(major);
    }
    fix.macos = Some(condition);
    Ok(fix)
}

fn different(text: Text<'_>, one: OverrideText, rules: &[Rule]) -> Result<Override, PolicyError> {
    let (group_at, group) = split(one.group);
    if group.trim().is_empty() {
        return Err(text.error_in(&group_at, "`group` is empty; name a group of devices"));
    }
    let (at, id) = split(one.rule);
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let known = list(rules.iter().map(|rule| rule.id.as_str()));
        return Err(text.error_in(&at, format!("unknown rule `{id}`; there are {known}")));
    };
    if one.mode.is_none() && one.params.is_empty() {
        let message = "the override changes nothing; give it `mode` or `params`";
        return Err(text.error_in(&at, message));
    }
    let mut params = Params::new();
    for (key, value) in one.params {
        let at = key.span();
        let (key, value) = (key.into_inner(), Param::from(value));
        match rule.params.get(&key) {
            None => {
                let known = list(rule.params.keys().map(String::as_str));
                let message = format!("rule `{id}` has no parameter `{key}`; it has {known}");
                return Err(text.error_in(&at, message));
            }
            Some(default) if Kind::from(default) != Kind::from(&value) => {
                let message = format!("`{key}` must be {}", Kind::from(default).words());
                return Err(text.error_in(&at, message));
            }
            Some(_) => params.insert(key, value),
        };
    }
    Ok(Override { group, rule: id, mode: one.mode, params })
}

fn expression(
    text: Text<'_>,
    source: Spanned<String>,
    vocabulary: Vocabulary<'_>,
) -> Result<Expression, PolicyError> {
    let (at, source) = split(source);
    Expression::compile(&source, vocabulary)
        .map_err(|fault| text.error_within(&at, fault.index, fault.message))
}

fn length(text: Text<'_>, value: Spanned<String>) -> Result<SignedDuration, PolicyError> {
    let (at, value) = split(value);
    parse_length(&value).ok_or_else(|| {
        let message = format!("`{value}` is no length of time; write days, hours or minutes: `3d`");
        text.error_in(&at, message)
    })
}

fn name(text: Text<'_>, value: Spanned<String>) -> Result<String, PolicyError> {
    let (at, value) = split(value);
    if is_word(&value, '-') {
        return Ok(value);
    }
    let message = format!("`{value}` is no id; use lower-case letters, digits and hyphens");
    Err(text.error_in(&at, message))
}

fn is_word(text: &str, joint: char) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= 64
        && text.chars().all(|letter| plain(letter) || letter == joint)
}

fn split<T>(value: Spanned<T>) -> (Range<usize>, T) {
    (value.span(), value.into_inner())
}

#[cfg(test)]
mod tests;
