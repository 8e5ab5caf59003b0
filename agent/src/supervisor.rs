//! The resident part: sleeps, and starts `muster-agent report` as a child.
//!
//! A hang, a crash or a leak in a check ends with that child, an update takes
//! effect with the next one, and what stays in memory is a timer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::settings_files;
use crate::context::Clock;
use crate::exit::Exit;
use crate::host::{Answer, Host, Live};
use crate::identity::progress::Progress;
use crate::identity::{Enrolling, Identity};
use crate::report::Scope;
use crate::schedule::{Next, Situation, next, slept};
use crate::settings::{self, Settings};
use crate::state::{StateError, StateFolder};

/// Time that one run may take, far beyond the slowest Mac's.
const RUN_DEADLINE: Duration = Duration::from_mins(5);
/// Longest pause: so much later a wake from sleep is noticed.
const TICK: SignedDuration = SignedDuration::from_secs(60);
/// Time between two looks at an enrolment that waits for approval.
const PENDING_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// What stands between two runs and is lost with the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// When the last run ended that could not deliver everything.
    pub failed_at: Option<Timestamp>,
    /// When the computer woke up, if no report was made since.
    pub woke_at: Option<Timestamp>,
    /// When the last run ended that was to make a report.
    pub ran_at: Option<Timestamp>,
    /// When the last try to enrol by the settings ended.
    pub asked_at: Option<Timestamp>,
}

impl Memory {
    fn after_run(self, scope: Scope, is_done: bool, now: Timestamp) -> Self {
        // Only a report answers a wake-up; a retry of the queue does not.
        let woke_at = self.woke_at.filter(|_| scope == Scope::QueueAlone);
        let ran_at = if scope == Scope::Report { Some(now) } else { self.ran_at };
        Self { failed_at: (!is_done).then_some(now), woke_at, ran_at, asked_at: self.asked_at }
    }

    fn after_enrolling(self, is_done: bool, now: Timestamp) -> Self {
        // One that waits was asked about just now; one that is done reports.
        Self { ran_at: (!is_done).then_some(now), asked_at: Some(now), ..self }
    }
}

/// Decides the next run from what is on disk; none while the device is not
/// enrolled.
pub fn plan(
    folder: &StateFolder,
    memory: &Memory,
    now: Timestamp,
) -> Result<Option<Next>, StateError> {
    let Some(identity) = Identity::load(folder)? else {
        let is_open = Enrolling::load(folder)?.is_some();
        let at = memory.ran_at.map_or(now, |it| it + PENDING_EVERY);
        return Ok(is_open.then_some(Next { at, scope: Scope::Report }));
    };
    let progress = Progress::load(folder, &identity.key)?.unwrap_or_default();
    let retries = progress.trouble.is_none();
    let situation = Situation {
        is_failing: progress.is_failing(),
        // A run that could not even make a report is not repeated at once.
        reported_at: progress.reported_at.max(memory.ran_at),
        failed_at: memory.failed_at.filter(|_| retries && progress.failures > 0),
        failures: progress.failures,
        not_before: progress.not_before,
        woke_at: memory.woke_at,
        settings: progress.settings,
        device_id: identity.device_id,
    };
    Ok(Some(next(&situation, now)))
}

/// What the resident part is given.
#[derive(Clone, Copy)]
pub struct Daemon<'a> {
    /// Where the state is.
    pub state_dir: &'a Path,
    /// What is started for a run.
    pub program: &'a Path,
    /// The recording that stands for the Mac, if one does.
    pub recording: Option<&'a Path>,
    /// Who is asked for the settings.
    pub host: &'a (dyn Host + Send + Sync),
    /// The time.
    pub clock: &'a Clock,
}

/// What a child is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// To enrol by the settings.
    Enrol,
    /// To report.
    Run(Scope),
}

impl Daemon<'_> {
    /// Runs until it is told to stop.
    pub async fn supervise(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut memory = Memory::default();
        loop {
            let now = self.clock.now();
            if self.is_to_enrol(&memory, now) {
                let is_done = self.run_child(Task::Enrol).await;
                memory = memory.after_enrolling(is_done, self.clock.now());
                continue;
            }
            let folder = StateFolder::at(self.state_dir);
            let next = plan(&folder, &memory, now).unwrap_or_else(|error| {
                tracing::error!(%error, "cannot plan the next run");
                None
            });
            if let Some(next) = next.filter(|it| it.at <= now) {
                let is_done = self.run_child(Task::Run(next.scope)).await;
                memory = memory.after_run(next.scope, is_done, self.clock.now());
                continue;
            }
            let pause = next.map_or(TICK, |it| it.at.duration_since(now).min(TICK));
            let pause = pause.max(SignedDuration::from_secs(1));
            tokio::select! {
                () = tokio::time::sleep(pause.unsigned_abs()) => {}
                () = &mut stop => return,
            }
            let after = self.clock.now();
            if slept(pause, after.duration_since(now)) {
                tracing::info!("the computer woke up");
                memory.woke_at = Some(after);
            }
        }
    }

    /// Whether the settings are to be tried: only without an identity, so what
    /// a profile says later changes nothing about an enrolled Mac.
    fn is_to_enrol(self, memory: &Memory, now: Timestamp) -> bool {
        if memory.asked_at.is_some_and(|at| now.duration_since(at) < TICK && now >= at) {
            return false;
        }
        let folder = StateFolder::at(self.state_dir);
        if !matches!(Identity::load(&folder), Ok(None)) {
            return false;
        }
        let settings = Settings::read(self.host, &settings_files(self.state_dir));
        match settings::due(&folder, &settings, now) {
            Ok(at) => at.is_some_and(|at| at <= now),
            Err(error) => {
                tracing::error!(%error, "cannot see whether to enrol");
                false
            }
        }
    }

    /// Starts one run, logs how it ended and says whether all went well.
    async fn run_child(self, task: Task) -> bool {
        let argv = self.arguments(task);
        let run = move || {
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            Live::with_timeout(RUN_DEADLINE).run(&argv)
        };
        let answer = tokio::task::spawn_blocking(run).await.unwrap_or(Answer::Missing);
        match answer {
            Answer::Done { exit, stdout, stderr } => {
                let said =
                    String::from_utf8_lossy(if stderr.is_empty() { &stdout } else { &stderr });
                let said = said.trim();
                if exit == i32::from(Exit::Success.code()) {
                    tracing::info!(said, "ran");
                } else {
                    tracing::warn!(exit, said, "ran");
                }
                exit == i32::from(Exit::Success.code())
            }
            Answer::TimedOut => {
                tracing::error!("the run did not end in time and was stopped");
                false
            }
            Answer::Overlong | Answer::Missing => {
                tracing::error!("the run could not be started; reinstall muster-agent");
                false
            }
        }
    }

    fn arguments(self, task: Task) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut argv = vec![text(self.program)];
        argv.extend(
            match task {
                Task::Enrol => &["enroll", "--from-settings"][..],
                Task::Run(Scope::Report) => &["report"],
                Task::Run(Scope::QueueAlone) => &["report", "--queue-alone"],
            }
            .iter()
            .map(|&word| word.to_owned()),
        );
        argv.extend(["--state-dir".to_owned(), text(self.state_dir)]);
        if let Some(recording) = self.recording {
            argv.extend(["--recording".to_owned(), text(recording)]);
        }
        argv
    }
}

/// The program to start for a run: this one, as it now is on disk.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Memory, plan};
    use crate::report::Scope;
    use crate::state::StateFolder;
    use crate::testbed::{START, enrolled};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn nothing_is_planned_before_an_enrolment() {
        let place = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(place.path()).unwrap();
        assert_eq!(plan(&folder, &Memory::default(), at(START)).unwrap(), None);
        enrolled(place.path());
        let next = plan(&folder, &Memory::default(), at(START)).unwrap().unwrap();
        assert_eq!((next.at, next.scope), (at(START), Scope::Report));
    }

    #[test]
    fn a_run_that_fails_at_once_is_not_started_again_at_once() {
        let place = tempfile::tempdir().unwrap();
        enrolled(place.path());
        let memory = Memory::default().after_run(Scope::Report, false, at(START));
        let next = plan(&StateFolder::at(place.path()), &memory, at(START)).unwrap().unwrap();
        assert!(next.at >= at(START + 1_800), "{next:?}");
    }

    #[test]
    fn a_wake_up_is_answered_by_a_report_alone() {
        let woke = Memory { woke_at: Some(at(START)), ..Memory::default() };
        assert_eq!(woke.after_run(Scope::QueueAlone, true, at(START)).woke_at, woke.woke_at);
        assert_eq!(woke.after_run(Scope::Report, true, at(START)).woke_at, None);
    }
}
