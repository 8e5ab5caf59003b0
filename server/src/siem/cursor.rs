//! A place in the stream of events.

use std::fmt;
use std::str::FromStr;

/// Names an event, and everything up to it.
///
/// The first number is the size of the log after the transaction that wrote
/// the event, the second counts the events that were written at that size.
/// Both are given out under the lock of the log's head, so that events become
/// visible in the order of their cursors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// Size of the log.
    pub log_size: u64,
    /// Counted from 1 for changes of findings; 0 is an entry of the audit log.
    pub number: u64,
}

/// The text is no place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is two numbers with a dot between, as the last event gave it")]
pub struct CursorError;

impl Cursor {
    /// Before the first event.
    pub const START: Self = Self { log_size: 0, number: 0 };

    /// After everything that ever will be.
    pub const END: Self = Self { log_size: i64::MAX as u64, number: i64::MAX as u64 };
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.log_size, self.number)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (log_size, number) = text.split_once('.').ok_or(CursorError)?;
        Ok(Self { log_size: whole(log_size)?, number: whole(number)? })
    }
}

/// Digits alone, as far as a database can hold them.
fn whole(text: &str) -> Result<u64, CursorError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CursorError);
    }
    let number: u64 = text.parse().map_err(|_| CursorError)?;
    if i64::try_from(number).is_ok() { Ok(number) } else { Err(CursorError) }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { log_size: 120, number: 3 };
        assert_eq!(cursor.to_string(), "120.3");
        assert_eq!("120.3".parse(), Ok(cursor));
        assert_eq!(Cursor::END.to_string().parse(), Ok(Cursor::END));
        assert!(Cursor::START < cursor && cursor < Cursor::END);
    }

    #[test]
    fn whatever_else_is_refused() {
        for text in [
            "",
            "1",
            ".",
            "1.",
            ".1",
            "-1.0",
            "+1.0",
            "1.0 ",
            "1.2.3",
            "a.b",
            "9999999999999999999.0",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
