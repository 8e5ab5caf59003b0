//! Which database a collector uses, and opening it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access::Records;
use super::devices::{Devices, Invitations, Keys, Rulebooks};
use super::leases::Leases;
use super::log::LogViews;
use super::os_releases::{Feeds, IssuedPolicies};
use super::reports::Reports;
use super::sqlite::records::SqliteRecords;
use super::sqlite::{Readers, Writer, open_writer};
use super::views::Views;
use super::{StoreError, postgres};

/// Everything that writes, over one connection.
pub trait Store:
    Reports + Devices + Invitations + Rulebooks + Feeds + IssuedPolicies + Leases
{
}

impl<T: Reports + Devices + Invitations + Rulebooks + Feeds + IssuedPolicies + Leases> Store for T {}

/// Where the collector keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server.
    Postgres(Box<postgres::Target>),
}

impl fmt::Display for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(out),
            Self::Postgres(target) => target.name().fmt(out),
        }
    }
}

/// An open database, by what is done with it.
pub struct Opened {
    /// The one that writes.
    pub writer: Box<dyn Store>,
    /// For pages.
    pub views: Arc<dyn Views>,
    /// For verifying.
    pub keys: Arc<dyn Keys>,
    /// For signing in, and what people do.
    pub records: Arc<dyn Records>,
    /// For proofs.
    pub log: Arc<dyn LogViews>,
}

impl Database {
    /// Reads a path, or the address of a PostgreSQL database.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        match text.split_once("://") {
            None => Ok(Self::Sqlite(PathBuf::from(text))),
            Some(("postgres" | "postgresql", _)) => {
                Ok(Self::Postgres(Box::new(postgres::Target::parse(text)?)))
            }
            Some((scheme, _)) => Err(StoreError::Address(format!(
                "`{scheme}://` is unknown; give a path, or postgres://USER@HOST/DATABASE"
            ))),
        }
    }

    /// The file, when it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// The name under which a collector takes leases. A file has one collector
    /// at a time, which after a crash is the same again; replicas are many.
    pub fn holder(&self) -> String {
        match self {
            Self::Sqlite(_) => "collector".to_owned(),
            Self::Postgres(_) => uuid::Uuid::new_v4().to_string(),
        }
    }

    /// Opens it for a collector, and brings its schema up to date.
    pub fn open(&self) -> Result<Opened, StoreError> {
        match self {
            Self::Sqlite(path) => {
                let writer = Box::new(Writer::new(open_writer(path)?));
                let readers = Readers::new(path);
                Ok(Opened {
                    writer,
                    views: Arc::new(readers.clone()),
                    keys: Arc::new(readers.clone()),
                    records: Arc::new(SqliteRecords::open(path)?),
                    log: Arc::new(readers),
                })
            }
            Self::Postgres(target) => {
                let writer = Box::new(postgres::Writer::new(postgres::open(target)?));
                let readers = postgres::Readers::new(target);
                Ok(Opened {
                    writer,
                    views: Arc::new(readers.clone()),
                    keys: Arc::new(readers.clone()),
                    records: Arc::new(postgres::records::PostgresRecords::open(target)?),
                    log: Arc::new(readers),
                })
            }
        }
    }

    /// Opens it for one command.
    pub fn open_writer(&self) -> Result<Box<dyn Store>, StoreError> {
        match self {
            Self::Sqlite(path) => Ok(Box::new(Writer::new(open_writer(path)?))),
            Self::Postgres(target) => Ok(Box::new(postgres::Writer::new(postgres::open(target)?))),
        }
    }
}
