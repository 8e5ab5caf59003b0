//! `[os_releases]`: where the catalogue comes from, and what corrects it.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;
use shared::os_releases::Corrections;
use shared::token::is_loopback_http;

use crate::invitation::length;

/// The feed of the Mac Admins Open Source project.
pub const PUBLIC_FEED: &str = "https://sofafeed.macadmins.io/v2/macos_data_feed.json";
/// Time between two regular attempts.
const EVERY: SignedDuration = SignedDuration::from_hours(6);

/// `[os_releases]` as people write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OsReleasesFile {
    /// Address of the feed; empty fetches nothing.
    pub url: Option<String>,
    /// Whether to fetch at all.
    pub fetch: Option<bool>,
    /// Time between two attempts, such as `6h`.
    pub every: Option<String>,
    /// File with corrections, merged over every import after the built-in ones.
    pub corrections: Option<PathBuf>,
    /// PEM file with a CA that is trusted for this address beside the usual
    /// ones, for a mirror of one's own.
    pub ca: Option<PathBuf>,
}

/// What a collector does about its catalogue.
#[derive(Clone, Debug)]
pub struct OsReleases {
    /// Where to fetch; none fetches nothing.
    pub feed: Option<Source>,
    /// Merged over every import.
    pub corrections: Arc<Corrections>,
}

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `https://`, or `http://` on loopback.
    pub url: String,
    /// Time between two regular attempts.
    pub every: SignedDuration,
    /// PEM file with one more trusted CA.
    pub ca: Option<PathBuf>,
}

impl Default for OsReleases {
    /// Nothing is fetched; the built-in corrections hold.
    fn default() -> Self {
        Self { feed: None, corrections: Corrections::embedded() }
    }
}

impl OsReleasesFile {
    /// Where to fetch; none when that is switched off. The error names the key.
    pub fn source(&self) -> Result<Option<Source>, String> {
        let every = match &self.every {
            None => EVERY,
            Some(text) => length(text)
                .filter(|every| {
                    (SignedDuration::from_hours(1)..=SignedDuration::from_hours(7 * 24)).contains(every)
                })
                .ok_or_else(|| {
                    format!(
                        "`os_releases.every` is `{text}`, but it must be between 1h and 7d, such as 6h"
                    )
                })?,
        };
        let url = self.url.as_deref().unwrap_or(PUBLIC_FEED).trim();
        if url.is_empty() || self.fetch == Some(false) {
            return Ok(None);
        }
        if !is_allowed(url) {
            return Err(format!(
                "`os_releases.url` is `{url}`, but it must begin with https:// (http:// is only for this machine), or be empty to fetch nothing"
            ));
        }
        Ok(Some(Source { url: url.to_owned(), every, ca: self.ca.clone() }))
    }
}

/// Whether the collector may ask at `url`: plain http only stays on this
/// machine.
pub fn is_allowed(url: &str) -> bool {
    let is_https = url.strip_prefix("https://").is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
    });
    let is_plain_text = url.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain_text && (is_https || is_loopback_http(url))
}

#[cfg(test)]
mod tests {
    use super::{OsReleasesFile, PUBLIC_FEED};

    fn file(text: &str) -> OsReleasesFile {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn without_a_word_the_public_feed_is_fetched_every_six_hours() {
        let source = OsReleasesFile::default().source().unwrap().unwrap();
        assert_eq!((source.url.as_str(), source.every.as_hours()), (PUBLIC_FEED, 6));
    }

    #[test]
    fn fetching_is_switched_off_in_two_ways() {
        assert_eq!(file("url = ''").source().unwrap(), None);
        assert_eq!(file("fetch = false").source().unwrap(), None);
        assert_eq!(file("url = 'https://m.example/x'\nfetch = false").source().unwrap(), None);
    }

    #[test]
    fn an_address_is_https_or_stays_on_this_machine() {
        for url in ["https://m.example/a.json", "http://127.0.0.1:8000/a", "http://localhost/a"] {
            assert_eq!(file(&format!("url = '{url}'")).source().unwrap().unwrap().url, url);
        }
        for url in
            ["http://m.example/a.json", "ftp://m.example", "m.example", "https://", "https://m .x"]
        {
            let error = file(&format!("url = '{url}'")).source().unwrap_err();
            assert!(error.starts_with(&format!("`os_releases.url` is `{url}`, but")), "{error}");
        }
        for every in ["1m", "8d", "often"] {
            let error = file(&format!("every = '{every}'")).source().unwrap_err();
            assert!(error.contains("between 1h and 7d"), "{error}");
        }
    }
}
