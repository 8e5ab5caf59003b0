//! The list for spreadsheets and programs.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::shown::devices::columns::ColumnInfo;
use crate::shown::row::Row;

#[derive(Serialize)]
struct Document<'a> {
    as_of: Timestamp,
    count: usize,
    devices: &'a [Map<String, Value>],
}

/// The id, which names a row for ever, and the fields of the columns in the
/// order of the table.
fn fields(columns: &[ColumnInfo]) -> Vec<&'static str> {
    let fields = columns.iter().flat_map(|column| column.fields.iter().copied());
    std::iter::once("id").chain(fields).collect()
}

/// A row as an object of the fields that are wanted.
fn object(row: &Row, fields: &[&'static str]) -> Map<String, Value> {
    // Texts, numbers and times: there is nothing that could fail.
    let Ok(Value::Object(mut all)) = serde_json::to_value(row) else { return Map::new() };
    fields
        .iter()
        .filter_map(|field| all.remove(*field).map(|value| ((*field).to_owned(), value)))
        .collect()
}

/// One JSON object with all rows.
pub(super) fn json(rows: &[Row], columns: &[ColumnInfo], as_of: Timestamp) -> String {
    let fields = fields(columns);
    let rows: Vec<_> = rows.iter().map(|row| object(row, &fields)).collect();
    let document = Document { as_of, count: rows.len(), devices: &rows };
    // As above.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// CSV as of RFC 4180, with a header line.
pub(super) fn csv(rows: &[Row], columns: &[ColumnInfo]) -> String {
    let fields = fields(columns);
    let mut text = String::new();
    line(&mut text, fields.iter().map(|name| (*name).to_owned()));
    for row in rows {
        let object = object(row, &fields);
        line(
            &mut text,
            fields.iter().map(|field| object.get(*field).map_or_else(String::new, cell)),
        );
    }
    text
}

/// A value as a cell: several with a blank between, or a comma where one has a blank.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            let between = if texts.iter().any(|text| text.contains(' ')) { ", " } else { " " };
            texts.join(between)
        }
        other => other.to_string(),
    }
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
