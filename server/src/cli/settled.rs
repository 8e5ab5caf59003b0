//! How `serve` would run: everything read and tried, and nothing started.

use std::net::SocketAddr;
use std::sync::Arc;

use shared::policy::Policy;

use super::place::{Place, read_text};
use super::serve::ServeOptions;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::mail::MailFile;
use crate::config::openid;
use crate::config::sources::Sources;
use crate::config::telemetry::TelemetryFile;
use crate::config::webhooks::Webhooks;
use crate::exit::{Exit, Failure};
use crate::mail::Mailer;
use crate::public_url::{self, PublicUrl};
use crate::{outgoing, tls};

/// Reports that may wait for the writer.
const QUEUE: usize = 4096;

/// What came of file, environment, credentials and command line.
pub(super) struct Settled {
    /// The configuration; where something is wrong, as if that were not there.
    pub(super) config: Config,
    /// The configuration file, when one was read.
    pub(super) file: Option<std::path::PathBuf>,
    /// Where each value came from.
    pub(super) sources: Sources,
    /// Everything that keeps a collector from starting so.
    pub(super) problems: Vec<Failure>,
}

/// Reads everything; an error when the configuration file itself cannot be.
pub(super) fn settle(options: ServeOptions) -> Result<Settled, Failure> {
    let (mut place, problems) = options.place.read()?;
    if let Some(listen) = options.listen {
        place.sources.option("listen", "--listen", listen.to_string());
    }
    let mut told = Told { problems, sources: place.sources.clone() };
    let config = configuration(&place, options.listen, &mut told);
    try_out(&config, &mut told);
    Ok(Settled { config, file: place.config, sources: told.sources, problems: told.problems })
}

fn configuration(place: &Place, listen: Option<SocketAddr>, told: &mut Told) -> Config {
    let file = &place.file;
    let mail = told.key(file.mail.as_ref().map(MailFile::mail).transpose());
    Config {
        listen: listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8443))),
        settings: told.key(file.settings()),
        agent_packages: file.packages(&place.state_dir),
        limits: file.limits(),
        tls_files: file.tls.clone().map(|tls| (tls.certificate, tls.key)),
        database: place.database.clone(),
        state_dir: place.state_dir.clone(),
        public_url: place.public_url.clone(),
        policy: told.any(policy(place)),
        os_releases: told.any(place.os_releases()),
        accept_recorded: false,
        notice: None,
        queue: QUEUE,
        sign_in: told.key(file.sign_in.sign_in(mail.is_some() || file.mail.is_some())),
        mail,
        metrics: file.metrics.map(|metrics| metrics.listen),
        telemetry: told.key(file.telemetry.as_ref().map(TelemetryFile::telemetry).transpose()),
        webhooks: Webhooks {
            allowed_networks: file.webhooks.allowed_networks.clone(),
            allow_loopback: false,
        },
        openid: told.key(openid::check(&file.sign_in.openid)),
    }
}

fn policy(place: &Place) -> Result<Option<Arc<Policy>>, Failure> {
    let Some(path) = &place.file.policy else { return Ok(None) };
    let policy = Policy::parse(&read_text(path)?).map_err(|error| {
        let error = error.in_file(&path.display().to_string());
        Failure::new(Exit::Config, error.to_string())
    })?;
    Ok(Some(Arc::new(policy)))
}

/// Tries what starting would try, as far as that changes nothing.
fn try_out(config: &Config, told: &mut Told) {
    // A free port is known only to the listener, and any will do here.
    let public = public_url::decide(config.public_url.as_deref(), config.listen);
    let public: Option<PublicUrl> = told.key(public.map(Some));
    if let Some((certificate, key)) = &config.tls_files {
        if public.as_ref().is_some_and(|public| !public.tls) {
            told.wrong(
                "`public_url` begins with http://, but `tls.certificate` is given; write https://",
            );
        }
        if let Err(error) = tls::from_files(certificate, key, &Clock::System) {
            told.wrong(&error.to_string());
        }
    }
    if let Some(mail) = &config.mail {
        let host = public.map_or_else(|| "localhost".to_owned(), |public| public.host);
        if let Err(error) = Mailer::new(mail.clone(), &host, Clock::System) {
            told.wrong(&error.to_string());
        }
    }
    for provider in &config.openid {
        let (issuer, ca) = (&provider.issuer, provider.ca.as_deref());
        if let Err(error) = outgoing::tls(issuer, ca, &Clock::System) {
            told.wrong(&format!("in `sign_in.openid` \"{}\", `ca`: {error}", provider.name));
        }
    }
}

/// What is wrong, in the order in which it was found.
struct Told {
    problems: Vec<Failure>,
    sources: Sources,
}

impl Told {
    /// A value, or nothing after telling what is wrong with its key.
    fn key<T: Default>(&mut self, result: Result<T, String>) -> T {
        result.unwrap_or_else(|message| {
            self.wrong(&message);
            T::default()
        })
    }

    fn any<T: Default>(&mut self, result: Result<T, Failure>) -> T {
        result.unwrap_or_else(|failure| {
            self.problems.push(failure);
            T::default()
        })
    }

    fn wrong(&mut self, message: &str) {
        let message = self.sources.located(message.to_owned());
        self.problems.push(Failure::new(Exit::Config, message));
    }
}
