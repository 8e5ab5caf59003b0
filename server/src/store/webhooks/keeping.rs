//! Webhooks, as both databases keep them.

use jiff::Timestamp;

use super::{Delivery, NewWebhook, Onward, State, Webhook, Webhooks};
use crate::audit::Act;
use crate::siem::Format;
use crate::siem::cursor::Cursor;
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::reading::{Fields, Value};
use crate::store::stream::{Kinds, place};
use crate::store::writing::{Transact, Writing};

/// Rows of the log of deliveries that are kept for each webhook.
const KEPT: i64 = 100;

impl<T: Transact> Webhooks for T {
    fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.lend(|db| {
            let sql = format!("{SELECT} ORDER BY {}, id", db.dialect().by_bytes("name"));
            db.all(&sql, &[], webhook)
        })
    }

    fn webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError> {
        self.lend(|db| db.first(&format!("{SELECT} WHERE id = $1"), &[Value::text(id)], webhook))
    }

    fn deliveries(&self, id: &str) -> Result<Vec<Delivery>, StoreError> {
        const NEWEST: &str = "
            SELECT number, at_ms, message, from_log_size, from_number, end_log_size, end_number,
                   events, delivered, status, detail, took_ms
            FROM webhook_delivery WHERE webhook_id = $1 ORDER BY number DESC";
        self.lend(|db| db.all(NEWEST, &[Value::text(id)], delivery))
    }

    fn make_webhook(&self, new: &NewWebhook, act: &Act) -> Result<(), StoreError> {
        const MAKE: &str = "
            INSERT INTO webhook (id, name, url, format, findings, audit, state, reason, generation,
              rotated_until_ms, created_ms, log_size, number, attempts, next_ms, deliveries)
            VALUES ($1, $2, $3, $4, $5, $6, 'active', '', 1, 0, $7, $8, 0, 0, 0, 0)";
        self.transact(|db| {
            // Its own entry is the first that it may tell.
            let position = note(db, act)?;
            let values = [
                Value::text(&new.id),
                Value::text(&new.name),
                Value::text(&new.url),
                Value::text(new.format.as_str()),
                Value::Number(new.kinds.findings.into()),
                Value::Number(new.kinds.audit.into()),
                Value::time(act.at),
                place(position + 1),
            ];
            db.change(MAKE, &values).map(drop)
        })
    }

    fn set_webhook_state(&self, id: &str, state: State, act: &Act) -> Result<bool, StoreError> {
        const SET: &str = "
            UPDATE webhook SET state = $1, reason = '', attempts = 0, failing_since_ms = NULL,
              next_ms = 0 WHERE id = $2";
        self.transact(|db| noted(db, SET, &[Value::text(state.as_str()), Value::text(id)], act))
    }

    fn rotate_webhook(&self, id: &str, until: Timestamp, act: &Act) -> Result<bool, StoreError> {
        const ROTATE: &str = "
            UPDATE webhook SET generation = generation + 1, rotated_until_ms = $1 WHERE id = $2";
        self.transact(|db| noted(db, ROTATE, &[Value::time(until), Value::text(id)], act))
    }

    fn remove_webhook(&self, id: &str, act: &Act) -> Result<bool, StoreError> {
        const REMOVE: &str = "DELETE FROM webhook WHERE id = $1";
        self.transact(|db| {
            let log = "DELETE FROM webhook_delivery WHERE webhook_id = $1";
            db.change(log, &[Value::text(id)])?;
            noted(db, REMOVE, &[Value::text(id)], act)
        })
    }

    fn begin_message(&self, webhook: &Webhook, end: Cursor) -> Result<bool, StoreError> {
        const BEGIN: &str = "
            UPDATE webhook SET end_log_size = $1, end_number = $2
            WHERE id = $3 AND log_size = $4 AND number = $5 AND end_log_size IS NULL
              AND state = 'active'";
        let values = [
            place(end.log_size),
            place(end.number),
            Value::text(&webhook.id),
            place(webhook.cursor.log_size),
            place(webhook.cursor.number),
        ];
        self.transact(|db| Ok(db.change(BEGIN, &values)? == 1))
    }

    fn end_attempt(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
        onward: &Onward,
        act: &Act,
    ) -> Result<bool, StoreError> {
        self.transact(|db| {
            if !move_on(db, webhook, delivery, onward)? {
                return Ok(false);
            }
            keep(db, &webhook.id, delivery)?;
            if matches!(onward, Onward::Nowhere(_)) {
                note(db, act)?;
            }
            Ok(true)
        })
    }

    fn note_resent(&self, id: &str, delivery: &Delivery, act: &Act) -> Result<(), StoreError> {
        self.transact(|db| {
            keep(db, id, delivery)?;
            note(db, act).map(drop)
        })
    }
}

/// Changes a webhook and notes who did it; false, and nothing, without one.
fn noted(db: &mut dyn Writing, sql: &str, values: &[Value], act: &Act) -> Result<bool, StoreError> {
    if db.change(sql, values)? == 0 {
        return Ok(false);
    }
    note(db, act)?;
    Ok(true)
}

/// Moves a webhook on from where the attempt found it.
fn move_on(
    db: &mut dyn Writing,
    webhook: &Webhook,
    delivery: &Delivery,
    onward: &Onward,
) -> Result<bool, StoreError> {
    const NEXT: &str = "
        UPDATE webhook SET log_size = $1, number = $2, end_log_size = NULL, end_number = NULL,
          attempts = 0, failing_since_ms = NULL, next_ms = 0
        WHERE id = $3 AND log_size = $4 AND number = $5";
    const AGAIN: &str = "
        UPDATE webhook SET attempts = attempts + 1,
          failing_since_ms = coalesce(failing_since_ms, $1), next_ms = $2
        WHERE id = $3 AND log_size = $4 AND number = $5";
    const NOWHERE: &str = "
        UPDATE webhook SET attempts = attempts + 1, state = 'disabled', reason = $1
        WHERE id = $2 AND log_size = $3 AND number = $4 AND state = 'active'";
    let (sql, mut values) = match onward {
        Onward::Next => (NEXT, vec![place(delivery.end.log_size), place(delivery.end.number)]),
        Onward::Again(next) => (AGAIN, vec![Value::time(delivery.at), Value::time(*next)]),
        Onward::Nowhere(reason) => (NOWHERE, vec![Value::text(reason)]),
    };
    values.extend([
        Value::text(&webhook.id),
        place(webhook.cursor.log_size),
        place(webhook.cursor.number),
    ]);
    Ok(db.change(sql, &values)? == 1)
}

/// Writes down an attempt, and forgets those that are too many.
fn keep(db: &mut dyn Writing, id: &str, delivery: &Delivery) -> Result<(), StoreError> {
    const COUNT: &str = "UPDATE webhook SET deliveries = deliveries + 1 WHERE id = $1";
    const NUMBER: &str = "SELECT deliveries FROM webhook WHERE id = $1";
    const KEEP: &str = "
        INSERT INTO webhook_delivery (webhook_id, number, at_ms, message, from_log_size,
          from_number, end_log_size, end_number, events, delivered, status, detail, took_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    const FORGET: &str = "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND number <= $2";
    if db.change(COUNT, &[Value::text(id)])? == 0 {
        return Ok(());
    }
    let number = db.asked().only(NUMBER, &[Value::text(id)], |row| row.int(0))?;
    let values = [
        Value::text(id),
        Value::Number(number),
        Value::time(delivery.at),
        Value::text(&delivery.message),
        place(delivery.from.log_size),
        place(delivery.from.number),
        place(delivery.end.log_size),
        place(delivery.end.number),
        Value::Number(delivery.events),
        Value::Number(delivery.is_delivered.into()),
        Value::MaybeNumber(delivery.status),
        Value::text(&delivery.detail),
        Value::Number(delivery.took_ms),
    ];
    db.change(KEEP, &values)?;
    db.change(FORGET, &[Value::text(id), Value::Number(number - KEPT)])?;
    Ok(())
}

const SELECT: &str = "
    SELECT id, name, url, format, findings, audit, state, reason, generation, rotated_until_ms,
           created_ms, log_size, number, end_log_size, end_number, attempts, failing_since_ms,
           next_ms
    FROM webhook";

fn webhook(row: &dyn Fields) -> Result<Webhook, StoreError> {
    let end = match (row.number(13)?, row.number(14)?) {
        (Some(_), Some(_)) => Some(Cursor { log_size: row.count(13)?, number: row.count(14)? }),
        _ => None,
    };
    Ok(Webhook {
        id: row.string(0)?,
        name: row.string(1)?,
        url: row.string(2)?,
        format: Format::named(row.word(3)?).unwrap_or_default(),
        kinds: Kinds { findings: row.int(4)? != 0, audit: row.int(5)? != 0 },
        state: State::stored(row.word(6)?),
        reason: row.string(7)?,
        generation: row.int(8)?,
        rotated_until: row.time(9)?,
        created: row.time(10)?,
        cursor: Cursor { log_size: row.count(11)?, number: row.count(12)? },
        end,
        attempts: row.int(15)?,
        failing_since: row.time_or_null(16)?,
        next: row.time(17)?,
    })
}

fn delivery(row: &dyn Fields) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        number: row.int(0)?,
        at: row.time(1)?,
        message: row.string(2)?,
        from: Cursor { log_size: row.count(3)?, number: row.count(4)? },
        end: Cursor { log_size: row.count(5)?, number: row.count(6)? },
        events: row.int(7)?,
        is_delivered: row.int(8)? != 0,
        status: row.number(9)?,
        detail: row.string(10)?,
        took_ms: row.int(11)?,
    })
}
