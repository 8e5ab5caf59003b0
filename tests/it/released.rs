//! Every version that was released: its agents are understood, its data go on,
//! and what its collectors answered is understood by the present agent.

use std::collections::BTreeMap;
use std::path::Path;

use agent::identity::Identity;
use agent::identity::progress::Progress;
use agent::log::Known;
use agent::state::StateFolder;
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::{Value, json};
use server::store::{place, postgres};
use shared::api::{BatchLine, Enrolled, PolicyDocument, Problem, Receipt};
use shared::envelope::Envelope;
use shared::keys::{hex, sha256_hex};
use shared::log::Reported;
use tests::hand_made::HandMade;
use tests::postgres_server::PostgresServer;
use tests::released::{Answer, Released, all, folder, keep, replay, restored};
use tests::test_server::{Database, TestServer};
use tests::visitor::Visitor;

/// Tables that say what is so now, and not what was: they may change when a
/// collector starts.
const PRESENT: [&str; 1] = ["lease"];

/// The receipts that were given for a batch.
fn receipts(answer: &Answer) -> Vec<Receipt> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let lines = answer.body.lines().map(|line| serde_json::from_str(line).unwrap());
    let receipt = |line| match line {
        BatchLine::Kept(receipt) => receipt,
        BatchLine::Refused(problem) => panic!("{problem:?}"),
    };
    lines.map(receipt).collect()
}

fn kept_answer(release: &Released, name: &str) -> Answer {
    serde_json::from_str(&release.text(&format!("answer-{name}.json"))).unwrap()
}

/// What a receipt says of the report, without what is new in each answer.
fn gist(receipt: &Receipt) -> (i64, &str, String, &str, &[String], u64) {
    let Receipt { sequence, statement_sha256, outcome, status, flags, log, .. } = receipt;
    (*sequence, statement_sha256, format!("{outcome:?}"), status, flags, log.index)
}

async fn understood(release: &Released, url: Option<&str>) {
    let server = release.server(url).await;
    let answers: BTreeMap<_, _> = replay(release, &server).await.into_iter().collect();
    let enrolled = &answers["enroll"];
    assert_eq!(enrolled.status, 201, "{}", enrolled.body);
    let found = receipts(&answers["batch"]);
    let expected = receipts(&kept_answer(release, "batch"));
    assert_eq!(found.len(), 2);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(gist(found), gist(expected), "{}", release.about.version);
    }
    // In a recorded Mac nothing else may be odd.
    assert_eq!(found[0].flags, ["recorded"], "{}", release.about.version);
    assert_eq!(answers["again"].status, 200, "{}", answers["again"].body);
    assert_eq!(answers["refused"].status, 401, "{}", answers["refused"].body);
    assert_eq!(answers["policy"].status, kept_answer(release, "policy").status);
}

#[tokio::test]
async fn agents_of_every_released_version_are_understood() {
    for release in all() {
        understood(&release, None).await;
        let url = restored(&release.postgres());
        understood(&release, Some(&url)).await;
    }
}

fn in_postgres(url: &str) -> place::Database {
    place::Database::Postgres(Box::new(postgres::Target::parse(url).unwrap()))
}

/// Every row that the release had, by table, with the columns it had.
fn rows(path: &Path, columns: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let database = Database::open(path);
    let table = |(name, columns): (&String, &Vec<String>)| {
        let mut rows = database.rows(&format!("SELECT {} FROM \"{name}\"", columns.join(", ")));
        rows.sort();
        (name.clone(), rows)
    };
    columns.iter().map(table).collect()
}

fn columns(path: &Path) -> BTreeMap<String, Vec<String>> {
    let database = Connection::open(path).unwrap();
    let mut statement = database
        .prepare(
            "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for pair in pairs {
        let (table, column): (String, String) = pair.unwrap();
        found.entry(table).or_default().push(format!("\"{column}\""));
    }
    found.retain(|table, _| !PRESENT.contains(&table.as_str()));
    found
}

/// Every column of a PostgreSQL database with its type.
const COLUMNS: &str = "SELECT table_name, column_name, data_type, is_nullable
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2";

#[tokio::test]
async fn an_upgraded_database_has_the_form_of_a_new_one() {
    let new = TestServer::start().await;
    let new_url = PostgresServer::shared().database();
    TestServer::start_with(|config| config.database = in_postgres(&new_url)).await.stop().await;
    let postgres = |url: &str| PostgresServer::shared().sql(url, COLUMNS);
    for release in all() {
        let upgraded = release.server(None).await;
        assert_eq!(columns(&upgraded.database()), columns(&new.database()));
        let url = restored(&release.postgres());
        release.server(Some(&url)).await.stop().await;
        assert_eq!(postgres(&url), postgres(&new_url));
    }
}

#[tokio::test]
async fn nothing_is_lost_or_changed_when_a_released_collector_is_upgraded() {
    for release in all() {
        let version = &release.about.version;
        let before = release.collector().join("muster.db");
        let columns = columns(&before);
        let expected = rows(&before, &columns);
        let with_rows = expected.values().filter(|rows| !rows.is_empty()).count();
        assert!(with_rows > 12, "{version}: {with_rows} tables with rows");

        // At the same instant, so that time changes nothing either.
        let at = release.about.stopped_at;
        let mut server = TestServer::continue_from(&release.collector(), at, None).await;
        server.stop().await;
        let found = rows(&server.database(), &columns);
        for (table, rows) in &expected {
            for row in rows {
                assert!(found[table].contains(row), "{version}: {table} lacks {row}");
            }
        }
    }
}

/// Whatever IT opens in the morning.
const PAGES: [&str; 8] = [
    "/",
    "/devices",
    "/people",
    "/expected",
    "/checklists",
    "/audit",
    "/accounts",
    "/log/checkpoint",
];

async fn goes_on(release: &Released, url: Option<&str>) {
    let version = &release.about.version;
    let server = release.server(url).await;
    let mut visitor = Visitor::signed_in(&server).await;
    for page in PAGES {
        let answer = visitor.ask(page).await;
        assert_eq!(answer.status, 200, "{version}: {page}: {}", answer.text());
    }
    let laptop = release.laptop(&server);
    let page = visitor.ask(&format!("/devices/{}", laptop.device_id())).await.text();
    assert!(page.contains("Kim Roe"), "{version}: {page}");

    // The present agent takes up the state of the released one: it delivers
    // what waited, and sees that the log continues the one it knew.
    assert_eq!(laptop.waiting().len(), 2);
    let run = laptop.report().await;
    assert!(run.stop.is_none(), "{version}: {:?}", run.stop);
    let outcomes: Vec<_> = run.receipts.iter().map(|it| (it.sequence, it.flags.clone())).collect();
    assert_eq!(outcomes.len(), 3, "{version}: {outcomes:?}");
    // What waits has no nonce of its own; the chain and the log have no gap.
    let usual = |flag: &String| ["recorded", "stale"].contains(&flag.as_str());
    assert!(outcomes.iter().all(|(_, flags)| flags.iter().all(usual)), "{version}: {outcomes:?}");
    assert!(laptop.waiting().is_empty(), "{version}");
    server.forward(SignedDuration::from_hours(1)).await;
    assert!(laptop.report().await.stop.is_none(), "{version}");
}

#[tokio::test]
async fn an_upgraded_collector_and_an_upgraded_agent_go_on_where_they_were() {
    for release in all() {
        goes_on(&release, None).await;
        let url = restored(&release.postgres());
        goes_on(&release, Some(&url)).await;
    }
}

#[tokio::test]
async fn what_a_released_collector_answered_is_understood_by_the_present_agent() {
    for release in all() {
        let version = &release.about.version;
        let server = release.server(None).await;
        let laptop = release.laptop(&server);
        let folder = StateFolder::at(laptop.state_dir());
        let identity = Identity::load(&folder).unwrap().unwrap();
        let key = identity.log().unwrap();
        let mut known = Progress::load(&folder, &identity.key).unwrap().unwrap().log;
        assert!(known.is_some(), "{version}");
        let receipts = receipts(&kept_answer(&release, "batch"));
        for (name, receipt) in ["full.json", "unchanged.json"].into_iter().zip(&receipts) {
            let envelope = Envelope::parse(release.text(name).as_bytes()).unwrap();
            let reported = Reported {
                device: &identity.device_id,
                key: envelope.keyid.as_str(),
                sequence: receipt.sequence,
                statement_sha256: &hex(&envelope.digest()),
                signature_sha256: &sha256_hex(&envelope.signature),
            };
            let now = release.about.delivered_at;
            let next = Known::prove(&receipt.log, &key, &reported, known.as_ref(), now);
            known = Some(next.unwrap_or_else(|fault| panic!("{version}: {name}: {fault}")));
        }
        let enrolled: Enrolled =
            serde_json::from_str(&kept_answer(&release, "enroll").body).unwrap();
        assert_eq!(enrolled.log_key, identity.log_key, "{version}");
        let refused: Problem =
            serde_json::from_str(&kept_answer(&release, "refused").body).unwrap();
        assert_eq!(refused.code(), "bad-signature", "{version}");
        let policy = kept_answer(&release, "policy");
        let policy: PolicyDocument = serde_json::from_str(&policy.body).unwrap();
        assert!(policy.certificate.contains("BEGIN CERTIFICATE"), "{version}");
    }
}

/// Adds what a later version may say, at every place of a statement.
fn of_the_next_version(mut statement: Value) -> Value {
    let predicate = statement.get_mut("predicate").unwrap();
    predicate["schema"] = json!("1.1");
    predicate["mood"] = json!({"of": ["the", "Mac"]});
    for place in ["device", "agent", "time", "freshness"] {
        predicate[place]["later"] = json!(true);
    }
    let checks = predicate["checks"].as_array_mut().unwrap();
    let mut unknown = checks[0].clone();
    unknown["id"] = json!("fan_speed");
    unknown["fields"] = json!({"turns": 7});
    for check in checks.iter_mut() {
        check["version"] = json!(2);
        check["later"] = json!("more");
        check["fields"]["of_the_next_version"] = json!("yes");
    }
    checks.push(unknown);
    statement
}

#[tokio::test]
async fn the_report_of_a_newer_agent_is_kept_and_judged_by_what_is_known_of_it() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let token = server.invite("Sam Carter").await;
    let now = server.clock.now();
    let device = HandMade::enrolled(&mut connection, &token, "ZZNEWER", now).await;
    let statement = of_the_next_version(device.value(now));
    let answer = connection.deliver(&device.sign(statement.to_string())).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let receipt: Receipt = answer.json();
    assert_eq!(receipt.flags, Vec::<String>::new());
    let finding = "SELECT status FROM finding WHERE rule = 'disk-encryption' AND until_ms IS NULL";
    assert_eq!(server.look().rows(finding), ["pass"]);
}

#[tokio::test]
async fn this_version_can_be_kept_as_a_release() {
    let renewed = folder().join(env!("CARGO_PKG_VERSION"));
    let elsewhere = tempfile::tempdir().unwrap();
    let is_asked = std::env::var_os("MUSTER_RENEW").is_some();
    let place = if is_asked { renewed } else { elsewhere.path().join("new") };
    keep(&place).await;
    let release = Released::open(&place);
    understood(&release, None).await;
    goes_on(&release, None).await;
}
