//! The right edge of a growing tree: all that is needed to add a leaf.

use super::tree::{Hash, node_hash, root_of_nothing};

/// The root of a perfect subtree: at `level` above the leaves, the `index`-th
/// from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// Counted from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The roots of the perfect subtrees that make up a tree, the largest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// A tree without leaves.
    pub fn empty() -> Self {
        Self { size: 0, roots: Vec::new() }
    }

    /// The edge of a tree of `size` leaves; nothing when there is not one root
    /// for each bit of the size.
    pub fn new(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// The levels and indexes of the roots of a tree of `size` leaves, the
    /// largest subtree first.
    pub fn places(size: u64) -> impl Iterator<Item = (u8, u64)> {
        (0..64u8).rev().filter(move |level| size >> level & 1 == 1).map(move |level| {
            let before = if level == 63 { 0 } else { size >> (level + 1) << 1 };
            (level, before)
        })
    }

    /// The roots of the perfect subtrees, the largest first.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and names the nodes that are new for ever, the leaf first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut nodes = vec![Node { level: 0, index: self.size, hash: leaf }];
        let (mut hash, mut index, mut level) = (leaf, self.size, 0);
        while index & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            nodes.push(Node { level, index, hash });
        }
        self.roots.push(hash);
        self.size += 1;
        nodes
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(smallest) = roots.next() else { return root_of_nothing() };
        roots.fold(*smallest, |right, left| node_hash(left, &right))
    }
}
