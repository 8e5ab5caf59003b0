//! `muster-agent-cost`: a collector on loopback that counts what agents send
//! and receive; `tests/agent-cost` measures agents with it.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agent::Clock;
use agent::host::Live;
use anyhow::Context as _;
use clap::Parser;
use tests::test_server::TestServer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Starts a collector and prints one token for each Mac asked for. Then it
/// answers each line `bytes` with the bytes sent to it and by it since the last
/// one, TLS included, once every connection is closed. Ends with its input.
#[derive(Debug, Parser)]
#[command(
    name = "muster-agent-cost",
    version,
    after_help = "Exit codes: 0 its input ended; \
64 wrong command line; 70 the collector did not start."
)]
struct Cli {
    /// Macs to be enrolled.
    #[arg(default_value_t = 1)]
    macs: usize,
}

/// Bytes since the last look.
#[derive(Default)]
struct Counted {
    to_collector: AtomicU64,
    to_agent: AtomicU64,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 64 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match measure(cli.macs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "muster-agent-cost: {error:#}");
            ExitCode::from(70)
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure(macs: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
    let public = format!("https://{}", listener.local_addr()?);
    let now = Clock::of(Live::new()).now();
    let server = TestServer::start_at(now, |config| config.public_url = Some(public)).await;
    server.clock.run();
    let counted = Arc::new(Counted::default());
    let (open, mut all) = watch::channel(0_u64);
    let collector = server.running().address;
    tokio::spawn(count(listener, collector, Arc::clone(&counted), open));

    let mut out = std::io::stdout();
    for mac in 0..macs {
        writeln!(out, "{}", server.invite(&format!("Person {mac}")).await)?;
    }
    // Waits here, on the main thread; the collector lives on the others.
    for line in std::io::stdin().lines() {
        let line = line?;
        anyhow::ensure!(line == "bytes", "`{line}` is no question; ask `bytes`");
        all.wait_for(|open| *open == 0).await?;
        let up = counted.to_collector.swap(0, Ordering::SeqCst);
        let down = counted.to_agent.swap(0, Ordering::SeqCst);
        writeln!(out, "{up} {down}")?;
    }
    Ok(())
}

/// Passes every connection on and counts what goes through.
async fn count(
    listener: TcpListener,
    collector: std::net::SocketAddr,
    counted: Arc<Counted>,
    open: watch::Sender<u64>,
) {
    while let Ok((mut agent, _)) = listener.accept().await {
        open.send_modify(|open| *open += 1);
        let (counted, open) = (Arc::clone(&counted), open.clone());
        tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(collector).await
                && let Ok((up, down)) = copy_bidirectional(&mut agent, &mut server).await
            {
                counted.to_collector.fetch_add(up, Ordering::SeqCst);
                counted.to_agent.fetch_add(down, Ordering::SeqCst);
            }
            open.send_modify(|open| *open -= 1);
        });
    }
}
