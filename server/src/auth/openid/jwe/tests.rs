//! Tokens of the published examples, tokens sealed here, and tokens that must
//! not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::key_wrap::{AES_256, KeyEncryptionKey, KeyWrap as _};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{DecryptionKeys, Jwe, JweError, concat_kdf, is_encrypted, open};

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Keys of ours, and what a provider knows of them.
struct Ours {
    keys: DecryptionKeys,
    rsa: OaepPublicEncryptingKey,
    ec: Vec<u8>,
}

fn ours() -> Ours {
    let rsa = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let ec = PrivateKey::generate(&ECDH_P256).unwrap();
    let public = OaepPublicEncryptingKey::new(rsa.public_key()).unwrap();
    let point = ec.compute_public_key().unwrap().as_ref().to_vec();
    let keys = DecryptionKeys::new(("r".into(), rsa), ("e".into(), ec)).unwrap();
    Ours { keys, rsa: public, ec: point }
}

/// The five parts of a token for `ours`, each by itself; `header` is added to
/// what the algorithm needs.
fn sealed(ours: &Ours, alg: &str, header: &Value, content: &[u8]) -> [Vec<u8>; 5] {
    let mut whole = json!({"alg": alg, "enc": "A256GCM"});
    let mut agreed = |algorithm: &str| {
        let mine = PrivateKey::generate(&ECDH_P256).unwrap();
        let point = mine.compute_public_key().unwrap();
        let (x, y) = (base64(&point.as_ref()[1..33]), base64(&point.as_ref()[33..]));
        whole["epk"] = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &ours.ec);
        agreement::agree(&mine, theirs, (), |z| Ok(concat_kdf(z, algorithm, b"", b"", 256)))
            .unwrap()
    };
    let random = [7_u8; 32].to_vec();
    let (key, encrypted) = match alg {
        "ECDH-ES" => (agreed("A256GCM"), Vec::new()),
        "ECDH-ES+A256KW" => {
            let wrapping = KeyEncryptionKey::new(&AES_256, &agreed(alg)).unwrap();
            let mut room = [0; 40];
            (random.clone(), wrapping.wrap(&random, &mut room).unwrap().to_vec())
        }
        _ => {
            let mut room = vec![0; ours.rsa.ciphertext_size()];
            let wrapped = ours.rsa.encrypt(&OAEP_SHA256_MGF1SHA256, &random, &mut room, None);
            (random.clone(), wrapped.unwrap().to_vec())
        }
    };
    for (name, value) in header.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let protected = whole.to_string();
    let nonce = [3_u8; 12];
    let mut sealed = content.to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap())
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(base64(&protected).as_bytes()),
            &mut sealed,
        )
        .unwrap();
    [protected.into_bytes(), encrypted, nonce.to_vec(), sealed, tag.as_ref().to_vec()]
}

fn joined(parts: &[Vec<u8>; 5]) -> String {
    parts.iter().map(base64).collect::<Vec<_>>().join(".")
}

fn opened(ours: &Ours, token: &str) -> Result<Vec<u8>, JweError> {
    Jwe::parse(token)?.decrypt(&ours.keys)
}

/// RFC 7518 appendix C: the key that Alice and Bob agree on.
#[test]
fn the_published_key_agreement_comes_to_the_published_key() {
    let bob = bytes("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
    let bob = PrivateKey::from_private_key(&ECDH_P256, &bob).unwrap();
    let alice = [
        vec![4],
        bytes("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"),
        bytes("SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"),
    ]
    .concat();
    let z = agreement::agree(&bob, UnparsedPublicKey::new(&ECDH_P256, alice), (), |z| {
        Ok::<_, ()>(z.to_vec())
    })
    .unwrap();
    assert_eq!(z[..4], [158, 86, 217, 29]);
    assert_eq!(z[28..], [140, 254, 144, 196]);
    let key = concat_kdf(&z, "A128GCM", b"Alice", b"Bob", 128);
    assert_eq!(base64(key), "VqqN6vgjbSBcIijNcacQGg");
}

const RFC_7516_A1: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";

/// RFC 7516 appendix A.1: its content opens with its key; its way to the key
/// (OAEP with SHA-1) is not on our list.
#[test]
fn the_published_content_opens_and_its_old_algorithm_is_refused() {
    let key = [
        177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110,
        91, 112, 46, 34, 105, 47, 130, 203, 46, 122, 234, 64, 252,
    ];
    let parts: Vec<_> = RFC_7516_A1.split('.').collect();
    let nonce = bytes(parts[2]).try_into().unwrap();
    let content = [bytes(parts[3]), bytes(parts[4])].concat();
    assert_eq!(
        open(&key, nonce, parts[0], content).unwrap(),
        b"The true sign of intelligence is not knowledge but imagination."
    );
    assert_eq!(Jwe::parse(RFC_7516_A1).unwrap_err(), JweError::Algorithm("RSA-OAEP".into()));
}

/// RFC 3394 section 4.6: the key wrapping under ECDH-ES+A256KW.
#[test]
fn the_published_wrapped_key_is_unwrapped() {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    let key: Vec<u8> = (0..32).collect();
    let wrapped =
        hex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21");
    let mut room = [0; 40];
    let unwrapped =
        KeyEncryptionKey::new(&AES_256, &key).unwrap().unwrap(&wrapped, &mut room).unwrap();
    assert_eq!(unwrapped, hex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"));
}

const WAYS: [(&str, &str); 3] = [("RSA-OAEP-256", "r"), ("ECDH-ES", "e"), ("ECDH-ES+A256KW", "e")];

#[test]
fn a_token_opens_in_every_way_on_the_list() {
    let ours = ours();
    for (alg, kid) in WAYS {
        for header in [
            json!({}),
            json!({"kid": kid, "cty": "JWT", "typ": "JWT", "jku": "https://evil.example"}),
        ] {
            let token = joined(&sealed(&ours, alg, &header, b"a.b.c"));
            assert!(is_encrypted(&token));
            assert_eq!(opened(&ours, &token).unwrap(), b"a.b.c", "{alg}");
        }
    }
}

#[test]
fn names_of_the_two_sides_go_into_the_agreed_key() {
    let ours = ours();
    let header = json!({"apu": base64("Alice"), "apv": base64("Bob")});
    let token = joined(&sealed(&ours, "ECDH-ES", &header, b"a.b.c"));
    // It was sealed without them.
    assert_eq!(opened(&ours, &token), Err(JweError::Decryption));
}

#[test]
fn whatever_is_changed_in_a_token_it_does_not_open() {
    let ours = ours();
    for (alg, _) in WAYS {
        let parts = sealed(&ours, alg, &json!({}), b"a.b.c");
        for part in 1..5 {
            for at in 0..parts[part].len().min(24) {
                let mut changed = parts.clone();
                changed[part][at] ^= 1;
                assert_eq!(
                    opened(&ours, &joined(&changed)),
                    Err(JweError::Decryption),
                    "{alg} {part} {at}"
                );
            }
        }
        let mut respelled = parts.clone();
        respelled[0].push(b' ');
        assert_eq!(opened(&ours, &joined(&respelled)), Err(JweError::Decryption), "{alg}");
        let another = self::ours();
        assert_eq!(opened(&another, &joined(&parts)), Err(JweError::Decryption), "{alg}");
    }
}

#[test]
fn an_algorithm_that_is_not_on_the_list_is_refused() {
    let ours = ours();
    for alg in [
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-512",
        "dir",
        "none",
        "A256KW",
        "ECDH-ES+A128KW",
        "PBES2-HS256+A128KW",
        "rsa-oaep-256",
        "",
    ] {
        let token = joined(&sealed(&ours, "RSA-OAEP-256", &json!({"alg": alg}), b"a.b.c"));
        assert_eq!(opened(&ours, &token), Err(JweError::Algorithm(alg.to_owned())));
    }
    for enc in ["A128GCM", "A192GCM", "A256CBC-HS512", "none"] {
        let token = joined(&sealed(&ours, "ECDH-ES", &json!({"enc": enc}), b"a.b.c"));
        assert_eq!(opened(&ours, &token), Err(JweError::Algorithm(enc.to_owned())));
    }
    for (name, value) in [
        ("zip", json!("DEF")),
        ("zip", json!(null)),
        ("crit", json!(["exp"])),
        ("crit", json!(null)),
        ("cty", json!("text/plain")),
    ] {
        let token = joined(&sealed(&ours, "ECDH-ES", &json!({name: value}), b"a.b.c"));
        assert_eq!(opened(&ours, &token).unwrap_err(), JweError::Header(name));
    }
    let token = joined(&sealed(&ours, "ECDH-ES", &json!({"kid": "r"}), b"a.b.c"));
    assert_eq!(opened(&ours, &token), Err(JweError::Key));
}

#[test]
fn a_token_of_another_shape_is_refused_before_any_key_is_used() {
    let ours = ours();
    let good = sealed(&ours, "ECDH-ES", &json!({}), b"a.b.c");
    let with = |part: usize, bytes: &[u8]| {
        let mut parts = good.clone();
        parts[part] = bytes.to_vec();
        joined(&parts)
    };
    let epk = |epk: Value| joined(&sealed(&ours, "ECDH-ES", &json!({"epk": epk}), b"a.b.c"));
    let short = base64([1; 31]);
    for token in [
        String::new(),
        "....".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.", joined(&good)),
        format!("{}=", joined(&good)),
        with(0, b"[]"),
        with(0, br#"{"alg":"ECDH-ES","alg":"ECDH-ES","enc":"A256GCM"}"#),
        with(1, b"key"),
        with(2, &[0; 11]),
        with(4, &[0; 15]),
        epk(Value::Null),
        epk(json!({"kty": "EC", "crv": "P-256", "x": short, "y": short})),
        "x".repeat(65 * 1024),
    ] {
        let refused = opened(&ours, &token);
        assert!(matches!(refused, Err(JweError::Malformed(_))), "{refused:?}: {token:.80}");
    }
    let zero = base64([0; 32]);
    let off_the_curve = epk(json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}));
    assert_eq!(opened(&ours, &off_the_curve), Err(JweError::Decryption));
    let other = epk(json!({"kty": "OKP", "crv": "X25519", "x": zero, "y": zero}));
    assert_eq!(opened(&ours, &other), Err(JweError::Algorithm("X25519".into())));
}

/// Made by `jose` 6 of npm, for Bob of RFC 7518 appendix C.
const BY_JOSE: [&str; 3] = [
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6ImVjIiwiY3R5IjoiSldUIiwiZXBrIjp7IngiOiJzNUFQM0M3emhDMy0wbEJ2U01OZWxoQUhKZUJSSTdPY0hrMnlUTlFFVWRFIiwiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsInkiOiJ1UFBvRWliQUswdU9JUHVleXg0SDF1ZFlJV3FPLU1LZlp2VXhpUFpaZ29nIn19..0BauOtnmz5_uqqBe.d16py1c.Ilz9YQ8K1J0w-4t9qU0WfA",
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJ4IjoidnQ2a1JDRGNiWWJmSUxFUGlpSncwbXF1eWhNNHZmM2NqYlpqWXZZY1lJSSIsImNydiI6IlAtMjU2Iiwia3R5IjoiRUMiLCJ5IjoiQzJTMVZYMll6U2xldzBsZm5CcmVGSTQ3ZXVZcmFtYWt5NEVydnUzdVk0SSJ9LCJhcHUiOiJRV3hwWTJVIiwiYXB2IjoiUW05aSJ9..77bf0A8EOOOdp3J3.ELzwfSo.ZBj4EG2pP7_r7dkq64tUfA",
    "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsieCI6Im54bVpOV2pLWGphWEJUMFYxaEg5TVF4LXhVcnZabWVQbW5DV2Y5M3FaRlUiLCJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieSI6IjVvckRpb0JxR25VQmFSWFI4dmN1Qi13LWlSVy1BUzg2bU9WRDAwcS1aNU0ifX0.9HH2BmfXoqPZpvSyY-2WwnhVKyaTE7TRHuotN6GW0qroWxSHSUGwkQ.n_hFcfnm5gaOuoaD.VWbEm6c.LtQNp2-cxRLMDNjDXC8TWA",
];

#[test]
fn tokens_of_another_implementation_open() {
    let bob = bytes("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
    let bob = PrivateKey::from_private_key(&ECDH_P256, &bob).unwrap();
    let rsa = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let keys = DecryptionKeys::new(("rsa".into(), rsa), ("ec".into(), bob)).unwrap();
    for token in BY_JOSE {
        assert_eq!(Jwe::parse(token).unwrap().decrypt(&keys).unwrap(), b"a.b.c", "{token}");
    }
}
