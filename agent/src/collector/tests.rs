//! Tests against a real TLS server on loopback.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SubjectPublicKeyInfo,
};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use shared::api::{BatchLine, EnrollRequest, Enrolled, Settings, problem};
use shared::envelope::Envelope;
use shared::keys::sha256;
use shared::statement::PolicyRef;
use shared::token::Token;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Collector, ServerTrust, retry_after};
use crate::delivery::{Courier as _, SendError};
use crate::enrollment::{EnrollError, EnrollOutcome, enroll};
use crate::identity::{Enrolling, Identity};
use crate::state::StateFolder;
use crate::testbed::{START, computer};

/// A certificate authority, valid around [`START`].
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    pem: String,
}

fn validity(mut params: CertificateParams) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = validity(CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let (der, pem) = (certificate.der().to_vec(), certificate.pem());
    Authority { issuer: Issuer::new(params, key), der, pem }
}

impl Authority {
    fn server(&self, name: &str, sends_ca: bool) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = validity(CertificateParams::new([name.to_owned()]).unwrap());
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let mut chain = vec![leaf.der().clone()];
        if sends_ca {
            chain.push(self.der.clone().into());
        }
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap()
    }

    fn device(&self, spki: &[u8]) -> String {
        let mut params = validity(CertificateParams::default());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = SubjectPublicKeyInfo::from_der(spki).unwrap();
        params.signed_by(&key, &self.issuer).unwrap().pem()
    }
}

/// Head and body of each request.
type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;
/// What is answered to a body: status, further headers, body.
type Answer = Arc<dyn Fn(&[u8]) -> (u16, String, String) + Send + Sync>;

/// Serves on loopback until the test's runtime ends.
async fn serve(tls: Option<ServerConfig>, answer: Answer) -> (u16, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let log = seen.clone();
    tokio::spawn(async move {
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer, log) = (acceptor.clone(), answer.clone(), log.clone());
            tokio::spawn(async move {
                match acceptor {
                    None => talk(stream, answer, log).await,
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => talk(stream, answer, log).await,
                        Err(_) => None,
                    },
                }
            });
        }
    });
    (port, seen)
}

/// One request and its answer; none when the client went away.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Answer,
    log: Seen,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    let (status, headers, text) = answer(&body);
    log.lock().ok()?.push((head, body));
    let length = text.len();
    let reply = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{text}"
    );
    stream.write_all(reply.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

fn clock() -> crate::context::Clock {
    computer(std::path::Path::new("/nowhere")).0.clock
}

async fn send_one(url: &str, trust: &ServerTrust) -> Result<Vec<BatchLine>, SendError> {
    Collector::new(url, trust, clock()).unwrap().send(&["{}".to_owned()], None).await
}

fn refusing() -> Answer {
    Arc::new(|_| {
        let body = serde_json::to_string(&problem("unknown-key", "Not known here.")).unwrap();
        (401, "content-type: application/problem+json\r\n".to_owned(), body)
    })
}

fn untrusted(result: Result<Vec<BatchLine>, SendError>) -> String {
    match result {
        Err(SendError::Untrusted { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_pinned_ca_is_accepted() {
    let (ours, other) = (authority(), authority());
    let (port, seen) = serve(Some(ours.server("localhost", true)), refusing()).await;
    let url = format!("https://localhost:{port}");
    let answers = send_one(&url, &ServerTrust::Pin(sha256(&ours.der))).await.unwrap();
    assert!(matches!(&answers[..], [BatchLine::Refused(it)] if it.code() == "unknown-key"));
    send_one(&url, &ServerTrust::Ca(ours.pem.clone())).await.unwrap();
    let says = untrusted(send_one(&url, &ServerTrust::Pin(sha256(&other.der))).await);
    assert!(says.contains("not from the CA"), "{says}");
    untrusted(send_one(&url, &ServerTrust::Ca(other.pem.clone())).await);
    untrusted(send_one(&url, &ServerTrust::Web).await);
    let by_address = format!("https://127.0.0.1:{port}");
    let says = untrusted(send_one(&by_address, &ServerTrust::Pin(sha256(&ours.der))).await);
    assert!(says.contains("another host name"), "{says}");
    assert_eq!(seen.lock().unwrap().len(), 2, "nothing was sent to the others");
}

#[tokio::test]
async fn a_stolen_ca_certificate_without_its_key_is_worth_nothing() {
    let (ours, thief) = (authority(), authority());
    // The thief sends the pinned certificate along, but cannot sign with it.
    let mut config = thief.server("localhost", false);
    let key = KeyPair::generate().unwrap();
    let params = validity(CertificateParams::new(["localhost".to_owned()]).unwrap());
    let leaf = params.signed_by(&key, &thief.issuer).unwrap();
    let chain = vec![leaf.der().clone(), ours.der.clone().into(), thief.der.clone().into()];
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der).unwrap();
    let certified = rustls::sign::CertifiedKey::new(chain, signing);
    config.cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
    let (port, _) = serve(Some(config), refusing()).await;
    let url = format!("https://localhost:{port}");
    untrusted(send_one(&url, &ServerTrust::Pin(sha256(&ours.der))).await);
}

#[tokio::test]
async fn an_expired_certificate_is_refused_by_the_injected_clock() {
    let ours = authority();
    let (port, _) = serve(Some(ours.server("localhost", true)), refusing()).await;
    let (context, hand) = computer(std::path::Path::new("/nowhere"));
    let trust = ServerTrust::Pin(sha256(&ours.der));
    let url = format!("https://localhost:{port}");
    let collector = Collector::new(&url, &trust, context.clock).unwrap();
    collector.send(&["{}".to_owned()], None).await.unwrap();
    hand.forward(400 * 24 * 3600);
    let says = untrusted(collector.send(&["{}".to_owned()], None).await);
    assert!(says.contains("expired"), "{says}");
}

#[test]
fn plain_http_stays_on_this_computer() {
    for url in ["http://10.0.0.1", "ftp://m.example", "m.example"] {
        assert!(Collector::new(url, &ServerTrust::Web, clock()).is_err(), "{url}");
    }
    Collector::new("http://127.0.0.1:9", &ServerTrust::Web, clock()).unwrap();
}

#[tokio::test]
async fn odd_answers_are_named() {
    let cases: [(u16, &str, String, &str); 5] = [
        (302, "location: http://127.0.0.1:9/\r\n", String::new(), "HTTP 302"),
        (404, "", "<html>".to_owned(), "HTTP 404"),
        (201, "", "{}".to_owned(), "missing field"),
        (201, "", "x".repeat(1024 * 1024 + 1), "an answer of more than"),
        (503, "retry-after: 120\r\n", String::new(), "asks to wait"),
    ];
    for (status, headers, body, says) in cases {
        let headers = headers.to_owned();
        let answer: Answer = Arc::new(move |_| (status, headers.clone(), body.clone()));
        let (port, _) = serve(None, answer).await;
        let url = format!("http://127.0.0.1:{port}");
        let error = send_one(&url, &ServerTrust::Web).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        if let SendError::Busy { retry_after_s, .. } = error {
            assert_eq!(retry_after_s, Some(120));
        }
    }
    let gone = send_one("http://127.0.0.1:1", &ServerTrust::Web).await.unwrap_err();
    assert!(matches!(gone, SendError::Unreachable { .. }));
}

#[tokio::test]
async fn several_reports_are_lines_of_one_request() {
    let answer: Answer = Arc::new(|body| {
        let line = serde_json::to_string(&problem("bad-signature", "no")).unwrap();
        let count = body.split(|byte| *byte == b'\n').filter(|it| !it.is_empty()).count();
        (200, String::new(), format!("{line}\n").repeat(count))
    });
    let (port, seen) = serve(None, answer).await;
    let url = format!("http://127.0.0.1:{port}/");
    let collector = Collector::new(&url, &ServerTrust::Web, clock()).unwrap();
    let answers = collector.send(&["{}".to_owned(), "{}".to_owned()], Some(1041)).await.unwrap();
    assert_eq!(answers.len(), 2);
    let seen = seen.lock().unwrap();
    assert!(seen[0].0.starts_with("post /v1/attestations/batch http/1.1"), "{}", seen[0].0);
    assert!(seen[0].0.contains("content-type: application/vnd.in-toto.bundle+jsonl"));
    assert!(seen[0].0.contains("muster-log-size: 1041\r\n"), "{}", seen[0].0);
    assert_eq!(seen[0].1, b"{}\n{}\n");
}

#[test]
fn a_date_to_wait_for_is_read() {
    let now = Timestamp::from_second(START).unwrap();
    let date = (now + SignedDuration::from_secs(90)).strftime("%a, %d %b %Y %H:%M:%S GMT");
    assert_eq!(retry_after(&date.to_string(), now), Some(90));
    assert_eq!(retry_after("30", now), Some(30));
    assert_eq!(retry_after("99999999", now), Some(24 * 3600));
    for text in ["", "-1", "soon"] {
        assert_eq!(retry_after(text, now), None, "{text}");
    }
}

/// A collector that enrols with `ca`, or with another CA than the token's.
fn enrolling(server: &Authority, ca: Authority) -> (Option<ServerConfig>, Answer) {
    let answer: Answer = Arc::new(move |body| {
        let request: EnrollRequest = serde_json::from_slice(body).unwrap();
        let envelope = Envelope::parse(request.envelope.to_string().as_bytes()).unwrap();
        let statement: serde_json::Value = serde_json::from_slice(&envelope.payload).unwrap();
        let spki = STANDARD.decode(statement["predicate"]["spki"].as_str().unwrap()).unwrap();
        let enrolled = Enrolled {
            device_id: "5b0e7a5e".to_owned(),
            certificate: ca.device(&spki),
            ca: ca.pem.clone(),
            settings: Settings::default(),
            policy: PolicyRef { id: "p".to_owned(), version: 1, sha256: "s".to_owned() },
            catalogue: None,
            nonce: "n".to_owned(),
            log_key: crate::testbed::log::signer().key().verifier_text(),
        };
        (201, String::new(), serde_json::to_string(&enrolled).unwrap())
    });
    (Some(server.server("localhost", true)), answer)
}

#[tokio::test]
async fn enrolling_keeps_the_identity_and_forgets_the_secret() {
    let ours = authority();
    let token = |port| Token {
        url: format!("https://localhost:{port}"),
        ca_sha256: Some(sha256(&ours.der)),
        secret: [9; 32],
    };
    let again =
        Authority { issuer: authority().issuer, der: ours.der.clone(), pem: ours.pem.clone() };
    let (tls, wrong) = enrolling(&ours, again);
    let (port, _) = serve(tls, wrong).await;
    let place = tempfile::tempdir().unwrap();
    let (context, _) = computer(place.path());
    let folder = StateFolder::at(place.path());
    let error = enroll(&context, &token(port)).await.unwrap_err();
    assert!(matches!(error, EnrollError::Answer(it) if it.contains("not issued by")));
    let first_key = Enrolling::load(&folder).unwrap().unwrap().key;
    assert_eq!(Identity::load(&folder).unwrap(), None);

    let right = Authority { issuer: ours.issuer, der: ours.der.clone(), pem: ours.pem.clone() };
    let tls = right.server("localhost", true);
    let (_, answer) = enrolling(&authority(), right);
    let (port, seen) = serve(Some(tls), answer).await;
    let outcome = enroll(&context, &token(port)).await.unwrap();
    assert!(matches!(outcome, EnrollOutcome::Enrolled { .. }));
    let identity = Identity::load(&folder).unwrap().unwrap();
    assert_eq!(identity.log().unwrap().name(), crate::testbed::log::ORIGIN);
    assert_ne!(identity.key, first_key, "another address is another enrolment");
    assert_eq!(folder.list("keys").unwrap(), [identity.key]);
    assert!(Enrolling::load(&folder).unwrap().is_none());
    let outcome = enroll(&context, &token(port)).await.unwrap();
    assert!(matches!(outcome, EnrollOutcome::Already { .. }));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_not_kept_and_a_waiting_one_asks_with_the_same_key() {
    let place = tempfile::tempdir().unwrap();
    let (context, _) = computer(place.path());
    let folder = StateFolder::at(place.path());
    let pending = r#"{"status":"pending","reason":"IT has to approve."}"#.to_owned();
    let used = serde_json::to_string(&problem("token-used", "Used.")).unwrap();
    let answers = Mutex::new(vec![(403, used), (202, pending.clone()), (202, pending)]);
    let answer: Answer = Arc::new(move |_| {
        let (status, body) = answers.lock().unwrap().pop().unwrap();
        (status, String::new(), body)
    });
    let (port, seen) = serve(None, answer).await;
    let url = format!("http://127.0.0.1:{port}");
    let token = Token { url, ca_sha256: None, secret: [9; 32] };
    for _ in 0..2 {
        let outcome = enroll(&context, &token).await.unwrap();
        assert!(matches!(outcome, EnrollOutcome::Pending { .. }));
    }
    let error = crate::run_report(&context).await.unwrap_err().to_string();
    assert!(error.contains("token-used"), "{error}");
    assert!(Enrolling::load(&folder).unwrap().is_none());
    let keys: Vec<String> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|(_, body)| {
            let request: EnrollRequest = serde_json::from_slice(body).unwrap();
            request.envelope["signatures"][0]["keyid"].to_string()
        })
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
}
