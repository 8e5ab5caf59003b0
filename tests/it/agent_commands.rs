//! The commands of `muster-agent` that speak to a collector or to its state:
//! input, exit code, and the exact message. `check` has its own tests in the
//! agent's package.

use std::path::Path;

use agent::Clock;
use agent::host::Live;
use jiff::SignedDuration;
use server::audit::{Act, Object};
use server::fleet::state::Lifecycle;
use shared::envelope::Envelope;
use shared::token::Token;
use tests::program::{self, Ending, Staying};
use tests::recording;
use tests::test_server::TestServer;

mod doctor;

/// A Mac as people use it from a shell: a recording and a folder.
struct Mac {
    folder: tempfile::TempDir,
    recording: String,
}

impl Mac {
    fn new() -> Self {
        let file = recording::folder().join(format!("{}.json", recording::HEALTHY));
        Self { folder: tempfile::tempdir().unwrap(), recording: file.to_str().unwrap().to_owned() }
    }

    fn state(&self) -> String {
        self.folder.path().join("state").to_str().unwrap().to_owned()
    }

    /// Runs a command with its state here; `enroll`, `report` and `doctor`
    /// read the recording.
    fn run(&self, arguments: &[&str]) -> Ending {
        let state = self.state();
        let mut arguments = arguments.to_vec();
        arguments.extend(["--state-dir", &state]);
        if matches!(arguments[0], "enroll" | "report" | "doctor") {
            arguments.extend(["--recording", &self.recording]);
        }
        program::run("muster-agent", &arguments)
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], exit: i32, message: &str) {
        let stderr = format!("muster-agent: {}\n", message.replace("STATE", &self.state()));
        let expected = Ending { exit: Some(exit), stdout: String::new(), stderr };
        assert_eq!(self.run(arguments), expected, "{arguments:?}");
    }
}

/// What a run printed before its last line, which says what it cost.
#[track_caller]
fn printed(ending: &Ending) -> &str {
    let (text, cost) = ending.stdout.split_at(ending.stdout.find("The run took 0.").unwrap());
    assert!(cost.ends_with(" MB of memory at its end.\n") && cost.lines().count() == 1, "{cost}");
    text
}

/// A collector at the machine's own time, because the program has no other.
async fn collector() -> TestServer {
    let server = TestServer::start_at(Clock::of(Live::new()).now(), |_| {}).await;
    server.clock.run();
    server
}

/// Runs a program beside the collector, which lives on this very thread.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

const NOT_ENROLLED: &str =
    "this computer is not enrolled; run `muster-agent enroll` with the token that IT sent";

#[test]
fn a_wrong_command_line_is_refused_in_one_line() {
    let mac = Mac::new();
    let missing = "the following required arguments were not provided:";
    for (arguments, message) in [
        (&["enroll"][..], format!("{missing} <TOKEN>")),
        (&["enroll", "a", "b"], "unexpected argument 'b' found".to_owned()),
        (
            &["enroll", "a", "--token-file", "b"],
            "the argument '[TOKEN]' cannot be used with '--token-file <FILE>'".to_owned(),
        ),
        (&["report", "now"], "unexpected argument 'now' found".to_owned()),
        (&["status", "--xml"], "unexpected argument '--xml' found".to_owned()),
        (
            &["show", "--raw", "--envelope"],
            "the argument '--raw' cannot be used with '--envelope'".to_owned(),
        ),
        (&["run", "--fast"], "unexpected argument '--fast' found".to_owned()),
    ] {
        let help = "run `muster-agent --help` to see what it takes";
        mac.refuses(arguments, 64, &format!("{message}; {help}"));
    }
    let token = Token { url: "https://m.example".to_owned(), ca_sha256: None, secret: [7; 32] };
    let ending = mac.run(&["report", &token.to_string()]);
    assert!(!ending.stderr.contains(&token.to_string()[10..]), "no message holds a token");
}

#[test]
fn what_needs_an_enrolment_says_so() {
    let mac = Mac::new();
    mac.refuses(&["report"], 78, NOT_ENROLLED);
    mac.refuses(&["status"], 78, NOT_ENROLLED);
    mac.refuses(&["status", "--json"], 78, NOT_ENROLLED);
    let nothing = "nothing was signed yet; run `muster-agent report`";
    mac.refuses(&["show"], 78, nothing);
    mac.refuses(&["show", "--raw"], 78, nothing);
    let explained = mac.run(&["show", "--explain"]);
    assert_eq!((explained.exit, explained.stderr.as_str()), (Some(0), ""));
    for check in shared::posture::CHECKS {
        assert!(explained.stdout.contains(check.about), "{}", check.id);
    }
}

#[test]
fn a_token_that_cannot_be_used_is_refused() {
    let mac = Mac::new();
    let good = Token { url: "https://m.example".to_owned(), ca_sha256: None, secret: [7; 32] };
    let good = good.to_string();
    let damaged = "the token is damaged; copy the whole line of the invitation again";
    let prefix = "the token must begin with `mst1.`; copy the whole line of the invitation";
    for (token, message) in [
        ("hello", prefix),
        ("", prefix),
        ("mst1.", damaged),
        (&good[..80], damaged),
        (&format!("{good}="), damaged),
        ("mst1._w", "the token needs a newer agent; update the agent"),
    ] {
        mac.refuses(&["enroll", token], 65, message);
        let file = mac.folder.path().join("token");
        std::fs::write(&file, token).unwrap();
        mac.refuses(&["enroll", "--token-file", file.to_str().unwrap()], 65, message);
        let arguments = ["enroll", "-", "--recording", &mac.recording];
        let piped = program::run_with_input("muster-agent", &arguments, token.as_bytes());
        assert_eq!(piped.stderr, format!("muster-agent: {message}\n"));
        assert_eq!(piped.exit, Some(65));
    }
    mac.refuses(
        &["enroll", "--token-file", "/none"],
        74,
        "cannot read the token from `/none`: No such file or directory (os error 2)",
    );
    assert!(!Path::new(&mac.state()).exists(), "nothing is made for a token that is none");
}

#[test]
fn a_recording_that_cannot_be_used_is_refused() {
    let mut mac = Mac::new();
    let token = Token { url: "https://m.example".to_owned(), ca_sha256: None, secret: [7; 32] };
    let token = token.to_string();
    for command in [&["enroll", token.as_str()][..], &["report"]] {
        mac.recording = "/none.json".to_owned();
        mac.refuses(
            command,
            74,
            "cannot read the recording `/none.json`: No such file or directory (os error 2)",
        );
        let file = mac.folder.path().join("recording.json");
        mac.recording = file.to_str().unwrap().to_owned();
        std::fs::write(&file, "[]").unwrap();
        let message = format!(
            "{}, line 1, column 0: invalid type: sequence, expected an object; correct the recording and try again",
            file.display()
        );
        mac.refuses(command, 65, &message);
    }
}

#[test]
fn a_collector_that_is_away_is_named() {
    let mac = Mac::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("https://{free}");
    let token = Token { url: url.clone(), ca_sha256: Some([7; 32]), secret: [7; 32] };
    let message = format!("cannot reach {url}: Connection refused (os error 111)");
    mac.refuses(&["enroll", &token.to_string()], 69, &message);
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let mac = Mac::new();
    std::fs::write(mac.state(), "a file").unwrap();
    mac.refuses(&["report"], 74, "cannot open `STATE/lock`: Not a directory (os error 20)");

    let mac = Mac::new();
    std::fs::create_dir(mac.state()).unwrap();
    std::fs::write(format!("{}/identity.json", mac.state()), "{").unwrap();
    let damaged = "`STATE/identity.json` is damaged (EOF while parsing an object at line 1 column 1); run `muster-agent enroll` with a new token";
    for command in ["report", "status", "show"] {
        mac.refuses(&[command], 65, damaged);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mac_is_enrolled_reports_and_shows_what_it_signed() {
    let server = collector().await;
    let token = server.invite("Sam Doe").await.to_string();
    let url = server.url().to_owned();
    let mac = beside(move || {
        let mac = Mac::new();
        let enrolled = mac.run(&["enroll", &token]);
        assert_eq!((enrolled.exit, enrolled.stderr.as_str()), (Some(0), ""));
        assert!(enrolled.stdout.starts_with(&format!("Enrolled at {url} as device ")));
        let again = mac.run(&["enroll", &token]);
        assert_eq!(again.exit, Some(0));
        assert!(again.stdout.ends_with(" before, with this token.\n"), "{}", again.stdout);

        let status = mac.run(&["status"]);
        assert_eq!(status.exit, Some(0));
        assert!(status.stdout.contains("Last report:  never, number 0\n"), "{}", status.stdout);
        for (sequence, kind) in [(1, "full"), (2, "unchanged")] {
            let report = mac.run(&["report"]);
            assert_eq!((report.exit, report.stderr.as_str()), (Some(0), ""));
            let text = format!(
                "Signed report {sequence} ({kind}).\nDelivered 1 report; the collector says: unknown.\nReport {sequence} was flagged: recorded.\n"
            );
            assert_eq!(printed(&report), text);
        }
        mac
    })
    .await;
    let signed = server.look().rows("SELECT hex(payload) FROM statement ORDER BY sequence");
    beside(move || {
        let raw = mac.run(&["show", "--raw"]).stdout;
        assert_eq!(shared::keys::hex(raw.as_bytes()).to_uppercase(), signed[1]);
        let envelope = Envelope::parse(mac.run(&["show", "--envelope"]).stdout.as_bytes()).unwrap();
        assert_eq!(envelope.payload, raw.as_bytes());
        let shown = mac.run(&["show"]).stdout;
        assert!(shown.starts_with(&format!(
            "Statement SHA-256: {}\n",
            shared::keys::hex(&envelope.digest())
        )));
        let json = mac.run(&["report", "--json"]);
        let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&value["made"]["sequence"], &value["queue"]["queued"]), (&3.into(), &0.into()));
        let json = mac.run(&["status", "--json"]);
        let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(value["key_protection"], "software-file");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_of_the_collector_have_an_exit_code_and_a_sentence() {
    let server = collector().await;
    let (used, expired) = (server.invite("Sam Doe").await, server.invite("Kim Roe").await);
    let other = server.invite_for("Ada Poe", Some("ZZOTHER0001")).await.to_string();
    let text = used.to_string();
    beside(move || assert_eq!(Mac::new().run(&["enroll", &text]).exit, Some(0))).await;
    let text = used.to_string();
    beside(move || {
        Mac::new().refuses(
            &["enroll", &text],
            77,
            "the collector refused the enrolment (token-used): The invitation was used already by another key; ask IT for a new one, and tell them if it was not you.",
        );
        let waiting = Mac::new();
        waiting.refuses(
            &["enroll", &other],
            75,
            "the enrolment waits for approval: The invitation is for a Mac with another serial number; the same command, or `muster-agent report`, asks again",
        );
        waiting.refuses(
            &["report"],
            75,
            "the enrolment waits for approval: The invitation is for a Mac with another serial number; this command asks again",
        );
        let status = waiting.run(&["status"]);
        assert_eq!(status.exit, Some(75));
        assert!(status.stderr.starts_with("muster-agent: the enrolment waits for approval since "));
    })
    .await;
    let text = expired.to_string();
    server.clock.set(server.clock.now() + SignedDuration::from_hours(73));
    beside(move || {
        let ending = Mac::new().run(&["enroll", &text]);
        assert_eq!(ending.exit, Some(77));
        let start = "muster-agent: the collector refused the enrolment (token-expired): The invitation expired on ";
        assert!(ending.stderr.starts_with(start), "{}", ending.stderr);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_cannot_be_delivered_waits_and_says_why() {
    let mut server = collector().await;
    let token = server.invite("Sam Doe").await.to_string();
    let mac = beside(move || {
        let mac = Mac::new();
        assert_eq!(mac.run(&["enroll", &token]).exit, Some(0));
        mac
    })
    .await;
    server.stop().await;
    let url = server.url().to_owned();
    let mac = beside(move || {
        let ending = mac.run(&["report"]);
        assert_eq!((ending.exit, printed(&ending)), (Some(69), "Signed report 1 (full).\n"));
        let message =
            format!("1 report waiting: cannot reach {url}: Connection refused (os error 111)");
        assert_eq!(ending.stderr, format!("muster-agent: {message}\n"));
        mac
    })
    .await;
    server.resume().await;
    let device = server.look().rows("SELECT id FROM device").remove(0);
    let now = server.clock.now();
    let suspend = move |writer: &mut dyn server::store::place::Store| {
        let act = Act::of_command("device_suspended", Object::new("device", &device), now);
        writer.set_lifecycle(&device, Lifecycle::Suspended, &act)
    };
    server.running().jobs.queue.run(suspend).await.unwrap();
    server.round().await;
    beside(move || {
        let ending = mac.run(&["report"]);
        assert_eq!((ending.exit, printed(&ending)), (Some(77), "Signed report 2 (unchanged).\n"));
        let message = "2 reports waiting: The device is suspended; ask IT to look at it and resume it. (key-revoked); ask IT whether this device is suspended or was retired";
        assert_eq!(ending.stderr, format!("muster-agent: {message}\n"));
        let status = mac.run(&["status"]).stdout;
        assert!(status.contains("Queue:        2 waiting, 0 lost to limits\n"), "{status}");
        assert!(status.contains("Trouble:      The device is suspended;"), "{status}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_starts_logs_and_stops_when_told() {
    let mac = Mac::new();
    let logs = Path::new(&mac.state()).join("logs");
    let log = mac.folder.path().join("stderr");
    let mut daemon = Staying::start("muster-agent", &["run", "--state-dir", &mac.state()], &log);
    // A process of its own gives no event but its log.
    let started = async {
        loop {
            let files = std::fs::read_dir(&logs).into_iter().flatten().flatten();
            let text = |file: std::fs::DirEntry| std::fs::read_to_string(file.path()).ok();
            if files.filter_map(text).any(|text| text.contains("started")) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), started).await.expect("a log");
    assert_eq!(daemon.terminate(), Some(0));
    let text: String = std::fs::read_dir(&logs)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(text.trim_end().ends_with("stopped"), "{text}");
}
