//! How a collector is to run: the file that people write, and what it means.

pub mod credentials;
pub mod environment;
pub mod keys;
pub mod mail;
pub mod metrics;
pub mod openid;
pub mod sign_in;
pub mod sources;
pub mod telemetry;
pub mod webhooks;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use shared::api::Settings;
use shared::policy::Policy;

use self::mail::{Mail, MailFile};
use self::metrics::MetricsFile;
use self::openid::OpenId;
use self::sign_in::{SignIn, SignInFile};
use self::telemetry::{Telemetry, TelemetryFile};
use self::webhooks::{Webhooks, WebhooksFile};
use crate::ingest::limits;
use crate::ingest::limits::address::{Network, TrustedProxies};
use crate::invitation::length;
use crate::os_releases::source::{OsReleases, OsReleasesFile};
use crate::store::place::Database;

/// The folder for packages of the agent, within the state folder.
pub const PACKAGES: &str = "packages";

/// How a collector is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the data is kept.
    pub database: Database,
    /// The folder with the CA and other secrets.
    pub state_dir: PathBuf,
    /// The address that tokens, links and the certificate carry.
    pub public_url: Option<String>,
    /// The company's certificate and key, PEM; none for the collector's own.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// How agents are to behave.
    pub settings: Settings,
    /// A policy other than the baseline.
    pub policy: Option<Arc<Policy>>,
    /// Where the catalogue of macOS releases comes from.
    pub os_releases: OsReleases,
    /// Whether reports made from recordings are taken: demo and tests alone.
    pub accept_recorded: bool,
    /// Shown on every page.
    pub notice: Option<String>,
    /// Reports that may wait for the writer.
    pub queue: usize,
    /// What one address may do.
    pub limits: limits::Settings,
    /// By what ways people may come in.
    pub sign_in: SignIn,
    /// By which server letters are sent.
    pub mail: Option<Mail>,
    /// Where numbers and health are asked for, if they are.
    pub metrics: Option<SocketAddr>,
    /// Where traces go, if they do.
    pub telemetry: Option<Telemetry>,
    /// Where messages may be sent.
    pub webhooks: Webhooks,
    /// The folder with packages of the agent.
    pub agent_packages: PathBuf,
    /// By whom people may be signed in.
    pub openid: Vec<OpenId>,
}

impl Config {
    /// A collector on a free port of loopback, with its files in `folder`. It
    /// fetches nothing.
    pub fn local(folder: &Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: Database::Sqlite(folder.join("muster.db")),
            state_dir: folder.join("state"),
            public_url: None,
            tls_files: None,
            settings: Settings::default(),
            policy: None,
            os_releases: OsReleases::default(),
            accept_recorded: false,
            notice: None,
            queue: 4096,
            limits: limits::Settings::default(),
            sign_in: SignIn::default(),
            mail: None,
            metrics: None,
            telemetry: None,
            webhooks: Webhooks::default(),
            agent_packages: folder.join("state").join(PACKAGES),
            openid: Vec::new(),
        }
    }
}

/// `muster.toml`, every key optional; a key that is not here is refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Address and port to listen on, such as `0.0.0.0:443`.
    pub listen: Option<SocketAddr>,
    /// Path of the database.
    pub database: Option<String>,
    /// Folder with the CA and other secrets.
    pub state_dir: Option<PathBuf>,
    /// Address that laptops and people use, such as `https://muster.company.example`.
    pub public_url: Option<String>,
    /// Addresses of the company's own proxies and balancers, such as
    /// `["10.0.0.0/8"]`: their `X-Forwarded-For` is believed, nobody else's.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// Connections that one address may hold open; 1000 if this is missing.
    pub connections_per_address: Option<NonZeroUsize>,
    /// Path of a policy other than the baseline.
    pub policy: Option<PathBuf>,
    /// Where the catalogue of macOS releases comes from.
    pub os_releases: Option<OsReleasesFile>,
    /// The company's own certificate.
    pub tls: Option<TlsFile>,
    /// How agents are to behave.
    pub agents: Option<AgentsFile>,
    /// By what ways people may come in.
    #[serde(default)]
    pub sign_in: SignInFile,
    /// By which server letters are sent.
    pub mail: Option<MailFile>,
    /// Where numbers and health are asked for.
    pub metrics: Option<MetricsFile>,
    /// Where traces go.
    pub telemetry: Option<TelemetryFile>,
    /// Where messages may be sent.
    #[serde(default)]
    pub webhooks: WebhooksFile,
}

/// `[tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// PEM file with the certificate and its chain.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// `[agents]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentsFile {
    /// Time between reports, such as `60m`.
    pub report_every: Option<String>,
    /// Time between reports while a required rule fails, such as `10m`.
    pub failing_report_every: Option<String>,
    /// Folder with packages of the agent and their manifests.
    pub packages: Option<PathBuf>,
}

/// Reads `muster.toml`; the error names file, line, column and what to do.
pub fn parse(text: &str, file: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{file}:{line}:{column}: {}", error.message().replace('\n', "; "))
    })
}

impl File {
    /// What one address may do.
    pub fn limits(&self) -> limits::Settings {
        let settings = limits::Settings::default();
        limits::Settings {
            proxies: TrustedProxies::new(self.trusted_proxies.clone()),
            connections: self.connections_per_address.unwrap_or(settings.connections),
            ..settings
        }
    }

    /// The folder with packages of the agent.
    pub fn packages(&self, state_dir: &Path) -> PathBuf {
        let given = self.agents.as_ref().and_then(|agents| agents.packages.clone());
        given.unwrap_or_else(|| state_dir.join(PACKAGES))
    }

    /// The settings for agents; the error names the key.
    pub fn settings(&self) -> Result<Settings, String> {
        let mut settings = Settings::default();
        let Some(agents) = &self.agents else { return Ok(settings) };
        for (key, text, seconds) in [
            ("report_every", &agents.report_every, &mut settings.report_every_s),
            (
                "failing_report_every",
                &agents.failing_report_every,
                &mut settings.failing_report_every_s,
            ),
        ] {
            let Some(text) = text else { continue };
            *seconds = length(text)
                .map(|length| length.as_secs())
                .filter(|seconds| (60..=86_400).contains(seconds))
                .and_then(|seconds| u32::try_from(seconds).ok())
                .ok_or_else(|| {
                    format!(
                        "`agents.{key}` is `{text}`, but it must be between 1m and 24h, such as 60m"
                    )
                })?;
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_key_is_read() {
        let file = parse(
            "listen = '0.0.0.0:443'\npublic_url = 'https://m.example'\n[tls]\ncertificate = 'c'\nkey = 'k'\n[agents]\nreport_every = '30m'\n",
            "muster.toml",
        )
        .unwrap();
        assert_eq!(file.settings().unwrap().report_every_s, 1800);
        assert_eq!(file.settings().unwrap().failing_report_every_s, 600);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let error = |text| parse(text, "muster.toml").unwrap_err();
        assert!(
            error("listen = '0.0.0.0:443'\nport = 1\n")
                .starts_with("muster.toml:2:1: unknown field `port`")
        );
        assert!(error("listen = 443").starts_with("muster.toml:1:10: invalid type"));
        assert!(error("listen = ").starts_with("muster.toml:1:"));
        assert_eq!(
            error("trusted_proxies = ['10.0.0.0/8', 'proxy']"),
            "muster.toml:1:19: `proxy` is not a range of addresses, such as 10.0.0.0/8"
        );
        assert!(error("connections_per_address = 0").starts_with("muster.toml:1:27:"));
        let file = parse("[agents]\nreport_every = '1s'\n", "muster.toml").unwrap();
        assert!(file.settings().unwrap_err().contains("`agents.report_every` is `1s`"));
    }
}
