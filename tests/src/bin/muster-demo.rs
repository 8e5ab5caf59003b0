//! `muster-demo`: a made-up fleet on the real collector, ready to be looked at.
//!
//! Prints one line on standard output, a link that signs in, and serves until
//! it is told to end.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tests::demo::play::play;
use tests::demo::progress::Progress;
use tests::demo::stage::Folders;
use tests::demo::story::Story;
use tokio::signal::unix::{SignalKind, signal};

/// How long the collector may take to end; a browser may hold a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Shows Muster with a made-up fleet of MacBooks, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "muster-demo", version)]
struct Arguments {}

fn main() -> ExitCode {
    let Arguments {} = Arguments::parse();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be listening.
            let _ = writeln!(std::io::stderr(), "muster-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    // Removed last, when the runtime has ended and nothing writes any more.
    let folders = Folders::make()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let shown = runtime.block_on(show(&folders));
    runtime.shutdown_timeout(PATIENCE);
    shown
}

async fn show(folders: &Folders) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let told_to_end = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(told_to_end);
    let story = Story::embedded()?;
    let mut progress = Progress::on_stderr();
    let mut played = tokio::select! {
        played = play(&story, folders, &mut progress) => played?,
        () = &mut told_to_end => return Ok(()),
    };
    progress.end("the fleet is ready; Ctrl-C ends it and removes its files");
    writeln!(std::io::stdout(), "{}", played.stage.login_link()?)?;
    tokio::select! {
        () = played.go_on() => {}
        () = &mut told_to_end => {}
    }
    // What is left in the folders is of no use, so nothing has to be waited for.
    let _ = tokio::time::timeout(PATIENCE, played.stage.strike()).await;
    Ok(())
}
