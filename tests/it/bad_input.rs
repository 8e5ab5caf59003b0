//! Bad input on the device API: what is refused, how, and that nothing is lost
//! or changed by it.

mod enrolments;
mod envelopes;
mod statements;

use jiff::SignedDuration;
use shared::api::BatchLine;
use shared::names::{MEDIA_REPORT, MEDIA_REPORTS};
use tests::connection::{Connection, Reply};
use tests::hand_made::HandMade;
use tests::test_server::TestServer;

/// A collector with one enrolled device and an open connection.
struct Scene {
    server: TestServer,
    connection: Connection,
    device: HandMade,
}

impl Scene {
    async fn set() -> Self {
        Self::of(TestServer::start().await).await
    }

    async fn of(server: TestServer) -> Self {
        let mut connection = server.connector().connect().await;
        let token = server.invite("Sam Doe").await;
        let now = server.clock.now();
        let device = HandMade::enrolled(&mut connection, &token, "ZZHAND00001", now).await;
        server.round().await;
        Self { server, connection, device }
    }

    /// Sends each body as a report. Each must be refused as it says, change
    /// nothing, and the good report afterwards must still be taken.
    async fn refuses(mut self, cases: Vec<Case>) {
        let before = self.server.look().dump();
        let mut wrong = Vec::new();
        for case in cases {
            let answer = self.connection.report(case.body).await;
            let problem = answer.problem();
            let found = (problem.status, problem.code(), problem.detail.as_str());
            if found != (case.status, case.code, case.detail.as_str()) {
                wrong.push(format!("{}: {found:?}", case.what));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(self.server.look().dump(), before, "refusals change nothing");
        let good = self.device.next(self.server.clock.now());
        let answer = self.connection.deliver(&good).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

/// One body and how it is refused.
struct Case {
    what: String,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    detail: String,
}

fn case(what: &str, body: impl Into<Vec<u8>>, refusal: (u16, &'static str, &str)) -> Case {
    let (status, code, detail) = refusal;
    let (what, detail) = (what.to_owned(), detail.to_owned());
    Case { what, body: body.into(), status, code, detail }
}

const WRONG_METHOD: &str = "This address takes another method; see the API's documentation.";
const NOTHING: &str = "There is nothing at this address of the device API.";
const SEND_REPORT: &str = "Send the body as `application/vnd.in-toto.posture+dsse`.";
const SEND_BATCH: &str = "Send the body as `application/vnd.in-toto.bundle+jsonl`.";

#[tokio::test]
async fn a_wrong_address_method_or_content_type_is_named() {
    let mut scene = Scene::set().await;
    let before = scene.server.look().dump();
    let (one, batch) = ("/v1/attestations", "/v1/attestations/batch");
    for (method, path, media, status, code, detail) in [
        ("GET", one, MEDIA_REPORT, 405, "method-not-allowed", WRONG_METHOD),
        ("PUT", one, MEDIA_REPORT, 405, "method-not-allowed", WRONG_METHOD),
        ("GET", batch, MEDIA_REPORTS, 405, "method-not-allowed", WRONG_METHOD),
        ("DELETE", "/v1/enroll", "application/json", 405, "method-not-allowed", WRONG_METHOD),
        ("POST", "/v1/policy", "text/plain", 405, "method-not-allowed", WRONG_METHOD),
        ("POST", "/v1/attestation", MEDIA_REPORT, 404, "not-found", NOTHING),
        ("GET", "/v1/attestations/1", MEDIA_REPORT, 404, "not-found", NOTHING),
        ("GET", "/v1/../v1/x", MEDIA_REPORT, 404, "not-found", NOTHING),
        ("POST", one, "application/json", 415, "unsupported-media-type", SEND_REPORT),
        ("POST", one, MEDIA_REPORTS, 415, "unsupported-media-type", SEND_REPORT),
        ("POST", one, "", 415, "unsupported-media-type", SEND_REPORT),
        ("POST", batch, MEDIA_REPORT, 415, "unsupported-media-type", SEND_BATCH),
    ] {
        let answer = scene.connection.send(method, path, &[("content-type", media)], "{}").await;
        let problem = answer.problem();
        assert_eq!(
            (problem.status, problem.code(), problem.detail.as_str()),
            (status, code, detail),
            "{method} {path} {media}"
        );
    }
    let answer = scene.connection.send("POST", one, &[], "{}").await;
    assert_eq!(answer.problem().detail, SEND_REPORT);
    // Parameters and letter case of a content type mean nothing.
    let media = format!("{}; charset=utf-8", MEDIA_REPORT.to_uppercase());
    let answer = scene.connection.send("POST", one, &[("content-type", &media)], "{}").await;
    assert_eq!(answer.problem().code(), "malformed-envelope");
    assert_eq!(scene.server.look().dump(), before);
}

#[tokio::test]
async fn bytes_that_are_not_http_are_shrugged_off() {
    let mut scene = Scene::set().await;
    let before = scene.server.look().dump();
    let connector = scene.server.connector();
    let endless = format!("GET /v1/policy HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    for bytes in [
        b"\r\n\r\n\0\0\0garbage\r\n\r\n".as_slice(),
        b"POST /v1/attestations HTTP/9.9\r\n\r\n",
        b"POST /v1/attestations HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/attestations HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        endless.as_bytes(),
    ] {
        let answer = connector.shout(bytes).await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(scene.server.look().dump(), before);
    let good = scene.device.next(scene.server.clock.now());
    assert_eq!(scene.connection.deliver(&good).await.status, 201);
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused_unread() {
    let scene = Scene::set().await;
    let before = scene.server.look().dump();
    let connector = scene.server.connector();
    for (path, media, limit) in [
        ("/v1/attestations", MEDIA_REPORT, 131_072),
        ("/v1/attestations/batch", MEDIA_REPORTS, 4_194_304),
        ("/v1/enroll", "application/json", 131_072),
    ] {
        let mut connection = connector.connect().await;
        let body = vec![b' '; 10_000_000];
        let answer = connection.send("POST", path, &[("content-type", media)], body).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code()), (413, "too-large"));
        assert_eq!(problem.detail, format!("The body is larger than {limit} bytes."));

        // The same without saying beforehand how long it is.
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {media}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let length = limit + 1;
        let chunked = format!("{head}{length:x}\r\n{}\r\n0\r\n\r\n", " ".repeat(length));
        let answer = String::from_utf8(connector.shout(chunked.as_bytes()).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("too-large"), "{answer}");
    }
    assert_eq!(scene.server.look().dump(), before);
}

#[tokio::test]
async fn one_bad_line_does_not_stop_a_batch() {
    let mut scene = Scene::set().await;
    let now = scene.server.clock.now();
    let good: Vec<String> = (0..3).map(|_| scene.device.next(now).to_json()).collect();
    let mut spoilt: serde_json::Value = serde_json::from_str(&good[1]).unwrap();
    spoilt["signatures"][0]["sig"] = "AAAA".into();
    let body = format!("{}\n\n{{\n{spoilt}\r\n{}\n{}\n", good[0], good[1], good[2]);
    let answer = scene.connection.batch(body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/jsonl"));
    assert_eq!(
        lines(&answer),
        ["kept 1", "malformed-envelope", "bad-signature", "kept 2", "kept 3"]
    );
    let kept = scene.server.look().rows("SELECT sequence, flags FROM statement ORDER BY sequence");
    assert_eq!(kept, ["1|", "2|stale", "3|stale"]);
}

fn lines(answer: &Reply) -> Vec<String> {
    let line = |line: &str| match serde_json::from_str(line).unwrap() {
        BatchLine::Kept(receipt) => format!("kept {}", receipt.sequence),
        BatchLine::Refused(problem) => problem.code().to_owned(),
    };
    answer.text().lines().map(line).collect()
}

#[tokio::test]
async fn a_batch_has_limits_in_lines_and_bytes_and_each_line_has_its_own() {
    let mut scene = Scene::set().await;
    let answer = scene.connection.batch("{}\n".repeat(501)).await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code()), (413, "too-large"));
    assert_eq!(problem.detail, "The batch has 501 lines; send at most 500.");
    let answer = scene.connection.batch("{}\n".repeat(500)).await;
    assert_eq!((answer.status, lines(&answer).len()), (200, 500));
    // What was refused is made up for by now.
    scene.server.clock.set(scene.server.clock.now() + SignedDuration::from_mins(2));
    let long = format!("{{}}\n{}x\n", " x".repeat(65_536));
    assert_eq!(lines(&scene.connection.batch(long).await), ["malformed-envelope", "too-large"]);
    let empty = scene.connection.batch("").await;
    assert_eq!((empty.status, empty.text().as_str()), (200, ""));
}

#[tokio::test]
async fn a_report_from_a_recording_is_refused_where_only_macs_report() {
    let server = TestServer::start_with(|config| config.accept_recorded = false).await;
    let mut scene = Scene::of(server).await;
    let mut statement = scene.device.statement(scene.server.clock.now());
    statement.predicate.host = Some("recorded".to_owned());
    let recorded = scene.device.sign(statement.to_bytes().unwrap());
    let answer = scene.connection.deliver(&recorded).await;
    assert_eq!((answer.status, answer.problem().code()), (403, "recorded-host"));
    assert_eq!(
        answer.problem().detail,
        "The report was made from a recording; only reports of real Macs are accepted here."
    );
    let good = scene.device.next(scene.server.clock.now());
    assert_eq!(scene.connection.deliver(&good).await.status, 201);
}
