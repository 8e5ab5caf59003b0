//! What pages read, written once for both databases.
//!
//! The statements are the same but for the few places in [`dialect`], and so
//! is what their rows become. A database lends a connection as [`Reading`].

mod agents;
mod conditions;
mod counts;
mod device;
mod dialect;
pub(in crate::store) mod expected;
mod fleet;
mod groups;
mod keeping;
mod list;
mod log;
mod past;
mod rows;
mod words;

use jiff::Timestamp;

pub use self::dialect::Dialect;
pub(in crate::store) use self::keeping::{feed, origin};
pub(in crate::store) use self::log::{log_head, log_head_by};
pub(in crate::store) use self::rows::device_rows;
use super::StoreError;
use crate::clock::from_ms;

/// A value that travels beside a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Texts to be found among.
    Texts(Vec<String>),
    /// Numbers to be found among.
    Numbers(Vec<i64>),
    /// A text, or none.
    MaybeText(Option<String>),
    /// A number, or none.
    MaybeNumber(Option<i64>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Bytes, or none.
    MaybeBytes(Option<Vec<u8>>),
}

impl Value {
    /// A text that somebody typed. PostgreSQL cannot hold a NUL, and SQLite
    /// ends a pattern there; a sign that nobody stores finds nothing in both.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.replace('\0', "\u{fffd}"))
    }

    /// A text, or none.
    pub(super) fn text_or_null(text: Option<&str>) -> Self {
        Self::MaybeText(text.map(|text| text.replace('\0', "\u{fffd}")))
    }

    /// A moment.
    pub(super) fn time(at: Timestamp) -> Self {
        Self::Number(at.as_millisecond())
    }

    /// A moment, or none.
    pub(super) fn time_or_null(at: Option<Timestamp>) -> Self {
        Self::MaybeNumber(at.map(Timestamp::as_millisecond))
    }

    /// Several of them.
    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Texts(texts.into_iter().map(|text| text.replace('\0', "\u{fffd}")).collect())
    }
}

/// A row of an answer; its columns count from 0.
pub trait Fields {
    /// A text; none when it is empty in the sense of NULL.
    fn text(&self, at: usize) -> Result<Option<&str>, StoreError>;
    /// A whole number of any width.
    fn number(&self, at: usize) -> Result<Option<i64>, StoreError>;
    /// Yes or no.
    fn flag(&self, at: usize) -> Result<bool, StoreError>;
    /// Bytes.
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, StoreError>;
}

/// A column that must hold something holds nothing.
fn missing(at: usize) -> StoreError {
    StoreError::Corrupt { what: "a row", why: format!("column {} is empty", at + 1) }
}

impl dyn Fields + '_ {
    pub(super) fn word(&self, at: usize) -> Result<&str, StoreError> {
        self.text(at)?.ok_or_else(|| missing(at))
    }

    pub(super) fn string(&self, at: usize) -> Result<String, StoreError> {
        self.word(at).map(str::to_owned)
    }

    pub(super) fn string_or_null(&self, at: usize) -> Result<Option<String>, StoreError> {
        Ok(self.text(at)?.map(str::to_owned))
    }

    pub(super) fn int(&self, at: usize) -> Result<i64, StoreError> {
        self.number(at)?.ok_or_else(|| missing(at))
    }

    /// A number that counts something.
    pub(super) fn count(&self, at: usize) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.int(at)?).unwrap_or(0))
    }

    pub(super) fn time(&self, at: usize) -> Result<Timestamp, StoreError> {
        self.int(at).map(from_ms)
    }

    pub(super) fn time_or_null(&self, at: usize) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.number(at)?.map(from_ms))
    }

    pub(super) fn blob(&self, at: usize) -> Result<&[u8], StoreError> {
        self.bytes(at)?.ok_or_else(|| missing(at))
    }
}

/// What a row is given to.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Fields) -> Result<(), StoreError>;

/// A connection that answers questions.
pub trait Reading {
    /// Which words it wants.
    fn dialect(&self) -> Dialect;

    /// Asks, and gives every row of the answer to `row`. The places of
    /// `values` are called `$1`, `$2`, ..., and first named in this order.
    fn each(&mut self, sql: &str, values: &[Value], row: EachRow<'_>) -> Result<(), StoreError>;
}

impl dyn Reading + '_ {
    /// All rows of an answer.
    pub(super) fn all<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        mut read: impl FnMut(&dyn Fields) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, values, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer, if it has one.
    pub(super) fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&dyn Fields) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, values, read)?.into_iter().next())
    }

    /// The only row of an answer that always has one.
    pub(super) fn only<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&dyn Fields) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.first(sql, values, read)?.ok_or_else(|| StoreError::Corrupt {
            what: "an answer",
            why: "it has no row".to_owned(),
        })
    }
}

/// Lends connections for reading; every trait of pages stands on this one.
pub trait Lend: Send + Sync {
    /// Lends a connection to `work`.
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// The same, and all that `work` reads is of one moment. A database may
    /// ask to begin again.
    fn lend_at_one_moment<T>(
        &self,
        work: impl FnMut(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;
}
