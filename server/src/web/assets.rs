//! The stylesheet, the script and the icon, inside the binary.
//!
//! Their names carry a digest of what they hold, so browsers may keep them for
//! ever and still see a new one at once.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::keys::sha256_hex;

use super::errors::PageError;

struct Asset {
    address: String,
    media_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, text: &'static str) -> Self {
        let digest = sha256_hex(text.as_bytes());
        let digest = digest.get(..12).unwrap_or(&digest);
        Self { address: format!("/static/{name}.{digest}.{extension}"), media_type, text }
    }
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "console",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../static/console.css"),
    )
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("../../static/console.js");
    Asset::new("console", "js", "text/javascript; charset=utf-8", text)
});
static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../../static/icon.svg"))
});

/// Address of the stylesheet.
pub(super) fn stylesheet() -> &'static str {
    &STYLESHEET.address
}

/// Address of the script.
pub(super) fn script() -> &'static str {
    &SCRIPT.address
}

/// Address of the icon.
pub(super) fn icon() -> &'static str {
    &ICON.address
}

/// Serves one of them.
pub(super) async fn file(Path(file): Path<String>) -> Result<Response, PageError> {
    let asset = [&STYLESHEET, &SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.address.strip_prefix("/static/") == Some(file.as_str()))
        .ok_or(PageError::NotFound("No file has this address."))?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text).into_response())
}
