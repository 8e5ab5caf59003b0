//! Requests to be enrolled that are not as they must be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::envelope::Envelope;
use shared::token::Token;
use tests::hand_made::Stranger;
use tests::test_server::TestServer;

/// A collector and a stranger with an invitation.
struct Scene {
    server: TestServer,
    stranger: Stranger,
    token: Token,
    good: Value,
}

/// A request, and how it is refused; a text that ends in a space is a start.
type Row = (String, (u16, &'static str), &'static str);

const REQUEST: (u16, &str) = (400, "malformed-request");
const STATEMENT: (u16, &str) = (422, "malformed-statement");

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let (token, now) = (server.invite("Sam Doe").await, server.clock.now());
        let stranger = Stranger::new("ZZHAND00001");
        let good = stranger.request(&token, now);
        Self { server, stranger, token, good }
    }

    /// The good request with one part replaced.
    fn with(&self, name: &str, value: Value) -> String {
        let mut request = self.good.clone();
        request[name] = value;
        request.to_string()
    }

    /// The good request without its signature.
    fn unsigned(&self) -> String {
        let mut envelope = self.good["envelope"].clone();
        envelope["signatures"][0]["sig"] = json!("");
        self.with("envelope", envelope)
    }

    /// A request that says something else, well signed.
    fn saying(&self, change: impl Fn(&mut Value)) -> String {
        let envelope = Envelope::parse(self.good["envelope"].to_string().as_bytes()).unwrap();
        let mut statement: Value = serde_json::from_slice(&envelope.payload).unwrap();
        change(&mut statement);
        let payload = statement.to_string().into_bytes();
        let envelope = Envelope::sign(payload, &self.stranger.key).unwrap();
        self.with("envelope", serde_json::from_str(&envelope.to_json()).unwrap())
    }

    /// Sends each request. Each must be refused as it says and change nothing,
    /// and the invitation must still be good afterwards.
    async fn refuses(self, rows: Vec<Row>) {
        let mut connection = self.server.connector().connect().await;
        let before = self.server.look().dump();
        for (body, refusal, says) in rows {
            let problem = connection.enroll(body.clone()).await.problem();
            let detail = &problem.detail;
            assert_eq!((problem.status, problem.code()), refusal, "{body}: {detail}");
            match says.strip_suffix(' ') {
                Some(start) => assert!(detail.starts_with(start), "{body}: {detail}"),
                None => assert_eq!(*detail, format!("{says}."), "{body}"),
            }
        }
        assert_eq!(self.server.look().dump(), before);
        assert_eq!(connection.enroll(self.good.to_string()).await.status, 201);
    }
}

#[tokio::test]
async fn a_request_that_is_not_as_it_must_be_uses_up_no_invitation() {
    let scene = Scene::set().await;
    let mut other = scene.token.secret;
    other[0] ^= 1;
    let secret = "`secret` must be 32 bytes in base64url without padding";
    let rows = vec![
        (
            String::new(),
            REQUEST,
            "The request is not valid: EOF while parsing a value at line 1 column 0",
        ),
        (
            "{".into(),
            REQUEST,
            "The request is not valid: EOF while parsing an object at line 1 column 1",
        ),
        (
            "[1]".into(),
            REQUEST,
            "The request is not valid: invalid type: integer `1`, expected a string at line 1 column 2",
        ),
        (
            "{\"secret\":\"x\"}".into(),
            REQUEST,
            "The request is not valid: missing field `envelope` at line 1 column 14",
        ),
        (
            scene.with("secret", json!(5)),
            REQUEST,
            "The request is not valid: invalid type: integer `5`, expected a string at line 1 column ",
        ),
        (scene.with("secret", json!("x")), REQUEST, secret),
        (scene.with("secret", json!(URL_SAFE_NO_PAD.encode([7; 31]))), REQUEST, secret),
        (
            scene.with("secret", json!(URL_SAFE_NO_PAD.encode(other))),
            REQUEST,
            "`token_id` in the statement does not belong to `secret`",
        ),
        (
            scene.with("envelope", json!({})),
            (400, "malformed-envelope"),
            "The envelope is not valid: missing field `payloadType` at line 1 column 2",
        ),
    ];
    scene.refuses(rows).await;
}

#[tokio::test]
async fn a_statement_that_is_not_as_it_must_be_uses_up_no_invitation() {
    let scene = Scene::set().await;
    let rows = vec![
        (
            scene.unsigned(),
            (401, "bad-signature"),
            "The signature does not fit the payload and the key",
        ),
        (
            scene.saying(|it| it["predicate"]["spki"] = json!("AAAA")),
            STATEMENT,
            "`spki` must be a P-256 or Ed25519 SubjectPublicKeyInfo",
        ),
        (
            scene.saying(|it| it["predicate"]["spki"] = json!("*")),
            STATEMENT,
            "`spki` must be DER in standard base64",
        ),
        (
            scene.saying(|it| it["predicate"] = json!({})),
            STATEMENT,
            "The statement must hold the public key as `predicate.spki`",
        ),
        (
            scene.saying(|it| it["subject"][0]["digest"]["sha256"] = json!("00")),
            (422, "subject-mismatch"),
            "`subject` is not the digest of the public key in `spki`",
        ),
        (
            scene.saying(|it| it["predicateType"] = json!("x")),
            (422, "unsupported-predicate"),
            "The statement is not valid: `predicateType` is `x`, but `https://muster.example/attestation/enrollment/v1` is expected",
        ),
        (
            scene.saying(|it| it["predicate"]["crit"] = json!(["x"])),
            (422, "unsupported-predicate"),
            "The statement is not valid: `crit` names `x`, which is unknown",
        ),
    ];
    scene.refuses(rows).await;
}

#[tokio::test]
async fn a_recorded_mac_is_not_enrolled_where_only_macs_are() {
    use tests::laptop::Laptop;
    use tests::recording::{HEALTHY, Recording};

    let server = TestServer::start_with(|config| config.accept_recorded = false).await;
    let token = server.invite("Sam Doe").await;
    let laptop = Laptop::new(&Recording::named(HEALTHY), &server.clock);
    let error = laptop.enroll(&token).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the collector refused the enrolment (recorded-host): The request was made from a recording; only real Macs are enrolled here."
    );
    assert_eq!(server.look().number("SELECT count(*) FROM invitation WHERE used_ms IS NULL"), 1);
}
