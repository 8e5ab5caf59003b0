//! A whole tree in memory: for small logs, for tests, and for whoever builds
//! a log again from its entries.

use std::collections::HashMap;

use super::frontier::{Frontier, Node};
use super::tree::{Hash, leaf_hash};

/// A tree that remembers all of its nodes.
#[derive(Clone, Debug)]
pub struct MemoryTree {
    frontier: Frontier,
    nodes: HashMap<(u8, u64), Hash>,
}

impl Default for MemoryTree {
    fn default() -> Self {
        Self { frontier: Frontier::empty(), nodes: HashMap::new() }
    }
}

impl MemoryTree {
    /// Adds an entry and says at which index it is.
    pub fn push(&mut self, entry: &[u8]) -> u64 {
        let index = self.frontier.size();
        for Node { level, index, hash } in self.frontier.push(leaf_hash(entry)) {
            self.nodes.insert((level, index), hash);
        }
        index
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all of them.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The nodes, for making proofs.
    pub fn nodes(&self) -> impl FnMut(u8, u64) -> Option<Hash> + '_ {
        |level, index| self.nodes.get(&(level, index)).copied()
    }
}
