//! The collector is killed at random moments under load, again and again.
//!
//! What it acknowledged must be there afterwards, once. Clients write every
//! acknowledgement into a file before they count it, so that the test believes
//! nothing that it holds in memory alone.

use std::path::Path;
use std::time::Duration;

use agent::Clock;
use agent::host::Live;
use shared::keys::hex;
use tests::hand_made::HandMade;
use tests::kept::Kept;
use tests::ledger::{Ledger, Reporter};
use tests::postgres_server::PostgresServer;
use tests::program::{self, Collector};
use tests::test_server::Database;
use tokio::task::JoinSet;

const ROUNDS: usize = 100;
const CLIENTS: usize = 64;

/// Enrolled devices that report without a pause.
pub(crate) async fn reporters(collector: &Collector, clock: &Clock, count: usize) -> Vec<Reporter> {
    let mut connection = collector.connector().connect().await;
    let mut reporters = Vec::new();
    for number in 0..count {
        let token = collector.invite(&format!("person{number}"));
        let serial = format!("ZZKILL{number:05}");
        let device = HandMade::enrolled(&mut connection, &token, &serial, clock.now()).await;
        reporters.push(Reporter::new(device));
    }
    reporters
}

fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % limit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_in_a_hundred_kills_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let look = || {
        let database = Database::open(&folder.path().join("muster.db"));
        assert_eq!(database.rows("PRAGMA integrity_check"), ["ok"]);
        Kept::Sqlite(database)
    };
    kill_again_and_again("SQLite", folder.path(), None, &look).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_in_a_hundred_kills_on_postgresql() {
    let server = PostgresServer::shared();
    let url = server.database();
    let folder = tempfile::tempdir().unwrap();
    let look = || Kept::Postgres(server, url.clone());
    kill_again_and_again("PostgreSQL", folder.path(), Some(&url), &look).await;
}

async fn kill_again_and_again(
    name: &str,
    folder: &Path,
    place: Option<&str>,
    look: &dyn Fn() -> Kept<'static>,
) {
    let ledger = Ledger::new(folder, None);
    let clock = Clock::of(Live::new());
    let mut collector = Collector::start_on(folder, "127.0.0.1:0", place);
    let mut resting = reporters(&collector, &clock, CLIENTS).await;
    let (mut unacknowledged, mut kept_unacknowledged) = (0, 0);
    for round in 1..=ROUNDS {
        let connector = collector.connector();
        let mut working = JoinSet::new();
        for client in resting.drain(..) {
            working.spawn(client.until_gone(connector.clone(), ledger.clone(), clock.clone()));
        }
        // They only end when the collector does: this picks a random moment
        // after everybody has connected.
        let connected = ledger.counted() + CLIENTS;
        while ledger.counted() < connected {
            let moment = Duration::from_millis(5);
            assert!(tokio::time::timeout(moment, working.join_next()).await.is_err());
        }
        let moment = Duration::from_micros(random_below(200_000));
        assert!(tokio::time::timeout(moment, working.join_next()).await.is_err());
        collector.process.kill();
        resting = working.join_all().await;

        let address = collector.address.clone();
        collector = Collector::start_on(folder, &address, place);
        let kept = look().assert_holds(&ledger, &format!("round {round}"));
        for client in &resting {
            let Some(envelope) = &client.open else { continue };
            unacknowledged += 1;
            let digest = hex(&envelope.digest());
            kept_unacknowledged += usize::from(kept.iter().any(|line| line.ends_with(&digest)));
        }
    }
    let (counted, kept) = (ledger.counted(), look().number("SELECT count(*) FROM statement"));
    let lines = ledger.lines().len();
    assert!(lines >= counted && counted >= ROUNDS * CLIENTS, "{lines} lines, {counted} counted");
    let summary = format!(
        "{ROUNDS} kills under load of {CLIENTS} on {name}: {counted} reports acknowledged, 0 lost, \
         0 judged twice; {kept} kept; {unacknowledged} under way when it died, \
         {kept_unacknowledged} of them kept\n"
    );
    println!("{summary}");
    let file = format!("sudden-death-{}.txt", name.to_lowercase());
    std::fs::write(program::target_folder().join(file), summary).unwrap();
}
