//! Tables that people export from other programs: CSV as RFC 4180 has it.
//!
//! Strict about what would shift a cell into another column, lenient about
//! what spreadsheets do: a byte order mark, UTF-16, semicolons, CRLF, lines
//! without anything in them.

mod cells;
mod text;

pub use self::text::decoded;

/// Most lines that are read.
const MOST_LINES: usize = 100_000;

/// A table: the names of its columns, and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The cells of the first line.
    pub header: Vec<String>,
    /// Everything below it; each has as many cells as the header.
    pub lines: Vec<Line>,
}

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins in the file, counted from 1.
    pub number: usize,
    /// Its cells, without blanks around them.
    pub cells: Vec<String>,
}

/// Why a table, or a line of it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}{field}: {what}", if .field.is_empty() { "" } else { ", " })]
pub struct SheetError {
    /// Where, counted from 1.
    pub line: usize,
    /// In which column; empty when it is none of them.
    pub field: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl SheetError {
    /// Something is wrong with a line as a whole.
    pub fn line(line: usize, what: impl Into<String>) -> Self {
        Self { line, field: String::new(), what: what.into() }
    }

    /// Something is wrong with a cell.
    pub fn field(line: usize, field: &str, what: impl Into<String>) -> Self {
        Self { line, field: field.to_owned(), what: what.into() }
    }
}

impl Sheet {
    /// Reads a file; the first thing that is wrong with its form ends it.
    pub fn parse(bytes: &[u8]) -> Result<Self, SheetError> {
        let text = decoded(bytes)?;
        let mut lines = cells::lines(&text)?.into_iter();
        let Some(header) = lines.next() else {
            return Err(SheetError::line(1, "the file is empty; it must begin with a header"));
        };
        let columns = header.cells.len();
        let lines: Vec<Line> = lines.collect();
        if lines.len() > MOST_LINES {
            let what = format!("there are more than {MOST_LINES} lines; split the file");
            return Err(SheetError::line(MOST_LINES + 2, what));
        }
        if let Some(odd) = lines.iter().find(|line| line.cells.len() != columns) {
            let what = format!(
                "it has {} cells, but the header has {columns}; quote cells that hold a separator",
                odd.cells.len()
            );
            return Err(SheetError::line(odd.number, what));
        }
        Ok(Self { header: header.cells, lines })
    }

    /// The names of the columns, each as [`plain_name`] writes it.
    pub fn names(&self) -> Vec<String> {
        self.header.iter().map(|name| plain_name(name)).collect()
    }
}

/// Adds a line of CSV, each cell as it is: for a program, not for a
/// spreadsheet.
pub fn write_line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', ';', '\t', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

/// A column's name in small letters with single blanks: `Serial Number`,
/// `serial_number` and `SerialNumber` are one name.
pub fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let begins = before.is_lowercase() && letter.is_uppercase();
        if (begins || !letter.is_alphanumeric()) && !plain.is_empty() && !plain.ends_with(' ') {
            plain.push(' ');
        }
        if letter.is_alphanumeric() {
            plain.extend(letter.to_lowercase());
        }
        before = letter;
    }
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Sheet, plain_name};

    fn read(text: &str) -> Vec<Vec<String>> {
        let sheet = Sheet::parse(text.as_bytes()).unwrap();
        std::iter::once(sheet.header).chain(sheet.lines.into_iter().map(|it| it.cells)).collect()
    }

    fn wrong(text: &str) -> String {
        Sheet::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn spreadsheets_and_programs_write_the_same_table() {
        let wanted = [["serial", "name"], ["C02", "Doe, \"Sam\"\r\nof IT"], ["C03", ""]];
        let plain = "serial,name\r\nC02,\"Doe, \"\"Sam\"\"\r\nof IT\"\r\n\r\nC03,\r\n";
        for text in [
            plain.to_owned(),
            plain
                .replacen("serial,name", "serial;name", 1)
                .replace("C02,", "C02;")
                .replace("C03,", "C03;"),
            format!("\u{feff}{plain}"),
            format!("sep=,\r\n{plain}"),
            plain.replace("serial,name", " serial , name "),
            plain.trim_end().to_owned(),
        ] {
            assert_eq!(read(&text), wanted, "{text:?}");
        }
        let tabs = "serial\tname\nC02\t\"Doe, \"\"Sam\"\"\r\nof IT\"\nC03\t\n";
        assert_eq!(read(tabs), wanted);
    }

    #[test]
    fn utf_16_is_read_in_both_orders() {
        let text = "serial;name\r\nC02;Zoë";
        for (mark, order) in [
            ([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xfe, 0xff], u16::to_be_bytes),
        ] {
            let bytes: Vec<u8> =
                mark.into_iter().chain(text.encode_utf16().flat_map(order)).collect();
            let sheet = Sheet::parse(&bytes).unwrap();
            assert_eq!(sheet.lines[0].cells, ["C02", "Zoë"]);
        }
    }

    #[test]
    fn what_would_shift_cells_is_refused_with_its_line() {
        assert!(wrong("").contains("line 1: the file is empty"));
        assert!(wrong("a,b\n1,2\n1,2,3\n").starts_with("line 3: it has 3 cells"));
        assert!(wrong("a,b\n1,\"2\n3,4\n").starts_with("line 2: a quoted cell has no end"));
        assert!(wrong("a,b\n1,\"2\"3\n").starts_with("line 2: "));
        assert!(wrong("a,b\n1,2\"3\n").starts_with("line 2: "));
        let sheet = Sheet::parse(b"a,b\n\"1\n2\",3\n4,5\n").unwrap();
        assert_eq!(sheet.lines.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 4]);
        assert!(Sheet::parse(b"a,b\n\xff,1\n").unwrap_err().to_string().contains("line 2"));
        assert!(Sheet::parse(b"\xff\xfea").unwrap_err().to_string().contains("UTF-16"));
    }

    #[test]
    fn names_of_columns_are_compared_by_their_words() {
        for name in
            ["Serial Number", "serial_number", "SerialNumber", "serialNumber", " Serial  number "]
        {
            assert_eq!(plain_name(name), "serial number", "{name}");
        }
        assert_eq!(plain_name("OS version"), "os version");
        assert_eq!(plain_name("Primary user UPN"), "primary user upn");
        assert_eq!(plain_name("--"), "");
    }
}
