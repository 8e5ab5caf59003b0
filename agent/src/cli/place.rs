//! The options that name a computer and a state folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::ending::{fail, say};
use crate::config::state_dir;
use crate::context::{Clock, Context};
use crate::exit::Exit;
use crate::host::{Host, Live, Recorded, this_computer};

/// Where the state is.
#[derive(Debug, clap::Args)]
pub(super) struct StateArgs {
    /// Folder of key, identity and queue, instead of the usual one
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

impl StateArgs {
    /// Whether the command line names it.
    pub(super) fn is_named(&self) -> bool {
        self.state_dir.is_some()
    }

    /// The folder.
    pub(super) fn folder(&self) -> PathBuf {
        state_dir(self.state_dir.clone())
    }
}

/// Which computer is read, and where its state is.
#[derive(Debug, clap::Args)]
pub(super) struct PlaceArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Read this recording instead of this Mac; reports say so
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
}

impl PlaceArgs {
    /// The context of one run. Its clock is the real one, whatever the
    /// recording's says: what is signed now is signed now.
    pub(super) fn context(&self) -> Result<Context, Exit> {
        let host = open_host(self.recording.as_deref())?;
        let clock = Clock::of(Live::new());
        Ok(Context { host, state_dir: self.state.folder(), clock })
    }
}

/// The computer that a recording stands for, or this one.
pub(super) fn open_host(recording: Option<&Path>) -> Result<Arc<dyn Host + Send + Sync>, Exit> {
    let Some(path) = recording else {
        let live = this_computer().map_err(|error| fail(&error, Exit::Unsupported))?;
        return Ok(Arc::new(live));
    };
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        say(&format!("muster-agent: cannot read the recording `{name}`: {error}"));
        Exit::Io
    })?;
    let recorded = Recorded::parse(&name, &bytes).map_err(|error| fail(&error, Exit::BadInput))?;
    Ok(Arc::new(recorded))
}

/// Runs a command's future to its end.
pub(super) fn block_on(future: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => fail(&error, Exit::Software),
    }
}
