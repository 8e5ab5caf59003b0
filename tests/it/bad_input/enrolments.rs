//! Requests to be enrolled that are not as they must be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tests::hand_made::Stranger;
use tests::test_server::TestServer;

#[tokio::test]
async fn a_request_that_is_not_as_it_must_be_uses_up_no_invitation() {
    let server = TestServer::start().await;
    let mut connection = server.connector().connect().await;
    let (token, now) = (server.invite("Sam Doe").await, server.clock.now());
    let stranger = Stranger::new("ZZHAND00001");
    let good = stranger.request(&token, now);
    let with = |name: &str, value: Value| {
        let mut request = good.clone();
        request[name] = value;
        request.to_string()
    };
    let mut other = token.clone();
    other.secret[0] ^= 1;
    let mut unsigned = good["envelope"].clone();
    unsigned["signatures"][0]["sig"] = json!("");
    let statement = |change: &dyn Fn(&mut Value)| {
        let payload = shared::envelope::Envelope::parse(good["envelope"].to_string().as_bytes());
        let mut value: Value = serde_json::from_slice(&payload.unwrap().payload).unwrap();
        change(&mut value);
        let envelope =
            shared::envelope::Envelope::sign(value.to_string().into_bytes(), &stranger.key);
        with("envelope", serde_json::from_str(&envelope.unwrap().to_json()).unwrap())
    };

    let request = (400, "malformed-request");
    let bad = (422, "malformed-statement");
    let secret = "`secret` must be 32 bytes in base64url without padding";
    let rows: Vec<(String, (u16, &str), &str)> = vec![
        (
            String::new(),
            request,
            "The request is not valid: EOF while parsing a value at line 1 column 0",
        ),
        (
            "{".into(),
            request,
            "The request is not valid: EOF while parsing an object at line 1 column 1",
        ),
        (
            "[1]".into(),
            request,
            "The request is not valid: invalid type: integer `1`, expected a string at line 1 column 2",
        ),
        (
            "{\"secret\":\"x\"}".into(),
            request,
            "The request is not valid: missing field `envelope` at line 1 column 14",
        ),
        (
            with("secret", json!(5)),
            request,
            "The request is not valid: invalid type: integer `5`, expected a string at line 1 column ",
        ),
        (with("secret", json!("x")), request, secret),
        (with("secret", json!(URL_SAFE_NO_PAD.encode([7; 31]))), request, secret),
        (
            with("secret", json!(URL_SAFE_NO_PAD.encode(other.secret))),
            request,
            "`token_id` in the statement does not belong to `secret`",
        ),
        (
            with("envelope", json!({})),
            (400, "malformed-envelope"),
            "The envelope is not valid: missing field `payloadType` at line 1 column 2",
        ),
        (
            with("envelope", unsigned),
            (401, "bad-signature"),
            "The signature does not fit the payload and the key",
        ),
        (
            statement(&|it| it["predicate"]["spki"] = json!("AAAA")),
            bad,
            "`spki` must be a P-256 or Ed25519 SubjectPublicKeyInfo",
        ),
        (
            statement(&|it| it["predicate"]["spki"] = json!("*")),
            bad,
            "`spki` must be DER in standard base64",
        ),
        (
            statement(&|it| it["predicate"] = json!({})),
            bad,
            "The statement must hold the public key as `predicate.spki`",
        ),
        (
            statement(&|it| it["subject"][0]["digest"]["sha256"] = json!("00")),
            (422, "subject-mismatch"),
            "`subject` is not the digest of the public key in `spki`",
        ),
        (
            statement(&|it| it["predicateType"] = json!("x")),
            (422, "unsupported-predicate"),
            "The statement is not valid: `predicateType` is `x`, but `https://muster.example/attestation/enrollment/v1` is expected",
        ),
        (
            statement(&|it| it["predicate"]["crit"] = json!(["x"])),
            (422, "unsupported-predicate"),
            "The statement is not valid: `crit` names `x`, which is unknown",
        ),
    ];
    let before = server.look().dump();
    for (body, (status, code), says) in rows {
        let answer = connection.enroll(body.clone()).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code()), (status, code), "{body}: {}", problem.detail);
        match says.strip_suffix(' ') {
            Some(_) => assert!(problem.detail.starts_with(says), "{body}: {}", problem.detail),
            None => assert_eq!(problem.detail, format!("{says}."), "{body}"),
        }
    }
    assert_eq!(server.look().dump(), before);
    assert_eq!(connection.enroll(good.to_string()).await.status, 201);
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
