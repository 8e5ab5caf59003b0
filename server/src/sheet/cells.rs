//! A text as lines of cells.

use super::{Line, SheetError};

/// Where the reader is within a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// At its begin.
    Begin,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quotes,
    /// Behind the quote that may end it.
    Behind,
}

/// Every line with something in it.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, SheetError> {
    let (separator, text, first) = separator(text);
    let mut reader = Reader::new(first);
    for letter in text.chars() {
        reader.take(letter, separator)?;
    }
    reader.end()
}

/// What stands between cells, where the table begins, and its line. Excel
/// may say it in a line of its own; else the header shows it.
fn separator(text: &str) -> (char, &str, usize) {
    let said = text.strip_prefix("sep=").and_then(|rest| {
        let sign = rest.chars().next().filter(|sign| [',', ';', '\t'].contains(sign))?;
        let behind = rest.strip_prefix(sign)?;
        behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix('\n')).map(|rest| (sign, rest))
    });
    if let Some((sign, rest)) = said {
        return (sign, rest, 2);
    }
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: char| header.chars().filter(|letter| *letter == sign).count();
    let signs = [',', ';', '\t'];
    let found = signs.into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',');
    (found, text, 1)
}

struct Reader {
    lines: Vec<Line>,
    cells: Vec<String>,
    cell: String,
    within: Within,
    /// The line of the file that is read.
    line: usize,
    /// Where the present line of cells began.
    began: usize,
    /// Where the present quoted cell began.
    quoted: usize,
}

impl Reader {
    fn new(first: usize) -> Self {
        Self {
            lines: Vec::new(),
            cells: Vec::new(),
            cell: String::new(),
            within: Within::Begin,
            line: first,
            began: first,
            quoted: first,
        }
    }

    fn take(&mut self, letter: char, separator: char) -> Result<(), SheetError> {
        let ends_line = letter == '\n';
        match self.within {
            Within::Quotes if letter == '"' => self.within = Within::Behind,
            Within::Quotes => self.cell.push(letter),
            Within::Behind if letter == '"' => {
                self.cell.push('"');
                self.within = Within::Quotes;
            }
            _ if letter == separator => self.end_cell(),
            _ if ends_line => self.end_line(),
            Within::Begin if letter == '"' => {
                self.cell.clear();
                self.quoted = self.line;
                self.within = Within::Quotes;
            }
            Within::Begin | Within::Behind if letter.is_whitespace() => {}
            Within::Plain if letter == '"' => {
                let what = "a quote stands within a cell; quote the whole cell and double it";
                return Err(SheetError::line(self.line, what));
            }
            Within::Behind => {
                let what = "something follows a quoted cell; double the quotes within it";
                return Err(SheetError::line(self.line, what));
            }
            Within::Begin | Within::Plain => {
                self.cell.push(letter);
                self.within = Within::Plain;
            }
        }
        self.line += usize::from(ends_line);
        if ends_line && self.within == Within::Begin && self.cells.is_empty() {
            self.began = self.line;
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        self.cells.push(cell.trim().to_owned());
        self.within = Within::Begin;
    }

    fn end_line(&mut self) {
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.lines.push(Line { number: self.began, cells });
        }
    }

    fn end(mut self) -> Result<Vec<Line>, SheetError> {
        if self.within == Within::Quotes {
            return Err(SheetError::line(self.quoted, "a quoted cell has no end; add the quote"));
        }
        if self.within != Within::Begin || !self.cells.is_empty() {
            self.end_line();
        }
        Ok(self.lines)
    }
}
