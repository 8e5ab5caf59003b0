//! PostgreSQL as it is copied to.
//!
//! The table `copying` exists only while a copy is under way. Every batch is a
//! transaction of its own and in the order of the source, so what is there of
//! a table is always its beginning.

use tokio_postgres::types::ToSql;

use super::Session;
use crate::store::StoreError;
use crate::store::copy::{Begun, Cell};
use crate::store::sqlite::copy::Table;

/// Tables with rows that every new database has.
const MADE_WITH_THE_SCHEMA: [&str; 1] = ["log_head"];

/// What a column of PostgreSQL holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `bigint`
    Number,
    /// `boolean`
    Flag,
    /// `text`
    Text,
    /// `bytea`
    Bytes,
}

impl Kind {
    fn named(word: &str) -> Option<Self> {
        [Self::Number, Self::Flag, Self::Text, Self::Bytes]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Number => "bigint",
            Self::Flag => "boolean",
            Self::Text => "text",
            Self::Bytes => "bytea",
        }
    }
}

/// A database that is copied to.
pub struct Target<'a> {
    session: &'a mut Session,
}

impl<'a> Target<'a> {
    /// The database of `session`, whose schema is up to date.
    pub fn new(session: &'a mut Session) -> Self {
        Self { session }
    }

    /// Whether a copy is under way here.
    pub fn is_open(&mut self) -> Result<bool, StoreError> {
        let row = self.session.row("SELECT to_regclass('copying') IS NOT NULL", &[])?;
        Ok(row.is_some_and(|row| row.get(0)))
    }

    /// Looks at what is there, and begins or goes on. What was copied of
    /// another state of the source is removed.
    pub fn begin(&mut self, state: &str, tables: &[Table]) -> Result<Begun, StoreError> {
        if self.is_open()? {
            let row = self.session.row("SELECT source FROM copying WHERE id = 1", &[])?;
            if row.is_some_and(|row| row.get::<_, &str>(0) == state) {
                return Ok(Begun::Open);
            }
        } else {
            let mut same = true;
            let mut other = None;
            for table in tables {
                let rows = self.count(&table.name)?;
                same &= rows == table.rows;
                if rows > 0 && !MADE_WITH_THE_SCHEMA.contains(&table.name.as_str()) {
                    other.get_or_insert((table.name.clone(), rows));
                }
            }
            if let Some((table, rows)) = other {
                return Ok(if same { Begun::Copied } else { Begun::Other { table, rows } });
            }
            self.session
                .script("CREATE TABLE copying (id bigint PRIMARY KEY, source text NOT NULL)")?;
        }
        self.clear(tables)?;
        self.session.execute(
            "INSERT INTO copying (id, source) VALUES (1, $1)
             ON CONFLICT (id) DO UPDATE SET source = excluded.source",
            &[&state],
        )?;
        Ok(Begun::Open)
    }

    fn clear(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        for table in tables.iter().rev() {
            self.session.execute(&format!("DELETE FROM {}", table.name), &[])?;
        }
        Ok(())
    }

    /// How many rows a table has.
    pub fn count(&mut self, table: &str) -> Result<u64, StoreError> {
        let row = self.session.row(&format!("SELECT count(*) FROM {table}"), &[])?;
        Ok(row.and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok()).unwrap_or(0))
    }

    /// What the columns of `table` hold here, in its order.
    pub fn kinds(&mut self, table: &Table) -> Result<Vec<Kind>, StoreError> {
        let rows = self.session.query(
            "SELECT column_name::text, data_type::text FROM information_schema.columns
              WHERE table_schema = current_schema() AND table_name = $1::text",
            &[&table.name],
        )?;
        let found: Vec<(String, String)> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let kind = |column: &String| {
            let kind = found.iter().find(|(name, _)| name == column);
            kind.and_then(|(_, word)| Kind::named(word)).ok_or_else(|| StoreError::Corrupt {
                what: "the schema",
                why: format!("table {} has no fitting column {column}", table.name),
            })
        };
        table.columns.iter().map(kind).collect()
    }

    /// Adds rows; gives their number.
    pub fn insert(
        &mut self,
        table: &Table,
        kinds: &[Kind],
        rows: Vec<Vec<Cell>>,
    ) -> Result<u64, StoreError> {
        let number = rows.len() as u64;
        if number == 0 {
            return Ok(0);
        }
        let mut columns: Vec<Column> =
            kinds.iter().map(|kind| Column::new(*kind, rows.len())).collect();
        for row in rows {
            for ((column, cell), name) in columns.iter_mut().zip(row).zip(&table.columns) {
                column.push(cell).map_err(|NotFitting| StoreError::Corrupt {
                    what: "a value",
                    why: format!("table {}, column {name} holds another kind", table.name),
                })?;
            }
        }
        let places: Vec<String> = (1..)
            .zip(kinds)
            .map(|(place, kind)| format!("${place}::{}[]", kind.as_str()))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) SELECT * FROM unnest({})",
            table.name,
            table.columns.join(", "),
            places.join(", ")
        );
        let values: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::carried).collect();
        self.session.execute(&sql, &values)?;
        Ok(number)
    }

    /// Lets collectors use the database.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        self.session.script("DROP TABLE copying")
    }
}

/// The values of one column for one statement.
enum Column {
    Numbers(Vec<Option<i64>>),
    Flags(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// A value of another kind than its column.
struct NotFitting;

impl Column {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Number => Self::Numbers(Vec::with_capacity(rows)),
            Kind::Flag => Self::Flags(Vec::with_capacity(rows)),
            Kind::Text => Self::Texts(Vec::with_capacity(rows)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, cell: Cell) -> Result<(), NotFitting> {
        match (self, cell) {
            (Self::Numbers(all), Cell::Null) => all.push(None),
            (Self::Flags(all), Cell::Null) => all.push(None),
            (Self::Texts(all), Cell::Null) => all.push(None),
            (Self::Bytes(all), Cell::Null) => all.push(None),
            (Self::Numbers(all), Cell::Number(number)) => all.push(Some(number)),
            (Self::Flags(all), Cell::Number(number @ (0 | 1))) => all.push(Some(number == 1)),
            (Self::Texts(all), Cell::Text(text)) => all.push(Some(text)),
            (Self::Bytes(all), Cell::Bytes(bytes)) => all.push(Some(bytes)),
            _ => return Err(NotFitting),
        }
        Ok(())
    }

    fn carried(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Numbers(all) => all,
            Self::Flags(all) => all,
            Self::Texts(all) => all,
            Self::Bytes(all) => all,
        }
    }
}
