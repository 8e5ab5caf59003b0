//! The tamper-evident log: its state, its entries and their proofs.

use serde::Serialize;
use shared::log::{TlogProof, leaf_hash};
use utoipa::ToSchema;

use super::call::Call;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::log::notary::Log;

/// The newest state of the log, signed.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckpointItem {
    /// Number of entries.
    size: u64,
    /// A signed note, as C2SP tlog-checkpoint writes it.
    checkpoint: String,
}

/// What the log is verified with.
#[derive(Serialize, ToSchema)]
pub(super) struct LogKeyItem {
    /// Name of the log.
    name: String,
    /// `name+id+key`, as C2SP signed-note writes it.
    key: String,
}

/// One entry.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryItem {
    /// Its position, counted from 0.
    position: u64,
    /// The very text whose hash is the leaf.
    entry: String,
    /// Hash of the leaf as in RFC 6962, in hexadecimal.
    leaf_sha256: String,
}

/// That an entry is in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct ProofItem {
    /// Its position, counted from 0.
    position: u64,
    /// The very text whose hash is the leaf.
    entry: String,
    /// The siblings on the way to the root, the lowest first, in hexadecimal.
    path: Vec<String>,
    /// The state of the log that the path leads to.
    checkpoint: String,
    /// The same as one text, as C2SP tlog-proof writes it.
    tlog_proof: String,
}

pub(super) async fn checkpoint(call: Call) -> Answered {
    let seal = call.log(Log::refresh).await?;
    Reply::of(&CheckpointItem { size: seal.size, checkpoint: seal.checkpoint })
}

pub(super) async fn key(call: Call) -> Answered {
    let key = call.api.app.log.key();
    Reply::of(&LogKeyItem { name: key.name().to_owned(), key: key.verifier_text() })
}

fn none() -> ApiProblem {
    ApiProblem::nothing("The log has no entry at this position yet.")
}

fn entry_item(position: u64, entry: String) -> EntryItem {
    let leaf_sha256 = shared::keys::hex(&leaf_hash(entry.as_bytes()).0);
    EntryItem { position, entry, leaf_sha256 }
}

pub(super) async fn entry(call: Call) -> Answered {
    let position = call.number("position")?;
    // Positions are kept as signed numbers.
    if position > i64::MAX.unsigned_abs() {
        return Err(none());
    }
    let entry = call.log(move |log| Ok(log.views().log_entry(position)?)).await?;
    Reply::of(&entry_item(position, entry.ok_or_else(none)?))
}

pub(super) async fn entries(call: Call) -> Answered {
    let from: u64 = call.place::<u64>()?.map_or(0, |last| last.saturating_add(1));
    let limit = u64::from(call.asked.limit());
    let until = from.saturating_add(limit + 1).min(i64::MAX.unsigned_abs());
    let mut found = call.log(move |log| Ok(log.views().log_entries(from, until)?)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let items: Vec<EntryItem> =
        (from..).zip(found).map(|(position, entry)| entry_item(position, entry)).collect();
    let next = items.last().filter(|_| more).map(|last| call.cursor(last.position));
    Reply::page(&items, next)
}

pub(super) async fn proof(call: Call) -> Answered {
    let position = call.number("position")?;
    if position > i64::MAX.unsigned_abs() {
        return Err(none());
    }
    let receipt = call.log(move |log| log.receipt(position, &log.refresh()?, None)).await?;
    let receipt = receipt.ok_or_else(none)?;
    let path = receipt.inclusion.iter().map(|hash| shared::keys::hex(&hash.0)).collect();
    let proof = TlogProof {
        index: receipt.index,
        path: receipt.inclusion,
        checkpoint: receipt.checkpoint.clone(),
    };
    Reply::of(&ProofItem {
        position,
        entry: receipt.entry,
        path,
        checkpoint: receipt.checkpoint,
        tlog_proof: proof.text(),
    })
}
