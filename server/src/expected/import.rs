//! A file as what it says of Macs.

use super::columns::{Format, OWN, is_mac, recognised};
use super::{LONGEST, SERIAL_WORDS, Said, Source, State, plain_text, serial_number};
use crate::auth::account::mail_address;
use crate::sheet::{Line, Sheet, SheetError, plain_name};

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Whose export it is.
    pub source: Option<Source>,
    /// What it says of each Mac, in its order.
    pub said: Vec<Said>,
    /// Lines that cannot be used.
    pub errors: Vec<SheetError>,
    /// Lines about other devices.
    pub others: usize,
}

/// Reads a file of any known form. An error is about the file as a whole.
pub fn read(bytes: &[u8]) -> Result<Import, SheetError> {
    let sheet = Sheet::parse(bytes)?;
    let names = sheet.names();
    let twice = names.iter().enumerate().find(|(at, name)| {
        !name.is_empty() && names.iter().take(*at).any(|before| before == *name)
    });
    if let Some((_, name)) = twice {
        let what = format!("the column “{name}” is there twice; remove one of them");
        return Err(SheetError::line(1, what));
    }
    let import = if names.iter().any(|name| name == "serial") {
        own(&sheet, &names)?
    } else {
        let format = recognised(&names).ok_or_else(|| unknown(&sheet))?;
        exported(&sheet, &names, format)
    };
    Ok(without_repeats(import, &sheet.lines))
}

fn unknown(sheet: &Sheet) -> SheetError {
    let begins: Vec<&str> = sheet.header.iter().take(4).map(String::as_str).collect();
    let begins: String = begins.join(", ").chars().take(120).collect();
    let what = format!(
        "the header “{begins}” is of no known export; a list of your own begins with {}",
        OWN.join(",")
    );
    SheetError::line(1, what)
}

/// What the console's own export has beside [`OWN`]; it is not read.
pub const SHOWN: &[&str] = &["source", "device", "status", "last_report"];

/// Reads a list of the company's own: each column is one of [`OWN`].
fn own(sheet: &Sheet, names: &[String]) -> Result<Import, SheetError> {
    let known: Vec<String> = OWN.iter().chain(SHOWN).map(|name| plain_name(name)).collect();
    let odd = names.iter().zip(&sheet.header).find(|(name, _)| !known.contains(name));
    if let Some((_, odd)) = odd {
        let odd: String = odd.chars().take(60).collect();
        let what = format!("the column “{odd}” is not known; use {}", OWN.join(", "));
        return Err(SheetError::line(1, what));
    }
    let mut import = Import { source: Some(Source::Csv), ..Import::default() };
    for line in &sheet.lines {
        let cell = |field: &str| cell_of(line, names, &plain_name(field));
        match own_line(line.number, &cell) {
            Ok(said) => import.said.push(said),
            Err(error) => {
                import.errors.push(error);
                // Its place, so that lines and what they say stay side by side.
                import.said.push(Said::default());
            }
        }
    }
    Ok(import)
}

fn own_line<'a>(number: usize, cell: &dyn Fn(&str) -> Option<&'a str>) -> Result<Said, SheetError> {
    let wrong = |field: &str, what: String| SheetError::field(number, field, what);
    let serial = cell("serial").unwrap_or_default();
    let serial = serial_number(serial)
        .ok_or_else(|| wrong("serial", format!("it is “{serial}”, but {SERIAL_WORDS}")))?;
    let text = |field: &str| match cell(field).map(|text| (text, plain_text(text))) {
        Some((_, None)) => Err(wrong(field, format!("it has more than {LONGEST} letters"))),
        found => Ok(found.and_then(|(_, text)| text)),
    };
    let state = match cell("state").filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => Some(State::named(word).ok_or_else(|| {
            let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
            wrong("state", format!("it is “{word}”, but must be one of {}", known.join(", ")))
        })?),
    };
    let reason = text("reason")?;
    if state == Some(State::NotCovered) && reason.as_deref().unwrap_or_default().is_empty() {
        return Err(wrong("reason", "a Mac that is not covered needs a reason".to_owned()));
    }
    let owner_email = match cell("owner_email") {
        Some(typed) if !typed.is_empty() => Some(mail_address(typed).ok_or_else(|| {
            wrong("owner_email", format!("it is “{typed}”, but must be a mail address"))
        })?),
        found => found.map(str::to_owned),
    };
    Ok(Said {
        serial,
        state,
        reason,
        owner_name: text("owner_name")?,
        owner_email,
        model: text("model")?,
        asset_tag: text("asset_tag")?,
    })
}

/// Reads an export: what cannot be used of a line's details is left out.
fn exported(sheet: &Sheet, names: &[String], format: &'static Format) -> Import {
    let mut import = Import { source: Some(format.source), ..Import::default() };
    for line in &sheet.lines {
        let any = |columns: &[&str]| {
            let cells = columns.iter().filter_map(|name| cell_of(line, names, name));
            cells.reduce(|found, next| if found.is_empty() { next } else { found })
        };
        let text = |columns: &[&str]| any(columns).map(shortened);
        let (kind, model) = (any(format.kind), any(format.model));
        let serial = any(format.serial).unwrap_or_default();
        let mut said = Said::default();
        if !is_mac(kind.unwrap_or_default(), model.unwrap_or_default()) {
            import.others += 1;
        } else if let Some(serial) = serial_number(serial) {
            said = Said {
                serial,
                state: None,
                reason: None,
                owner_name: text(format.owner_name),
                owner_email: any(format.owner_email)
                    .map(|text| mail_address(text).unwrap_or_default()),
                model: text(format.model),
                asset_tag: text(format.asset_tag),
            };
        } else {
            let what = format!("it is “{}”, but {SERIAL_WORDS}", shortened(serial));
            import.errors.push(SheetError::field(line.number, "serial number", what));
        }
        import.said.push(said);
    }
    import
}

fn shortened(text: &str) -> String {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

/// The cell of a column; none when there is no such column.
fn cell_of<'a>(line: &'a Line, names: &[String], name: &str) -> Option<&'a str> {
    let at = names.iter().position(|known| known == name)?;
    line.cells.get(at).map(String::as_str)
}

/// Leaves out empty places, and refuses the second line of a Mac.
fn without_repeats(mut import: Import, lines: &[Line]) -> Import {
    let mut seen = std::collections::HashMap::new();
    let mut kept = Vec::with_capacity(import.said.len());
    for (said, line) in std::mem::take(&mut import.said).into_iter().zip(lines) {
        if said.serial.is_empty() {
            continue;
        }
        if let Some(before) = seen.insert(said.serial.clone(), line.number) {
            let what = format!("it is the same as in line {before}; keep one of them");
            import.errors.push(SheetError::field(line.number, "serial", what));
            continue;
        }
        kept.push(said);
    }
    import.errors.sort_by_key(|error| error.line);
    Import { said: kept, ..import }
}

/// The same as a list of the company's own, with the columns that it has.
pub fn written(said: &[Said]) -> String {
    use crate::sheet::write_line;
    let first = said.first().cloned().unwrap_or_default();
    let cells = |one: &Said| {
        [
            Some(one.serial.clone()),
            one.owner_name.clone(),
            one.owner_email.clone(),
            one.state.map(|state| state.as_str().to_owned()),
            one.reason.clone(),
            one.model.clone(),
            one.asset_tag.clone(),
        ]
    };
    // A column is known of all lines or of none; a state may be left open.
    let mut shown = cells(&first).map(|cell| cell.is_some());
    shown[3] = said.iter().any(|one| one.state.is_some());
    let pick = |all: [Option<String>; 7]| {
        let pairs = all.into_iter().zip(shown);
        pairs.filter(|(_, shown)| *shown).map(|(cell, _)| cell.unwrap_or_default())
    };
    let mut text = String::new();
    let mut header = OWN.iter();
    write_line(&mut text, pick([(); 7].map(|()| header.next().map(|it| (*it).to_owned()))));
    for one in said {
        write_line(&mut text, pick(cells(one)));
    }
    text
}

#[cfg(test)]
mod tests;
