//! The heap has no gaps; behind it stands at most the ticket of Apple's notary.

use super::Reader;

/// Length of what stands before and behind a ticket.
const MARK: usize = 16;

impl Reader<'_> {
    /// Compares what the table names with what there is; gives the length of a
    /// notary's ticket.
    pub(super) fn tail(&mut self) -> Option<usize> {
        self.extents.sort_by_key(|extent| (extent.from, extent.length));
        let mut end = 0;
        let mut found = Vec::new();
        for extent in &self.extents {
            if extent.from != end {
                let how =
                    if extent.from > end { "a gap before it" } else { "another part over it" };
                found.push((extent.what.clone(), format!("there is {how} in the archive")));
            }
            end = end.max(extent.from + extent.length);
        }
        for (place, what) in found {
            self.fault(&place, what);
        }
        let rest =
            usize::try_from(end).ok().and_then(|end| self.heap.get(end..)).unwrap_or_default();
        if rest.is_empty() {
            return None;
        }
        let ticket = ticket(rest);
        if ticket.is_none() {
            let what = format!("{} bytes follow its last part", rest.len());
            self.fault("the archive", what);
        }
        ticket
    }
}

/// The length of a ticket between its two marks; each has four letters, a
/// version, a kind, a length and a zero, lowest byte first.
fn ticket(rest: &[u8]) -> Option<usize> {
    let length = rest.len().checked_sub(2 * MARK)?;
    let mark = |kind: u16, length: u32| {
        let fields =
            [&1_u16.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), &[0; 4]];
        [&b"t8lr"[..], &fields.concat()].concat()
    };
    let is_ticket =
        rest.starts_with(&mark(1, 0)) && rest.ends_with(&mark(2, u32::try_from(length).ok()?));
    is_ticket.then_some(length)
}

#[cfg(test)]
mod tests {
    use super::ticket;

    #[test]
    fn a_ticket_stands_between_two_marks_that_name_its_length() {
        let first = b"t8lr\x01\0\x01\0\0\0\0\0\0\0\0\0";
        let last = b"t8lr\x01\0\x02\0\x03\0\0\0\0\0\0\0";
        let whole = [&first[..], b"abc", last].concat();
        assert_eq!(ticket(&whole), Some(3));
        assert_eq!(ticket(&[&first[..], b"abcd", last].concat()), None);
        assert_eq!(ticket(&whole[1..]), None);
        assert_eq!(ticket(b"abc"), None);
    }
}
