//! A collector in this process: free port, real TLS, real database, and a
//! clock that the test sets.

#![expect(clippy::expect_used, reason = "a collector that does not start fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use server::auth::link;
use server::auth::role::Role;
use server::clock::{Clock, ManualClock};
use server::config::Config;
use server::invitation::{Request, VALID};
use server::serve::{Running, start};
use server::store::copy::copy;
use server::store::{place, postgres};
use shared::token::Token;
use tempfile::TempDir;

use crate::at;
use crate::connection::Connector;

/// When tests begin: three days before the embedded catalogue ends.
pub const START: &str = "2026-08-20T09:00:00Z";

/// A collector and everything that outlives its stop.
pub struct TestServer {
    /// Its clock, and that of every laptop in the test.
    pub clock: ManualClock,
    config: Config,
    ca: String,
    url: String,
    running: Option<Running>,
    // Last, so that the files outlive the collector.
    folder: TempDir,
}

impl TestServer {
    /// A collector that takes reports made from recordings.
    pub async fn start() -> Self {
        Self::start_at(at(START), |_| {}).await
    }

    /// The same, with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(at(START), change).await
    }

    /// The same, at another time.
    pub async fn start_at(now: Timestamp, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::local(folder.path());
        config.accept_recorded = true;
        change(&mut config);
        let clock = ManualClock::new(now);
        let mut server =
            Self { clock, config, ca: String::new(), url: String::new(), running: None, folder };
        server.resume().await;
        server
    }

    /// A collector that goes on with the files of another one that has stopped,
    /// which stay as they are; on the PostgreSQL database at `url` if one is
    /// given.
    pub async fn continue_from(files: &Path, now: Timestamp, url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy_folder(files, folder.path()).expect("a copy of the files");
        let mut config = Config::local(folder.path());
        config.accept_recorded = true;
        if let Some(url) = url {
            let target = postgres::Target::parse(url).expect("an address");
            config.database = place::Database::Postgres(Box::new(target));
        }
        let clock = ManualClock::new(now);
        let mut server =
            Self { clock, config, ca: String::new(), url: String::new(), running: None, folder };
        server.resume().await;
        server
    }

    /// Starts it again, on the same database and at the same address.
    pub async fn resume(&mut self) {
        let clock = Clock::Manual(self.clock.clone());
        let running = start(self.config.clone(), clock).await.expect("the collector starts");
        self.config.listen = running.address;
        running.ca.pem().clone_into(&mut self.ca);
        self.url = running.app.public_url.to_string();
        self.running = Some(running);
    }

    /// Stops it in order; its files stay.
    pub async fn stop(&mut self) {
        self.running.take().expect("the collector runs").stop().await;
    }

    /// Stops it, moves it to the PostgreSQL database at `url` as
    /// `muster-server migrate` does, and starts it there.
    pub async fn move_to_postgres(&mut self, url: &str) {
        self.stop().await;
        let target = postgres::Target::parse(url).expect("an address");
        let (file, to) = (self.database(), target.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&file, &to, &mut |_| ())).await;
        copied.expect("the copy ends").expect("a copy");
        self.config.database = place::Database::Postgres(Box::new(target));
        self.resume().await;
    }

    /// The collector itself.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the collector runs")
    }

    /// The folder with all its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its database file.
    pub fn database(&self) -> PathBuf {
        self.config.database.file().expect("a database in a file").to_owned()
    }

    /// The address that its tokens and links carry.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it takes to connect to it.
    pub fn connector(&self) -> Connector {
        let clock = self.clock.clone();
        Connector::new(&self.url, &self.ca, agent::Clock::new(move || clock.now()))
    }

    /// Sets the clock and lets the collector do what is due by then.
    pub async fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
        self.round().await;
    }

    /// Moves the clock on and lets the collector do what is due by then.
    pub async fn forward(&self, by: SignedDuration) {
        self.set_clock(self.clock.now() + by).await;
    }

    /// Lets the collector do what is due now.
    pub async fn round(&self) {
        self.running().jobs.round().await.expect("the collector's own work");
    }

    /// Invites a person of this name to enrol any one Mac.
    pub async fn invite(&self, person: &str) -> Token {
        self.invite_for(person, None).await
    }

    /// Invites a person of this name to enrol one certain Mac.
    pub async fn invite_for(&self, person: &str, serial: Option<&str>) -> Token {
        let request = Request {
            person: person.to_owned(),
            email: format!("{}@company.example", person.to_lowercase().replace(' ', ".")),
            serial: serial.map(str::to_owned),
            valid_for: VALID,
        };
        self.running().invite(&request).await.expect("an invitation")
    }

    /// A link that signs an administrator in once.
    pub fn login_link(&self) -> String {
        self.login_link_of(Role::Administrator)
    }

    /// A link that signs somebody of that role in once.
    pub fn login_link_of(&self, role: Role) -> String {
        let name = format!("Alex {}", role.title());
        self.login_link_for((&name, &format!("{}@muster.example", role.as_str())), role)
    }

    /// A link that signs in once whoever has this name and mail address; the
    /// account is made if there is none.
    pub fn login_link_for(&self, person: (&str, &str), role: Role) -> String {
        let (app, now) = (&self.running().app, self.clock.now());
        let link = || {
            let account = link::account(&*app.records, person, role, now).expect("an account");
            link::sign_in(&*app.records, &self.url, &account, now).expect("a link")
        };
        // It blocks, which a test's own thread may not.
        std::thread::scope(|scope| scope.spawn(link).join()).expect("a link")
    }

    /// The database as it stands, for looking alone.
    pub fn look(&self) -> Database {
        Database::open(&self.database())
    }
}

/// Copies all files of a folder, with who may read them.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

/// A look into a database, past all of the product's code.
pub struct Database(Connection);

impl Database {
    /// Opens the file read-only.
    pub fn open(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Connection::open_with_flags(path, flags).expect("the database opens"))
    }

    /// Every row that `query` gives, its columns as text with `|` between.
    pub fn rows(&self, query: &str) -> Vec<String> {
        let mut statement = self.0.prepare(query).expect("a query that fits the schema");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| line(row, columns)).expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    }

    /// The one number that `query` gives.
    pub fn number(&self, query: &str) -> i64 {
        self.0.query_row(query, [], |row| row.get(0)).expect("one number")
    }

    /// Every row of every table: two dumps are equal when nothing changed.
    pub fn dump(&self) -> BTreeMap<String, Vec<String>> {
        // Whose turn it is to do periodic work is nothing that was reported.
        let tables =
            self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'lease'");
        let table = |name: String| {
            let mut rows = self.rows(&format!("SELECT * FROM \"{name}\""));
            rows.sort();
            (name, rows)
        };
        tables.into_iter().map(table).collect()
    }
}

fn line(row: &Row<'_>, columns: usize) -> rusqlite::Result<String> {
    let mut words = Vec::with_capacity(columns);
    for column in 0..columns {
        words.push(match row.get_ref(column)? {
            ValueRef::Null => "-".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Blob(bytes) => shared::keys::hex(bytes),
        });
    }
    Ok(words.join("|"))
}
