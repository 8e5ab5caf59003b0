//! SQLite as pages read it.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::Readers;
use crate::store::StoreError;
use crate::store::reading::{Dialect, EachRow, Fields, Lend, Reading, Value};

/// A connection that is asked.
pub(super) struct Asked<'a>(pub(super) &'a Connection);

impl Reading for Asked<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn each(&mut self, sql: &str, values: &[Value], row: EachRow<'_>) -> Result<(), StoreError> {
        let mut query = self.0.prepare_cached(sql)?;
        let mut rows = query.query(params_from_iter(values))?;
        while let Some(found) = rows.next()? {
            row(found)?;
        }
        Ok(())
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // A list is JSON, which `json_each` turns into rows.
        let json = |list: serde_json::Value| ToSqlOutput::from(list.to_string());
        Ok(match self {
            Self::Number(number) => ToSqlOutput::from(*number),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
            Self::Texts(texts) => json(texts.clone().into()),
            Self::Numbers(numbers) => json(numbers.clone().into()),
            Self::MaybeText(text) => return text.to_sql(),
            Self::MaybeNumber(number) => return number.to_sql(),
            Self::Bytes(bytes) => ToSqlOutput::from(bytes.as_slice()),
            Self::MaybeBytes(bytes) => return bytes.to_sql(),
        })
    }
}

impl Fields for Row<'_> {
    fn text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(at)?)
    }

    fn flag(&self, at: usize) -> Result<bool, StoreError> {
        Ok(self.get(at)?)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.get_ref(at)? {
            ValueRef::Null => Ok(None),
            value => Ok(Some(value.as_blob().map_err(rusqlite::Error::from)?)),
        }
    }
}

impl Lend for Readers {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|db| work(&mut Asked(db)))
    }

    fn lend_at_one_moment<T>(
        &self,
        mut work: impl FnMut(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|db| {
            // Nothing is written, so it is dropped.
            let moment = db.unchecked_transaction()?;
            work(&mut Asked(&moment))
        })
    }
}
