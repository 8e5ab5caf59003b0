//! The collector under load: the real program in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;

/// File names within the folder of a run.
pub(super) const DATABASE: &str = "muster.db";
pub(super) const STATE: &str = "state";

pub(super) struct Collector {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Collector {
    /// Starts the program over the files that [`super::fleet`] prepared.
    #[expect(clippy::disallowed_methods, reason = "the program under load is ours")]
    pub(super) fn start(
        program: &Path,
        folder: &Path,
        database: &str,
        tls: bool,
    ) -> anyhow::Result<Self> {
        let public_url = if tls { "https://127.0.0.1:0" } else { "http://127.0.0.1:0" };
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--public-url", public_url])
            .arg("--config")
            .arg(config(folder)?)
            .arg("--database")
            .arg(database)
            .arg("--state-dir")
            .arg(folder.join(STATE))
            .env("MUSTER_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!(
                    "{} cannot be started; build it with `cargo build --release -p server` or name it with `--server`",
                    program.display()
                )
            })?;
        let out = process.stdout.take().context("the collector has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let Some(address) = address else {
            let _ = process.kill();
            bail!("the collector did not say where it listens; it said {line:?}");
        };
        Ok(Self { process, address })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Lets it write what is queued, and end.
    #[expect(clippy::disallowed_methods, reason = "`kill` is how a daemon is asked to end")]
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("/bin/kill").arg(self.pid().to_string()).status();
        ensure!(asked.is_ok_and(|status| status.success()), "the collector could not be asked");
        let ended = self.process.wait()?;
        ensure!(ended.success(), "the collector ended with {ended}");
        Ok(())
    }
}

/// By it, the collector asks nobody for the catalogue, and lets this machine
/// open as many connections as the run wants.
fn config(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("muster.toml");
    let text = "connections_per_address = 100000\n[os_releases]\nfetch = false\n";
    std::fs::write(&path, text).context("no configuration")?;
    Ok(path)
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Has ended already in the usual case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What it takes to speak to a collector whose state is in `state`.
pub(super) fn connector(state: &Path) -> anyhow::Result<(TlsConnector, ServerName<'static>)> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(state.join("ca.pem"))?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1")?.to_owned();
    Ok((TlsConnector::from(Arc::new(config)), name))
}
