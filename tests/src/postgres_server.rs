//! A PostgreSQL server of the tests' own: real, durable as it is by default,
//! and gone with the process that started it, however that ends.
//!
//! Made from Debian's binaries, run by an ordinary user, reachable on a free
//! port of this machine alone. The crate of the collector includes this file
//! as well, so it uses the standard library, `tempfile` and `rustix` only.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A server.
pub struct PostgresServer {
    folder: PathBuf,
    port: u16,
    binaries: PathBuf,
    running: Mutex<Option<Run>>,
    watcher: Child,
    databases: AtomicUsize,
}

/// The processes of a server between its start and its end.
struct Run {
    postmaster: Child,
    /// Closed when the last process of the server has ended.
    ended: Receiver<()>,
}

const USER: &str = "muster";
const PASSWORD: &str = "only-for-tests";
/// For what usually takes a second.
const PATIENCE: Duration = Duration::from_mins(2);

/// Ends the server and removes its folder when the tests' process is gone.
const WATCH: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -qs "$1/data" "/proc/$pid/cmdline"; then
  children=$(grep -lsx "PPid:[[:space:]]*$pid" /proc/[0-9]*/status)
  kill -9 "$pid"
  for child in $children; do child=${child#/proc/}; kill -9 "${child%/status}"; done
fi
rm -rf "$1""#;

fn stop(words: impl Into<String>) -> ! {
    panic!("{}", words.into())
}

impl PostgresServer {
    /// Makes and starts a server with nothing in it.
    pub fn start() -> Self {
        let server = Self::in_new_folder();
        let password = server.folder.join("password");
        write(&password, PASSWORD);
        let data = server.data();
        let mut initdb = server.program("initdb");
        initdb.args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8"]);
        initdb.args(["--locale", "C", "--no-sync", "--pwfile"]).arg(&password);
        finish(initdb.arg("--pgdata").arg(&data));
        server.run();
        server
    }

    /// The server that all tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Makes an empty database, and returns its URL.
    pub fn database(&self) -> String {
        let name = format!("muster_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of the database called `name`.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{name}", self.port)
    }

    /// The port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL in a database, given by name or URL; the rows, with `|` between
    /// columns.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let name = database.rsplit('/').next().unwrap_or(database);
        let mut psql = command("psql");
        psql.env("PGPASSWORD", PASSWORD).env("PGOPTIONS", "-c client_min_messages=warning");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        psql.args(["-U", USER, "-p", &self.port.to_string(), "-d", name, "-c", sql]);
        finish(&mut psql).trim_end().to_owned()
    }

    /// Lets the server speak TLS with a certificate and its key, as PEM.
    pub fn encrypt(&self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(name);
            write(&path, text);
            Self::keep_private(&path);
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on");
        self.sql("postgres", "SELECT pg_reload_conf()");
        self.sql(
            "postgres",
            "DO $$ BEGIN WHILE current_setting('ssl') <> 'on' LOOP
            PERFORM pg_sleep(0.02); END LOOP; END $$",
        );
    }

    /// Stops every process of the server where it stands.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets them go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills every process of the server; returns when they are gone.
    pub fn kill9(&self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Ends the server in good order, with whatever is connected cut off.
    pub fn shut_down(&self) {
        let pid = self.postmaster();
        if kill_process(pid, Signal::INT).is_err() {
            stop("the server of the tests is not there to be shut down");
        }
        self.wait();
    }

    /// Starts the server again after it ended.
    pub fn restart(&self) {
        // A process that is gone must not be taken for the one before.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
        self.run();
    }

    /// A copy that follows this server, which from now on confirms nothing
    /// before the copy has it.
    #[must_use]
    pub fn synchronous_standby(&self) -> Self {
        let standby = Self::in_new_folder();
        let from =
            format!("host=127.0.0.1 port={} user={USER} application_name=standby", self.port);
        let mut copy = standby.program("pg_basebackup");
        copy.env("PGPASSWORD", PASSWORD).args(["--checkpoint", "fast", "--write-recovery-conf"]);
        copy.args(["--no-sync", "--dbname", &from, "--pgdata"]).arg(standby.data());
        finish(&mut copy);
        standby.run();
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        self.sql(
            "postgres",
            "DO $$ BEGIN
               WHILE NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') LOOP
                 PERFORM pg_sleep(0.02);
                 PERFORM pg_stat_clear_snapshot();
               END LOOP;
             END $$",
        );
        standby
    }

    /// Makes a standby the server that takes writes.
    pub fn promote(&self) {
        if self.sql("postgres", "SELECT pg_promote(true, 60)") != "t" {
            stop(format!("the standby was not promoted: {}", self.log()));
        }
    }

    /// What the server wrote into its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn in_new_folder() -> Self {
        let folder = match tempfile::Builder::new().prefix("muster-postgres-").tempdir() {
            Ok(folder) => folder.keep(),
            Err(error) => stop(format!("no temporary folder: {error}")),
        };
        if let Some((user, group)) = ordinary_user() {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))
                .unwrap_or_else(|error| stop(format!("{}: {error}", folder.display())));
        }
        let mut watch = command("sh");
        watch.args(["-c", WATCH, "watch"]).arg(&folder).stdin(Stdio::piped());
        let watcher = spawn(watch.stdout(Stdio::null()).stderr(Stdio::null()));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let port = port.unwrap_or_else(|error| stop(format!("no free port: {error}"))).port();
        let binaries = binaries();
        let databases = AtomicUsize::new(0);
        Self { folder, port, binaries, running: Mutex::new(None), watcher, databases }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of PostgreSQL's programs, run by an ordinary user.
    fn program(&self, name: &str) -> Command {
        let path = self.binaries.join(name);
        let mut program = match ordinary_user() {
            None => command(path),
            Some((user, group)) => {
                let mut setpriv = command("setpriv");
                setpriv.args([format!("--reuid={user}"), format!("--regid={group}")]);
                setpriv.args(["--clear-groups", "--"]).arg(path);
                setpriv
            }
        };
        program.current_dir(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        program
    }

    /// Starts the server and waits until it answers.
    fn run(&self) {
        let port = self.port.to_string();
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &port, "-c", "max_connections=60"]);
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        let mut postmaster = spawn(postgres.stdout(Stdio::null()).stderr(Stdio::piped()));
        let (ready, is_ready) = channel();
        let (open, ended) = channel();
        if let Some(errors) = postmaster.stderr.take() {
            let path = self.folder.join("log");
            std::thread::spawn(move || keep_log(errors, &path, &ready, open));
        }
        *self.lock() = Some(Run { postmaster, ended });
        if is_ready.recv_timeout(PATIENCE).is_err() {
            stop(format!("the server of the tests did not start: {}", self.log()));
        }
    }

    /// The server refuses a key that others could read.
    fn keep_private(path: &Path) {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        let owned = match ordinary_user() {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        };
        let mode = std::fs::Permissions::from_mode(0o600);
        owned
            .and_then(|()| std::fs::set_permissions(path, mode))
            .unwrap_or_else(|error| stop(format!("{}: {error}", path.display())));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Run>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn postmaster(&self) -> Pid {
        let running = self.lock();
        let pid = running.as_ref().and_then(|run| Pid::from_raw(run.postmaster.id().cast_signed()));
        pid.unwrap_or_else(|| stop("the server of the tests is not running"))
    }

    /// Sends a signal to the first process and to all that it started.
    fn signal(&self, signal: Signal) {
        let postmaster = self.postmaster();
        // The first process starts the others, so it comes first; those that
        // it had just started are found in the second round.
        for _ in 0..2 {
            let _ = kill_process(postmaster, signal);
            for child in children_of(postmaster) {
                // One that has ended meanwhile needs no signal.
                let _ = kill_process(child, signal);
            }
        }
    }

    fn wait(&self) {
        let Some(mut run) = self.lock().take() else { return };
        let _ = run.postmaster.wait();
        let _ = run.ended.recv_timeout(PATIENCE);
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // The watcher kills the server and removes the folder.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        self.wait();
    }
}

/// Copies the server's log into a file until its last process has ended.
fn keep_log(errors: ChildStderr, path: &Path, ready: &Sender<()>, open: Sender<()>) {
    let file = std::fs::File::options().create(true).append(true).open(path);
    let Ok(mut file) = file else { return };
    for line in BufReader::new(errors).lines().map_while(Result::ok) {
        let _ = writeln!(file, "{line}");
        if line.contains("ready to accept") {
            let _ = ready.send(());
        }
    }
    drop(open);
}

/// The folder with PostgreSQL's programs.
fn binaries() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Debian keeps them outside of PATH, one folder for each version.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let programs = ["initdb", "postgres", "pg_basebackup"];
    let holds = |folder: &PathBuf| programs.iter().all(|name| folder.join(name).exists());
    let missing = || stop("These tests need a PostgreSQL server: `apt-get install postgresql`.");
    folders.into_iter().find(holds).unwrap_or_else(missing)
}

/// Who runs the server: it refuses to be run by root.
fn ordinary_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let mut fields = users
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let user = find("postgres").or_else(|| find("nobody"));
    Some(user.unwrap_or_else(|| stop("there is neither a user `postgres` nor `nobody`")))
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let wanted = format!("PPid:\t{}", parent.as_raw_nonzero());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = processes.filter_map(|process| {
        let pid: i32 = process.file_name().to_str()?.parse().ok()?;
        let status = std::fs::read_to_string(process.path().join("status")).ok()?;
        status.lines().any(|line| line == wanted).then(|| Pid::from_raw(pid))?
    });
    children.collect()
}

#[expect(clippy::disallowed_methods, reason = "the tests' own server is a program")]
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    // A signal from the terminal is for the tests alone.
    command.process_group(0);
    command
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| stop(format!("{command:?}: {error}")))
}

/// Runs a program to its end; what it printed.
fn finish(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| stop(format!("{command:?}: {error}")));
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        stop(format!("{command:?}: {words}"));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| stop(format!("{}: {error}", path.display())));
}
