//! Several collectors on one PostgreSQL: one dies, the database stands still,
//! or another one takes its place, all under load, and nothing that was
//! acknowledged is lost.

use std::path::Path;
use std::time::{Duration, Instant};

use agent::Clock;
use agent::host::Live;
use shared::log::LogKey;
use tests::kept::Kept;
use tests::ledger::{Ledger, Reporter};
use tests::postgres_server::PostgresServer;
use tests::program::{self, Collector};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::sudden_death::reporters;

const CLIENTS: usize = 16;

/// Two collectors, devices that report to both, and what they were told.
struct Load {
    collectors: Vec<Collector>,
    ledger: std::sync::Arc<Ledger>,
    stop: watch::Sender<bool>,
    working: JoinSet<Reporter>,
}

impl Load {
    async fn start(folder: &Path, place: &str) -> Self {
        let clock = Clock::of(Live::new());
        let first = Collector::start_on(folder, "127.0.0.1:0", Some(place));
        let devices = reporters(&first, &clock, CLIENTS).await;
        // After the enrolments, so that it knows every device from the start.
        let second = Collector::start_on(folder, "127.0.0.1:0", Some(place));
        let ledger = Ledger::new(folder, Some(log_key(folder)));
        let connectors = vec![first.connector(), second.connector()];
        let (stop, stopped) = watch::channel(false);
        let mut working = JoinSet::new();
        for device in devices {
            let (ledger, clock) = (ledger.clone(), clock.clone());
            let work = device.until_stopped(connectors.clone(), ledger, clock, stopped.clone());
            working.spawn(work);
        }
        Self { collectors: vec![first, second], ledger, stop, working }
    }

    /// Lets them report until `more` were acknowledged; how long that took.
    async fn until_acknowledged(&mut self, more: usize) -> Duration {
        let (began, goal) = (Instant::now(), self.ledger.counted() + more);
        while self.ledger.counted() < goal {
            assert!(began.elapsed() < Duration::from_secs(90), "no more acknowledgements");
            self.go_on(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }

    /// Lets them report for a while.
    async fn go_on(&mut self, time: Duration) {
        // They only end when they are told to.
        assert!(tokio::time::timeout(time, self.working.join_next()).await.is_err());
    }

    async fn stop(self) -> (std::sync::Arc<Ledger>, Vec<Collector>) {
        self.stop.send(true).unwrap();
        self.working.join_all().await;
        (self.ledger, self.collectors)
    }
}

/// The key of the log, as whoever has the state folder can work it out.
fn log_key(folder: &Path) -> LogKey {
    let seed: [u8; 32] = std::fs::read(folder.join("log.key")).unwrap().try_into().unwrap();
    shared::log::LogSigner::from_seed("127.0.0.1/log", &seed).unwrap().key().clone()
}

/// Everything acknowledged is there, and all that was signed is one tree.
fn assert_kept(server: &PostgresServer, url: &str, ledger: &Ledger, what: &str) {
    let kept = Kept::Postgres(server, url.to_owned());
    let statements = kept.assert_holds(ledger, what).len();
    let entries = kept.assert_one_tree(ledger);
    let summary = format!(
        "{what}: {} acknowledged, 0 lost, {statements} kept, {} told to come later; \
         {} checkpoints seen, all of one tree of {entries}\n",
        ledger.counted(),
        ledger.delayed(),
        ledger.checkpoints().len(),
    );
    println!("{summary}");
    let name: String = what.chars().take_while(|it| *it != ',').collect();
    let file = format!("replicas-{}.txt", name.replace(' ', "-"));
    std::fs::write(program::target_folder().join(file), summary).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_killed_under_load_loses_nothing() {
    let server = PostgresServer::shared();
    let (url, folder) = (server.database(), tempfile::tempdir().unwrap());
    let mut load = Load::start(folder.path(), &url).await;
    for round in 0..6 {
        load.until_acknowledged(200).await;
        let victim = &mut load.collectors[round % 2];
        victim.process.kill();
        load.until_acknowledged(200).await;
        let address = load.collectors[round % 2].address.clone();
        load.collectors[round % 2] = Collector::start_on(folder.path(), &address, Some(&url));
    }
    let (ledger, _collectors) = load.stop().await;
    assert_kept(server, &url, &ledger, "a replica killed 6 times under load");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_under_load_loses_nothing() {
    let server = PostgresServer::start();
    let (url, folder) = (server.database(), tempfile::tempdir().unwrap());
    let mut load = Load::start(folder.path(), &url).await;
    load.until_acknowledged(200).await;
    // Shorter than anybody's patience: they wait.
    server.pause();
    load.go_on(Duration::from_secs(1)).await;
    server.resume();
    load.until_acknowledged(200).await;
    // Longer: they are told to come later.
    server.pause();
    let began = Instant::now();
    while load.ledger.delayed() == 0 {
        assert!(began.elapsed() < Duration::from_secs(90), "nobody was told to come later");
        load.go_on(Duration::from_millis(20)).await;
    }
    let paused = began.elapsed().as_secs();
    server.resume();
    load.until_acknowledged(200).await;
    let (ledger, _collectors) = load.stop().await;
    let what = format!("PostgreSQL paused under load, for 1 s and {paused} s");
    assert_kept(&server, &url, &ledger, &what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_holds_everything_that_was_acknowledged() {
    let primary = PostgresServer::start();
    let single = primary.database();
    let standby = primary.synchronous_standby();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let url = single.replace(&format!("127.0.0.1:{}", primary.port()), &hosts);
    let folder = tempfile::tempdir().unwrap();
    let mut load = Load::start(folder.path(), &url).await;
    load.until_acknowledged(400).await;
    primary.kill9();
    let died = Instant::now();
    let before = load.ledger.counted();
    standby.promote();
    let promoted = died.elapsed();
    let first = load.until_acknowledged(1).await;
    load.until_acknowledged(400).await;
    let (ledger, _collectors) = load.stop().await;
    let name = single.rsplit('/').next().unwrap();
    let what = format!(
        "a synchronous standby promoted under load, {before} acknowledged before, promoted after \
         {:.2} s, first acknowledged {:.2} s later",
        promoted.as_secs_f32(),
        first.as_secs_f32()
    );
    assert_kept(&standby, &standby.url(name), &ledger, &what);
}
