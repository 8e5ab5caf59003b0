//! The strict JSON that signed bytes must be written in.
//!
//! There is no canonical form: the bytes that were signed travel as they are.
//! So that every reader sees the same thing in them, a statement may hold no
//! duplicate names, no fractions, no integers beyond 2^53-1, no more than 16
//! levels, no string over 4 KiB and none with U+0000. `serde_json` would silently keep the last
//! of two equal names, which is why this visitor runs before it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Largest payload, in bytes.
pub const PAYLOAD_LIMIT: usize = 64 * 1024;
/// Largest request body with one envelope, in bytes.
pub const BODY_LIMIT: usize = 128 * 1024;
/// Deepest nesting of objects and arrays.
pub const DEPTH_LIMIT: usize = 16;
/// Longest string, in bytes.
pub const STRING_LIMIT: usize = 4 * 1024;
/// Largest magnitude of an integer: what every JSON reader holds exactly.
pub const INTEGER_LIMIT: i64 = (1 << 53) - 1;

/// How much a payload may hold; everything else is the same for all.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest payload, in bytes.
    pub payload: usize,
    /// Longest string, in bytes.
    pub string: usize,
}

impl Limits {
    /// What a device may sign.
    pub const STATEMENT: Self = Self { payload: PAYLOAD_LIMIT, string: STRING_LIMIT };
    /// What a collector may sign: whole files stand in it as strings.
    pub const DOCUMENT: Self = Self { payload: 4 * 1024 * 1024, string: 2 * 1024 * 1024 };
}

/// Why bytes are not strict JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More bytes than the second number, the limit.
    #[error("the payload has {0} bytes; at most {1} are accepted")]
    TooLarge(usize, usize),
    /// A byte order mark or bytes that are not UTF-8.
    #[error("the payload is not plain UTF-8")]
    NotUtf8,
    /// Not JSON, or JSON that breaks one of the rules above.
    #[error("{0}")]
    Syntax(#[from] serde_json::Error),
}

/// Checks that `bytes` are one JSON object within the rules for statements.
pub fn check(bytes: &[u8]) -> Result<(), JsonError> {
    check_within(bytes, Limits::STATEMENT)
}

/// Checks that `bytes` are one JSON object within the rules and `limits`.
pub fn check_within(bytes: &[u8], limits: Limits) -> Result<(), JsonError> {
    if bytes.len() > limits.payload {
        return Err(JsonError::TooLarge(bytes.len(), limits.payload));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        return Err(JsonError::NotUtf8);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    Strict { depth: 0, top: true, string_limit: limits.string }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(())
}

/// The same value with the names of every object in byte order.
///
/// `serde_json` sorts by itself only while no crate in the build asks it to
/// keep the order of insertion, and then every crate gets that.
pub fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = object.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Walks a value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    top: bool,
    string_limit: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_LIMIT {
            return Err(E::custom(format_args!("more than {DEPTH_LIMIT} levels")));
        }
        Ok(Self { depth: self.depth + 1, top: false, ..self })
    }

    fn scalar<E: serde::de::Error>(self) -> Result<(), E> {
        if self.top {
            return Err(E::custom("an object is expected"));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("strict JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        if value < -INTEGER_LIMIT {
            return Err(E::custom("an integer is outside ±(2^53-1)"));
        }
        self.scalar()
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        if value > INTEGER_LIMIT.cast_unsigned() {
            return Err(E::custom("an integer is outside ±(2^53-1)"));
        }
        self.scalar()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(E::custom("a fraction or exponent is not accepted"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        let limit = self.string_limit;
        if value.len() > limit {
            return Err(E::custom(format_args!("a string is longer than {limit} bytes")));
        }
        // Not every database can keep it in a text.
        if value.contains('\0') {
            return Err(E::custom("a string holds U+0000"));
        }
        self.scalar()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.scalar()?;
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = Names::default();
        while let Some(Name(name)) = map.next_key()? {
            if name.len() > STRING_LIMIT {
                return Err(A::Error::custom("a name is too long"));
            }
            if name.contains('\0') {
                return Err(A::Error::custom("a name holds U+0000"));
            }
            if let Err(name) = names.insert(name) {
                return Err(A::Error::custom(format_args!("the name `{name}` stands twice")));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// A name as it stands in the bytes; copied only when it holds an escape.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The names of one object so far.
///
/// Agents write them in byte order, where one comparison with the last name is
/// enough; a set takes over when they are not.
#[derive(Default)]
struct Names<'a> {
    sorted: Vec<Cow<'a, str>>,
    others: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    /// Adds a name, or gives it back when it stands there already.
    fn insert(&mut self, name: Cow<'a, str>) -> Result<(), Cow<'a, str>> {
        let is_next = self.sorted.last().is_none_or(|last| *last < name);
        if self.others.is_empty() && is_next {
            self.sorted.push(name);
            return Ok(());
        }
        self.others.extend(self.sorted.drain(..));
        if self.others.contains(&name) {
            return Err(name);
        }
        self.others.insert(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn refusal(text: &str) -> String {
        check(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn ordinary_objects_are_accepted() {
        check(br#"{"a":[1,-2,"x",null,true],"b":{"c":9007199254740991}}"#).unwrap();
        check(br#"{"b":1,"a":{"b":2,"a":3,"c":{}},"c":4}"#).unwrap();
    }

    #[test]
    fn whatever_two_readers_could_see_differently_is_refused() {
        for (text, says) in [
            (r#"{"a":1,"a":2}"#, "the name `a` stands twice"),
            (r#"{"b":{"a":1,"\u0061":2}}"#, "the name `a` stands twice"),
            (r#"{"c":1,"a":2,"b":3,"c":4}"#, "the name `c` stands twice"),
            (r#"{"a":1,"c":2,"b":3,"b":4}"#, "the name `b` stands twice"),
            (r#"{"a":1.5}"#, "a fraction"),
            (r#"{"a":1e3}"#, "a fraction"),
            (r#"{"a":9007199254740992}"#, "outside"),
            (r#"{"a":-9007199254740992}"#, "outside"),
            (r"[]", "an object is expected"),
            (r"{} {}", "trailing characters"),
            ("\u{feff}{}", "not plain UTF-8"),
            (r#"{"a":"b\u0000c"}"#, "a string holds U+0000"),
            (r#"{"a\u0000":1}"#, "a name holds U+0000"),
        ] {
            assert!(refusal(text).contains(says), "{text}: {}", refusal(text));
        }
        assert!(check(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        check(nested(16).as_bytes()).unwrap();
        assert!(refusal(&nested(17)).contains("levels"));
        let string = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length));
        check(string(4096).as_bytes()).unwrap();
        assert!(refusal(&string(4097)).contains("longer"));
        assert!(refusal(&" ".repeat(65537)).contains("65537 bytes"));
    }
}
