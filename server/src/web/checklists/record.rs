//! The signed record of a completed checklist, and how to check it with
//! openssl alone.

use axum::extract::{Path, State};
use axum::response::Response;
use shared::api::PolicyDocument;
use shared::envelope::{Envelope, pae};
use shared::keys::hex;

use super::export::file;
use super::found;
use crate::store::access::checklists::WholeChecklist;
use crate::web::Console;
use crate::web::errors::PageError;

/// What the page says of the record.
pub(super) struct RecordView {
    pub(super) digest: String,
    pub(super) position: Option<i64>,
    pub(super) name: String,
}

impl RecordView {
    /// The record of a checklist that has one.
    pub(super) fn of(whole: &WholeChecklist) -> Option<Self> {
        let (_, envelope) = read(whole.record.as_deref()?)?;
        Some(Self {
            digest: hex(&envelope.digest()),
            position: whole.checklist.position,
            name: name(whole),
        })
    }
}

fn name(whole: &WholeChecklist) -> String {
    let id: String = whole.checklist.id.chars().take(8).collect();
    format!("{}-{id}", whole.checklist.kind.as_str())
}

/// The certificate in PEM, and the envelope.
fn read(record: &str) -> Option<(String, Envelope)> {
    let document: PolicyDocument = serde_json::from_str(record).ok()?;
    let envelope = Envelope::parse(document.envelope.to_string().as_bytes()).ok()?;
    Some((document.certificate, envelope))
}

/// A part of the record as a file: `envelope`, `payload`, `pae`, `signature`,
/// `certificate`.
pub(in crate::web) async fn part(
    State(console): State<Console>,
    Path((id, part)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let whole = found(&console, &id).await?;
    let read = whole.record.as_deref().and_then(read);
    let (certificate, envelope) = read.ok_or(PageError::NotFound(
        "This checklist has no record: it is signed when the checklist is completed.",
    ))?;
    let (name, binary) = (name(&whole), "application/octet-stream");
    Ok(match part.as_str() {
        "envelope" => {
            let bytes = envelope.to_json().into_bytes();
            file(&format!("{name}.dsse.json"), "application/json", bytes)
        }
        "payload" => file(&format!("{name}.payload.json"), "application/json", envelope.payload),
        "pae" => file(&format!("{name}.pae"), binary, pae(&envelope.payload)),
        "signature" => file(&format!("{name}.sig"), binary, envelope.signature),
        "certificate" => {
            file(&format!("{name}.pem"), "application/x-pem-file", certificate.into_bytes())
        }
        _ => {
            return Err(PageError::NotFound(
                "A record has these parts: envelope, payload, pae, signature and certificate.",
            ));
        }
    })
}
