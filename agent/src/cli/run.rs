//! `muster-agent run`: the daemon.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing_appender::rolling::{RollingFileAppender, Rotation};

use super::ending::{fail, of_state, say};
use super::place::{StateArgs, block_on, open_host};
use crate::context::Clock;
use crate::exit::Exit;
use crate::host::{Host, Live};
use crate::state::StateFolder;
use crate::supervisor::{Daemon, own_program};

/// Days whose logs are kept.
const LOG_DAYS: usize = 7;

/// What `run` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 told to stop; 70 fault in this program; \
    73 or 77 the state folder cannot be made or used.")]
pub(super) struct Args {
    #[command(flatten)]
    state: StateArgs,
    /// Read this recording instead of this Mac; reports say so
    #[arg(long, value_name = "FILE", hide = true)]
    recording: Option<PathBuf>,
}

/// Runs `run`.
pub(super) fn run(args: &Args) -> Exit {
    let state_dir = args.state.folder();
    let host: Arc<dyn Host + Send + Sync> = match &args.recording {
        Some(file) => match open_host(Some(file)) {
            Ok(host) => host,
            Err(exit) => return exit,
        },
        None => Arc::new(Live::new()),
    };
    for folder in [state_dir.clone(), state_dir.join("logs")] {
        if let Err(error) = StateFolder::open(&folder) {
            return fail(&error, of_state(&error));
        }
    }
    let Some(program) = own_program() else {
        say("muster-agent: cannot find the program itself; reinstall muster-agent");
        return Exit::Software;
    };
    if let Err(exit) = log_to(&state_dir.join("logs")) {
        return exit;
    }
    block_on(async {
        let (interrupt, terminate) =
            match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
                (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
                (Err(error), _) | (_, Err(error)) => return fail(&error, Exit::Software),
            };
        let stop = async move {
            let (mut interrupt, mut terminate) = (interrupt, terminate);
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
        let daemon = Daemon {
            state_dir: &state_dir,
            program: &program,
            recording: args.recording.as_deref(),
            host: host.as_ref(),
            clock: &Clock::of(Live::new()),
        };
        daemon.supervise(stop).await;
        tracing::info!("stopped");
        Exit::Success
    })
}

/// Logs to one file a day. Each line is written before the next thing happens:
/// there are a few an hour, and the last one matters most.
fn log_to(folder: &Path) -> Result<(), Exit> {
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("muster-agent")
        .filename_suffix("log")
        .max_log_files(LOG_DAYS)
        .build(folder)
        .map_err(|error| fail(&error, Exit::CannotCreate))?;
    let subscriber =
        tracing_subscriber::fmt().with_writer(std::sync::Mutex::new(appender)).with_ansi(false);
    if subscriber.try_init().is_err() {
        say("muster-agent: logging is set up already");
    }
    Ok(())
}
