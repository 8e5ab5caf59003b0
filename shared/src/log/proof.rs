//! Proofs that an entry is in a tree and that one tree continues another
//! (RFC 9162, sections 2.1.3 and 2.1.4).

use super::frontier::Frontier;
use super::tree::{Hash, node_hash};

/// A perfect or ragged subtree: the leaves from `start` up to `end`.
type Range = (u64, u64);

/// The path from leaf `index` to the root of a tree of `size` leaves; `node`
/// gives the hash at a level and index. Nothing when a node is missing or the
/// leaf is not in the tree.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    node: &mut dyn FnMut(u8, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    inclusion_proof_beside(&Edge::default(), index, size, node)
}

/// The same with the tree's `edge` at hand, which many proofs have in common.
pub(super) fn inclusion_proof_beside(
    edge: &Edge,
    index: u64,
    size: u64,
    node: &mut dyn FnMut(u8, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let ranges = inclusion_ranges(index, (0, size)).into_iter();
    ranges.map(|range| edge.root(range, size).or_else(|| root(range, node))).collect()
}

/// The proof that a tree of `new` leaves begins with one of `old`. Every tree
/// continues the empty one, so of that nothing is shown.
pub fn consistency_proof(
    old: u64,
    new: u64,
    node: &mut dyn FnMut(u8, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    consistency_proof_beside(&Edge::default(), old, new, node)
}

/// The same with the new tree's `edge` at hand.
pub(super) fn consistency_proof_beside(
    edge: &Edge,
    old: u64,
    new: u64,
    node: &mut dyn FnMut(u8, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    if old == 0 || old > new {
        return None;
    }
    if old == new {
        return Some(Vec::new());
    }
    let ranges = consistency_ranges(old, (0, new), true).into_iter();
    ranges.map(|range| edge.root(range, new).or_else(|| root(range, node))).collect()
}

/// The roots over the last leaves of a tree, from each place where one of its
/// perfect subtrees begins: what is to the right of most leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge(Vec<(u64, Hash)>);

impl Edge {
    /// The edge of the tree that `frontier` makes up.
    pub fn of(frontier: &Frontier) -> Self {
        let places: Vec<u64> =
            Frontier::places(frontier.size()).map(|(level, index)| index << level).collect();
        let mut edge: Vec<(u64, Hash)> = Vec::with_capacity(places.len());
        for (start, root) in places.iter().zip(frontier.roots()).rev() {
            let hash = edge.last().map_or(*root, |(_, right)| node_hash(root, right));
            edge.push((*start, hash));
        }
        Self(edge)
    }

    /// The root over a range, when that ends with the tree of `size` leaves.
    fn root(&self, (start, end): Range, size: u64) -> Option<Hash> {
        let known = self.0.iter().find(|(from, _)| *from == start && end == size);
        known.map(|(_, hash)| *hash)
    }
}

/// The root of the tree over the first `size` leaves.
pub fn root_at(size: u64, node: &mut dyn FnMut(u8, u64) -> Option<Hash>) -> Option<Hash> {
    root((0, size), node)
}

/// The siblings on the way up, the lowest first.
fn inclusion_ranges(index: u64, (start, end): Range) -> Vec<Range> {
    if end - start == 1 {
        return Vec::new();
    }
    let middle = start + split(end - start);
    let (mut path, sibling) = if index < middle {
        (inclusion_ranges(index, (start, middle)), (middle, end))
    } else {
        (inclusion_ranges(index, (middle, end)), (start, middle))
    };
    path.push(sibling);
    path
}

fn consistency_ranges(old: u64, (start, end): Range, is_whole: bool) -> Vec<Range> {
    if old == end {
        // The verifier has the root of the whole old tree already.
        return if is_whole { Vec::new() } else { vec![(start, end)] };
    }
    let middle = start + split(end - start);
    let (mut path, sibling) = if old <= middle {
        (consistency_ranges(old, (start, middle), is_whole), (middle, end))
    } else {
        (consistency_ranges(old, (middle, end), false), (start, middle))
    };
    path.push(sibling);
    path
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root over a range that begins where a perfect subtree of at least its
/// size begins.
fn root((start, end): Range, node: &mut dyn FnMut(u8, u64) -> Option<Hash>) -> Option<Hash> {
    let roots: Option<Vec<Hash>> = Frontier::places(end - start)
        .map(|(level, index)| node(level, (start >> level) + index))
        .collect();
    Some(Frontier::new(end - start, roots?)?.root())
}

/// Whether `proof` shows that `leaf` is at `index` in the tree of `size`
/// leaves with this `root`.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree (`new`, `new_root`) continues the tree
/// (`old`, `old_root`).
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    // A perfect old tree is itself the first node of the path.
    let path = old.is_power_of_two().then_some(*old_root).into_iter().chain(proof.iter().copied());
    let mut path = path;
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let Some(first) = path.next() else { return false };
    let (mut from_old, mut from_new) = (first, first);
    for step in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            from_old = node_hash(&step, &from_old);
            from_new = node_hash(&step, &from_new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, &step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests;
