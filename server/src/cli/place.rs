//! Where the collector keeps its things: options, configuration file, defaults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use shared::names::{SERVER_CONFIG, SERVER_STATE};
use shared::os_releases::Corrections;

use crate::ca::Ca;
use crate::clock::Clock;
use crate::config::File;
use crate::config::credentials::{Credentials, DATABASE_PASSWORD, with_password};
use crate::config::environment::{self, variables};
use crate::config::sources::{self, Given, Sources};
use crate::exit::{Exit, Failure};
use crate::os_releases::source::OsReleases;
use crate::serve::{ADDRESS_FILE, Address};
use crate::state_dir::StateDir;
use crate::store::StoreError;
use crate::store::place::{Database, Store};

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct PlaceOptions {
    /// Configuration file, TOML [default: `/etc/muster/muster.toml`, if it exists].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: a file, or postgres://... [default: `muster.db` in the state folder].
    #[arg(long, value_name = "PATH|URL")]
    database: Option<String>,
    /// Folder with the CA and other secrets [default: `/var/lib/muster-server`].
    #[arg(long, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
    /// Address that laptops and people use, such as `https://muster.company.example`.
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
}

/// Where this collector keeps its things.
#[derive(Debug)]
pub(super) struct Place {
    /// The configuration file, when one was read.
    pub(super) config: Option<PathBuf>,
    /// What file, environment and credentials say.
    pub(super) file: File,
    /// Where that came from.
    pub(super) sources: Sources,
    /// The database.
    pub(super) database: Database,
    /// The folder with secrets.
    pub(super) state_dir: PathBuf,
    /// The address, when it was given.
    pub(super) public_url: Option<String>,
}

/// A file's text; absent, unreadable and not UTF-8 are told apart.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| Failure::new(Exit::Io, format!("{shown}: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(Exit::Data, format!("{shown}: byte {at} is not UTF-8; save the file as UTF-8"))
    })
}

impl PlaceOptions {
    /// Options win over the environment, that over the file, the file over
    /// credentials and defaults. What is wrong first ends the command.
    pub(super) fn place(self) -> Result<Place, Failure> {
        let (place, problems) = self.read()?;
        match problems.into_iter().next() {
            Some(first) => Err(first),
            None => Ok(place),
        }
    }

    /// The same with everything that is wrong; an error when the file itself
    /// cannot be read.
    pub(super) fn read(self) -> Result<(Place, Vec<Failure>), Failure> {
        let (variables, mut wrong) = variables(std::env::vars_os());
        let credentials =
            Credentials::new(std::env::var_os("CREDENTIALS_DIRECTORY").map(Into::into));
        let config = self.config.clone().or_else(usual_config);
        let text = config.as_deref().map(read_text).transpose()?;
        let name = config.as_deref().map(|path| path.display().to_string());
        let given = Given {
            file: name.as_deref().zip(text.as_deref()),
            variables: &variables,
            credentials: credentials.clone(),
        };
        let sources::Read { file, mut sources, problems } = sources::read(&given);
        wrong.extend(problems);
        self.note(&mut sources);
        let state_dir = self
            .state_dir
            .or_else(|| file.state_dir.clone())
            .unwrap_or_else(|| PathBuf::from(SERVER_STATE));
        let own = || Database::Sqlite(state_dir.join("muster.db"));
        let database = match self.database.or_else(|| file.database.clone()) {
            Some(text) => Database::parse(&with_credential(text, &credentials, &mut sources))
                .unwrap_or_else(|error| {
                    wrong.push(sources.at("database", error.to_string()));
                    own()
                }),
            None => own(),
        };
        let public_url = self.public_url.or_else(|| file.public_url.clone());
        let wrong = wrong.into_iter().map(|message| Failure::new(Exit::Config, message)).collect();
        Ok((Place { config, file, sources, database, state_dir, public_url }, wrong))
    }

    /// Notes what the command line says.
    fn note(&self, sources: &mut Sources) {
        if self.database.is_some() {
            sources.option("database", "--database", String::new());
        }
        if let Some(folder) = &self.state_dir {
            sources.option("state_dir", "--state-dir", folder.display().to_string());
        }
        if let Some(url) = &self.public_url {
            sources.option("public_url", "--public-url", url.clone());
        }
    }
}

/// The file that the environment names, or the usual one if it is there.
fn usual_config() -> Option<PathBuf> {
    let named = std::env::var_os(environment::CONFIG).filter(|name| !name.is_empty());
    let usual = Path::new(SERVER_CONFIG);
    // One that is there and cannot be read is an error, not an absent one.
    named.map(PathBuf::from).or_else(|| usual.exists().then(|| usual.to_owned()))
}

/// Adds the password's file to an address that names no password.
fn with_credential(text: String, credentials: &Credentials, sources: &mut Sources) -> String {
    let Some(file) = credentials.path(DATABASE_PASSWORD) else { return text };
    match with_password(&text, &file) {
        Some(longer) => {
            sources.credential("database.password", DATABASE_PASSWORD, &file);
            longer
        }
        None => text,
    }
}

impl Place {
    /// The writing connection of a collector that was started before.
    pub(super) fn writer(&self) -> Result<Box<dyn Store>, Failure> {
        self.must_be_there()?;
        self.database.open_writer().map_err(|error| self.unusable(&error))
    }

    /// The database cannot be opened.
    fn unusable(&self, error: &StoreError) -> Failure {
        let exit = match error {
            StoreError::Unavailable(_) => Exit::Unavailable,
            _ => Exit::Io,
        };
        Failure::new(exit, format!("{}: {error}", self.database))
    }

    /// A command makes no database: a slip in the path would be answered by an
    /// empty one.
    pub(super) fn must_be_there(&self) -> Result<(), Failure> {
        let shown = &self.database;
        if matches!(&self.database, Database::Sqlite(path) if !path.is_file()) {
            return Err(Failure::new(
                Exit::Io,
                format!(
                    "{shown}: there is no database; start the collector once, or give `--database` or `--state-dir`"
                ),
            ));
        }
        Ok(())
    }

    /// Where the catalogue of releases comes from, and its corrections.
    pub(super) fn os_releases(&self) -> Result<OsReleases, Failure> {
        let wrong = |message| Failure::new(Exit::Config, self.sources.located(message));
        let file = self.file.os_releases.clone().unwrap_or_default();
        let feed = file.source().map_err(wrong)?;
        let mut corrections = Corrections::embedded();
        if let Some(path) = &file.corrections {
            let own = Corrections::parse(&read_text(path)?, &path.display().to_string())
                .map_err(|error| wrong(error.to_string()))?;
            corrections = Arc::new(corrections.and(&own));
        }
        Ok(OsReleases { feed, corrections })
    }

    /// The address that tokens and links carry.
    pub(super) fn address(&self) -> Result<Address, Failure> {
        let path = self.state_dir.join(ADDRESS_FILE);
        let bytes = std::fs::read(&path).map_err(|error| {
            let message = format!(
                "{}: {error}; start the collector once with `muster-server serve`",
                path.display()
            );
            Failure::new(Exit::Io, message)
        })?;
        let mut address: Address = serde_json::from_slice(&bytes).map_err(|error| {
            let message =
                format!("{}: {error}; start the collector again to write it anew", path.display());
            Failure::new(Exit::Data, message)
        })?;
        if let Some(url) = &self.public_url {
            url.trim_end_matches('/').clone_into(&mut address.public_url);
        }
        Ok(address)
    }

    /// What tokens pin: the digest of the collector's own CA, or nothing.
    pub(super) fn pinned(&self, address: &Address) -> Result<Option<[u8; 32]>, Failure> {
        if !address.pins_ca {
            return Ok(None);
        }
        let state = StateDir::open(&self.state_dir)
            .map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
        let ca = Ca::open(&state, Clock::System.now())
            .map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
        Ok(Some(ca.sha256()))
    }
}

/// A database that failed under a command.
pub(super) fn database(error: &StoreError) -> Failure {
    Failure::new(Exit::Unavailable, error.to_string())
}
