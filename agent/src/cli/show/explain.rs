//! What is read, why, and what is sent: for a terminal and as `CHECKS.md`.

use std::io::{self, Write};

use shared::policy::{Mode, Policy, Rule};
use shared::posture::{self, CheckSchema, DEVICE_FACTS, Field, FieldKind};

use crate::checks::{self, Check};
use crate::device;

/// What stands in each report beside the checks.
const BESIDE: &str = "Each report also holds the device's id, the agent's version, the time, and for \
    every source a digest of its answer and the lines that decided, at most 240 characters, with \
    names of people replaced.";

/// Writes it for a person at a terminal.
pub(super) fn text(out: &mut dyn Write, policy: &Policy) -> io::Result<()> {
    writeln!(out, "muster-agent reads the following and nothing else.")?;
    for (check, schema) in known() {
        writeln!(out, "\n{}: {}", schema.id, schema.about)?;
        writeln!(out, "  Why: {}", schema.why)?;
        writeln!(out, "  Asks:")?;
        for source in check.sources {
            writeln!(out, "    {}", asked(source))?;
        }
        writeln!(out, "  Sends:")?;
        fields(out, schema.fields)?;
        for rule in rules(policy, schema) {
            writeln!(out, "  Judged by: {} ({})", rule.id, mode(rule.mode))?;
        }
    }
    writeln!(out, "\nThe device says of itself:")?;
    writeln!(out, "  Asks:")?;
    for source in device::SOURCES {
        writeln!(out, "    {}", asked(source))?;
    }
    writeln!(out, "  Sends:")?;
    fields(out, DEVICE_FACTS)?;
    writeln!(out, "\n{BESIDE}")
}

fn fields(out: &mut dyn Write, fields: &[Field]) -> io::Result<()> {
    let width = fields.iter().map(|field| field.name.len()).max().unwrap_or_default();
    for field in fields {
        writeln!(out, "    {:width$}  {}", field.name, field.meaning)?;
        if !field.privacy.is_empty() {
            writeln!(out, "    {:width$}  about a person: {}", "", field.privacy)?;
        }
    }
    Ok(())
}

/// Writes it as the page in the source tree.
pub(super) fn markdown(out: &mut dyn Write, policy: &Policy) -> io::Result<()> {
    writeln!(out, "# What the agent reads\n")?;
    writeln!(
        out,
        "Made by `muster-agent show --explain=markdown` from the code; a test keeps it fresh. \
         `NAME`, `UID` and `UUID` stand for what names a person or a Mac. \
         Nothing else is read, and nothing but the fields below is sent.\n"
    )?;
    for (check, schema) in known() {
        section(out, policy, (check, schema))?;
    }
    writeln!(out, "## What the device says of itself\n")?;
    for source in device::SOURCES {
        writeln!(out, "- {}", item(source))?;
    }
    writeln!(out)?;
    table(out, DEVICE_FACTS)?;
    writeln!(out, "\n{BESIDE}")
}

fn section(
    out: &mut dyn Write,
    policy: &Policy,
    (check, schema): (&Check, &CheckSchema),
) -> io::Result<()> {
    writeln!(out, "## {}\n", schema.id)?;
    writeln!(out, "Reads {}. {}\n", schema.about, schema.why)?;
    for source in check.sources {
        writeln!(out, "- {}", item(source))?;
    }
    writeln!(out)?;
    table(out, schema.fields)?;
    for rule in rules(policy, schema) {
        writeln!(out, "\nRule `{}` ({}). {}", rule.id, mode(rule.mode), controls(rule))?;
    }
    writeln!(out)
}

fn table(out: &mut dyn Write, fields: &[Field]) -> io::Result<()> {
    writeln!(out, "| Field | Value | Says | About a person |")?;
    writeln!(out, "|---|---|---|---|")?;
    for field in fields {
        let volatile = if field.volatile { " (changes by itself)" } else { "" };
        let person = if field.privacy.is_empty() { "nothing" } else { field.privacy };
        let (name, meaning) = (field.name, field.meaning);
        writeln!(out, "| `{name}` | {} | {meaning}{volatile} | {person} |", values(field.kind))?;
    }
    Ok(())
}

fn values(kind: FieldKind) -> String {
    match kind {
        FieldKind::Flag => "true, false".to_owned(),
        FieldKind::Integer => "whole number".to_owned(),
        FieldKind::Text => "text".to_owned(),
        FieldKind::Choice(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn controls(rule: &Rule) -> String {
    let of = &rule.controls;
    let sets = [
        ("SOC 2", &of.soc2),
        ("ISO 27001:2022", &of.iso27001),
        ("NIST 800-53r5", &of.nist80053),
        ("CIS macOS", &of.cis),
        ("mSCP", &of.mscp),
    ];
    let named = sets.iter().filter(|(_, ids)| !ids.is_empty());
    let named = named.map(|(name, ids)| format!("{name}: {}", ids.join(", ")));
    let named = named.collect::<Vec<_>>().join("; ");
    if named.is_empty() { "No control asks for it.".to_owned() } else { format!("{named}.") }
}

/// `fdesetup status` instead of `exec:/usr/bin/fdesetup status`.
fn asked(source: &str) -> String {
    match source.split_once(':') {
        Some(("exec", command)) => command.to_owned(),
        Some(("file", path)) => path.to_owned(),
        Some(("presence", path)) => format!("{path} (only whether it is there)"),
        Some(("folder", path)) => format!("names in {path}"),
        _ => "free space, as the system tells it".to_owned(),
    }
}

/// The same for the page, where commands and paths are code.
fn item(source: &str) -> String {
    let asked = asked(source);
    match asked.split_once(" (") {
        Some((path, note)) if source.starts_with("presence:") => format!("`{path}` ({note}"),
        _ if source.starts_with("call:") => asked,
        _ => format!("`{asked}`"),
    }
}

fn known() -> impl Iterator<Item = (&'static Check, &'static CheckSchema)> {
    checks::ALL.iter().filter_map(|check| Some((check, posture::check(check.id)?)))
}

fn rules<'p>(policy: &'p Policy, schema: &CheckSchema) -> impl Iterator<Item = &'p Rule> {
    policy.rules.iter().filter(|rule| rule.check.as_deref() == Some(schema.id))
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Required => "required",
        Mode::Recommended => "recommended",
        Mode::Info => "for information",
        Mode::Off => "off",
    }
}
