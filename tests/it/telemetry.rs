//! Traces reach a receiver of OTLP, from the program as people start it.

use agent::Clock;
use agent::host::Live;
use tests::program::Collector;
use tests::receiver::{Manner, Receiver};

use crate::sudden_death::reporters;

/// One field of a protobuf message: its number, and its bytes when it has any.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (number, kind) = (tag >> 3, tag & 7);
        let taken = match kind {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            1 => take(&mut bytes, 8),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                take(&mut bytes, length)
            }
            5 => take(&mut bytes, 4),
            other => panic!("wire type {other}"),
        };
        fields.push((number, taken));
    }
    fields
}

fn take(bytes: &mut &[u8], length: usize) -> Vec<u8> {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken.to_vec()
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

/// The parts of a message with this number.
fn parts(bytes: &[u8], number: u64) -> Vec<Vec<u8>> {
    fields(bytes).into_iter().filter(|(it, _)| *it == number).map(|(_, part)| part).collect()
}

/// Names of all spans in an `ExportTraceServiceRequest`: resource spans (1),
/// scope spans (2), spans (2), name (5).
fn span_names(body: &[u8]) -> Vec<String> {
    let resources = parts(body, 1);
    let scopes = resources.iter().flat_map(|it| parts(it, 2)).collect::<Vec<_>>();
    let spans = scopes.iter().flat_map(|it| parts(it, 2)).collect::<Vec<_>>();
    let names = spans.iter().flat_map(|it| parts(it, 5));
    names.map(|name| String::from_utf8(name).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_a_report_arrive_and_tell_nothing_of_anybody() {
    let receiver = Receiver::start().await;
    receiver.answers(Manner::Status("200 OK"));
    let folder = tempfile::tempdir().unwrap();
    let endpoint = receiver.url.trim_end_matches("/hook");
    let config = format!(
        "[os_releases]\nfetch = false\n[telemetry]\notlp = \"{endpoint}\"\nservice_name = \"muster-test\"\n"
    );
    std::fs::write(folder.path().join("muster.toml"), config).unwrap();
    let mut collector = Collector::start(folder.path());
    let clock = Clock::of(Live::new());
    let mut reporters = reporters(&collector, &clock, 1).await;
    let mut connection = collector.connector().connect().await;
    let envelope = reporters[0].device.next(clock.now());
    assert_eq!(connection.deliver(&envelope).await.status, 201);
    connection.send("GET", "/devices/secret-in-address?token=1", &[], "").await;
    drop(connection);
    // What is left is sent when it ends.
    assert_eq!(collector.process.terminate(), Some(0));
    let messages = receiver.received();
    assert!(messages.iter().all(|it| it.line.starts_with("POST /v1/traces ")), "{messages:?}");
    assert!(messages.iter().all(|it| it.header("content-type") == "application/x-protobuf"));
    let names: Vec<String> = messages.iter().flat_map(|it| span_names(&it.body)).collect();
    for name in ["POST /v1/attestations", "POST /v1/enroll", "batch", "GET /devices/{id}"] {
        assert!(names.iter().any(|it| it == name), "{name} is not in {names:?}");
    }
    let all: Vec<u8> = messages.iter().flat_map(|it| it.body.clone()).collect();
    let all = String::from_utf8_lossy(&all);
    assert!(all.contains("muster-test") && all.contains("service.version"));
    for word in ["ZZKILL", "person0", "company.example", "secret-in-address", "token"] {
        assert!(!all.contains(word), "{word} is in the traces");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_silent_does_not_hold_up_the_collector() {
    let receiver = Receiver::start().await;
    receiver.answers(Manner::Silence);
    let folder = tempfile::tempdir().unwrap();
    let endpoint = receiver.url.trim_end_matches("/hook");
    let config = format!("[os_releases]\nfetch = false\n[telemetry]\notlp = \"{endpoint}\"\n");
    std::fs::write(folder.path().join("muster.toml"), config).unwrap();
    let collector = Collector::start(folder.path());
    let clock = Clock::of(Live::new());
    let mut reporters = reporters(&collector, &clock, 1).await;
    let mut connection = collector.connector().connect().await;
    for _ in 0..20 {
        let envelope = reporters[0].device.next(clock.now());
        assert_eq!(connection.deliver(&envelope).await.status, 201);
    }
}
