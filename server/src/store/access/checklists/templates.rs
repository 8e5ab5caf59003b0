//! New versions of templates.

use super::begin::{keep_built_in, template_in_force};
use crate::audit::Act;
use crate::checklists::ChecklistKind;
use crate::store::StoreError;
use crate::store::access::audit::note;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// Puts a text in force as the version after `before`.
pub(super) fn put(
    db: &impl Transact,
    kind: ChecklistKind,
    (title, source): (&str, &str),
    before: i64,
    act: &Act,
) -> Result<Option<i64>, StoreError> {
    const PUT: &str = "INSERT INTO checklist_template (id, version, kind, title, source,
            created_ms, author)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id, version) DO NOTHING";
    db.transact(|db| {
        keep_built_in(db, kind, act.at)?;
        let version = template_in_force(db.asked(), kind)?.version + 1;
        if version != before + 1 {
            return Ok(None);
        }
        let values = [
            Value::text(kind.as_str()),
            Value::Number(version),
            Value::text(kind.as_str()),
            Value::text(title),
            Value::text(source),
            Value::time(act.at),
            Value::text(&act.actor.name),
        ];
        // Somebody may have been as fast, on another replica.
        if db.change(PUT, &values)? == 0 {
            return Ok(None);
        }
        note(db, act)?;
        Ok(Some(version))
    })
}
