//! The log for those who mirror or check it, for signed-in readers: C2SP
//! tlog-tiles under `/log/`, and the proof of a single entry.
//!
//! What a tile holds never changes, so a full one may be kept for ever.

mod address;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::log::TlogProof;

use self::address::{Tile, What};
use super::Console;
use super::errors::PageError;
use crate::log::notary::{Log, LogError};

const NO_TILE: PageError = PageError::NotFound(
    "The log has no such tile; it has /log/checkpoint, /log/tile/LEVEL/INDEX, /log/tile/entries/INDEX and /log/proof/POSITION.",
);

/// Asks the log on a thread that may block.
async fn ask<T: Send + 'static>(
    console: &Console,
    work: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
) -> Result<T, PageError> {
    let log = console.app.log.clone();
    Ok(tokio::task::spawn_blocking(move || work(&log)).await??)
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// `/log/checkpoint`: the newest state, signed.
pub(super) async fn checkpoint(State(console): State<Console>) -> Result<Response, PageError> {
    Ok(text(ask(&console, Log::refresh).await?.checkpoint))
}

/// `/log/key`: what the log is verified with.
pub(super) async fn key(State(console): State<Console>) -> Response {
    text(format!("{}\n", console.app.log.key().verifier_text()))
}

/// `/log/proof/{position}`: a `tlog-proof`.
pub(super) async fn proof(
    State(console): State<Console>,
    Path(position): Path<u64>,
) -> Result<Response, PageError> {
    let proof = ask(&console, move |log| {
        let seal = log.refresh()?;
        let receipt = log.receipt(position, &seal, None)?;
        Ok(receipt.map(|receipt| TlogProof {
            index: receipt.index,
            path: receipt.inclusion,
            checkpoint: receipt.checkpoint,
        }))
    })
    .await?
    .ok_or(PageError::NotFound("The log has no entry at this position yet."))?;
    let name = format!("attachment; filename=\"{position}.tlog-proof\"");
    Ok(([(header::CONTENT_DISPOSITION, name)], text(proof.text())).into_response())
}

/// `/log/entry/{position}`: the very bytes whose hash is the leaf.
pub(super) async fn entry(
    State(console): State<Console>,
    Path(position): Path<u64>,
) -> Result<Response, PageError> {
    let entry = ask(&console, move |log| Ok(log.views().log_entry(position)?)).await?;
    let entry = entry.ok_or(PageError::NotFound("The log has no entry at this position yet."))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], entry).into_response())
}

/// `/log/tile/...`: 256 hashes of one height, or 256 entries.
pub(super) async fn tile(
    State(console): State<Console>,
    Path(rest): Path<String>,
) -> Result<Response, PageError> {
    let tile = Tile::parse(&rest).ok_or(NO_TILE)?;
    let (from, until) = tile.range().ok_or(NO_TILE)?;
    let bytes =
        ask(&console, move |log| read(log, tile.what, from, until)).await?.ok_or(NO_TILE)?;
    let keep = if tile.width == address::FULL {
        "private, max-age=31536000, immutable"
    } else {
        "private, max-age=60"
    };
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, keep)];
    Ok((headers, bytes).into_response())
}

/// The tile's bytes, when all of them are there.
fn read(log: &Log, what: What, from: u64, until: u64) -> Result<Option<Vec<u8>>, LogError> {
    let wanted = until - from;
    match what {
        What::Hashes(height) => {
            let hashes = log.views().log_hashes(height, from, until)?;
            let is_whole = hashes.len() as u64 == wanted;
            Ok(is_whole.then(|| hashes.iter().flat_map(|hash| hash.0).collect()))
        }
        What::Entries => {
            let entries = log.views().log_entries(from, until)?;
            if entries.len() as u64 != wanted {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            for entry in entries {
                // An entry is some hundred bytes; the format allows 64 KiB.
                let Ok(length) = u16::try_from(entry.len()) else { return Ok(None) };
                bytes.extend(length.to_be_bytes());
                bytes.extend(entry.as_bytes());
            }
            Ok(Some(bytes))
        }
    }
}
