//! The list for spreadsheets and programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::shown::row::Row;

#[derive(Serialize)]
struct Document<'a> {
    as_of: Timestamp,
    count: usize,
    devices: &'a [Row],
}

/// Names of the columns, in the order of [`cells`].
const COLUMNS: &[&str] = &[
    "id",
    "device",
    "status",
    "status_since",
    "status_before_silence",
    "owner",
    "owner_email",
    "model",
    "model_name",
    "serial",
    "macos",
    "macos_build",
    "macos_releases_missed",
    "failing",
    "unknown",
    "failing_recommended",
    "first_due",
    "last_report",
    "enrolled",
    "key_protection",
    "agent_version",
    "from_recording",
];

/// One JSON object with all rows.
pub(super) fn json(rows: &[Row], as_of: Timestamp) -> String {
    let document = Document { as_of, count: rows.len(), devices: rows };
    // Texts, numbers and times: there is nothing that could fail.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// CSV as of RFC 4180, with a header line.
pub(super) fn csv(rows: &[Row]) -> String {
    let mut text = String::new();
    line(&mut text, COLUMNS.iter().map(|name| (*name).to_owned()));
    for row in rows {
        line(&mut text, cells(row).into_iter());
    }
    text
}

fn cells(row: &Row) -> [String; COLUMNS.len()] {
    let time = |time: Option<Timestamp>| time.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.id.clone(),
        row.device.clone(),
        row.status.to_owned(),
        row.status_since.to_string(),
        row.status_before_silence.unwrap_or_default().to_owned(),
        text(&row.owner),
        text(&row.owner_email),
        text(&row.model),
        text(&row.model_name),
        text(&row.serial),
        text(&row.macos),
        text(&row.macos_build),
        row.macos_releases_missed.map(|missed| missed.to_string()).unwrap_or_default(),
        row.failing.join(" "),
        row.unknown.join(" "),
        row.failing_recommended.join(" "),
        time(row.first_due),
        time(row.last_report),
        row.enrolled.to_string(),
        row.key_protection.clone(),
        row.agent_version.clone(),
        row.from_recording.to_string(),
    ]
}

pub(in crate::web) fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&quoted(&guarded(&cell)));
    }
    text.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula: names and models come from
/// people and devices.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{guarded, line, quoted};

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(guarded(cell).starts_with('\''), "{cell}");
        }
        assert_eq!(guarded("Sam = Samuel"), "Sam = Samuel");
    }

    #[test]
    fn commas_quotes_and_line_ends_stay_within_their_cell() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("13\" screen"), "\"13\"\" screen\"");
        let mut text = String::new();
        line(&mut text, ["=a,b".to_owned(), String::new(), "c\nd".to_owned()].into_iter());
        assert_eq!(text, "\"'=a,b\",,\"c\nd\"\r\n");
    }
}
