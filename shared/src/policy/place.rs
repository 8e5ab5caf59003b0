//! Where in a policy's text something stands.

use std::ops::Range;

use super::PolicyError;

/// Name of the file until somebody tells a better one.
pub(super) const FILE: &str = "policy.toml";

/// The text of a policy, to point into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Text<'_> {
    /// An error at the byte `offset`.
    pub(super) fn error_at(self, offset: usize, message: impl Into<String>) -> PolicyError {
        let mut offset = offset.min(self.0.len());
        while !self.0.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = self.0.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        PolicyError {
            file: FILE.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message: message.into(),
        }
    }

    /// An error at the start of a value.
    pub(super) fn error_in(self, span: &Range<usize>, message: impl Into<String>) -> PolicyError {
        self.error_at(span.start, message)
    }

    /// An error at the character `index` of the string that stands at `span`.
    pub(super) fn error_within(
        self,
        span: &Range<usize>,
        index: usize,
        message: impl Into<String>,
    ) -> PolicyError {
        let raw = self.0.get(span.clone()).unwrap_or_default();
        self.error_at(span.start + raw_offset(raw, index), message)
    }
}

/// Byte offset, in a string as TOML writes it, of the character `index` of
/// what it says.
fn raw_offset(raw: &str, index: usize) -> usize {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote));
    let Some(quote) = quote else { return 0 };
    let mut rest = raw.get(quote.len()..).unwrap_or_default();
    if quote.len() == 3 {
        // A line break right after the opening quotes is not part of it.
        rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    }
    for _ in 0..index {
        let step = if quote.starts_with('"') { written_length(rest) } else { first_length(rest) };
        rest = rest.get(step..).unwrap_or_default();
    }
    raw.len() - rest.len()
}

/// Bytes that the first character of `rest` takes in a quoted string.
fn written_length(rest: &str) -> usize {
    let Some(escaped) = rest.strip_prefix('\\') else { return first_length(rest) };
    match escaped.chars().next() {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        // A backslash at the end of a line swallows all space after it.
        Some(space) if space.is_whitespace() => {
            let after = escaped.trim_start();
            rest.len() - after.len() + written_length(after)
        }
        _ => 2,
    }
}

fn first_length(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::{Text, raw_offset};

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let error = Text("é = 1\nüö = 2").error_at(11, "here");
        assert_eq!(error.to_string(), "policy.toml:2:3: here");
        assert_eq!(Text("a").error_at(99, "end").to_string(), "policy.toml:1:2: end");
    }

    #[test]
    fn a_character_is_found_behind_escapes() {
        assert_eq!(raw_offset(r#""a\"b""#, 2), 4);
        assert_eq!(raw_offset(r#""\u00e9b""#, 1), 7);
        assert_eq!(raw_offset("'''\n  a'''", 2), 6);
        assert_eq!(raw_offset("\"\"\"a\\\n   b\"\"\"", 1), 4);
        assert_eq!(raw_offset("'abc'", 99), 5);
    }
}
