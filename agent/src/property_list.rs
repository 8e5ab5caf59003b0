//! Property lists, in which macOS keeps settings and its tools answer.

use std::io::Cursor;

use plist::{Dictionary, Value};

/// The value in `bytes`, as XML or binary; `None` when it does not parse.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    Value::from_reader(Cursor::new(bytes)).ok()
}

/// The dictionary in `bytes`.
pub(crate) fn dictionary(bytes: &[u8]) -> Option<Dictionary> {
    parse(bytes)?.into_dictionary()
}

/// A switch, which macOS has written as true, as 1 and as `YES` over the years.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(flag) => Some(*flag),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            _ => None,
        },
        _ => match whole(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

/// A whole number, which may stand there as a real one or as a text. No
/// setting needs one that 32 bits cannot hold.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Integer(number) => number.as_signed(),
        #[expect(clippy::cast_possible_truncation, reason = "whole and far from the limits")]
        Value::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i64),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| i32::try_from(*number).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_read_in_every_form_it_has_had() {
        for (value, expected) in [
            (Value::Boolean(true), Some(true)),
            (Value::Integer(1.into()), Some(true)),
            (Value::Real(0.0), Some(false)),
            (Value::String("YES".into()), Some(true)),
            (Value::String(" false\n".into()), Some(false)),
            (Value::Integer(2.into()), None),
            (Value::Real(0.5), None),
            (Value::String("maybe".into()), None),
            (Value::String(String::new()), None),
            (Value::Data(vec![1]), None),
        ] {
            assert_eq!(flag(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_number_is_read_in_every_form_it_has_had() {
        for (value, expected) in [
            (Value::Integer(900.into()), Some(900)),
            (Value::Integer(u64::MAX.into()), None),
            (Value::Integer(i64::MIN.into()), None),
            (Value::Integer(i64::from(i32::MAX).into()), Some(2_147_483_647)),
            (Value::Integer((i64::from(i32::MAX) + 1).into()), None),
            (Value::String("9007199254740992".into()), None),
            (Value::Real(8.0), Some(8)),
            (Value::Real(8.5), None),
            (Value::Real(f64::NAN), None),
            (Value::Real(1e300), None),
            (Value::String(" 15 ".into()), Some(15)),
            (Value::String("15 minutes".into()), None),
            (Value::Boolean(true), None),
        ] {
            assert_eq!(whole(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let xml =
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><true/></plist>\n";
        assert_eq!(parse(xml), Some(Value::Boolean(true)));
        let mut binary = Vec::new();
        Value::Boolean(true).to_writer_binary(&mut binary).unwrap();
        assert_eq!(parse(&binary), Some(Value::Boolean(true)));
        for odd in [&b""[..], b"true", b"<plist>", b"bplist00", &xml[..60]] {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }
}
