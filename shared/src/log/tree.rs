//! Hashes of the tree (RFC 6962, section 2.1).

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// SHA-256 of a leaf or of a subtree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", HashHex(self))
    }
}

/// Standard base64, as in checkpoints and proofs.
impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64)
    }
}

/// Reads a hash without a copy of its text.
struct Base64;

impl Visitor<'_> for Base64 {
    type Value = Hash;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a SHA-256 in standard base64")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hash, E> {
        let bytes = STANDARD.decode(text).map_err(|_| E::custom("a hash is not base64"))?;
        let bytes = bytes.try_into().map_err(|_| E::custom("a hash is no SHA-256"))?;
        Ok(Hash(bytes))
    }
}

/// A hash as people compare it.
#[derive(Clone, Copy, Debug)]
pub struct HashHex<'a>(pub &'a Hash);

impl fmt::Display for HashHex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The hash of an entry. The prefix keeps a leaf from passing for a node.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    digest(&[&[0x00], entry])
}

/// The hash of a subtree from its halves.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // In one piece: three updates of a context cost as much as the hash.
    let mut bytes = [0x01; 65];
    for (to, from) in bytes.iter_mut().skip(1).zip(left.0.iter().chain(&right.0)) {
        *to = *from;
    }
    Hash(crate::keys::sha256(&bytes))
}

/// The root of a tree without leaves.
pub fn root_of_nothing() -> Hash {
    digest(&[])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    Hash(hash)
}
