//! The bytes of an exported file as text.

use std::borrow::Cow;

use super::SheetError;

/// The text of a file: UTF-8 with or without a byte order mark, or UTF-16
/// with one, as Excel writes it.
pub fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf_8(rest),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        plain => utf_8(plain),
    }
}

fn utf_8(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        SheetError::line(line, "a letter is not in UTF-8; save the file as “CSV UTF-8”")
    })?;
    Ok(Cow::Borrowed(text))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, SheetError> {
    let wrong = |line| SheetError::line(line, "the file is damaged UTF-16; save it as “CSV UTF-8”");
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(wrong(1));
    }
    let units = pairs.filter_map(|pair| pair.try_into().ok()).map(unit);
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut line = 1;
    for letter in char::decode_utf16(units) {
        let letter = letter.map_err(|_| wrong(line))?;
        line += usize::from(letter == '\n');
        text.push(letter);
    }
    Ok(Cow::Owned(text))
}
