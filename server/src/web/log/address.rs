//! Addresses of tiles, as C2SP tlog-tiles writes them:
//! `LEVEL/x001/x234/067` is tile 1 234 067 of that level, `.p/5` behind it its
//! first five parts.

/// Parts of a full tile.
pub(super) const FULL: u64 = 256;
/// Levels above are beyond every log.
const LEVELS: u8 = 7;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Hashes of nodes at this height, which is a multiple of 8.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// One tile, or the beginning of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) what: What,
    pub(super) index: u64,
    /// Parts that are asked for, 1 to 256.
    pub(super) width: u64,
}

impl Tile {
    /// Reads what stands behind `/log/tile/`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (path, width) = match text.split_once(".p/") {
            Some((path, width)) => (path, number(width).filter(|it| (1..FULL).contains(it))?),
            None => (text, FULL),
        };
        let (level, groups) = path.split_once('/')?;
        let what = match level {
            "entries" => What::Entries,
            level => What::Hashes(8 * u8::try_from(number(level)?).ok().filter(|it| *it < LEVELS)?),
        };
        Some(Self { what, index: index(groups)?, width })
    }

    /// The positions that it holds, the last left out.
    pub(super) fn range(self) -> Option<(u64, u64)> {
        let from = self.index.checked_mul(FULL)?;
        Some((from, from.checked_add(self.width)?))
    }
}

/// A number without leading zeros.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// Groups of three digits, all but the last with an `x`; no group too many.
fn index(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split('/').collect();
    let (last, before) = groups.split_last()?;
    let mut index: u64 = 0;
    for group in before.iter().map(|group| group.strip_prefix('x')).chain([Some(*last)]) {
        let digits =
            group.filter(|it| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit()))?;
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    // `x000/067` is 67, which is written `067`.
    (before.is_empty() || before.first() != Some(&"x000")).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::{Tile, What};

    #[test]
    fn addresses_are_read_as_the_format_writes_them() {
        let tile = |what, index, width| Some(Tile { what, index, width });
        assert_eq!(Tile::parse("0/x001/x234/067"), tile(What::Hashes(0), 1_234_067, 256));
        assert_eq!(Tile::parse("1/000.p/5"), tile(What::Hashes(8), 0, 5));
        assert_eq!(Tile::parse("entries/999"), tile(What::Entries, 999, 256));
        assert_eq!(Tile::parse("entries/x001/000.p/255"), tile(What::Entries, 1000, 255));
        for odd in [
            "",
            "0",
            "0/",
            "0/1",
            "0/01",
            "0/0000",
            "0/x001",
            "0/x000/067",
            "0/001/067",
            "07/000",
            "7/000",
            "-1/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/05",
            "0/000.p/",
            "tiles/000",
            "0/x999/x999/x999/x999/x999/x999/999",
            "0/0x1",
            "0/+01",
            "0/000/..",
        ] {
            assert_eq!(Tile::parse(odd), None, "{odd}");
        }
        assert_eq!(Tile::parse("0/001.p/5").unwrap().range(), Some((256, 261)));
    }
}
