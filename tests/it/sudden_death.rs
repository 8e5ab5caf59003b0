//! The collector is killed at random moments under load, again and again.
//!
//! What it acknowledged must be there afterwards, once. Clients write every
//! acknowledgement into a file before they count it, so that the test believes
//! nothing that it holds in memory alone.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agent::Clock;
use agent::host::Live;
use shared::envelope::Envelope;
use shared::keys::hex;
use tests::connection::Connector;
use tests::hand_made::HandMade;
use tests::program::{self, Collector};
use tests::test_server::Database;
use tokio::task::JoinSet;

const ROUNDS: usize = 20;
const CLIENTS: usize = 6;

/// One device with its own connection, that sends one report after the other.
struct Client {
    device: HandMade,
    /// Sent, but not acknowledged when the collector died.
    open: Option<Envelope>,
}

/// Everything that was acknowledged.
struct Ledger {
    file: File,
    counted: AtomicUsize,
}

impl Ledger {
    fn enter(&self, device: &HandMade, sequence: i64, envelope: &Envelope) {
        let line = format!("{}|{sequence}|{}\n", device.claim.id, hex(&envelope.digest()));
        // One write a line, so that lines of several clients do not mix.
        (&self.file).write_all(line.as_bytes()).unwrap();
        self.counted.fetch_add(1, Ordering::SeqCst);
    }
}

impl Client {
    /// Reports until the collector is gone.
    async fn report(mut self, connector: Connector, ledger: Arc<Ledger>, clock: Clock) -> Self {
        let Ok(mut connection) = connector.try_connect().await else { return self };
        loop {
            let envelope = match self.open.take() {
                Some(envelope) => envelope,
                None => self.device.next(clock.now()),
            };
            let sequence = self.device.sequence - 1;
            let (path, media) = ("/v1/attestations", shared::names::MEDIA_REPORT);
            let headers = [("content-type", media)];
            match connection.try_send("POST", path, &headers, envelope.to_json()).await {
                Ok(answer) if matches!(answer.status, 200 | 201) => {
                    ledger.enter(&self.device, sequence, &envelope);
                }
                Ok(answer) if answer.status == 503 => self.open = Some(envelope),
                Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
                Err(_) => {
                    self.open = Some(envelope);
                    return self;
                }
            }
        }
    }
}

async fn clients(collector: &Collector, clock: &Clock) -> Vec<Client> {
    let mut connection = collector.connector().connect().await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let token = collector.invite(&format!("person{number}"));
        let serial = format!("ZZKILL{number:05}");
        let device = HandMade::enrolled(&mut connection, &token, &serial, clock.now()).await;
        clients.push(Client { device, open: None });
    }
    clients
}

fn random_below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % limit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_in_twenty_kills_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let ledger_path = folder.path().join("acknowledged");
    let file = File::options().create(true).append(true).open(&ledger_path).unwrap();
    let ledger = Arc::new(Ledger { file, counted: AtomicUsize::new(0) });
    let clock = Clock::of(Live::new());

    let mut collector = Collector::start(folder.path());
    let mut resting = clients(&collector, &clock).await;
    let mut unacknowledged = 0;
    let mut kept_unacknowledged = 0;
    for round in 1..=ROUNDS {
        let connector = collector.connector();
        let mut working = JoinSet::new();
        for client in resting.drain(..) {
            working.spawn(client.report(connector.clone(), Arc::clone(&ledger), clock.clone()));
        }
        // They only end when the collector does: this picks a random moment.
        let moment = Duration::from_micros(20_000 + random_below(200_000));
        assert!(tokio::time::timeout(moment, working.join_next()).await.is_err());
        collector.process.kill();
        resting = working.join_all().await;

        let address = collector.address.clone();
        collector = Collector::start_at(folder.path(), &address);
        let database = Database::open(&collector.database());
        assert_eq!(database.rows("PRAGMA integrity_check"), ["ok"], "round {round}");
        for client in &resting {
            let Some(envelope) = &client.open else { continue };
            unacknowledged += 1;
            let digest = hex(&envelope.digest());
            let kept = format!("SELECT count(*) FROM statement WHERE digest = x'{digest}'");
            kept_unacknowledged += database.number(&kept);
        }
        assert_ledger_is_kept(&ledger_path, &database, &format!("round {round}"));
    }
    let counted = ledger.counted.load(Ordering::SeqCst);
    let kept = Database::open(&collector.database()).number("SELECT count(*) FROM statement");
    let lines = std::fs::read_to_string(&ledger_path).unwrap().lines().count();
    assert!(lines >= counted && counted > ROUNDS * CLIENTS, "{lines} lines, {counted} counted");
    let summary = format!(
        "{ROUNDS} kills under load: {counted} reports acknowledged, all found once; {kept} kept; \
         {unacknowledged} under way when it died, {kept_unacknowledged} of them kept\n"
    );
    println!("{summary}");
    std::fs::write(program::target_folder().join("sudden-death.txt"), summary).unwrap();
}

/// Everything in the file stands in the database, once, in whole chains.
fn assert_ledger_is_kept(ledger: &std::path::Path, database: &Database, when: &str) {
    let kept = database.rows("SELECT device_id, sequence, digest FROM statement");
    let once: std::collections::BTreeSet<&String> = kept.iter().collect();
    assert_eq!(once.len(), kept.len(), "{when}: none twice");
    let text = std::fs::read_to_string(ledger).unwrap();
    for line in text.lines() {
        assert!(once.contains(&line.to_owned()), "{when}: lost {line}");
    }
    for (what, query) in [
        (
            "a link of a chain that does not hold",
            "SELECT count(*) FROM statement AS next LEFT JOIN statement AS before
             ON before.device_id = next.device_id AND before.chain = next.chain
             AND before.sequence = next.sequence - 1
             WHERE next.sequence > 1 AND next.previous IS NOT before.digest",
        ),
        (
            "a device whose head is not its newest statement",
            "SELECT count(*) FROM device JOIN statement AS newest ON newest.device_id = device.id
             WHERE newest.sequence = (SELECT max(sequence) FROM statement WHERE device_id = device.id)
             AND (device.sequence <> newest.sequence OR device.digest <> newest.digest
                  OR device.received_ms <> newest.received_ms)",
        ),
        (
            "a digest that stands twice",
            "SELECT count(*) - count(DISTINCT digest) FROM statement",
        ),
        ("a contradiction", "SELECT count(*) FROM equivocation"),
        ("a device that may not report", "SELECT count(*) FROM device WHERE lifecycle <> 'active'"),
        (
            "a rule with two present findings",
            "SELECT count(*) FROM (SELECT 1 FROM finding WHERE until_ms IS NULL
             GROUP BY device_id, rule HAVING count(*) > 1)",
        ),
    ] {
        assert_eq!(database.number(query), 0, "{when}: {what}");
    }
}
