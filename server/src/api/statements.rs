//! What a device has signed, byte for byte, and where the log holds it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use shared::envelope::Envelope;
use shared::keys::KeyId;
use utoipa::ToSchema;

use super::call::Call;
use super::device::no_device;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::shown::names::pem;
use crate::store::views::device::ReportRecord;

/// A report without its bytes.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportItem {
    /// Which of the device's keys signed, counted from 0.
    chain: i64,
    /// Its place in that chain.
    sequence: i64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When it was made, by the device's clock.
    #[schema(value_type = String, format = DateTime)]
    finished_at: Timestamp,
    /// `full` or `unchanged`.
    kind: String,
    /// What is odd about it.
    flags: Vec<String>,
    /// SHA-256 over PAE of the statement, in hexadecimal.
    statement_sha256: String,
}

impl ReportItem {
    pub(super) fn of(report: &ReportRecord) -> Self {
        Self {
            chain: report.chain,
            sequence: report.sequence,
            received_at: report.received,
            finished_at: report.finished,
            kind: report.kind.clone(),
            flags: report.flags.clone(),
            statement_sha256: report.digest.clone(),
        }
    }
}

/// A signed report with everything that it takes to check it.
#[derive(Serialize, ToSchema)]
pub(super) struct StatementItem {
    #[serde(flatten)]
    report: ReportItem,
    /// Digest of the statement before it in the chain, in hexadecimal.
    previous_sha256: String,
    /// Name of the key.
    keyid: String,
    /// The key as PEM; null when it is gone.
    public_key: Option<String>,
    /// The very bytes that were signed, base64.
    payload: String,
    /// The signature over them, base64.
    signature: String,
    /// All three as a DSSE envelope, JSON.
    envelope: String,
    /// Position of its entry in the log; null for those from before the log.
    /// `/api/v1/log/proofs/{position}` shows that it is there.
    log_position: Option<u64>,
}

pub(super) async fn list(call: Call) -> Answered {
    let id = call.id();
    let behind: Option<(i64, i64)> = call.place()?;
    let limit = call.asked.limit();
    let found = call
        .read(move |views| {
            let Some(_) = views.device_row(&id)? else { return Ok(None) };
            views.reports(&id, behind, limit.saturating_add(1)).map(Some)
        })
        .await?;
    let mut all = found.ok_or_else(no_device)?;
    // The newest come first: what may not be seen stands at the end.
    all.retain(|report| call.sight.sees(report.received));
    let more = all.len() > limit as usize;
    all.truncate(limit as usize);
    let next = all.last().filter(|_| more).map(|last| call.cursor((last.chain, last.sequence)));
    let items: Vec<ReportItem> = all.iter().map(ReportItem::of).collect();
    Reply::page(&items, next)
}

pub(super) async fn one(call: Call) -> Answered {
    let id = call.id();
    let (chain, sequence) = (call.number::<i64>("chain")?, call.number::<i64>("sequence")?);
    let (statement, keys) = call
        .read(move |views| Ok((views.statement(&id, chain, sequence)?, views.keys(&id)?)))
        .await?;
    let seen = statement.filter(|one| call.sight.sees(one.report.received));
    let statement =
        seen.ok_or_else(|| ApiProblem::nothing("No report of this device has this place."))?;
    let public_key = keys.iter().find(|key| key.chain == chain).map(|key| pem(&key.spki));
    let (payload, signature) =
        (STANDARD.encode(&statement.payload), STANDARD.encode(&statement.signature));
    let envelope = Envelope {
        payload: statement.payload,
        keyid: KeyId(statement.keyid.clone()),
        signature: statement.signature,
    };
    Reply::of(&StatementItem {
        report: ReportItem::of(&statement.report),
        previous_sha256: statement.previous,
        keyid: statement.keyid,
        public_key,
        payload,
        signature,
        envelope: envelope.to_json(),
        log_position: statement.log_position,
    })
}
