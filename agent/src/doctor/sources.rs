//! Does each source answer, and which permissions are missing?

use std::collections::BTreeSet;

use shared::policy::{Mode, Policy, Rule};
use shared::reading::{Outcome, Reading, UnknownReason};

use super::Line;
use crate::checks;
use crate::host::{Asked, FileAnswer, Witness};

/// A line for each check, and one for what macOS refused.
pub(super) fn lines(host: &Witness<'_>) -> Vec<Line> {
    let readings = checks::read_all(host);
    let mut lines: Vec<Line> = readings.iter().map(line).collect();
    lines.push(permissions(&host.take()));
    lines
}

fn line(reading: &Reading) -> Line {
    let about = format!("check {}", reading.id);
    if reading.outcome != Outcome::Unknown {
        let asked = reading.sources.len();
        let plural = if asked == 1 { "" } else { "s" };
        return Line::well(&about, format!("read; {asked} source{plural} asked"));
    }
    let code = reading.reason.as_deref().unwrap_or_default();
    let words = UnknownReason::words(code);
    let source = reading.sources.first().map_or("", |source| source.method.as_str());
    let says = match source.split_once(':') {
        Some(("call", _)) => "not read: the system did not tell".to_owned(),
        Some((_, source)) => format!("not read: {words} (`{source}`)"),
        None => format!("not read: {words}"),
    };
    match todo(code) {
        Some(todo) if is_judged(&reading.id) => Line::attention(&about, says, todo),
        _ => Line::unknown(&about, says),
    }
}

/// Whether a rule that counts reads the check. What is read for information
/// may be absent on a healthy Mac, such as the list of system extensions.
fn is_judged(check: &str) -> bool {
    let counts = |rule: &Rule| matches!(rule.mode, Mode::Required | Mode::Recommended);
    let policy = Policy::baseline();
    policy.rules.iter().any(|rule| rule.check.as_deref() == Some(check) && counts(rule))
}

/// What helps against a reason; nothing where nothing is wrong.
fn todo(code: &str) -> Option<&'static str> {
    let is = |reason: UnknownReason| reason.code() == code;
    if is(UnknownReason::NoConsoleUser) || is(UnknownReason::NotReadableHere) {
        return None;
    }
    if is(UnknownReason::PermissionDenied) {
        return Some("see the line about permissions");
    }
    if is(UnknownReason::TimedOut) {
        return Some("try again when the Mac is less busy");
    }
    Some(
        "update muster-agent; if it stays, send IT the file that `sudo muster-agent record` writes",
    )
}

fn permissions(asked: &[Asked]) -> Line {
    const PERMISSIONS: &str = "permissions";
    let refused: BTreeSet<&str> = asked
        .iter()
        .filter_map(|one| match one {
            Asked::File(path, FileAnswer::Refused) => Some(path.as_str()),
            _ => None,
        })
        .collect();
    if refused.is_empty() {
        return Line::well(PERMISSIONS, "macOS refused nothing that was asked");
    }
    let says = format!("macOS refused {}", refused.into_iter().collect::<Vec<_>>().join(", "));
    let todo = "run `sudo muster-agent doctor`; if it stays, ask IT for a privacy profile (PPPC) that lets muster-agent read them";
    Line::attention(PERMISSIONS, says, todo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;
    use crate::host::{Host, Recorded};

    #[test]
    fn a_mute_mac_needs_attention_in_every_check() {
        let mute = Recorded::mute(jiff::Timestamp::UNIX_EPOCH);
        let mut lines = lines(&Witness::new(&mute as &dyn Host));
        let permissions = lines.pop().unwrap();
        assert_eq!(permissions.standing, Standing::Well);
        assert_eq!(lines.len(), checks::ALL.len());
        for line in lines {
            assert_ne!(line.standing, Standing::Well, "{line:?}");
            assert!(line.says.starts_with("not read: "), "{line:?}");
        }
    }

    #[test]
    fn what_macos_refused_is_named() {
        let text = r#"{"format": "muster.recording/v1", "label": "", "platform": "macos",
            "recorded_at": "2026-08-23T09:00:00Z", "commands": [],
            "files": [{"path": "/System/Library/CoreServices/SystemVersion.plist", "present": true}]}"#;
        let mac = Recorded::parse("x", text.as_bytes()).unwrap();
        let line = lines(&Witness::new(&mac as &dyn Host)).pop().unwrap();
        assert_eq!(line.standing, Standing::Attention);
        assert!(line.says.ends_with("SystemVersion.plist"), "{}", line.says);
    }
}
