//! Signed bytes that are no statement, or a statement about something else.

use serde_json::{Value, json};
use shared::api::Receipt;
use tests::hand_made::HandMade;

use super::{Case, Scene, case};

const BAD: (u16, &str) = (422, "malformed-statement");
const OTHER: (u16, &str) = (422, "unsupported-predicate");

/// Signed text that breaks the rules for signed JSON.
fn broken(device: &HandMade, what: &str, payload: impl Into<Vec<u8>>, says: &str) -> Case {
    let body = device.sign(payload).to_json();
    case(what, body, (BAD.0, BAD.1, &format!("The payload is not valid: {says}.")))
}

#[tokio::test]
async fn signed_bytes_must_be_strict_json() {
    let scene = Scene::set().await;
    let device = &scene.device;
    let nested = format!("{}1{}", "{\"a\":".repeat(17), "}".repeat(17));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(4097));
    let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(65_536));
    let cases = vec![
        broken(device, "nothing", "", "EOF while parsing a value at line 1 column 0"),
        broken(device, "no object", "[]", "an object is expected at line 1 column 2"),
        broken(device, "broken", "{\"a\":", "EOF while parsing a value at line 1 column 5"),
        broken(device, "two values", "{} {}", "trailing characters at line 1 column 4"),
        broken(
            device,
            "a name twice",
            "{\"a\":1,\"a\":2}",
            "the name `a` stands twice at line 1 column 10",
        ),
        broken(
            device,
            "a name twice in disguise",
            "{\"a\":1,\"\\u0061\":2}",
            "the name `a` stands twice at line 1 column 15",
        ),
        broken(
            device,
            "a fraction",
            "{\"a\":1.5}",
            "a fraction or exponent is not accepted at line 1 column 8",
        ),
        broken(
            device,
            "a huge number",
            "{\"a\":9007199254740992}",
            "an integer is outside ±(2^53-1) at line 1 column 21",
        ),
        broken(device, "seventeen levels", nested, "more than 16 levels at line 1 column 81"),
        broken(
            device,
            "a long text",
            long,
            "a string is longer than 4096 bytes at line 1 column 4104",
        ),
        broken(
            device,
            "a long payload",
            huge,
            "the payload has 65544 bytes; at most 65536 are accepted",
        ),
        broken(device, "no UTF-8", b"{\"a\":\"\xff\"}".to_vec(), "the payload is not plain UTF-8"),
        broken(device, "a byte order mark", "\u{feff}{}", "the payload is not plain UTF-8"),
    ];
    scene.refuses(cases).await;
}

/// The next report with one value replaced, or taken out.
fn spoilt(scene: &Scene, pointer: &str, value: Option<Value>) -> String {
    let mut statement = scene.device.value(scene.server.clock.now());
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = statement.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    scene.device.sign(statement.to_string()).to_json()
}

/// What is put where, how it is refused, and how the sentence begins.
type Row = (&'static str, Option<Value>, (u16, &'static str), &'static str);

fn rows() -> Vec<Row> {
    let subject = json!({"name": "device.der", "digest": {"sha256": "00"}});
    vec![
        ("/predicate/sequence", None, BAD, "missing field `sequence`"),
        ("/predicate/sequence", Some(json!("1")), BAD, "invalid type: string \"1\", expected i64"),
        ("/predicate/sequence", Some(json!(0)), BAD, "`sequence` must be 1 or more"),
        (
            "/predicate/kind",
            Some(json!("half")),
            BAD,
            "unknown variant `half`, expected `full` or `unchanged`",
        ),
        (
            "/predicate/kind",
            Some(json!("unchanged")),
            BAD,
            "an unchanged report must name `unchanged_since`",
        ),
        ("/predicate/time/finished_at", Some(json!("soon")), BAD, "failed to parse"),
        ("/predicate/checks", Some(json!({})), BAD, "invalid type: map, expected a sequence"),
        ("/predicate/device", None, BAD, "missing field `device`"),
        (
            "/predicate/unchanged_since",
            Some(json!({"sequence": 1, "sha256": ""})),
            BAD,
            "a full report must not name `unchanged_since`",
        ),
        ("/subject", Some(json!([])), BAD, "exactly one `subject` is expected"),
        ("/subject", Some(json!([subject, subject])), BAD, "exactly one `subject` is expected"),
        (
            "/predicate/schema",
            Some(json!("2.0")),
            OTHER,
            "`schema` is `2.0`, but major version 1 is expected",
        ),
        (
            "/predicate/crit",
            Some(json!(["color"])),
            OTHER,
            "`crit` names `color`, which is unknown",
        ),
        ("/_type", Some(json!("x")), OTHER, "`_type` must be `https://in-toto.io/Statement/v1`"),
        (
            "/predicateType",
            Some(json!("https://muster.example/attestation/posture/v2")),
            OTHER,
            "`predicateType` is `https://muster.example/attestation/posture/v2`, but `https://muster.example/attestation/posture/v1` is expected",
        ),
    ]
}

#[tokio::test]
async fn a_statement_must_have_its_fields_and_no_contradiction() {
    let mut scene = Scene::set().await;
    let before = scene.server.look().dump();
    for (pointer, value, refusal, says) in rows() {
        let what = format!("{pointer} = {value:?}");
        let body = spoilt(&scene, pointer, value);
        let problem = scene.connection.report(body).await.problem();
        let detail = &problem.detail;
        assert_eq!((problem.status, problem.code()), refusal, "{what}: {detail}");
        // The reader of JSON adds the place behind its words.
        let rest = detail.strip_prefix(&format!("The statement is not valid: {says}"));
        let rest = rest.unwrap_or_else(|| panic!("{what}: {detail}"));
        assert!(rest == "." || rest.contains(" at line 1 column "), "{what}: {detail}");
    }
    assert_eq!(scene.server.look().dump(), before);
}

#[tokio::test]
async fn a_device_cannot_speak_for_another() {
    let mut scene = Scene::set().await;
    let now = scene.server.clock.now();
    let token = scene.server.invite("Kim Roe").await;
    let other = HandMade::enrolled(&mut scene.connection, &token, "ZZHAND00002", now).await;
    scene.server.round().await;

    let certificate =
        json!([{"name": "device.der", "digest": {"sha256": other.certificate_sha256}}]);
    let mut foreign = scene.device.statement(now);
    foreign.predicate.device.id.clone_from(&other.claim.id);
    let foreign = scene.device.sign(foreign.to_bytes().unwrap()).to_json();
    let refusal = |detail| (422, "subject-mismatch", detail);
    let cases = vec![
        case(
            "the certificate of another device",
            spoilt(&scene, "/subject", Some(certificate)),
            refusal("`subject` is not a certificate of this key; enrol the device again."),
        ),
        case(
            "the id of another device",
            foreign,
            refusal(
                "`device.id` is not the id of the device that holds this key; enrol the device again.",
            ),
        ),
        case(
            "no digest at all as the one before",
            spoilt(&scene, "/predicate/previous", Some(json!({"sha256": "zz"}))),
            (422, "malformed-statement", "`previous.sha256` must be 64 hexadecimal characters."),
        ),
    ];
    scene.refuses(cases).await;
}

#[tokio::test]
async fn odd_evidence_is_kept_with_its_flag() {
    let mut scene = Scene::set().await;
    let now = scene.server.clock.now();
    let token = scene.server.invite("Kim Roe").await;
    let other = HandMade::enrolled(&mut scene.connection, &token, "ZZHAND00002", now).await;

    let flags = async |scene: &mut Scene| {
        let device = &mut scene.device;
        let envelope = device.next(now);
        let answer = scene.connection.deliver(&envelope).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let receipt: Receipt = answer.json();
        scene.device.nonce = Some(receipt.nonce);
        receipt.flags
    };
    let own = scene.device.nonce.replace(other.nonce.clone().unwrap());
    assert_eq!(flags(&mut scene).await, ["stale"], "the nonce of another device");
    scene.device.nonce.clone_from(&own);
    assert!(flags(&mut scene).await.is_empty(), "the first own nonce");
    scene.device.nonce = own;
    assert_eq!(flags(&mut scene).await, ["stale"], "a nonce is used once");
    scene.device.nonce = Some("AAAA".to_owned());
    assert_eq!(flags(&mut scene).await, ["stale"], "a nonce that nobody issued");
    scene.device.sequence += 2;
    scene.device.nonce = None;
    assert_eq!(flags(&mut scene).await, ["chain-gap", "stale"]);
    scene.device.previous = "00".repeat(32);
    scene.device.nonce = None;
    assert_eq!(flags(&mut scene).await, ["chain-break", "stale"]);
}

#[tokio::test]
async fn unknown_fields_in_envelope_and_statement_are_ignored() {
    let mut scene = Scene::set().await;
    let mut statement = scene.device.value(scene.server.clock.now());
    statement["predicate"]["color"] = json!({"deep": [1, 2]});
    statement["predicate"]["schema"] = json!("1.7");
    statement["extra"] = json!(null);
    let envelope = scene.device.sign(statement.to_string());
    let mut wire: Value = serde_json::from_str(&envelope.to_json()).unwrap();
    wire["extra"] = json!("x");
    wire["signatures"][0]["cert"] = json!("x");
    let answer = scene.connection.report(wire.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let stored = scene.server.look().rows("SELECT hex(payload) FROM statement");
    let signed = shared::keys::hex(&envelope.payload).to_uppercase();
    assert_eq!(stored, [signed], "what is stored are the bytes that were signed");
}
