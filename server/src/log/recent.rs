//! The newest part of the tree in memory: enough to prove what just happened
//! without asking the database.

use std::collections::VecDeque;

use shared::log::{Frontier, Hash};

/// Leaves whose nodes are kept; what devices saw an hour ago lies within for
/// most fleets.
pub const LEAVES: u64 = 65_536;
/// Nodes kept of each height at least.
const NODES: u64 = 4096;

/// Nodes of the newest leaves, and the edge of the tree.
#[derive(Clone, Debug)]
pub struct Recent {
    frontier: Frontier,
    heights: Vec<Row>,
}

/// Neighbouring nodes of one height.
#[derive(Clone, Debug, Default)]
struct Row {
    first: u64,
    hashes: VecDeque<Hash>,
}

impl Row {
    fn push(&mut self, index: u64, hash: Hash, limit: u64) {
        if self.hashes.is_empty() {
            self.first = index;
        }
        self.hashes.push_back(hash);
        if self.hashes.len() as u64 > limit {
            self.hashes.pop_front();
            self.first += 1;
        }
    }
}

impl Recent {
    /// A tree of which nothing but its edge is known.
    pub fn new(frontier: Frontier) -> Self {
        let roots = frontier.roots().to_vec();
        let mut recent = Self { frontier, heights: Vec::new() };
        for ((height, index), root) in Frontier::places(recent.size()).zip(roots) {
            recent.put(height, index, root);
        }
        recent
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        for node in self.frontier.push(leaf) {
            self.put(node.level, node.index, node.hash);
        }
    }

    fn put(&mut self, height: u8, index: u64, hash: Hash) {
        let height = usize::from(height);
        if self.heights.len() <= height {
            self.heights.resize_with(height + 1, Row::default);
        }
        if let Some(row) = self.heights.get_mut(height) {
            row.push(index, hash, (LEAVES >> height).max(NODES));
        }
    }

    /// A node, if it is among those kept.
    pub fn node(&self, height: u8, index: u64) -> Option<Hash> {
        let row = self.heights.get(usize::from(height))?;
        let place = usize::try_from(index.checked_sub(row.first)?).ok()?;
        row.hashes.get(place).copied()
    }

    /// The root of the tree as it was at `size`.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        if size == self.size() {
            return Some(self.frontier.root());
        }
        let places = Frontier::places(size).map(|(height, index)| self.node(height, index));
        Some(Frontier::new(size, places.collect::<Option<_>>()?)?.root())
    }
}

#[cfg(test)]
mod tests {
    use shared::log::{Frontier, leaf_hash};

    use super::Recent;

    #[test]
    fn roots_of_the_past_are_known_from_any_start() {
        let mut plain = Frontier::empty();
        let mut roots = vec![plain.root()];
        let mut tree = Recent::new(Frontier::empty());
        let mut later = None;
        for number in 0..3000_u64 {
            let leaf = leaf_hash(&number.to_be_bytes());
            plain.push(leaf);
            tree.push(leaf);
            roots.push(plain.root());
            if number == 1234 {
                later = Some(Recent::new(plain.clone()));
            } else if let Some(later) = &mut later {
                later.push(leaf);
            }
        }
        let later = later.unwrap();
        for size in 1..=3000 {
            assert_eq!(tree.root_at(size), Some(roots[usize::try_from(size).unwrap()]));
            if size >= 1235 {
                assert_eq!(later.root_at(size), Some(roots[usize::try_from(size).unwrap()]));
            }
        }
        assert_eq!(later.root_at(1000), None, "before its start");
    }
}
