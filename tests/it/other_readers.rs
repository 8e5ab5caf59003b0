//! What the collector writes for others, read by other people's libraries.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use server::audit::{Act, Object};
use server::config::Config;
use server::siem::cursor::Cursor;
use server::siem::{Format, Wording};
use server::store::stream::Kinds;
use tests::connection::Connector;
use tests::laptop::Laptop;
use tests::program::target_folder;
use tests::recording::{HEALTHY, Recording};
use tests::test_server::TestServer;

/// Where the script and its list of libraries lie.
fn readers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("readers")
}

/// The libraries, fetched once, as their digests in the list demand.
fn libraries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let list = std::fs::read(readers().join("requirements.txt")).unwrap();
        let digest = shared::keys::sha256_hex(&list);
        let folder = target_folder().join(format!("readers-{}", &digest[..12]));
        if !folder.join("done").exists() {
            let target = folder.to_str().unwrap();
            let list = readers().join("requirements.txt");
            let arguments = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"];
            let arguments = arguments.map(str::to_owned).into_iter().chain(
                ["--disable-pip-version-check", "--target", target, "-r", list.to_str().unwrap()]
                    .map(str::to_owned),
            );
            python(&arguments.collect::<Vec<_>>());
            std::fs::write(folder.join("done"), "").unwrap();
        }
        folder
    })
}

#[expect(clippy::disallowed_methods, reason = "another implementation's opinion")]
fn python(arguments: &[String]) -> String {
    let mut command = Command::new("python3");
    let folder = arguments.first().filter(|it| *it != "-m").map(|_| libraries());
    command.args(arguments).envs(folder.map(|folder| ("PYTHONPATH", folder)));
    let output = command.output().expect("python3");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a reader of this kind makes of `text`, by lines.
fn read(kind: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    std::fs::write(&file, text).unwrap();
    let script = readers().join("read.py");
    let arguments = [script.to_str().unwrap(), kind, file.to_str().unwrap()];
    let said = python(&arguments.map(str::to_owned));
    said.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_own_parser_reads_the_metrics() {
    let listen = |config: &mut Config| config.metrics = Some(([127, 0, 0, 1], 0).into());
    let server = TestServer::start_with(listen).await;
    let laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    let address = server.running().metrics.expect("a listener");
    let clock = server.clock.clone();
    let clock = agent::Clock::new(move || clock.now());
    let mut watcher = Connector::new(&format!("http://{address}"), "", clock).connect().await;
    let families = read("metrics", &watcher.send("GET", "/metrics", &[], "").await.text());
    for family in [
        "counter muster_reports 6",
        "histogram muster_ingest_seconds 17",
        "histogram muster_commit_seconds 17",
        "gauge muster_devices 11",
        "gauge muster_queue_depth 1",
        "info muster_build 1",
    ] {
        assert!(families.iter().any(|it| it == family), "{family} is not in {families:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_of_ocsf_holds_for_every_event() {
    let server = TestServer::start().await;
    let mut laptop = Laptop::enrolled(&server, "Sam Doe", &Recording::named(HEALTHY)).await;
    laptop.report().await;
    laptop.becomes(&Recording::named(HEALTHY).with_filevault_off());
    laptop.report().await;
    let (records, rulebook) =
        (server.running().app.records.clone(), server.running().app.rulebook.clone());
    let now = server.clock.now();
    let lines = tokio::task::spawn_blocking(move || {
        for (action, kind) in [
            ("sign_in", "session"),
            ("sign_in_refused", ""),
            ("account_added", "account"),
            ("role_changed", "account"),
            ("export", "devices"),
            ("webhook_added", "webhook"),
        ] {
            let act = Act::of_command(action, Object::new(kind, "x1"), now).with("by a test");
            records.note(&act).unwrap();
        }
        let all = (Cursor::START, Cursor::END);
        let kinds = Kinds { findings: true, audit: true };
        let events = records.events(all, kinds, 10_000).unwrap();
        let wording = Wording { rules: rulebook.current(), public_url: "https://m.example".into() };
        let lines = events.iter().map(|event| wording.write(event, Format::Ocsf).to_string());
        lines.collect::<Vec<_>>()
    });
    let lines = lines.await.unwrap();
    let read = read("ocsf", &lines.join("\n"));
    assert_eq!(read.len(), lines.len());
    for kind in [
        "2003 Compliance Finding: Create",
        "2003 Compliance Finding: Update",
        "3002 Authentication: Logon",
        "3001 Account Change: Create",
        "6003 API Activity: Read",
        "6003 API Activity: Create",
    ] {
        assert!(read.iter().any(|it| it == kind), "{kind} is not in {read:?}");
    }
}
