//! Labels that people put on devices.

use super::audit::note;
use crate::audit::Act;
use crate::store::StoreError;
use crate::store::reading::Value;
use crate::store::writing::{Transact, Writing};

/// Most letters of a label.
pub const LONGEST: usize = 40;
/// Most labels of a device.
pub const MOST: u64 = 20;

/// What became of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// It is so now.
    Done,
    /// It was so before; nothing is noted.
    Already,
    /// The device has as many as it may have.
    TooMany,
    /// There is no such device.
    NoDevice,
}

/// Keeps labels.
pub trait Labels: Send + Sync {
    /// Every label with how many devices have it, archived ones included.
    fn all_labels(&self) -> Result<Vec<(String, u64)>, StoreError>;
    /// Labels of a device, in the order of their bytes.
    fn labels(&self, device_id: &str) -> Result<Vec<String>, StoreError>;
    /// Puts a label on a device, and notes the act.
    fn add_label(&self, device_id: &str, label: &str, act: &Act) -> Result<Labelled, StoreError>;
    /// Takes a label from a device, and notes the act.
    fn remove_label(&self, device_id: &str, label: &str, act: &Act)
    -> Result<Labelled, StoreError>;
}

/// A label as it is kept, from what somebody typed; the error says what would
/// be right.
pub fn written(text: &str) -> Result<String, String> {
    let label = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if label.is_empty() || label.chars().count() > LONGEST || label.chars().any(char::is_control) {
        return Err(format!("Enter a label of at most {LONGEST} letters, such as “Berlin”."));
    }
    Ok(label)
}

impl<T: Transact> Labels for T {
    fn all_labels(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.lend(|db| {
            let sql = format!(
                "SELECT label, count(*) FROM device_label GROUP BY label ORDER BY {}",
                db.dialect().by_bytes("label")
            );
            db.all(&sql, &[], |row| Ok((row.string(0)?, row.count(1)?)))
        })
    }

    fn labels(&self, device_id: &str) -> Result<Vec<String>, StoreError> {
        self.lend(|db| {
            let sql = format!(
                "SELECT label FROM device_label WHERE device_id = $1 ORDER BY {}",
                db.dialect().by_bytes("label")
            );
            db.all(&sql, &[Value::text(device_id)], |row| row.string(0))
        })
    }

    fn add_label(&self, device_id: &str, label: &str, act: &Act) -> Result<Labelled, StoreError> {
        const ADD: &str = "INSERT INTO device_label (device_id, label) VALUES ($1, $2)
            ON CONFLICT (device_id, label) DO NOTHING";
        const COUNT: &str = "SELECT count(*) FROM device_label WHERE device_id = $1";
        let values = [Value::text(device_id), Value::text(label)];
        self.transact(|db| {
            if !known(db, device_id)? {
                return Ok(Labelled::NoDevice);
            }
            let held = db.asked().only(COUNT, &values[..1], |row| row.count(0))?;
            if db.change(ADD, &values)? == 0 {
                return Ok(Labelled::Already);
            }
            if held >= MOST {
                db.change(REMOVE, &values)?;
                return Ok(Labelled::TooMany);
            }
            note(db, act)?;
            Ok(Labelled::Done)
        })
    }

    fn remove_label(
        &self,
        device_id: &str,
        label: &str,
        act: &Act,
    ) -> Result<Labelled, StoreError> {
        let values = [Value::text(device_id), Value::text(label)];
        self.transact(|db| {
            if !known(db, device_id)? {
                return Ok(Labelled::NoDevice);
            }
            if db.change(REMOVE, &values)? == 0 {
                return Ok(Labelled::Already);
            }
            note(db, act)?;
            Ok(Labelled::Done)
        })
    }
}

const REMOVE: &str = "DELETE FROM device_label WHERE device_id = $1 AND label = $2";

fn known(db: &mut dyn Writing, device_id: &str) -> Result<bool, StoreError> {
    let known = "SELECT 1 FROM device WHERE id = $1";
    Ok(db.asked().first(known, &[Value::text(device_id)], |_| Ok(()))?.is_some())
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn a_label_is_one_short_line() {
        assert_eq!(written("  Berlin   office "), Ok("Berlin office".to_owned()));
        for wrong in ["", "  ", "a\u{7}b", &"x".repeat(41)] {
            assert!(written(wrong).is_err(), "{wrong:?}");
        }
    }
}
