//! The newest package of the agent, for everybody: it is the same for every
//! company and holds no secret. Token and package meet in [`super::join`].

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Console;
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use crate::agent_releases::shelf::{Release, Shelf};

const NO_FILE: PageError = PageError::NotFound("The collector has no such package.");

/// A package as pages name it.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) version: String,
    pub(super) file: String,
    /// Such as `7.3 MB`.
    pub(super) size: String,
    pub(super) sha256: String,
    pub(super) oldest_macos: String,
    /// Kinds of Mac, in words.
    pub(super) macs: &'static str,
}

impl Offer {
    /// The newest package that can be downloaded.
    pub(super) fn of(shelf: &Shelf) -> Option<Self> {
        let Release { manifest, .. } = shelf.offered()?;
        let runs_on = |word: &str| manifest.executable.architectures.iter().any(|it| it == word);
        Some(Self {
            version: manifest.version.clone(),
            file: manifest.package.file.clone(),
            size: megabytes(manifest.package.size),
            sha256: manifest.package.sha256.clone(),
            oldest_macos: manifest.oldest_macos.clone(),
            macs: match (runs_on("arm64"), runs_on("x86_64")) {
                (true, false) => "Macs with Apple silicon",
                (false, true) => "Macs with an Intel processor",
                _ => "Macs with Apple silicon or an Intel processor",
            },
        })
    }
}

/// `7.3 MB`; never 0.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes / 100_000).max(1);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[derive(Template)]
#[template(path = "agent.html")]
struct AgentPage {
    shell: Shell,
    offer: Option<Offer>,
    /// The newest release, where its package is not here.
    newer: String,
}

/// What can be downloaded, and how to check it.
pub(super) async fn page(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Html<String>, PageError> {
    let known = console.app.rulebook.current().releases;
    let offer = Offer::of(&known);
    let newest = known.newest().filter(|release| !release.has_package);
    let newer = newest.map(|release| release.manifest.version.clone()).unwrap_or_default();
    let shell = Shell::plain(&console, &headers).titled("The Muster agent", Section::None);
    html(&AgentPage { shell, offer, newer })
}

/// What programs that keep packages new ask for.
#[derive(Serialize)]
struct Latest<'a> {
    version: &'a str,
    url: String,
    sha256: &'a str,
    size: u64,
    oldest_macos: &'a str,
}

/// The newest package for `AutoPkg` and other programs.
pub(super) async fn latest(State(console): State<Console>) -> Result<Response, PageError> {
    let shelf = console.app.rulebook.current().releases;
    let release = shelf.offered().ok_or(NO_FILE)?;
    let package = &release.manifest.package;
    let latest = Latest {
        version: &release.manifest.version,
        url: format!("{}/agent/{}", console.app.public_url, package.file),
        sha256: &package.sha256,
        size: package.size,
        oldest_macos: &release.manifest.oldest_macos,
    };
    Ok(([(header::CACHE_CONTROL, "no-cache")], axum::Json(latest)).into_response())
}

/// The digest that an address names, so that what it leads to never changes.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    sha256: Option<String>,
}

/// A package. Its tag is its SHA-256; an address that names it may be kept for
/// ever, because it leads nowhere when the package is another one.
pub(super) async fn file(
    State(console): State<Console>,
    Path(file): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let shelf = console.app.rulebook.current().releases;
    let release = shelf.releases.iter().find(|one| one.file() == Some(file.as_str()));
    let sha256 = release.ok_or(NO_FILE)?.manifest.package.sha256.clone();
    let caching = match &wanted.sha256 {
        None => "public, no-cache",
        Some(named) if *named == sha256 => "public, max-age=31536000, immutable",
        Some(_) => return Err(NO_FILE),
    };
    let tag = format!("\"{sha256}\"");
    let common = [(header::CACHE_CONTROL, caching.to_owned()), (header::ETAG, tag.clone())];
    if has_it(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let bytes = package(&console, &file).await?.ok_or(NO_FILE)?;
    let digest = digest_header(&sha256);
    Ok((common, digest, attachment(&file), bytes).into_response())
}

/// Whether the browser holds it already.
fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    held.is_some_and(|held| {
        held.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
    })
}

/// The digest for programs that check what they received, RFC 9530.
fn digest_header(sha256: &str) -> [(&'static str, String); 1] {
    let bytes: Vec<u8> = (0..sha256.len() / 2)
        .filter_map(|at| u8::from_str_radix(sha256.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect();
    [("repr-digest", format!("sha-256=:{}:", STANDARD.encode(bytes)))]
}

/// Headers of a file that is saved under `name`.
pub(super) fn attachment(name: &str) -> [(header::HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ]
}

/// The bytes of a package, read where it may block.
pub(super) async fn package(console: &Console, file: &str) -> Result<Option<Bytes>, PageError> {
    let shelf = console.app.rulebook.current().releases;
    let (releases, file) = (console.app.releases.clone(), file.to_owned());
    Ok(tokio::task::spawn_blocking(move || releases.package(&shelf, &file)).await?)
}

#[cfg(test)]
mod tests {
    use super::{digest_header, megabytes};

    #[test]
    fn sizes_and_digests_are_written_for_people_and_programs() {
        assert_eq!(
            [0, 99_999, 7_312_345, 12_000_000].map(megabytes),
            ["0.1 MB", "0.1 MB", "7.3 MB", "12.0 MB"]
        );
        let [(_, value)] = digest_header("00ff");
        assert_eq!(value, "sha-256=:AP8=:");
    }
}
