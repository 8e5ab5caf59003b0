//! Bodies that are no envelope, or an envelope of somebody else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::envelope::Envelope;
use shared::keys::{KeyId, Signer as _, SoftwareKey};

use super::{Scene, case};

const BAD: (u16, &str) = (400, "malformed-envelope");

#[tokio::test]
async fn a_body_that_is_no_envelope_is_refused_with_the_place() {
    let mut scene = Scene::set().await;
    let good = || {
        let envelope = scene.device.sign(b"{}".to_vec());
        serde_json::from_str::<Value>(&envelope.to_json()).unwrap()
    };
    let with = |mut envelope: Value, pointer: &str, value: Value| {
        *envelope.pointer_mut(pointer).unwrap() = value;
        envelope.to_string()
    };
    let signature = good()["signatures"][0].clone();
    let keyid = signature["keyid"].as_str().unwrap().to_owned();
    let without = |mut envelope: Value, name: &str| {
        envelope.as_object_mut().unwrap().remove(name);
        envelope.to_string()
    };
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "EOF while parsing a value at line 1 column 0"),
        ("broken", b"{\"payload\":".to_vec(), "EOF while parsing a value at line 1 column 11"),
        ("a list", b"[]".to_vec(), "invalid length 0, expected struct Wire with 3 elements at line 1 column 2"),
        ("text", b"\"x\"".to_vec(), "invalid type: string \"x\", expected struct Wire at line 1 column 3"),
        ("two values", format!("{}{{}}", good()).into(), "trailing characters at line 1 column "),
        ("invalid UTF-8", b"{\"payload\":\"\xff\"}".to_vec(), "not UTF-8"),
        ("no payload", without(good(), "payload").into(), "missing field `payload` at line 1 column "),
        ("no signatures", without(good(), "signatures").into(), "missing field `signatures` at line 1 column "),
        ("a number as payload", with(good(), "/payload", json!(1)).into(), "invalid type: integer `1`, expected a string at line 1 column "),
        ("a text as signatures", with(good(), "/signatures", json!("x")).into(), "invalid type: string \"x\", expected a sequence at line 1 column "),
        ("none signed", with(good(), "/signatures", json!([])).into(), "0 signatures, but exactly one is expected"),
        ("two signed", with(good(), "/signatures", json!([signature, signature])).into(), "2 signatures, but exactly one is expected"),
        ("payload not base64", with(good(), "/payload", json!("e30*")).into(), "payload: Invalid symbol 42, offset 3"),
        ("payload without padding", with(good(), "/payload", json!("e30")).into(), "payload: Invalid padding"),
        ("both alphabets", with(good(), "/payload", json!("-/8=")).into(), "payload: Invalid symbol 47, offset 1"),
        ("signature not base64", with(good(), "/signatures/0/sig", json!("=")).into(), "sig: Invalid symbol 61, offset 0"),
        ("payload twice", format!("{{\"payload\":\"\",\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[{{\"keyid\":\"{keyid}\",\"sig\":\"\"}}]}}").into(), "duplicate field `payload` at line 1 column "),
    ];
    let before = scene.server.look().dump();
    for (what, body, says) in table {
        let length = body.len();
        let answer = scene.connection.report(body).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code()), BAD, "{what}");
        let detail = format!("The envelope is not valid: {says}");
        // Where a column depends on the length of a key, only its being there counts.
        if says.ends_with(' ') {
            let column =
                problem.detail.strip_prefix(&detail).map(|rest| rest.trim_end_matches('.'));
            let column: usize =
                column.unwrap_or_else(|| panic!("{what}: {}", problem.detail)).parse().unwrap();
            assert!(column <= length, "{what}: column {column} of {length}");
        } else {
            assert_eq!(problem.detail, format!("{detail}."), "{what}");
        }
    }
    assert_eq!(scene.server.look().dump(), before);
}

#[tokio::test]
async fn an_envelope_of_another_type_key_or_signature_is_refused() {
    let scene = Scene::set().await;
    let now = scene.server.clock.now();
    let good = scene.device.sign(scene.device.statement(now).to_bytes().unwrap());
    let mut other_type: Value = serde_json::from_str(&good.to_json()).unwrap();
    other_type["payloadType"] = json!("text/plain");
    let mut no_hint: Value = serde_json::from_str(&good.to_json()).unwrap();
    no_hint["signatures"][0].as_object_mut().unwrap().remove("keyid");

    let stranger = SoftwareKey::generate().unwrap();
    let strange = Envelope::sign(good.payload.clone(), &stranger).unwrap();
    // The right hint with a stranger's signature, and the other way round.
    let borrowed = Envelope { keyid: good.keyid.clone(), ..strange.clone() };
    let hinted = Envelope { keyid: KeyId::of(stranger.spki()), ..good.clone() };
    let raw = Envelope { signature: raw_signature(&good.signature), ..good.clone() };
    let padded = Envelope { signature: [&good.signature[..], &[0]].concat(), ..good.clone() };
    let empty = Envelope { signature: Vec::new(), ..good.clone() };

    let unknown =
        "No device with this key is enrolled here; enrol the device with a new invitation.";
    let unfit = "The signature does not fit the payload and the key.";
    let cases = vec![
        case(
            "another payload type",
            other_type.to_string(),
            (
                415,
                "unsupported-payload-type",
                "The payload type is `text/plain`, but `application/vnd.in-toto+json` is expected.",
            ),
        ),
        case("no hint at a key", no_hint.to_string(), (401, "unknown-key", unknown)),
        case("a stranger", strange.to_json(), (401, "unknown-key", unknown)),
        case("a stranger's hint", hinted.to_json(), (401, "unknown-key", unknown)),
        case("a stranger's signature", borrowed.to_json(), (401, "bad-signature", unfit)),
        case("r and s without DER", raw.to_json(), (401, "bad-signature", unfit)),
        case("DER with a byte behind", padded.to_json(), (401, "bad-signature", unfit)),
        case("no signature at all", empty.to_json(), (401, "bad-signature", unfit)),
    ];
    scene.refuses(cases).await;
}

/// The two numbers of a DER signature, 32 bytes each.
fn raw_signature(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut raw = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        raw.extend(std::iter::repeat_n(0, 32 - number.len()));
        raw.extend_from_slice(number);
        rest = &rest[2 + length..];
    }
    assert_eq!(raw.len(), 64, "{}", STANDARD.encode(der));
    raw
}
