//! Numbers within bytes.

/// Bytes whose numbers begin with their lowest byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Little<'b>(pub(crate) &'b [u8]);

/// Bytes whose numbers begin with their highest byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Big<'b>(pub(crate) &'b [u8]);

impl Little<'_> {
    /// The four bytes at `at` as a number.
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        four(self.0, at).map(u32::from_le_bytes)
    }
}

impl Big<'_> {
    /// The four bytes at `at` as a number.
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        four(self.0, at).map(u32::from_be_bytes)
    }

    /// The four bytes at `at` as a length or an offset.
    pub(crate) fn length(self, at: usize) -> Option<usize> {
        self.u32(at).and_then(|number| usize::try_from(number).ok())
    }

    /// The byte at `at`.
    pub(crate) fn byte(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }
}

fn four(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok()
}
