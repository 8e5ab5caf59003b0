//! Lists of devices that somebody keeps under a name.

use jiff::Timestamp;

use super::audit::note;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::{Fields, Value};
use crate::store::writing::{Transact, Writing};

/// Most views of one account.
pub const MOST: u64 = 50;
/// Most letters of a name.
pub const LONGEST: usize = 60;
/// Most bytes of an address.
pub const LONGEST_QUERY: usize = 4000;

/// A view that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Random id.
    pub id: String,
    /// Whose it is.
    pub account_id: String,
    /// Name of that account.
    pub author: String,
    /// What it is called.
    pub name: String,
    /// The address behind the question mark.
    pub query: String,
    /// Whether everybody sees it.
    pub is_shared: bool,
    /// When it was kept.
    pub created: Timestamp,
}

/// A view to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    /// Random id.
    pub id: String,
    /// Whose it is.
    pub account_id: String,
    /// What it is called; replaces a view of the account with this name.
    pub name: String,
    /// The address behind the question mark.
    pub query: String,
    /// Whether everybody sees it.
    pub is_shared: bool,
}

/// Keeps views.
pub trait SavedViews: Send + Sync {
    /// The account's own and the shared ones, by name.
    fn saved_views(&self, account_id: &str) -> Result<Vec<SavedView>, StoreError>;
    /// One of them.
    fn saved_view(&self, id: &str, account_id: &str) -> Result<Option<SavedView>, StoreError>;
    /// Keeps a view and notes the act; false when the account has too many.
    fn save_view(&self, new: &NewView, act: &Act) -> Result<bool, StoreError>;
    /// Removes a view and notes the act; false when there is none.
    fn remove_view(&self, id: &str, act: &Act) -> Result<bool, StoreError>;
}

const COLUMNS: &str = "SELECT v.id, v.account_id, a.name, v.name, v.query, v.shared, v.created_ms
    FROM saved_view v JOIN account a ON a.id = v.account_id";

fn view(row: &dyn Fields) -> Result<SavedView, StoreError> {
    Ok(SavedView {
        id: row.string(0)?,
        account_id: row.string(1)?,
        author: row.string(2)?,
        name: row.string(3)?,
        query: row.string(4)?,
        is_shared: row.int(5)? == 1,
        created: row.time(6)?,
    })
}

impl<T: Transact> SavedViews for T {
    fn saved_views(&self, account_id: &str) -> Result<Vec<SavedView>, StoreError> {
        self.lend(|db| {
            let name = db.dialect().by_bytes("v.name");
            let sql =
                format!("{COLUMNS} WHERE v.account_id = $1 OR v.shared = 1 ORDER BY {name}, v.id");
            db.all(&sql, &[Value::text(account_id)], view)
        })
    }

    fn saved_view(&self, id: &str, account_id: &str) -> Result<Option<SavedView>, StoreError> {
        let sql = format!("{COLUMNS} WHERE v.id = $1 AND (v.account_id = $2 OR v.shared = 1)");
        self.lend(|db| db.first(&sql, &[Value::text(id), Value::text(account_id)], view))
    }

    fn save_view(&self, new: &NewView, act: &Act) -> Result<bool, StoreError> {
        self.transact(|db| {
            if !save(db, new, act.at)? {
                return Ok(false);
            }
            note(db, act)?;
            Ok(true)
        })
    }

    fn remove_view(&self, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REMOVE: &str = "DELETE FROM saved_view WHERE id = $1";
        self.transact(|db| {
            if db.change(REMOVE, &[Value::text(id)])? == 0 {
                return Ok(false);
            }
            note(db, act)?;
            Ok(true)
        })
    }
}

fn save(db: &mut dyn Writing, new: &NewView, at: Timestamp) -> Result<bool, StoreError> {
    const REPLACE: &str = "DELETE FROM saved_view WHERE account_id = $1 AND name = $2";
    const COUNT: &str = "SELECT count(*) FROM saved_view WHERE account_id = $1";
    const SAVE: &str = "INSERT INTO saved_view (id, account_id, name, query, shared, created_ms)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let account = Value::text(&new.account_id);
    db.change(REPLACE, &[account.clone(), Value::text(&new.name)])?;
    let held = db.asked().only(COUNT, std::slice::from_ref(&account), |row| row.count(0))?;
    if held >= MOST {
        return Ok(false);
    }
    let values = [
        Value::text(&new.id),
        account,
        Value::text(&new.name),
        Value::text(&new.query),
        Value::Number(new.is_shared.into()),
        Value::time(at),
    ];
    db.change(SAVE, &values)?;
    Ok(true)
}
