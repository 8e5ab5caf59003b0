//! The audit log: written with what was done, searched by pages.

use jiff::Timestamp;

use crate::audit::{Act, Actor, ActorKind};
use crate::store::StoreError;
use crate::store::reading::{Fields, Reading, Value};
use crate::store::writing::{Transact, Writing};

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Position of its entry in the tamper-evident log.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// What it was done to: kind, id, name.
    pub object: (String, String, String),
    /// More, in one sentence.
    pub detail: String,
    /// Id of the request.
    pub request: String,
    /// Where the request came from.
    pub address: String,
}

/// What of the audit log is wanted; the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditAsk {
    /// Acts of the account with this id.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// Done to what has this id.
    pub object: Option<String>,
    /// Names or details hold this text.
    pub text: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Only what stands before this position.
    pub before: Option<u64>,
    /// Most rows.
    pub limit: u32,
}

/// Rows, and whether there are more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest first.
    pub rows: Vec<Noted>,
    /// Older ones follow.
    pub more: bool,
}

/// Reads the audit log, and writes acts that change nothing else.
pub trait Audits: Send + Sync {
    /// Notes an act; its position in the log.
    fn note(&self, act: &Act) -> Result<u64, StoreError>;
    /// Rows that were asked for.
    fn audit(&self, ask: &AuditAsk) -> Result<AuditPage, StoreError>;
    /// Every action that was ever noted, with how often.
    fn actions(&self) -> Result<Vec<(String, u64)>, StoreError>;
}

/// Notes `act` in the transaction that did it. It comes last: the log's head
/// is locked by it.
pub fn note(db: &mut dyn Writing, act: &Act) -> Result<u64, StoreError> {
    const NOTE: &str = "INSERT INTO audit (position, at_ms, actor_kind, actor, actor_name, action,
            object_kind, object, object_name, detail, request, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let position = db.record(act.entry())?;
    let values = [
        Value::Number(i64::try_from(position).unwrap_or(i64::MAX)),
        Value::time(act.at),
        Value::text(act.actor.kind.as_str()),
        Value::text(&act.actor.id),
        Value::text(&act.actor.name),
        Value::text(act.action),
        Value::text(act.object.kind),
        Value::text(&act.object.id),
        Value::text(&act.object.name),
        Value::text(&act.detail),
        Value::text(&act.request),
        Value::text(&act.address),
    ];
    db.change(NOTE, &values)?;
    Ok(position)
}

impl<T: Transact> Audits for T {
    fn note(&self, act: &Act) -> Result<u64, StoreError> {
        self.transact(|db| note(db, act))
    }

    fn audit(&self, ask: &AuditAsk) -> Result<AuditPage, StoreError> {
        self.lend(|db| read(db, ask))
    }

    fn actions(&self) -> Result<Vec<(String, u64)>, StoreError> {
        const ACTIONS: &str = "SELECT action, count(*) FROM audit GROUP BY action ORDER BY action";
        self.lend(|db| db.all(ACTIONS, &[], |row| Ok((row.string(0)?, row.count(1)?))))
    }
}

fn read(db: &mut dyn Reading, ask: &AuditAsk) -> Result<AuditPage, StoreError> {
    let dialect = db.dialect();
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    for (column, wanted) in
        [("actor", &ask.actor), ("action", &ask.action), ("object", &ask.object)]
    {
        if let Some(wanted) = wanted {
            conditions.push(format!("{column} = {}", place(Value::text(wanted))));
        }
    }
    if let Some(text) = &ask.text {
        let pattern = place(Value::text(&pattern(text)));
        let columns = ["actor_name", "object_name", "detail", "object", "address"];
        let any = columns.map(|column| dialect.like(column, &pattern));
        conditions.push(format!("({})", any.join(" OR ")));
    }
    if let Some(from) = ask.from {
        conditions.push(format!("at_ms >= {}", place(Value::time(from))));
    }
    if let Some(until) = ask.until {
        conditions.push(format!("at_ms < {}", place(Value::time(until))));
    }
    if let Some(before) = ask.before {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        conditions.push(format!("position < {}", place(Value::Number(before))));
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let sql = format!(
        "SELECT position, at_ms, actor_kind, actor, actor_name, action, object_kind, object,
            object_name, detail, request, address
         FROM audit{filter} ORDER BY position DESC LIMIT {}",
        u64::from(ask.limit) + 1
    );
    let mut rows = db.all(&sql, &values, noted)?;
    let more = rows.len() > ask.limit as usize;
    rows.truncate(ask.limit as usize);
    Ok(AuditPage { rows, more })
}

/// The pattern that finds `text` anywhere.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn noted(row: &dyn Fields) -> Result<Noted, StoreError> {
    let kind = ActorKind::named(row.word(2)?).unwrap_or(ActorKind::Nobody);
    Ok(Noted {
        position: row.count(0)?,
        at: row.time(1)?,
        actor: Actor { kind, id: row.string(3)?, name: row.string(4)? },
        action: row.string(5)?,
        object: (row.string(6)?, row.string(7)?, row.string(8)?),
        detail: row.string(9)?,
        request: row.string(10)?,
        address: row.string(11)?,
    })
}
