//! Where the collector keeps its things: options, configuration file, defaults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use shared::names::SERVER_STATE;
use shared::os_releases::Corrections;

use crate::ca::Ca;
use crate::clock::Clock;
use crate::config::{self, File};
use crate::exit::{Exit, Failure};
use crate::os_releases::source::OsReleases;
use crate::serve::{ADDRESS_FILE, Address};
use crate::state_dir::StateDir;
use crate::store::StoreError;
use crate::store::place::{Database, Store};

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct PlaceOptions {
    /// Configuration file, TOML.
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
    /// What the configuration file says.
    pub(super) file: File,
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
    /// Options win over the file, the file over the defaults.
    pub(super) fn place(self) -> Result<Place, Failure> {
        let file = match &self.config {
            None => File::default(),
            Some(path) => config::parse(&read_text(path)?, &path.display().to_string())
                .map_err(|message| Failure::new(Exit::Config, message))?,
        };
        let state_dir = self
            .state_dir
            .or_else(|| file.state_dir.clone())
            .unwrap_or_else(|| PathBuf::from(SERVER_STATE));
        let database = match self.database.or_else(|| file.database.clone()) {
            Some(text) => Database::parse(&text)
                .map_err(|error| Failure::new(Exit::Config, error.to_string()))?,
            None => Database::Sqlite(state_dir.join("muster.db")),
        };
        let public_url = self.public_url.or_else(|| file.public_url.clone());
        Ok(Place { file, database, state_dir, public_url })
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
        let wrong = |message| Failure::new(Exit::Config, message);
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
