//! Where the collectors under load keep their data.

use std::path::Path;

use anyhow::Context as _;
use server::store::place::{Database, Store};
use server::store::sqlite::{Writer, open_writer};

use super::collector::DATABASE;
use crate::postgres_server::PostgresServer;
use crate::test_server::Database as Look;

/// Which database is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The file inside the collector's folder.
    #[default]
    Sqlite,
    /// A PostgreSQL server that the run makes for itself.
    Postgres,
    /// The same with a copy that confirms every commit.
    Standby,
    /// A PostgreSQL that is there already, by its address; the database is
    /// empty.
    There(String),
}

/// The place made ready; a server of the run's own ends with it.
pub(super) struct Ready {
    /// As `--database` takes it.
    pub(super) database: String,
    servers: Vec<PostgresServer>,
}

impl Place {
    /// Whether PostgreSQL works for the run.
    pub fn is_postgres(&self) -> bool {
        *self != Self::Sqlite
    }

    pub(super) fn ready(&self, folder: &Path) -> anyhow::Result<Ready> {
        let mut servers = Vec::new();
        let database = match self {
            Self::Sqlite => {
                let path = folder.join(DATABASE);
                path.to_str().context("the folder's name is no text")?.to_owned()
            }
            Self::There(url) => url.clone(),
            Self::Postgres | Self::Standby => {
                let server = PostgresServer::start();
                let standby = (*self == Self::Standby).then(|| server.synchronous_standby());
                let database = server.database();
                servers.push(server);
                servers.extend(standby);
                database
            }
        };
        Ok(Ready { database, servers })
    }
}

impl Ready {
    /// Opens it to put the fleet into it.
    pub(super) fn writer(&self) -> anyhow::Result<Box<dyn Store>> {
        let database = Database::parse(&self.database)?;
        let Some(path) = database.file() else { return Ok(database.open_writer()?) };
        let connection = open_writer(path)?;
        // Nothing is promised to anybody yet.
        connection.pragma_update(None, "synchronous", "OFF")?;
        Ok(Box::new(Writer::new(connection)))
    }

    /// Size of the data, where it can be asked for.
    pub(super) fn bytes(&self) -> u64 {
        let bytes = match self.servers.first() {
            Some(server) => {
                let asked = "SELECT pg_database_size(current_database())";
                server.sql(&self.database, asked).parse().unwrap_or_default()
            }
            None if self.database.contains("://") => 0,
            None => {
                let look = Look::open(Path::new(&self.database));
                look.number("PRAGMA page_count") * look.number("PRAGMA page_size")
            }
        };
        u64::try_from(bytes).unwrap_or_default()
    }
}
