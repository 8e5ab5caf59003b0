//! PostgreSQL as pages read it.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

use super::{Readers, Session};
use crate::store::StoreError;
use crate::store::reading::{Dialect, EachRow, Fields, Lend, Reading, Value};

impl Reading for Session {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn each(&mut self, sql: &str, values: &[Value], row: EachRow<'_>) -> Result<(), StoreError> {
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(Value::carried).collect();
        for found in self.query(sql, &values)? {
            row(&found)?;
        }
        Ok(())
    }
}

impl Value {
    pub(super) fn carried(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Number(number) => number,
            Self::Text(text) => text,
            Self::Texts(texts) => texts,
            Self::Numbers(numbers) => numbers,
            Self::MaybeText(text) => text,
            Self::MaybeNumber(number) => number,
            Self::Bytes(bytes) => bytes,
            Self::MaybeBytes(bytes) => bytes,
        }
    }
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<Option<T>, StoreError> {
    Ok(row.try_get(at)?)
}

impl Fields for Row {
    fn text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        column(self, at)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, StoreError> {
        // Small numbers that stand in a statement are of the narrow kind.
        match self.columns().get(at).map(tokio_postgres::Column::type_) {
            Some(&Type::INT4) => Ok(column::<i32>(self, at)?.map(i64::from)),
            _ => column(self, at),
        }
    }

    fn flag(&self, at: usize) -> Result<bool, StoreError> {
        Ok(self.try_get(at)?)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        column(self, at)
    }
}

impl Lend for Readers {
    fn lend<T>(
        &self,
        work: impl FnOnce(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|session| work(session))
    }

    fn lend_at_one_moment<T>(
        &self,
        mut work: impl FnMut(&mut dyn Reading) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|session| {
            session.transaction(|session| {
                session.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
                work(session)
            })
        })
    }
}
