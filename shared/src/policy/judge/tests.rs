//! Verdicts of the baseline and of small policies, with their sentences.

mod baseline;
mod protections;
mod semantics;
mod settings;

use jiff::Timestamp;

use super::judge;
use crate::os_releases::Catalogue;
use crate::policy::{Known, Policy, Readings, Verdict, derive};
use crate::reading::{FieldValue, Fields, Outcome, Reading, Source};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-08-22T09:00:00Z")
}

/// Fields from JSON.
fn fields(json: &str) -> Fields {
    serde_json::from_str(json).unwrap()
}

fn reading(check: &str, json: &str) -> Reading {
    Reading {
        id: check.into(),
        version: 1,
        outcome: Outcome::Observed,
        reason: None,
        fields: fields(json),
        sources: Vec::new(),
        observed_at: now(),
    }
}

fn unknown(check: &str, reason: &str, method: &str) -> Reading {
    Reading {
        outcome: Outcome::Unknown,
        reason: Some(reason.into()),
        sources: vec![Source { method: method.into(), exit: None, sha256: None, matched: None }],
        ..reading(check, "{}")
    }
}

fn readings(all: impl IntoIterator<Item = Reading>) -> Readings {
    all.into_iter().map(|one| (one.id.clone(), Known::from(one))).collect()
}

/// What the baseline says of one reading, by the rule that reads it.
fn baseline_on(one: Reading, now: Timestamp) -> Verdict {
    let policy = Policy::baseline();
    let check = one.id.clone();
    let readings = readings([one]);
    let derived = derive(&readings, &Catalogue::embedded(), now);
    let rule = policy.rules.iter().find(|rule| rule.check.as_deref() == Some(&check)).unwrap();
    let verdicts = judge(&policy, &readings, &derived, now);
    verdicts.into_iter().find(|verdict| verdict.rule == rule.id).unwrap()
}

/// A policy of one rule over the firewall.
fn firewall_policy(lines: &str) -> Policy {
    Policy::parse(&format!(
        "id = \"mine\"\nversion = 1\n[[rule]]\nid = \"r\"\ntitle = \"t\"\ncheck = \"firewall\"\n\
         mode = \"required\"\nwhy = \"w\"\nfixed_by = \"it\"\n{lines}\n"
    ))
    .unwrap()
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.into())
}
