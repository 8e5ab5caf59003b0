//! Accounts, and what providers call the same people.

use jiff::Timestamp;

use super::audit::note;
use crate::audit::Act;
use crate::auth::account::Account;
use crate::auth::role::Role;
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};
use crate::store::writing::{Transact, Writing};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Random id.
    pub id: String,
    /// Mail address in small letters.
    pub email: String,
    /// Full name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// When its access ends by itself.
    pub ends: Option<Timestamp>,
}

/// What a person changes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Full name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// When its access ends by itself.
    pub ends: Option<Timestamp>,
    /// Whether somebody has ended its access.
    pub disabled: bool,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is so now.
    Done(Account),
    /// There is no such account.
    Missing,
    /// Somebody else changed it meanwhile.
    Stale,
    /// Nobody would be left who can change accounts.
    LastAdministrator,
}

/// What became of binding an identity to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It belongs to the account now.
    Done,
    /// It belongs to another account, or the account to another identity.
    Taken,
}

/// Which accounts are wanted, by mail address.
#[derive(Clone, Debug, Default)]
pub struct AccountAsk {
    /// Name or address holds this text.
    pub text: Option<String>,
    /// This role alone.
    pub role: Option<Role>,
    /// Only what stands after this address.
    pub after: Option<String>,
    /// Most accounts.
    pub limit: u32,
}

/// Keeps accounts.
pub trait Accounts: Send + Sync {
    /// The account with this id.
    fn account(&self, id: &str) -> Result<Option<Account>, StoreError>;
    /// The account with this mail address, in small letters.
    fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError>;
    /// The account that a provider's identity belongs to.
    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<Account>, StoreError>;
    /// Name of the person of the fleet with this mail address, who has not
    /// ended.
    fn person_named(&self, email: &str) -> Result<Option<String>, StoreError>;
    /// Devices that the person with this mail address holds.
    fn held(&self, email: &str) -> Result<Vec<String>, StoreError>;
    /// Accounts by mail address, at most one more than the limit.
    fn accounts(&self, ask: &AccountAsk) -> Result<Vec<Account>, StoreError>;
    /// How many accounts there are of each role.
    fn count_accounts(&self) -> Result<Vec<(Role, u64)>, StoreError>;
    /// Whether anybody can change accounts at `now`.
    fn has_administrator(&self, now: Timestamp) -> Result<bool, StoreError>;
    /// Makes an account; false when the mail address has one.
    fn add_account(&self, new: &NewAccount, act: &Act) -> Result<bool, StoreError>;
    /// Changes the account that has `version`. What it may no longer do ends
    /// at once: sessions of a disabled account are gone.
    fn change_account(
        &self,
        id: &str,
        version: i64,
        change: &AccountChange,
        act: &Act,
    ) -> Result<Changed, StoreError>;
    /// From now on this identity, issuer and subject, is the account's; an
    /// account has one of each issuer.
    fn bind_identity(
        &self,
        identity: (&str, &str),
        account: &str,
        act: &Act,
    ) -> Result<Bound, StoreError>;
}

const COLUMNS: &str = "a.id, a.email, a.name, a.role, a.created_ms, a.ends_ms, a.disabled_ms,
    a.seen_ms, a.version";

/// Columns of an account `a`, for other statements.
pub(super) fn columns() -> &'static str {
    COLUMNS
}

/// The account in the columns from `at` on.
pub(super) fn account(row: &dyn Fields, at: usize) -> Result<Account, StoreError> {
    let role = row.word(at + 3)?;
    Ok(Account {
        id: row.string(at)?,
        email: row.string(at + 1)?,
        name: row.string(at + 2)?,
        role: Role::named(role).ok_or_else(|| StoreError::Corrupt {
            what: "a role",
            why: format!("`{role}` is unknown"),
        })?,
        created: row.time(at + 4)?,
        ends: row.time_or_null(at + 5)?,
        disabled: row.time_or_null(at + 6)?,
        seen: row.time_or_null(at + 7)?,
        version: row.int(at + 8)?,
    })
}

/// The account for which `condition` holds.
pub(super) fn one(
    db: &mut dyn Reading,
    condition: &str,
    values: &[Value],
) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account a WHERE {condition}");
    db.first(&sql, values, |row| account(row, 0))
}

/// Writes a new account; false when the mail address has one.
pub(super) fn add(
    db: &mut dyn Writing,
    new: &NewAccount,
    at: Timestamp,
) -> Result<bool, StoreError> {
    const ADD: &str = "INSERT INTO account (id, email, name, role, created_ms, ends_ms)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let values = [
        Value::text(&new.id),
        Value::text(&new.email),
        Value::text(&new.name),
        Value::text(new.role.as_str()),
        Value::time(at),
        Value::time_or_null(new.ends),
    ];
    Ok(db.change(ADD, &values)? == 1)
}

impl<T: Transact> Accounts for T {
    fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        self.lend(|db| one(db, "a.id = $1", &[Value::text(id)]))
    }

    fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        self.lend(|db| one(db, "a.email = $1", &[Value::text(email)]))
    }

    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<Account>, StoreError> {
        let of = "a.id = (SELECT account_id FROM identity WHERE issuer = $1 AND subject = $2)";
        self.lend(|db| one(db, of, &[Value::text(issuer), Value::text(subject)]))
    }

    fn person_named(&self, email: &str) -> Result<Option<String>, StoreError> {
        const NAME: &str = "SELECT name FROM person WHERE lower(email) = $1 AND ended_ms IS NULL";
        self.lend(|db| db.first(NAME, &[Value::text(email)], |row| row.string(0)))
    }

    fn held(&self, email: &str) -> Result<Vec<String>, StoreError> {
        const HELD: &str = "SELECT d.id FROM device d JOIN person p ON p.id = d.person_id
            WHERE lower(p.email) = $1 AND d.lifecycle <> 'archived' ORDER BY d.enrolled_ms, d.id";
        self.lend(|db| db.all(HELD, &[Value::text(email)], |row| row.string(0)))
    }

    fn accounts(&self, ask: &AccountAsk) -> Result<Vec<Account>, StoreError> {
        self.lend(|db| list(db, ask))
    }

    fn count_accounts(&self) -> Result<Vec<(Role, u64)>, StoreError> {
        const COUNT: &str = "SELECT role, count(*) FROM account GROUP BY role";
        let all = self.lend(|db| db.all(COUNT, &[], |row| Ok((row.string(0)?, row.count(1)?))))?;
        let known = all.into_iter().filter_map(|(role, many)| Some((Role::named(&role)?, many)));
        Ok(known.collect())
    }

    fn has_administrator(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.lend(|db| Ok(administrators(db, now, "")? > 0))
    }

    fn add_account(&self, new: &NewAccount, act: &Act) -> Result<bool, StoreError> {
        self.transact(|db| {
            let added = add(db, new, act.at)?;
            if added {
                note(db, act)?;
            }
            Ok(added)
        })
    }

    fn change_account(
        &self,
        id: &str,
        version: i64,
        change: &AccountChange,
        act: &Act,
    ) -> Result<Changed, StoreError> {
        self.transact(|db| change_in(db, (id, version), change, act))
    }

    fn bind_identity(
        &self,
        (issuer, subject): (&str, &str),
        account: &str,
        act: &Act,
    ) -> Result<Bound, StoreError> {
        const OTHER: &str = "SELECT subject FROM identity WHERE issuer = $1 AND account_id = $2";
        const BIND: &str = "INSERT INTO identity (issuer, subject, account_id, created_ms)
            VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        self.transact(|db| {
            let values = [
                Value::text(issuer),
                Value::text(subject),
                Value::text(account),
                Value::time(act.at),
            ];
            let of = [Value::text(issuer), Value::text(account)];
            let other = db.asked().first(OTHER, &of, |row| row.string(0))?;
            if other.is_some() || db.change(BIND, &values)? == 0 {
                return Ok(Bound::Taken);
            }
            note(db, act)?;
            Ok(Bound::Done)
        })
    }
}

/// Administrators who can sign in at `now`, without the one called `but`.
pub(super) fn administrators(
    db: &mut dyn Reading,
    now: Timestamp,
    but: &str,
) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT count(*) FROM account WHERE role = 'administrator'
        AND disabled_ms IS NULL AND (ends_ms IS NULL OR ends_ms > $1) AND id <> $2";
    db.only(COUNT, &[Value::time(now), Value::text(but)], |row| row.count(0))
}

fn change_in(
    db: &mut dyn Writing,
    (id, version): (&str, i64),
    change: &AccountChange,
    act: &Act,
) -> Result<Changed, StoreError> {
    const CHANGE: &str = "UPDATE account SET name = $1, role = $2, ends_ms = $3, disabled_ms = $4,
            version = version + 1 WHERE id = $5 AND version = $6";
    const END: &str = "DELETE FROM console_session WHERE account_id = $1";
    const ALONE: &str = "UPDATE account SET seen_ms = seen_ms WHERE role = 'administrator'";
    // Of two who would each leave the other as the last one, one waits here.
    db.change(ALONE, &[])?;
    let Some(before) = one(db.asked(), "a.id = $1", &[Value::text(id)])? else {
        return Ok(Changed::Missing);
    };
    let disabled = change.disabled.then(|| before.disabled.unwrap_or(act.at));
    let stays = change.role == Role::Administrator && !change.disabled && change.ends.is_none();
    let was = before.role == Role::Administrator && before.is_open(act.at);
    if was && !stays && administrators(db.asked(), act.at, id)? == 0 {
        return Ok(Changed::LastAdministrator);
    }
    let values = [
        Value::text(&change.name),
        Value::text(change.role.as_str()),
        Value::time_or_null(change.ends),
        Value::time_or_null(disabled),
        Value::text(id),
        Value::Number(version),
    ];
    if db.change(CHANGE, &values)? == 0 {
        return Ok(Changed::Stale);
    }
    if change.disabled {
        db.change(END, &[Value::text(id)])?;
    }
    let after = one(db.asked(), "a.id = $1", &[Value::text(id)])?;
    note(db, act)?;
    Ok(after.map_or(Changed::Missing, Changed::Done))
}

fn list(db: &mut dyn Reading, ask: &AccountAsk) -> Result<Vec<Account>, StoreError> {
    let dialect = db.dialect();
    let mut values = Vec::new();
    let mut conditions = vec!["a.id <> ''".to_owned()];
    if let Some(text) = &ask.text {
        values.push(Value::text(&super::audit::pattern(text)));
        let any = ["a.name", "a.email"].map(|column| dialect.like(column, "$1"));
        conditions.push(format!("({})", any.join(" OR ")));
    }
    if let Some(role) = ask.role {
        values.push(Value::text(role.as_str()));
        conditions.push(format!("a.role = ${}", values.len()));
    }
    if let Some(after) = &ask.after {
        values.push(Value::text(after));
        let email = dialect.by_bytes("a.email");
        conditions.push(format!("{email} > ${}", values.len()));
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM account a WHERE {} ORDER BY {} LIMIT {}",
        conditions.join(" AND "),
        dialect.by_bytes("a.email"),
        u64::from(ask.limit) + 1
    );
    db.all(&sql, &values, |row| account(row, 0))
}
