//! Where the next page of a list begins, as a text that means nothing to
//! anybody else.
//!
//! It names the place of the last row, so that rows which come or go meanwhile
//! neither repeat nor hide others, and the list that it belongs to: filters and
//! order may not change between two pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use shared::keys::sha256;

/// Longest cursor that is looked at.
pub(super) const LONGEST: usize = 2048;

/// A place and the list that it is in.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<P> {
    /// The first bytes of a digest over what the list is asked for.
    of: String,
    at: P,
}

/// A cursor for `place` in the list that `asked` describes.
pub(super) fn write<P: Serialize>(asked: &str, place: P) -> String {
    let cursor = Cursor { of: mark(asked), at: place };
    // Numbers and texts: there is nothing that could fail.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
}

/// The place that a cursor names; none when it is damaged or of another list.
pub(super) fn read<P: for<'a> Deserialize<'a>>(asked: &str, text: &str) -> Option<P> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() <= LONGEST)?;
    let cursor: Cursor<P> = serde_json::from_slice(&bytes).ok()?;
    (cursor.of == mark(asked)).then_some(cursor.at)
}

fn mark(asked: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(asked.as_bytes()).get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn a_cursor_leads_back_to_its_place_in_its_list_alone() {
        let text = write("devices?sort=owner", (7_i64, "x"));
        assert_eq!(read("devices?sort=owner", &text), Some((7_i64, "x".to_owned())));
        assert_eq!(read::<(i64, String)>("devices?sort=-owner", &text), None);
        assert_eq!(read::<String>("devices?sort=owner", &text), None, "another form");
        for odd in ["", "x", "====", &text[1..], "bnVsbA"] {
            assert_eq!(read::<(i64, String)>("devices?sort=owner", odd), None, "{odd}");
        }
    }
}
