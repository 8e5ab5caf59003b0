//! Property lists, in which macOS keeps settings and its tools answer.

use std::io::Cursor;

use plist::Value;

/// The value in `bytes`, as XML or binary; `None` when it does not parse.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    Value::from_reader(Cursor::new(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
