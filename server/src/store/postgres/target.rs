//! Which PostgreSQL server, and how it is spoken to safely.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::StoreError;

/// A database on a PostgreSQL server.
#[derive(Clone)]
pub struct Target {
    config: Config,
    password_file: Option<PathBuf>,
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the password.
        write!(formatter, "Target({})", self.name())
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config
            && self.password_file == other.password_file
            && self.tls.is_some() == other.tls.is_some()
    }
}

impl Eq for Target {}

/// What a URL says beside what the client library knows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Own {
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    password_file: Option<String>,
}

impl Target {
    /// Reads `url`, such as `postgres://muster@db.company.example/muster`.
    ///
    /// The connection is encrypted and the server's name and certificate are
    /// checked, with the computer's authorities or with the file that
    /// `sslrootcert` names. It is plain only when `sslmode=disable` says so, or
    /// on this very machine.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let (rest, own) = split(url)?;
        let mut config: Config = rest.parse().map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            StoreError::Address(cause.unwrap_or_else(|| "it cannot be read".to_owned()))
        })?;
        if config.get_hosts().is_empty() {
            return Err(StoreError::Address("it names no host".to_owned()));
        }
        if config.get_dbname().is_none() {
            return Err(StoreError::Address("it names no database".to_owned()));
        }
        let local = config.get_hosts().iter().all(is_this_machine);
        let plain = match own.sslmode.as_deref() {
            Some("disable") => true,
            Some("allow" | "prefer" | "require" | "verify-ca" | "verify-full") => false,
            None => local && own.sslrootcert.is_none(),
            Some(other) => {
                let words = format!("`sslmode={other}` is unknown; use `verify-full` or `disable`");
                return Err(StoreError::Address(words));
            }
        };
        config.ssl_mode(if plain { SslMode::Disable } else { SslMode::Require });
        config.application_name("muster");
        // Of several hosts only the one that takes writes is of use.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(std::time::Duration::from_secs(5));
        }
        let tls = if plain { None } else { Some(tls(own.sslrootcert.as_deref())?) };
        Ok(Self { config, password_file: own.password_file.map(PathBuf::from), tls })
    }

    /// Names the database without its password.
    pub fn name(&self) -> String {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host_name).collect();
        let database = self.config.get_dbname().unwrap_or_default();
        format!("postgres://{}/{database}", hosts.join(","))
    }

    /// How long one host may take to answer.
    pub(super) fn connect_timeout(&self) -> std::time::Duration {
        let one = self.config.get_connect_timeout().copied().unwrap_or_default();
        one * u32::try_from(self.config.get_hosts().len()).unwrap_or(1)
    }

    pub(super) fn tls(&self) -> Option<MakeRustlsConnect> {
        self.tls.clone()
    }

    /// The settings with the password as it is now.
    pub(super) fn config(&self) -> Result<Config, StoreError> {
        let mut config = self.config.clone();
        if let Some(path) = &self.password_file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                let words = format!("the password file {}: {error}", path.display());
                StoreError::Address(words)
            })?;
            config.password(text.trim_end_matches(['\r', '\n']));
        }
        Ok(config)
    }
}

/// Takes out of a URL what the client library does not know.
fn split(url: &str) -> Result<(String, Own), StoreError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut own = Own::default();
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match name {
            "sslmode" => &mut own.sslmode,
            "sslrootcert" => &mut own.sslrootcert,
            "password_file" => &mut own.password_file,
            _ => {
                kept.push(pair);
                continue;
            }
        };
        *place = Some(unescape(value)?);
    }
    if own.sslrootcert.as_deref() == Some("system") {
        own.sslrootcert = None;
        own.sslmode.get_or_insert_with(|| "verify-full".to_owned());
    }
    let rest = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    Ok((rest, own))
}

/// Undoes percent signs.
fn unescape(value: &str) -> Result<String, StoreError> {
    let wrong = || StoreError::Address(format!("`{value}` is not escaped as in a URL"));
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let (Some(high), Some(low)) = (high, low) else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

fn tls(root: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let wrong = |error: rustls::Error| StoreError::Address(format!("TLS: {error}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?;
    let config = if let Some(path) = root {
        let mut roots = rustls::RootCertStore::empty();
        for authority in authorities(Path::new(path))? {
            roots.add(authority).map_err(wrong)?;
        }
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(wrong)?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let wrong = |why: String| StoreError::Address(format!("sslrootcert {}: {why}", path.display()));
    let list: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?.collect();
    let list = list.map_err(|error| wrong(error.to_string()))?;
    if list.is_empty() {
        return Err(wrong("it holds no PEM certificate".to_owned()));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn plain(url: &str) -> bool {
        Target::parse(url).unwrap().tls.is_none()
    }

    #[test]
    fn only_this_machine_or_an_express_wish_is_spoken_to_in_plain() {
        assert!(plain("postgres://muster@127.0.0.1:5433/muster"));
        assert!(plain("postgres://muster@localhost/muster"));
        assert!(plain("postgres://muster@%2Frun%2Fpostgresql/muster"));
        assert!(plain("postgres://muster@db.example/muster?sslmode=disable"));
        assert!(!plain("postgres://muster@db.example/muster"));
        assert!(!plain("postgres://muster@db.example/muster?sslmode=prefer"));
        assert!(!plain("postgres://muster@localhost/muster?sslmode=verify-full"));
        assert!(!plain("postgres://muster@localhost,db.example/muster?sslrootcert=system"));
    }

    #[test]
    fn what_cannot_be_right_is_refused_in_one_sentence() {
        for (url, word) in [
            ("postgres://muster@127.0.0.1", "names no database"),
            ("postgres://muster@127.0.0.1/muster?sslmode=verify", "`sslmode=verify` is unknown"),
            ("postgres://muster@db.example/muster?sslrootcert=/nowhere.pem", "/nowhere.pem"),
            ("postgres://muster@db.example/muster?sslrootcert=%zz", "not escaped"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(word), "{url}: {error}");
        }
    }

    #[test]
    fn a_password_is_never_shown_and_may_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "from the file\n").unwrap();
        let path = path.display();
        let url = format!("postgres://m:secret@127.0.0.1,/tmp/m?password_file={path}");
        let target = Target::parse(&url.replace(",/tmp", "")).unwrap();
        assert!(!format!("{target:?}").contains("secret"));
        assert_eq!(target.config().unwrap().get_password(), Some(&b"from the file"[..]));
    }
}
