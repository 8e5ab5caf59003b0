//! What a transaction adds to the log, worked out before it is written.

use shared::log::{Frontier, Hash, Node, leaf_hash};

/// Heights that are stored are multiples of this: the roots of full tiles.
/// Everything between is at most 255 hashes away.
pub const TILE_HEIGHT: u8 = 8;

/// Entries with everything that the database has to write for them.
#[derive(Clone, Debug)]
pub struct Growth {
    /// Position of the first.
    pub start: u64,
    /// The texts, each with its leaf hash.
    pub entries: Vec<(String, Hash)>,
    /// Roots of the tiles that became full.
    pub tiles: Vec<Node>,
    /// The log's edge afterwards.
    pub head: Frontier,
}

impl Growth {
    /// Appends `entries` to the log that ends with `head`.
    pub fn of(head: Frontier, entries: Vec<String>) -> Self {
        let (start, mut head) = (head.size(), head);
        let mut tiles = Vec::new();
        let entries = entries
            .into_iter()
            .map(|entry| {
                let leaf = leaf_hash(entry.as_bytes());
                let nodes = head.push(leaf).into_iter();
                tiles.extend(nodes.filter(|node| node.level > 0 && is_stored(node.level)));
                (entry, leaf)
            })
            .collect();
        Self { start, entries, tiles, head }
    }
}

/// Whether nodes of this height have rows of their own.
fn is_stored(height: u8) -> bool {
    height.is_multiple_of(TILE_HEIGHT)
}

/// The node at `height` and `index` from what is stored; `stored` gives the
/// hashes of a stored height from one index up to another.
pub fn node<E>(
    height: u8,
    index: u64,
    stored: &mut dyn FnMut(u8, u64, u64) -> Result<Vec<Hash>, E>,
) -> Result<Option<Hash>, E> {
    let above = height % TILE_HEIGHT;
    let (from, until) = (index << above, (index + 1) << above);
    let mut hashes = stored(height - above, from, until)?;
    if hashes.len() as u64 != until - from {
        return Ok(None);
    }
    while hashes.len() > 1 {
        let pairs = hashes.as_chunks().0.iter();
        hashes = pairs.map(|[left, right]| shared::log::node_hash(left, right)).collect();
    }
    Ok(hashes.pop())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use shared::log::Frontier;

    use super::{Growth, node};

    #[test]
    fn every_node_is_found_again_from_leaves_and_roots_of_tiles() {
        let mut head = Frontier::empty();
        let mut stored = HashMap::new();
        let mut every = Vec::new();
        let mut plain = Frontier::empty();
        for batch in [1_usize, 3, 250, 1, 1, 700, 64_800, 300] {
            let texts = (0..batch).map(|it| format!("{}", head.size() + it as u64)).collect();
            let growth = Growth::of(head, texts);
            for (offset, (_, hash)) in growth.entries.iter().enumerate() {
                stored.insert((0, growth.start + offset as u64), *hash);
                every.extend(plain.push(*hash));
            }
            for tile in &growth.tiles {
                stored.insert((tile.level, tile.index), tile.hash);
            }
            assert_eq!(growth.head, plain);
            head = growth.head;
        }
        assert_eq!(stored.keys().filter(|(height, _)| *height == 8).count(), 66_056 / 256);
        assert_eq!(stored.keys().filter(|(height, _)| *height == 16).count(), 1);
        let mut look = |height, from, until| -> Result<Vec<_>, Infallible> {
            Ok((from..until).filter_map(|index| stored.get(&(height, index)).copied()).collect())
        };
        for expected in &every {
            let found = node(expected.level, expected.index, &mut look).unwrap();
            assert_eq!(found, Some(expected.hash), "{} {}", expected.level, expected.index);
        }
        assert_eq!(node(4, 66_056 / 16, &mut look).unwrap(), None, "not complete yet");
    }
}
