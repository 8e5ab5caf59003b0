//! How devices, standings and rules are called on pages.

use askama::Template;
use jiff::Timestamp;
use shared::keys::KeyProtection;

use super::times::{date, last_day, length};
use crate::store::views::{DeviceRow, Standing};

/// What to run for a sign-in link.
pub(super) const SIGN_IN_COMMAND: &str = "muster-server admin login-link";
/// What to run to invite the first person.
pub(super) const INVITE_COMMAND: &str =
    "muster-server invite --person \"Sam Carter\" --email sam@example.com";

/// `1 Mac`, `3 Macs`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// `12,345`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in per cent; never rounded up to all or down to none.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    let tenths = (part.saturating_mul(1000) / whole).clamp(1, 999);
    if whole < 1000 && (10..=990).contains(&tenths) {
        let rounded = ((part * 100 + whole / 2) / whole).clamp(1, 99);
        return format!("{rounded} %");
    }
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The column "Key": where a device says that its key is kept.
pub(super) fn key_word(stored: &str) -> &'static str {
    match protection(stored) {
        Some(KeyProtection::SoftwareFile) => "File",
        Some(KeyProtection::SecureEnclave) => "Enclave",
        Some(KeyProtection::Tpm2) => "TPM",
        Some(KeyProtection::AppAttest) => "App Attest",
        None => "Not known",
    }
}

/// What a level of key protection means.
pub(super) fn key_meaning(stored: &str) -> &'static str {
    protection(stored)
        .map_or("The level of key protection is not known to this program.", KeyProtection::meaning)
}

fn protection(stored: &str) -> Option<KeyProtection> {
    [
        KeyProtection::SoftwareFile,
        KeyProtection::SecureEnclave,
        KeyProtection::Tpm2,
        KeyProtection::AppAttest,
    ]
    .into_iter()
    .find(|one| one.as_str() == stored)
}

/// A standing as shape, word and colour.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r##"<span class="mark {{ kind }}"><svg aria-hidden="true"><use href="#s-{{ kind }}"/></svg>{{ words }}</span>"##,
    ext = "html"
)]
pub(super) struct Mark {
    pub(super) kind: &'static str,
    pub(super) words: String,
}

// Escaped by its own template.
impl askama::filters::HtmlSafe for Mark {}

impl Mark {
    /// A standing by its plain word.
    pub(super) fn of(standing: Standing) -> Self {
        Self { kind: kind(standing), words: word(standing).to_owned() }
    }

    /// How a device stands, with the time that matters.
    pub(super) fn of_device(row: &DeviceRow, now: Timestamp) -> Self {
        if let (Standing::Revoked, Some(at)) = (row.standing, row.removed) {
            let words = format!("Agent removed on {}", date(at));
            return Self { kind: kind(row.standing), words };
        }
        let words = match (row.standing, row.due, row.received) {
            (Standing::AtRisk, Some(due), _) => due_words(due, now),
            (Standing::Waived, ..) => match row.waived_until() {
                Some(until) => format!("Waived until {}", last_day(until)),
                None => word(row.standing).to_owned(),
            },
            (Standing::Stale, _, Some(received)) => {
                format!("Silent {}", length(now.duration_since(received)))
            }
            _ => word(row.standing).to_owned(),
        };
        Self { kind: kind(row.standing), words }
    }
}

fn due_words(due: Timestamp, now: Timestamp) -> String {
    if due <= now {
        "Due now".to_owned()
    } else {
        format!("Due in {}", length(due.duration_since(now)))
    }
}

/// The plain word for a standing.
pub(super) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Compliant => "Compliant",
        Standing::AtRisk => "Due soon",
        Standing::NonCompliant => "Failing",
        Standing::Unknown => "Unknown",
        Standing::Stale => "Silent",
        Standing::NeverReported => "Never reported",
        Standing::Suspended => "Suspended",
        Standing::Pending => "Waiting for approval",
        Standing::Revoked => "Key revoked",
        Standing::Waived => "Waived",
        Standing::Archived => "Archived",
    }
}

/// Class and shape of a standing.
pub(super) fn kind(standing: Standing) -> &'static str {
    match standing {
        Standing::Compliant => "pass",
        Standing::AtRisk => "due",
        Standing::NonCompliant => "fail",
        Standing::Unknown => "unknown",
        Standing::Stale | Standing::NeverReported => "silent",
        Standing::Suspended | Standing::Revoked => "stopped",
        Standing::Pending => "waiting",
        Standing::Waived => "waived",
        Standing::Archived => "archived",
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Mark, percent, thousands};
    use crate::store::views::{DeviceRow, Owner, Standing};

    fn now() -> Timestamp {
        "2026-08-23T09:00:00Z".parse().unwrap()
    }

    fn row() -> DeviceRow {
        DeviceRow {
            id: "1".to_owned(),
            owner: Some(Owner { name: "Sam Carter".to_owned(), ..Owner::default() }),
            model: Some("Mac15,12".to_owned()),
            serial: Some("C02XY1ZT4F2K".to_owned()),
            recorded: false,
            key_protection: "software-file".to_owned(),
            agent_version: "0.1.0".to_owned(),
            enrolled: now(),
            received: Some(now() - SignedDuration::from_hours(9 * 24)),
            system: None,
            standing: Standing::Stale,
            since: now(),
            was: None,
            due: Some(now() + SignedDuration::from_hours(73)),
            problems: Vec::new(),
            labels: Vec::new(),
            build: crate::agent_releases::shelf::Build::default(),
            removed: None,
            owner_claim: None,
        }
    }

    #[test]
    fn a_mark_says_the_time_that_matters() {
        assert_eq!(Mark::of_device(&row(), now()).words, "Silent 9 days");
        let due = DeviceRow { standing: Standing::AtRisk, ..row() };
        assert_eq!(Mark::of_device(&due, now()).words, "Due in 3 days");
        let never = DeviceRow { standing: Standing::NeverReported, received: None, ..row() };
        assert_eq!(Mark::of_device(&never, now()).words, "Never reported");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_none() {
        for (part, whole, said) in [
            (0, 0, "0 %"),
            (0, 41, "0 %"),
            (41, 41, "100 %"),
            (40, 41, "98 %"),
            (4999, 5000, "99.9 %"),
            (1, 50_000, "0.1 %"),
            (499, 500, "99.8 %"),
        ] {
            assert_eq!(percent(part, whole), said);
        }
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
    }
}
