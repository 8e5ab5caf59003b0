//! A statement as text with holes, so that a report is made in microseconds.
//!
//! The text comes from the product's own types, once; every hole is a whole
//! JSON value. What is filled in reads back as the same statement.

use std::io::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};
use shared::statement::{Posture, Statement};

/// A full report of a managed Mac, as the agent makes it.
const REPORT: &str = include_str!("../../../shared/benches/full-report.json");
/// Begins the text of a hole; no report holds it.
const MARK: &str = "@@hole ";

/// The report that everything is made of.
pub(super) fn posture() -> anyhow::Result<Posture> {
    Ok(Statement::<Posture>::parse(REPORT.as_bytes())?.predicate)
}

/// What differs from one report to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    pub(super) certificate_sha256: &'a str,
    pub(super) device: &'a str,
    pub(super) serial: &'a str,
    pub(super) sequence: i64,
    pub(super) previous: &'a str,
    pub(super) nonce: Option<&'a str>,
    /// A JSON object.
    pub(super) checkpoint: Option<&'a str>,
    pub(super) at: &'a str,
    pub(super) stealth: bool,
    /// Sequence and digest of the full report that still holds.
    pub(super) since: (i64, &'a str),
}

#[derive(Clone, Copy, Debug)]
enum Hole {
    Certificate,
    Uri,
    Device,
    Serial,
    Sequence,
    Previous,
    Freshness,
    At,
    Stealth,
    Since,
}

const HOLES: [(&str, Hole); 10] = [
    ("certificate", Hole::Certificate),
    ("uri", Hole::Uri),
    ("device", Hole::Device),
    ("serial", Hole::Serial),
    ("sequence", Hole::Sequence),
    ("previous", Hole::Previous),
    ("freshness", Hole::Freshness),
    ("at", Hole::At),
    ("stealth", Hole::Stealth),
    ("since", Hole::Since),
];

#[derive(Debug)]
pub(super) struct Template {
    start: String,
    /// Each hole with the text after it.
    rest: Vec<(Hole, String)>,
}

impl Template {
    /// A full report.
    pub(super) fn full() -> anyhow::Result<Self> {
        Self::new(&marked(posture()?)?)
    }

    /// A report that says that nothing changed.
    pub(super) fn unchanged() -> anyhow::Result<Self> {
        let mut statement = marked(posture()?)?;
        let predicate = statement.get_mut("predicate").and_then(Value::as_object_mut);
        let predicate = predicate.context("no predicate")?;
        predicate.remove("checks");
        predicate.insert("kind".to_owned(), json!("unchanged"));
        predicate.insert("unchanged_since".to_owned(), hole("since"));
        Self::new(&statement)
    }

    fn new(statement: &Value) -> anyhow::Result<Self> {
        let text = serde_json::to_string(&shared::json::sorted(statement.clone()))?;
        let mark = format!("\"{MARK}");
        let mut parts = text.split(mark.as_str());
        let start = parts.next().unwrap_or_default().to_owned();
        let rest = parts.map(|part| {
            let (name, after) = part.split_once('"').context("a hole without an end")?;
            let hole = HOLES.iter().find(|(known, _)| *known == name);
            let (_, hole) = hole.with_context(|| format!("no hole is called {name}"))?;
            Ok((*hole, after.to_owned()))
        });
        Ok(Self { start, rest: rest.collect::<anyhow::Result<_>>()? })
    }

    /// The statement with `values`.
    pub(super) fn fill(&self, values: &Values<'_>) -> std::io::Result<Vec<u8>> {
        let length = self.rest.iter().map(|(_, text)| text.len() + 80).sum::<usize>();
        let mut out = Vec::with_capacity(self.start.len() + length + 512);
        out.extend_from_slice(self.start.as_bytes());
        for (hole, text) in &self.rest {
            values.write(*hole, &mut out)?;
            out.extend_from_slice(text.as_bytes());
        }
        Ok(out)
    }
}

impl Values<'_> {
    fn write(&self, hole: Hole, out: &mut Vec<u8>) -> std::io::Result<()> {
        match hole {
            Hole::Certificate => write!(out, "\"{}\"", self.certificate_sha256),
            Hole::Uri => write!(out, "\"urn:uuid:{}\"", self.device),
            Hole::Device => write!(out, "\"{}\"", self.device),
            Hole::Serial => write!(out, "\"{}\"", self.serial),
            Hole::Sequence => write!(out, "{}", self.sequence),
            Hole::Previous => write!(out, "\"{}\"", self.previous),
            Hole::Freshness => {
                out.push(b'{');
                if let Some(checkpoint) = self.checkpoint {
                    write!(out, "\"checkpoint\":{checkpoint}")?;
                }
                if let Some(nonce) = self.nonce {
                    let comma = if self.checkpoint.is_some() { "," } else { "" };
                    write!(out, "{comma}\"nonce\":\"{nonce}\"")?;
                }
                out.push(b'}');
                Ok(())
            }
            Hole::At => write!(out, "\"{}\"", self.at),
            Hole::Stealth => write!(out, "{}", self.stealth),
            Hole::Since => {
                let (sequence, sha256) = self.since;
                write!(out, "{{\"sequence\":{sequence},\"sha256\":\"{sha256}\"}}")
            }
        }
    }
}

fn hole(name: &str) -> Value {
    json!(format!("{MARK}{name}"))
}

fn marked(posture: Posture) -> anyhow::Result<Value> {
    let checks = posture.checks.len();
    let firewall = posture.checks.iter().position(|check| check.id == "firewall");
    let firewall = firewall.context("the report has no firewall")?;
    let mut statement = serde_json::to_value(Statement::report(String::new(), posture))?;
    let mut mark = |pointer: &str, name: &str| -> anyhow::Result<()> {
        *statement.pointer_mut(pointer).with_context(|| format!("no {pointer}"))? = hole(name);
        Ok(())
    };
    for (pointer, name) in [
        ("/subject/0/digest/sha256", "certificate"),
        ("/subject/0/uri", "uri"),
        ("/predicate/device/id", "device"),
        ("/predicate/device/serial", "serial"),
        ("/predicate/sequence", "sequence"),
        ("/predicate/previous/sha256", "previous"),
        ("/predicate/freshness", "freshness"),
        ("/predicate/time/started_at", "at"),
        ("/predicate/time/finished_at", "at"),
    ] {
        mark(pointer, name)?;
    }
    for check in 0..checks {
        mark(&format!("/predicate/checks/{check}/observed_at"), "at")?;
    }
    mark(&format!("/predicate/checks/{firewall}/fields/stealth"), "stealth")?;
    Ok(statement)
}

#[cfg(test)]
mod tests;
