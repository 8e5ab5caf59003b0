//! What is read of accounts, passwords and the screen.

use super::FieldKind::Integer;
use super::{CheckSchema, field};

pub(super) static PASSWORD_POLICY: CheckSchema = CheckSchema {
    id: "password_policy",
    version: 1,
    about: "the rules that macOS enforces when a local password is set",
    why: "A short password can be guessed by someone who holds the laptop.",
    fields: &[
        field(
            "min_length_at_least",
            Integer,
            "a length that every new password surely has: the most that understood rules ask for",
        ),
        field(
            "min_length",
            Integer,
            "the effective minimum length; left out while a rule about length is not understood",
        ),
        field("rules_not_understood", Integer, "number of content rules in a form nobody knows"),
    ],
};
