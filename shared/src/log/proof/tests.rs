//! Trees of every small size, and the published vectors.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::log::frontier::Frontier;
use crate::log::tree::{HashHex, leaf_hash, root_of_nothing};

/// The eight entries that RFC 6962 implementations test with, and the roots
/// of their first n; from `transparency-dev/merkle`, `testonly/constants.go`.
const ENTRIES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// A tree with all of its nodes and the root at every size.
struct Grown {
    nodes: HashMap<(u8, u64), Hash>,
    roots: Vec<Hash>,
    leaves: Vec<Hash>,
}

fn grown(entries: impl Iterator<Item = Vec<u8>>) -> Grown {
    let mut frontier = Frontier::empty();
    let mut grown =
        Grown { nodes: HashMap::new(), roots: vec![root_of_nothing()], leaves: Vec::new() };
    for entry in entries {
        let leaf = leaf_hash(&entry);
        for node in frontier.push(leaf) {
            grown.nodes.insert((node.level, node.index), node.hash);
        }
        grown.roots.push(frontier.root());
        grown.leaves.push(leaf);
    }
    grown
}

fn numbered(count: u64) -> Grown {
    grown((0..count).map(|number| number.to_be_bytes().to_vec()))
}

impl Grown {
    fn root(&self, size: u64) -> &Hash {
        &self.roots[usize::try_from(size).unwrap()]
    }

    fn leaf(&self, index: u64) -> &Hash {
        &self.leaves[usize::try_from(index).unwrap()]
    }

    fn node(&self) -> impl FnMut(u8, u64) -> Option<Hash> + '_ {
        |level, index| self.nodes.get(&(level, index)).copied()
    }
}

#[test]
fn the_published_roots_come_out() {
    let tree = grown(ENTRIES.iter().map(|entry| entry.to_vec()));
    let roots: Vec<String> = tree.roots.iter().map(|root| HashHex(root).to_string()).collect();
    assert_eq!(roots, ROOTS);
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_nowhere_else() {
    let tree = numbered(33);
    for size in 1..=33 {
        for index in 0..size {
            let proof = inclusion_proof(index, size, &mut tree.node()).unwrap();
            let (leaf, root) = (tree.leaf(index), tree.root(size));
            assert!(verify_inclusion(leaf, index, size, &proof, root), "{index} of {size}");
            for other in (0..size + 2).filter(|other| *other != index) {
                assert!(!verify_inclusion(leaf, other, size, &proof, root), "{other} of {size}");
            }
            let longer: Vec<Hash> = proof.iter().copied().chain([*leaf]).collect();
            assert!(!verify_inclusion(leaf, index, size, &longer, root));
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!verify_inclusion(leaf, index, size, shorter, root));
                assert!(!verify_inclusion(leaf, index, size, &proof[1..], root));
            }
        }
        assert_eq!(inclusion_proof(size, size, &mut tree.node()), None);
    }
}

#[test]
fn every_small_tree_continues_every_smaller_one() {
    let tree = numbered(33);
    for new in 0..=33u64 {
        for old in 1..=new {
            let proof = consistency_proof(old, new, &mut tree.node()).unwrap();
            let (old_root, new_root) = (tree.root(old), tree.root(new));
            assert!(verify_consistency((old, old_root), (new, new_root), &proof), "{old} {new}");
            if old == new {
                continue;
            }
            let wrong = leaf_hash(b"wrong");
            assert!(!verify_consistency((old, &wrong), (new, new_root), &proof));
            assert!(!verify_consistency((old, old_root), (new, &wrong), &proof));
            assert!(!verify_consistency((old, old_root), (new, new_root), &proof[1..]));
            let longer: Vec<Hash> = proof.iter().copied().chain([wrong]).collect();
            assert!(!verify_consistency((old, old_root), (new, new_root), &longer));
        }
    }
    assert_eq!(consistency_proof(5, 4, &mut tree.node()), None);
    assert_eq!(consistency_proof(0, 4, &mut tree.node()), None);
    assert!(!verify_consistency((0, tree.root(0)), (4, tree.root(4)), &[]));
}

#[test]
fn a_frontier_is_found_again_from_the_nodes() {
    let tree = numbered(100);
    let mut frontier = Frontier::empty();
    for size in 0..=100u64 {
        let roots = Frontier::places(size).map(|at| tree.nodes[&at]).collect();
        let again = Frontier::new(size, roots).unwrap();
        assert_eq!(again, frontier);
        assert_eq!(again.root(), *tree.root(size));
        frontier.push(leaf_hash(&size.to_be_bytes()));
    }
    assert_eq!(Frontier::new(3, vec![root_of_nothing()]), None);
}

/// One published proof, with what others found; see `source` in the file.
type Vector = (String, u64, u64, String, String, Vec<String>, bool);

#[derive(serde::Deserialize)]
struct Vectors {
    inclusion: Vec<Vector>,
    consistency: Vec<Vector>,
}

/// Words that are no SHA-256 stand for a hash that nothing else has; nothing
/// at all cannot even be said here, and so is refused.
fn hash(text: &String) -> Option<Hash> {
    let of_words = || (!text.is_empty()).then(|| leaf_hash(text.as_bytes()));
    serde_json::from_value(text.clone().into()).ok().or_else(of_words)
}

/// How many were found as published.
fn agreed(vectors: &[Vector], holds: impl Fn(&Vector, &Hash, &Hash, &[Hash]) -> bool) -> usize {
    for vector in vectors {
        let (name, _, _, one, other, path, expected) = vector;
        let path: Option<Vec<Hash>> = path.iter().map(hash).collect();
        let found = match (hash(one), hash(other), path) {
            (Some(one), Some(other), Some(path)) => holds(vector, &one, &other, &path),
            _ => false,
        };
        assert_eq!(found, *expected, "{name}");
    }
    vectors.len()
}

#[test]
fn the_published_proofs_are_found_as_published() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let inclusion = agreed(&vectors.inclusion, |(_, index, size, ..), leaf, root, path| {
        verify_inclusion(leaf, *index, *size, path, root)
    });
    let consistency = agreed(&vectors.consistency, |(_, old, new, ..), from, to, path| {
        verify_consistency((*old, from), (*new, to), path)
    });
    let all = || vectors.inclusion.iter().chain(&vectors.consistency);
    let good = all().filter(|vector| vector.6).count();
    println!("agreed: {inclusion} proofs of inclusion, {consistency} of consistency, {good} hold");
    assert_eq!((inclusion, consistency, good), (98, 98, 12));
    assert!(all().any(|it| it.0.ends_with("swapped-roots")));
}

proptest! {
    #[test]
    fn one_changed_bit_is_noticed(size in 2u64..300, at in any::<prop::sample::Index>(), bit in 0usize..256, step in any::<prop::sample::Index>()) {
        let tree = numbered(size);
        let index = at.index(tree.leaves.len()) as u64;
        let mut proof = inclusion_proof(index, size, &mut tree.node()).unwrap();
        let (leaf, root) = (*tree.leaf(index), *tree.root(size));
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root));
        let step = step.index(proof.len());
        proof[step].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_inclusion(&leaf, index, size, &proof, &root));
    }
}

#[test]
fn a_proof_with_the_edge_at_hand_is_the_same() {
    let grown = numbered(70);
    let mut node = |level, index| grown.nodes.get(&(level, index)).copied();
    for size in 1..=70_u64 {
        let roots = Frontier::places(size).map(|(level, index)| node(level, index).unwrap());
        let edge = Edge::of(&Frontier::new(size, roots.collect()).unwrap());
        for index in 0..size {
            let plain = inclusion_proof(index, size, &mut node);
            assert_eq!(inclusion_proof_beside(&edge, index, size, &mut node), plain);
            let plain = consistency_proof(index, size, &mut node);
            assert_eq!(consistency_proof_beside(&edge, index, size, &mut node), plain);
        }
    }
}
