//! Whatever a Mac answers, a check's reading is one that may be sent.

use shared::posture::{self, FieldKind};
use shared::reading::{FieldValue, MATCHED_LIMIT, Outcome, Reading, UnknownReason};

use crate::answers::Answers;

/// Reads the check called `id` of a Mac that answers with `input`.
///
/// # Panics
///
/// When the check does, or its reading holds what no reading may.
pub fn check(id: &str, input: &[u8]) {
    let check = agent::checks::ALL.iter().find(|check| check.id == id);
    let check = check.unwrap_or_else(|| panic!("there is no check `{id}`"));
    hold(&check.run(&Answers::new(input)));
}

/// Holds a reading against the table of fields.
pub(crate) fn hold(reading: &Reading) {
    let schema = posture::check(&reading.id).expect("a check of the table");
    match reading.outcome {
        Outcome::Observed => assert!(reading.reason.is_none(), "{reading:?}"),
        Outcome::Unknown => {
            let reason = reading.reason.as_deref().expect("a reason");
            assert!(UnknownReason::ALL.iter().any(|(_, code, _)| *code == reason), "{reading:?}");
            assert!(reading.fields.is_empty(), "{reading:?}");
        }
        Outcome::NotApplicable => assert!(reading.fields.is_empty(), "{reading:?}"),
    }
    for (name, value) in &reading.fields {
        let field = schema.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        let fits = match (field.kind, value) {
            (FieldKind::Flag, FieldValue::Flag(_))
            | (FieldKind::Integer, FieldValue::Integer(_))
            | (FieldKind::Text, FieldValue::Text(_)) => true,
            (FieldKind::Choice(words), FieldValue::Text(word)) => words.contains(&word.as_str()),
            _ => false,
        };
        assert!(fits, "`{name}` is {value:?}, not {:?}", field.kind);
    }
    for source in &reading.sources {
        let length = source.matched.as_deref().map_or(0, |text| text.chars().count());
        assert!(length <= MATCHED_LIMIT, "{length} characters of evidence");
    }
    // What strict JSON refuses could be signed but never delivered.
    let json = serde_json::to_vec(reading).expect("a reading is JSON");
    shared::json::check(&json).expect("a reading is strict JSON");
}
