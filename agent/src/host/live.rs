//! The computer this runs on.
//!
//! Programs are started here and nowhere else: as root, a program that could
//! be swapped by `PATH` or steered by an environment variable would be a hole,
//! and one that hangs must not hang the agent.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{Timestamp, TimestampRound, Unit};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use sysinfo::{DiskRefreshKind, Disks};

use super::{Answer, FileAnswer, Host, OUTPUT_LIMIT, Space};

#[cfg(target_os = "macos")]
mod preferences;
mod settling;

/// How long a program may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Programs that are known to take longer on a busy Mac, and how long.
const SLOW: &[(&str, Duration)] = &[
    ("/usr/bin/pwpolicy", Duration::from_secs(30)),
    ("/usr/bin/profiles", Duration::from_secs(30)),
    ("/usr/sbin/diskutil", Duration::from_secs(30)),
    ("/usr/sbin/system_profiler", Duration::from_secs(30)),
];
/// How long a killed program may take to be gone.
const REAP_TIMEOUT: Duration = Duration::from_secs(2);
/// Where people's files lie, the most certain place first.
const VOLUMES: &[&str] = &["/System/Volumes/Data", "/"];
/// Largest file that is read; the largest known one is far below.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Answers with what this computer says.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    timeout: Option<Duration>,
}

impl Live {
    /// Gives every program 10 seconds, and a few slow ones 30.
    pub fn new() -> Self {
        Self { timeout: None }
    }

    /// Gives every program `timeout` instead.
    pub fn with_timeout(timeout: Duration) -> Self {
        Self { timeout: Some(timeout) }
    }

    fn timeout(self, program: &str) -> Duration {
        let slow = SLOW.iter().find(|(slow, _)| *slow == program).map(|(_, timeout)| *timeout);
        self.timeout.or(slow).unwrap_or(TIMEOUT)
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for Live {
    fn run(&self, argv: &[&str]) -> Answer {
        let Some((program, arguments)) = argv.split_first() else { return Answer::Missing };
        let deadline = Instant::now() + self.timeout(program);
        // Anything but an absolute path would be looked up in `PATH`.
        if !program.starts_with('/') {
            return Answer::Missing;
        }
        match command(program, arguments).spawn() {
            Ok(child) => Run::start(child, deadline).map_or(Answer::Missing, Run::answer),
            Err(_) => Answer::Missing,
        }
    }

    fn read(&self, path: &str) -> FileAnswer {
        match read(path) {
            FileAnswer::Missing if settling::is_worth_another_look(path) => read(path),
            answer => answer,
        }
    }

    fn exists(&self, path: &str) -> bool {
        match std::fs::symlink_metadata(path) {
            Ok(_) => true,
            Err(error) => !is_absence(error.kind()),
        }
    }

    fn list(&self, path: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    #[expect(clippy::disallowed_methods, reason = "the host is where the clock is read")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let down = TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
        now.round(down).unwrap_or(now)
    }

    fn uptime_s(&self) -> Option<i64> {
        sysinfo::System::uptime().ok().and_then(|seconds| i64::try_from(seconds).ok())
    }

    fn space(&self) -> Option<Space> {
        let storage = DiskRefreshKind::nothing().with_storage();
        let disks = Disks::new_with_refreshed_list_specifics(storage).ok()?;
        let at =
            |path: &str| (&disks).into_iter().find(|disk| disk.mount_point() == Path::new(path));
        let disk = VOLUMES.iter().find_map(|path| at(path))?;
        Some(Space { total: disk.total_space(), available: disk.available_space() })
    }

    #[cfg(target_os = "macos")]
    fn forced(&self, domain: &str, key: &str) -> super::Forced {
        preferences::forced(domain, key)
    }

    fn is_recorded(&self) -> bool {
        false
    }
}

fn read(path: &str) -> FileAnswer {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absence(error.kind()) => return FileAnswer::Missing,
        Err(_) => return FileAnswer::Refused,
    };
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more.
    match file.take(FILE_LIMIT + 1).read_to_end(&mut bytes) {
        Ok(length) if length as u64 <= FILE_LIMIT => FileAnswer::Bytes(bytes),
        _ => FileAnswer::Refused,
    }
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that starts programs")]
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs([
            ("LC_ALL", "C"),
            ("LANG", "C"),
            ("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
            ("HOME", "/var/root"),
        ])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its own group, so that what it starts can be killed with it.
        .process_group(0);
    command
}

/// Something that happened to a running program.
enum Event {
    /// All of standard output.
    Stdout(Vec<u8>),
    /// All of standard error.
    Stderr(Vec<u8>),
    /// One of the two grew beyond the limit.
    Overlong,
    /// The program has ended and waits to be reaped.
    Ended,
}

/// A program on its way.
struct Run {
    child: Child,
    group: Pid,
    events: Receiver<Event>,
    deadline: Instant,
}

impl Run {
    /// Watches the program from three threads, so that no pipe fills up while
    /// another is read, and no waiting needs polling.
    fn start(mut child: Child, deadline: Instant) -> Option<Self> {
        let group = Pid::from_child(&child);
        let (sender, events) = channel();
        let outputs = child.stdout.take().zip(child.stderr.take());
        let run = Self { child, group, events, deadline };
        let watched = outputs.and_then(|(stdout, stderr)| {
            watch(&sender, move || collect(stdout, Event::Stdout))?;
            watch(&sender, move || collect(stderr, Event::Stderr))?;
            watch(&sender, move || {
                // `NOWAIT` leaves it a zombie, so its id and its group's id
                // cannot pass to another program before the group is killed.
                let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
                Event::Ended
            })
        });
        if watched.is_none() {
            run.kill_group();
            return None;
        }
        Some(run)
    }

    fn answer(mut self) -> Answer {
        let (mut stdout, mut stderr, mut ended) = (None, None, false);
        while !(ended && stdout.is_some() && stderr.is_some()) {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Stdout(bytes)) => stdout = Some(bytes),
                Ok(Event::Stderr(bytes)) => stderr = Some(bytes),
                Ok(Event::Ended) => {
                    ended = true;
                    // What it left behind may hold the pipes open for ever.
                    self.kill_group();
                }
                Ok(Event::Overlong) => {
                    self.stop(ended);
                    return Answer::Overlong;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.stop(ended);
                    return Answer::TimedOut;
                }
            }
        }
        match self.child.wait() {
            Ok(status) => Answer::Done {
                exit: exit_code(status),
                stdout: stdout.unwrap_or_default(),
                stderr: stderr.unwrap_or_default(),
            },
            Err(_) => Answer::Missing,
        }
    }

    /// Kills the program with all it started, and reaps it if it goes at once.
    fn stop(&mut self, mut ended: bool) {
        self.kill_group();
        let until = Instant::now() + REAP_TIMEOUT;
        while !ended {
            let left = until.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => ended = matches!(event, Event::Ended),
                // Stuck in the kernel: it goes when it can, nobody waits for it.
                Err(_) => return,
            }
        }
        let _ = self.child.wait();
    }

    fn kill_group(&self) {
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}

/// Sends what `wait` returns from a thread of its own.
fn watch(events: &Sender<Event>, wait: impl FnOnce() -> Event + Send + 'static) -> Option<()> {
    let events = events.clone();
    // The receiver may be gone after a deadline; then nobody wants the event.
    let started = thread::Builder::new().spawn(move || drop(events.send(wait())));
    started.is_ok().then_some(())
}

fn collect(pipe: impl Read, whole: fn(Vec<u8>) -> Event) -> Event {
    let mut bytes = Vec::new();
    let limit = OUTPUT_LIMIT as u64 + 1;
    let _ = pipe.take(limit).read_to_end(&mut bytes);
    if bytes.len() > OUTPUT_LIMIT { Event::Overlong } else { whole(bytes) }
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

#[cfg(test)]
mod tests;
