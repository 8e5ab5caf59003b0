//! The product's programs as people start them: `muster-agent` and
//! `muster-server`, from beside the test binary.

#![expect(clippy::expect_used, reason = "a program that does not start fails its test")]
#![expect(clippy::panic, reason = "a message says more than a bare `unwrap`")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use agent::Clock;
use agent::host::Live;
use rustix::process::{Pid, Signal, kill_process};

use crate::connection::Connector;

/// Where cargo puts what it builds: two folders above the test binary.
pub fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let deps = test.parent().expect("a folder");
    deps.parent().expect("a folder").to_owned()
}

/// The program called `name`.
pub fn path(name: &str) -> PathBuf {
    let path = target_folder().join(name);
    assert!(path.is_file(), "{} is missing: run `cargo build --bins` first", path.display());
    path
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

/// A command with nothing in its environment.
#[expect(clippy::disallowed_methods, reason = "the programs under test are started from outside")]
fn command(name: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(path(name));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Longest time that a program under test may take to end by itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a program to its end.
pub fn run(name: &str, arguments: &[impl AsRef<OsStr>]) -> Ending {
    run_with_input(name, arguments, &[])
}

/// The same, with `input` to read.
pub fn run_with_input(name: &str, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Ending {
    ended(command(name, arguments), input)
}

/// Runs a program to its end, with these variables in its environment.
pub fn run_in(name: &str, arguments: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) -> Ending {
    let mut command = command(name, arguments);
    command.envs(variables.iter().copied());
    ended(command, &[])
}

fn ended(mut command: Command, input: &[u8]) -> Ending {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that starts");
    // It may end without reading; then the pipe is broken.
    let _ = child.stdin.take().expect("its input").write_all(input);
    let pid = pid(&child);
    let (ended, has_ended) = channel::<()>();
    let watch = std::thread::spawn(move || {
        // One that stays where it should refuse must not stay for ever.
        if has_ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let output = child.wait_with_output().expect("a program that ends");
    drop(ended);
    watch.join().expect("the watch ends");
    ending(&output)
}

fn pid(child: &Child) -> Pid {
    let id = i32::try_from(child.id()).expect("a process id");
    Pid::from_raw(id).expect("a process id")
}

fn ending(output: &std::process::Output) -> Ending {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ending {
        exit: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// A program that stays; it is killed when the test lets go of it.
pub struct Staying {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Staying {
    /// Starts a program that stays. What it logs goes into the file `log`.
    pub fn start(name: &str, arguments: &[impl AsRef<OsStr>], log: &Path) -> Self {
        Self::start_in(name, arguments, &[], log)
    }

    /// The same with these variables in its environment.
    pub fn start_in(
        name: &str,
        arguments: &[impl AsRef<OsStr>],
        variables: &[(&str, &str)],
        log: &Path,
    ) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log);
        let mut command = command(name, arguments);
        command.envs(variables.iter().copied());
        command.stdout(Stdio::piped()).stderr(log.expect("a file for the log"));
        let mut child = command.spawn().expect("a program that starts");
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, lines }
    }

    /// Its next line; empty when it has ended.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("a program that can be killed");
        self.child.wait().expect("a program that ends");
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(&mut self) -> Option<i32> {
        kill_process(pid(&self.child), Signal::TERM).expect("a signal");
        self.child.wait().expect("a program that ends").code()
    }
}

impl Drop for Staying {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a configuration in `folder` by which a collector asks nobody for the
/// catalogue, and gives its path.
pub fn quiet_config(folder: &Path) -> String {
    let path = folder.join("muster.toml");
    if !path.exists() {
        std::fs::write(&path, "[os_releases]\nfetch = false\n").expect("a configuration");
    }
    path.to_str().expect("a plain path").to_owned()
}

fn with_database<'a>(arguments: &[&'a str], place: Option<&'a str>) -> Vec<&'a str> {
    let mut all = arguments.to_vec();
    if let Some(place) = place {
        all.extend(["--database", place]);
    }
    all
}

/// A collector in a process of its own, by the machine's clock.
pub struct Collector {
    /// The process.
    pub process: Staying,
    /// Its folder with database and state.
    pub folder: PathBuf,
    /// `host:port`.
    pub address: String,
    /// What `--database` says, if it is given.
    place: Option<String>,
}

impl Collector {
    /// Starts `muster-server serve` on a free port, with its files in `folder`.
    /// It asks nobody for the catalogue.
    pub fn start(folder: &Path) -> Self {
        Self::start_at(folder, "127.0.0.1:0")
    }

    /// The same at a known address.
    pub fn start_at(folder: &Path, listen: &str) -> Self {
        Self::start_on(folder, listen, None)
    }

    /// The same with its data in another database.
    pub fn start_on(folder: &Path, listen: &str, place: Option<&str>) -> Self {
        let state = folder.to_str().expect("a plain path");
        let config = quiet_config(folder);
        let arguments = ["serve", "--config", &config, "--state-dir", state, "--listen", listen];
        let place = place.map(str::to_owned);
        let log = folder.join("log");
        let mut process =
            Staying::start("muster-server", &with_database(&arguments, place.as_deref()), &log);
        let line = process.line();
        let address = line.strip_prefix("Listening on ").and_then(|rest| rest.split(' ').next());
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let address = address.unwrap_or_else(|| panic!("no collector: {line}{}", said()));
        Self { process, folder: folder.to_owned(), address: address.to_owned(), place }
    }

    /// Runs one of the administrators' commands beside it.
    pub fn admin(&self, arguments: &[&str]) -> Ending {
        let state = self.folder.to_str().expect("a plain path");
        let arguments = [arguments, &["--state-dir", state]].concat();
        run("muster-server", &with_database(&arguments, self.place.as_deref()))
    }

    /// The token of a new invitation.
    pub fn invite(&self, person: &str) -> shared::token::Token {
        let email = format!("{person}@company.example");
        let arguments = ["invite", "--person", person, "--email", &email, "--token-only"];
        let ending = self.admin(&arguments);
        ending.stdout.parse().unwrap_or_else(|error| panic!("{error}: {ending:?}"))
    }

    /// Its database file.
    pub fn database(&self) -> PathBuf {
        self.folder.join("muster.db")
    }

    /// What it takes to connect to it.
    pub fn connector(&self) -> Connector {
        let ca = std::fs::read_to_string(self.folder.join("ca.pem")).expect("the CA");
        Connector::new(&format!("https://{}", self.address), &ca, Clock::of(Live::new()))
    }
}
