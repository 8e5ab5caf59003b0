//! Keeping this version as a release.

#![expect(clippy::expect_used, reason = "a release that cannot be kept fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::json;
use server::auth::role::Role;
use shared::envelope::Envelope;
use shared::token::Token;

use super::dump::dump;
use super::{ARCHIVE, About, Released, mac, pack, replay};
use crate::laptop::Laptop;
use crate::postgres_server::PostgresServer;
use crate::recording::{HEALTHY, MUTE, Recording};
use crate::test_server::{TestServer, copy_folder};

/// Makes a small fleet with this version, and puts what is left of it into the
/// folder `place`.
pub async fn keep(place: &Path) {
    fs::create_dir_all(place).expect("the folder of the release");
    let files = tempfile::tempdir().expect("a temporary folder");
    let (mut server, mut laptop) = fleet().await;
    let newcomer = server.invite("Zoë Doe").await;
    server.stop().await;
    let stopped_at = server.clock.now();
    shrink(&server);
    let collector = files.path().join("collector");
    copy_folder(server.folder(), &collector).expect("the collector's files");

    // Without the collector both reports stay in the queue.
    let (full, unchanged) = queue(&server, &mut laptop).await;
    copy_folder(laptop.state_dir(), &files.path().join("mac")).expect("the Mac's state");
    let delivered_at = server.clock.now();
    server.resume().await;
    let enroll = enrolling(&server, &newcomer).await;
    server.stop().await;

    let dump = in_postgres(&collector, delivered_at).await;
    fs::write(files.path().join("postgres.sql"), dump).expect("the dump");
    let about = About { version: env!("CARGO_PKG_VERSION").to_owned(), stopped_at, delivered_at };
    let about = serde_json::to_string_pretty(&about).expect("JSON") + "\n";
    for (name, text) in [
        ("about.json", about),
        ("full.json", full.to_json()),
        ("unchanged.json", unchanged.to_json()),
        ("enroll.json", enroll),
    ] {
        fs::write(place.join(name), text).expect("a text of the release");
    }
    pack(files.path(), &place.join(ARCHIVE)).expect("the archive");

    let release = Released::open(place);
    let server = release.server(None).await;
    for (name, answer) in replay(&release, &server).await {
        let text = serde_json::to_string_pretty(&answer).expect("JSON") + "\n";
        fs::write(place.join(format!("answer-{name}.json")), text).expect("an answer");
    }
}

/// Three Macs with a few days of history; the last is the one whose state is
/// kept.
async fn fleet() -> (TestServer, Laptop) {
    let server = TestServer::start().await;
    for role in Role::ALL {
        server.login_link_of(role);
    }
    let healthy = Laptop::enrolled(&server, "Sam Carter", &Recording::named(HEALTHY)).await;
    let mute = Recording::named(MUTE).of_another_mac(2);
    let mute = Laptop::enrolled(&server, "Ada Poe", &mute).await;
    let mut kept = Laptop::enrolled(&server, "Kim Roe", &mac()).await;
    for hours in 0..3 {
        // Something changes, so that there are findings of the past.
        kept.becomes(&if hours == 1 { mac().with_firewall_off() } else { mac() });
        for laptop in [&healthy, &mute, &kept] {
            laptop.report().await;
        }
        server.forward(SignedDuration::from_hours(20)).await;
    }
    (server, kept)
}

/// Gives back the room that the database does not need.
fn shrink(server: &TestServer) {
    let database = Connection::open(server.database()).expect("the database");
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM").expect("less room");
}

/// Two reports that nobody takes.
async fn queue(server: &TestServer, laptop: &mut Laptop) -> (Envelope, Envelope) {
    server.clock.set(server.clock.now() + SignedDuration::from_hours(1));
    laptop.becomes(&mac().with_firewall_off());
    laptop.report().await;
    let full = laptop.last_signed();
    server.clock.set(server.clock.now() + SignedDuration::from_hours(1));
    laptop.report().await;
    assert_eq!(laptop.waiting().len(), 2, "both reports wait");
    (full, laptop.last_signed())
}

/// The request of a Mac that enrols with `token`, as it was sent.
async fn enrolling(server: &TestServer, token: &Token) -> String {
    let laptop = Laptop::new(&Recording::named(HEALTHY).of_another_mac(3), &server.clock);
    laptop.enroll(token).await.expect("an enrolment");
    let database = Connection::open(server.database()).expect("the database");
    let (key, payload, signature): (String, Vec<u8>, Vec<u8>) = database
        .query_row(
            "SELECT keyid, payload, signature FROM enrollment ORDER BY received_ms DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .expect("the newest enrolment");
    let envelope = json!({
        "payloadType": shared::names::PAYLOAD_TYPE,
        "payload": STANDARD.encode(payload),
        "signatures": [{"keyid": key, "sig": STANDARD.encode(signature)}],
    });
    json!({"secret": URL_SAFE_NO_PAD.encode(token.secret), "envelope": envelope}).to_string()
}

/// The same collector on PostgreSQL, as SQL.
async fn in_postgres(collector: &Path, at: jiff::Timestamp) -> String {
    let mut server = TestServer::continue_from(collector, at, None).await;
    let url = PostgresServer::shared().database();
    server.move_to_postgres(&url).await;
    server.stop().await;
    dump(&url)
}
