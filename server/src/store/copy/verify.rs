//! Nothing of a copy is believed that was not looked at again.

use rusqlite::Connection;
use shared::log::{Frontier, Hash, inclusion_proof, leaf_hash, verify_inclusion};

use crate::log::growth::node;
use crate::store::StoreError;
use crate::store::log::LogViews;
use crate::store::postgres::copy::Target;
use crate::store::sqlite::copy::{self as source, Table};

/// Entries that are read at once.
const AT_ONCE: u64 = 2000;
/// Inclusion proofs that are tried, spread over the log.
const PROOFS: u64 = 100;

/// A log that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogChecked {
    /// Its entries.
    pub size: u64,
    /// Root of the tree over them, computed again.
    pub root: Hash,
    /// Proofs of inclusion that were tried.
    pub proofs: u64,
}

fn wrong(why: String) -> StoreError {
    StoreError::Corrupt { what: "the copy", why }
}

/// Counts the rows of every table in both databases.
pub(super) fn counts(
    db: &Connection,
    target: &mut Target<'_>,
    tables: &[Table],
) -> Result<(), StoreError> {
    for table in tables {
        let (here, there) = (source::count(db, table)?, target.count(&table.name)?);
        if here != there {
            let name = &table.name;
            return Err(wrong(format!("table {name} has {there} rows instead of {here}")));
        }
    }
    Ok(())
}

/// Computes the log's tree from the copied entries, compares it with both
/// heads, and tries proofs made of what is stored.
pub(super) fn log(head: &Frontier, copied: &dyn LogViews) -> Result<LogChecked, StoreError> {
    let size = head.size();
    let mut tree = Frontier::empty();
    while tree.size() < size {
        let entries = copied.log_entries(tree.size(), tree.size() + AT_ONCE)?;
        if entries.is_empty() {
            return Err(wrong(format!("the log has no entry {} of {size}", tree.size())));
        }
        for entry in entries {
            tree.push(leaf_hash(entry.as_bytes()));
        }
    }
    if tree != *head || copied.log_head()? != *head {
        return Err(wrong(format!("the log of {size} entries has another root")));
    }
    let root = head.root();
    let step = (size / PROOFS).max(1);
    let sample: Vec<u64> = (0..size).step_by(usize::try_from(step).unwrap_or(1)).collect();
    for position in &sample {
        if !is_proven(*position, size, &root, copied)? {
            return Err(wrong(format!("entry {position} of the log cannot be proven")));
        }
    }
    Ok(LogChecked { size, root, proofs: sample.len() as u64 })
}

fn is_proven(
    position: u64,
    size: u64,
    root: &Hash,
    copied: &dyn LogViews,
) -> Result<bool, StoreError> {
    let Some(entry) = copied.log_entry(position)? else { return Ok(false) };
    let mut failed = None;
    let proof = inclusion_proof(position, size, &mut |height, index| {
        let mut stored = |height, from, until| copied.log_hashes(height, from, until);
        node(height, index, &mut stored).unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let leaf = leaf_hash(entry.as_bytes());
    Ok(proof.is_some_and(|proof| verify_inclusion(&leaf, position, size, &proof, root)))
}
