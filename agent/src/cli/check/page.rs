//! The result of `check` for people.
//!
//! Each status has a word and a shape; colour only repeats them.

use std::io::{self, Write};

use shared::os_releases::Catalogue;
use shared::policy::{FindingStatus, Mode, Rule, Verdict};

use super::assessment::Assessment;
use super::rules::{From, Rules};
use crate::cli::failure::one_line;

/// Writes header, rules and footer.
pub(super) fn write(
    out: &mut dyn Write,
    assessment: &Assessment<'_>,
    rules: &Rules,
    is_coloured: bool,
) -> io::Result<()> {
    header(out, assessment, &rules.catalogue)?;
    sources(out, rules)?;
    writeln!(out)?;
    for (rule, verdict) in assessment.findings() {
        finding(out, rule, verdict, is_coloured)?;
        if verdict.status == FindingStatus::Fail && rule.mode != Mode::Info {
            fix(out, rule, assessment)?;
        }
    }
    writeln!(out)?;
    footer(out, assessment)
}

fn header(
    out: &mut dyn Write,
    assessment: &Assessment<'_>,
    catalogue: &Catalogue,
) -> io::Result<()> {
    let device = &assessment.device;
    let model = match device.model.as_deref() {
        Some(id) => match catalogue.model_name(id) {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        },
        None => "Unknown model".to_owned(),
    };
    let serial = match device.serial.as_deref() {
        Some(serial) => format!("serial number ending in {}", last_four(serial)),
        None => "serial number not known".to_owned(),
    };
    let version = match (&assessment.os_version, &assessment.os_build) {
        (Some(version), Some(build)) => format!("macOS {version} ({build})"),
        (Some(version), None) => format!("macOS {version}"),
        (None, _) => "version of macOS not known".to_owned(),
    };
    writeln!(out, "{}", one_line(format_args!("{model}, {serial}, {version}")))?;
    let from = if assessment.is_recorded { "Recorded" } else { "Read" };
    let at = assessment.observed_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let policy = assessment.policy;
    let text =
        format_args!("{from} at {at}, judged by policy {} version {}", policy.id, policy.version)
            .to_string();
    writeln!(out, "{}", one_line(text))
}

/// Where policy and catalogue are from, and how old the catalogue is.
fn sources(out: &mut dyn Write, rules: &Rules) -> io::Result<()> {
    let day = |at: &jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M UTC");
    let from = |from| match from {
        From::Program => "built into this program".to_owned(),
        From::File => "from the file that you named".to_owned(),
        From::Collector(at) => format!("from the collector, received {}", day(&at)),
    };
    let as_of = rules.catalogue.as_of();
    if rules.policy_from == rules.catalogue_from {
        let from = from(rules.policy_from);
        return writeln!(out, "Policy and catalogue of macOS releases (as of {as_of}) are {from}");
    }
    writeln!(out, "The policy is {}", from(rules.policy_from))?;
    let from = from(rules.catalogue_from);
    writeln!(out, "The catalogue of macOS releases (as of {as_of}) is {from}")
}

fn last_four(serial: &str) -> &str {
    let start = serial.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    serial.get(start..).unwrap_or(serial)
}

fn finding(
    out: &mut dyn Write,
    rule: &Rule,
    verdict: &Verdict,
    is_coloured: bool,
) -> io::Result<()> {
    let (shape, word, colour) = look(verdict.status, rule.mode);
    let label = format!("{shape} {word:<14}");
    let label = if is_coloured { format!("\u{1b}[{colour}m{label}\u{1b}[0m") } else { label };
    let note = match rule.mode {
        Mode::Recommended => " (recommended)",
        Mode::Info => " (for information)",
        Mode::Required | Mode::Off => "",
    };
    writeln!(out, "{label} {}{note}: {}", one_line(&rule.id), one_line(&verdict.reason))
}

fn look(status: FindingStatus, mode: Mode) -> (char, &'static str, &'static str) {
    match status {
        FindingStatus::Pass => ('✓', "pass", "32"),
        // A fact that nobody asked to be otherwise is no alarm.
        FindingStatus::Fail if mode == Mode::Info => ('·', "no", "0"),
        FindingStatus::Fail => ('✗', "fail", "31"),
        FindingStatus::Unknown => ('?', "unknown", "33"),
        FindingStatus::NotApplicable => ('–', "not applicable", "0"),
    }
}

fn fix(out: &mut dyn Write, rule: &Rule, assessment: &Assessment<'_>) -> io::Result<()> {
    let version = assessment.os_version.as_deref().and_then(|version| version.parse().ok());
    let steps = rule.fix_for(version);
    if !steps.is_empty() {
        writeln!(out, "    How to fix it:")?;
    }
    for (index, step) in steps.iter().enumerate() {
        writeln!(out, "    {}. {}", index + 1, one_line(step))?;
    }
    Ok(())
}

fn footer(out: &mut dyn Write, assessment: &Assessment<'_>) -> io::Result<()> {
    let count = |status| assessment.count(status);
    writeln!(
        out,
        "{} pass, {} fail, {} unknown, {} not applicable.",
        count(FindingStatus::Pass),
        count(FindingStatus::Fail),
        count(FindingStatus::Unknown),
        count(FindingStatus::NotApplicable),
    )?;
    let left_out = assessment
        .policy
        .rules
        .iter()
        .filter(|rule| rule.is_server_only() && rule.mode != Mode::Off);
    let left_out: Vec<String> = left_out.map(|rule| format!("`{}`", one_line(&rule.id))).collect();
    if !left_out.is_empty() {
        writeln!(
            out,
            "Left out, because only the collector can judge it: {}.",
            left_out.join(", ")
        )?;
    }
    Ok(())
}
