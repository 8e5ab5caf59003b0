//! A device that keeps one passkey, in software: it answers as browsers do,
//! right or wrong, as a test wants.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::keys::{Signer as _, SoftwareKey, sha256};

use super::Asked;

/// What an authenticator says about the person before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Says {
    pub(super) origin: &'static str,
    pub(super) host: &'static str,
    pub(super) verified: bool,
    pub(super) counter: u32,
}

/// What a good one says.
pub(super) const GOOD: Says =
    Says { origin: "https://muster.example", host: "muster.example", verified: true, counter: 1 };

pub(super) struct Device {
    pub(super) id: Vec<u8>,
    key: SoftwareKey,
    user: String,
}

impl Device {
    pub(super) fn new() -> Self {
        let key = SoftwareKey::generate().unwrap();
        Self { id: sha256(key.spki()).to_vec(), key, user: String::new() }
    }

    /// Makes the passkey; the browser's answer.
    pub(super) fn make(&mut self, asked: &Asked, says: Says) -> String {
        let options = &asked.options["publicKey"];
        self.user = options["user"]["id"].as_str().unwrap().to_owned();
        let client = client_data("webauthn.create", options, says);
        let mut data = authenticator_data(says, 0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend_from_slice(&data);
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": true}},
        })
        .to_string()
    }

    /// Uses the passkey; the browser's answer.
    pub(super) fn answer(&self, asked: &Asked, says: Says) -> String {
        let client = client_data("webauthn.get", &asked.options["publicKey"], says);
        let data = authenticator_data(says, 0);
        let signed = [data.as_slice(), &sha256(client.as_bytes())].concat();
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(self.key.sign(&signed).unwrap()),
                "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// The public key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    fn cose_key(&self) -> Vec<u8> {
        let spki = self.key.spki();
        let point = &spki[spki.len() - 64..];
        [
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(),
            &point[..32],
            b"\x22\x58\x20",
            &point[32..],
        ]
        .concat()
    }
}

fn client_data(what: &str, options: &Value, says: Says) -> String {
    json!({"type": what, "challenge": options["challenge"], "origin": says.origin, "crossOrigin": false})
        .to_string()
}

fn authenticator_data(says: Says, more: u8) -> Vec<u8> {
    let flags = 0x01 | more | if says.verified { 0x04 } else { 0 };
    let mut data = sha256(says.host.as_bytes()).to_vec();
    data.push(flags);
    data.extend_from_slice(&says.counter.to_be_bytes());
    data
}
