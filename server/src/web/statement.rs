//! A signed statement: what the device said, byte for byte, and how to check
//! it with openssl alone.

mod pretty;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use shared::envelope::{Envelope, pae};
use shared::keys::{Algorithm, KeyId, PublicKey};
use shared::names::MEDIA_REPORT;

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use crate::auth::sight::Sight;
use crate::fleet::chain::Flag;
use crate::shown::names::{device_name, pem};
use crate::store::views::device::{KeyRecord, ReportRecord, StatementRecord};

const NO_STATEMENT: PageError = PageError::NotFound("No report of this device has this place.");

/// A report in a list.
#[derive(Clone, Debug)]
pub(super) struct ReportView {
    pub(super) chain: i64,
    pub(super) sequence: i64,
    pub(super) received: When,
    pub(super) finished: When,
    pub(super) kind: &'static str,
    pub(super) flags: Vec<(String, &'static str)>,
    pub(super) digest: String,
}

impl ReportView {
    pub(super) fn of(report: &ReportRecord, now: Timestamp) -> Self {
        Self {
            chain: report.chain,
            sequence: report.sequence,
            received: When::relative(report.received, now),
            finished: When::exact(report.finished),
            kind: match report.kind.as_str() {
                "full" => "Full",
                "unchanged" => "Unchanged",
                _ => "Other",
            },
            flags: report.flags.iter().map(|flag| (flag.clone(), flag_meaning(flag))).collect(),
            digest: report.digest.clone(),
        }
    }

    /// The first signs of the digest.
    pub(super) fn short_digest(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }
}

fn flag_meaning(flag: &str) -> &'static str {
    match Flag::meaning(flag) {
        "" => "This flag is not known to this program.",
        meaning => meaning,
    }
}

/// What is needed to check one report by hand.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) base: String,
    pub(super) key_href: String,
    pub(super) pae_file: String,
    pub(super) signature_file: String,
    pub(super) key_file: String,
    pub(super) verify: String,
    pub(super) digest: String,
    pub(super) keyid: String,
}

impl Proof {
    pub(super) fn of(id: &str, report: &ReportRecord, keys: &[KeyRecord]) -> Self {
        let (chain, sequence) = (report.chain, report.sequence);
        let names = file_names(chain, sequence);
        let (pae_file, signature_file) = (format!("{names}.pae"), format!("{names}.sig"));
        let key_file = format!("key-{chain}.pem");
        let key = keys.iter().find(|key| key.chain == chain);
        let algorithm =
            key.and_then(|key| PublicKey::from_spki(&key.spki).ok()).map(|key| key.algorithm());
        let verify = match algorithm {
            Some(Algorithm::Ed25519) => format!(
                "openssl pkeyutl -verify -pubin -inkey {key_file} -rawin -in {pae_file} -sigfile {signature_file}"
            ),
            _ => format!(
                "openssl dgst -sha256 -verify {key_file} -signature {signature_file} {pae_file}"
            ),
        };
        Self {
            base: format!("/devices/{id}/statements/{chain}/{sequence}"),
            key_href: format!("/devices/{id}/key.pem?chain={chain}"),
            pae_file,
            signature_file,
            key_file,
            verify,
            digest: report.digest.clone(),
            keyid: key.map(|key| key.keyid.clone()).unwrap_or_default(),
        }
    }
}

fn file_names(chain: i64, sequence: i64) -> String {
    format!("report-{chain}-{sequence}")
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage {
    shell: Shell,
    id: String,
    name: String,
    report: ReportView,
    previous: String,
    keyid: String,
    bytes: usize,
    payload: String,
    log_position: Option<u64>,
    proof: Proof,
}

/// The statement, readable.
pub(super) async fn page(
    State(console): State<Console>,
    shell: Shell,
    sight: Sight,
    Path((id, chain, sequence)): Path<(String, i64, i64)>,
) -> Result<Html<String>, PageError> {
    let device = id.clone();
    let found = console
        .read(move |views| {
            let statement = views.statement(&device, chain, sequence)?;
            Ok((statement, views.device_row(&device)?, views.keys(&device)?))
        })
        .await?;
    let (Some(statement), Some(row), keys) = found else { return Err(NO_STATEMENT) };
    if !sight.sees(statement.report.received) {
        return Err(NO_STATEMENT);
    }
    let catalogue = console.app.rulebook.current().catalogue;
    let name = device_name(&row, &catalogue);
    html(&StatementPage {
        shell: shell.titled(format!("Report {sequence} of {name}"), Section::Devices),
        report: ReportView::of(&statement.report, console.app.clock.now()),
        previous: statement.previous,
        keyid: statement.keyid,
        bytes: statement.payload.len(),
        log_position: statement.log_position,
        payload: pretty::indented(&String::from_utf8_lossy(&statement.payload)),
        proof: Proof::of(&id, &statement.report, &keys),
        id,
        name,
    })
}

/// A part of the statement as a file: `envelope`, `payload`, `pae`, `signature`.
pub(super) async fn part(
    State(console): State<Console>,
    sight: Sight,
    Path((id, chain, sequence, part)): Path<(String, i64, i64, String)>,
) -> Result<Response, PageError> {
    let statement = console
        .read(move |views| views.statement(&id, chain, sequence))
        .await?
        .filter(|one| sight.sees(one.report.received))
        .ok_or(NO_STATEMENT)?;
    let name = file_names(chain, sequence);
    let StatementRecord { payload, signature, keyid, .. } = statement;
    let binary = "application/octet-stream";
    match part.as_str() {
        "envelope" => {
            let envelope = Envelope { payload, keyid: KeyId(keyid), signature };
            Ok(file(&format!("{name}.dsse.json"), MEDIA_REPORT, envelope.to_json().into_bytes()))
        }
        "payload" => Ok(file(&format!("{name}.payload.json"), "application/json", payload)),
        "pae" => Ok(file(&format!("{name}.pae"), binary, pae(&payload))),
        "signature" => Ok(file(&format!("{name}.sig"), binary, signature)),
        _ => Err(PageError::NotFound(
            "A statement has these parts: envelope, payload, pae and signature.",
        )),
    }
}

/// Which of a device's keys.
#[derive(Debug, Deserialize)]
pub(super) struct KeyQuery {
    chain: Option<i64>,
}

/// A device's public key in PEM; the newest unless another chain is asked for.
pub(super) async fn key(
    State(console): State<Console>,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
) -> Result<Response, PageError> {
    let keys = console.read(move |views| views.keys(&id)).await?;
    let key = keys
        .into_iter()
        .find(|key| query.chain.is_none_or(|chain| key.chain == chain))
        .ok_or(PageError::NotFound("This device has no such key."))?;
    let name = format!("key-{}.pem", key.chain);
    Ok(file(&name, "application/x-pem-file", pem(&key.spki).into_bytes()))
}

fn file(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
