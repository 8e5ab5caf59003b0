//! One Mac of the fleet: its key, and the chain of what it signs.

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use server::nonce::Nonces;
use shared::envelope::{Envelope, pae};
use shared::keys::{KeyId, Signer as _, SoftwareKey, hex, sha256};
use shared::names::{MEDIA_REPORT, MEDIA_REPORTS};

use super::mix::{Kind, Mix};
use super::template::{Template, Values};

/// PKCS#8 before the 32 bytes of a P-256 scalar; the public key is left out.
const PKCS8: &[u8] = &[
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01,
    0x01, 0x04, 0x20,
];

/// The key of Mac `number` of the fleet that `seed` names: always the same, so
/// that a fleet can be made again and no key needs to be stored.
pub(super) fn key(seed: &str, number: usize) -> anyhow::Result<SoftwareKey> {
    let number = u64::try_from(number)?.to_be_bytes();
    let mut scalar = sha256(&[b"muster-loadgen ", seed.as_bytes(), &number].concat());
    // Below the order of the group, which begins with 32 ones.
    if let Some(first) = scalar.first_mut() {
        *first &= 0x7f;
    }
    Ok(SoftwareKey::from_pkcs8(&[PKCS8, &scalar].concat())?)
}

/// What every Mac signs with, beside its key.
pub(super) struct Pen {
    full: Template,
    unchanged: Template,
    mix: Mix,
    /// Gives nonces where no receipt can: for reports that are signed ahead.
    nonces: Option<(Nonces, Timestamp)>,
}

impl Pen {
    /// `nonces` are dated from the given time on, a millisecond a report.
    pub(super) fn new(mix: Mix, nonces: Option<(Nonces, Timestamp)>) -> anyhow::Result<Self> {
        Ok(Self { full: Template::full()?, unchanged: Template::unchanged()?, mix, nonces })
    }
}

pub(super) struct Device {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) serial: String,
    pub(super) key: SoftwareKey,
    pub(super) keyid: KeyId,
    certificate_sha256: String,
    sequence: i64,
    previous: String,
    /// The full report that still holds.
    since: (i64, String),
    stealth: bool,
    nonce: Option<String>,
    /// A JSON object.
    checkpoint: Option<String>,
}

/// What of a receipt goes into the next report.
#[derive(Deserialize)]
struct Receipt<'a> {
    #[serde(borrow)]
    nonce: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    log: Option<Log<'a>>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    checkpoint: std::borrow::Cow<'a, str>,
}

impl Device {
    pub(super) fn new(seed: &str, number: usize) -> anyhow::Result<Self> {
        let key = key(seed, number)?;
        Ok(Self {
            number,
            id: device_id(number),
            serial: format!("ZZLOAD{number:06}"),
            keyid: KeyId::of(key.spki()),
            key,
            certificate_sha256: String::new(),
            sequence: 0,
            previous: String::new(),
            since: (0, String::new()),
            stealth: true,
            nonce: None,
            checkpoint: None,
        })
    }

    /// The chain begins with the certificate.
    pub(super) fn certified(&mut self, certificate_sha256: String) {
        self.previous.clone_from(&certificate_sha256);
        self.certificate_sha256 = certificate_sha256;
    }

    /// Signs the next report, as read at `at`.
    pub(super) fn sign(&mut self, pen: &Pen, at: Timestamp) -> anyhow::Result<Envelope> {
        self.sequence += 1;
        let kind = pen.mix.kind(self.number, self.sequence);
        self.stealth ^= kind == Kind::Full { changed: true };
        let nonce = self.nonce.take().or_else(|| {
            let (nonces, from) = pen.nonces.as_ref()?;
            Some(nonces.issue(&self.id, *from + SignedDuration::from_millis(self.sequence)))
        });
        let values = Values {
            certificate_sha256: &self.certificate_sha256,
            device: &self.id,
            serial: &self.serial,
            sequence: self.sequence,
            previous: &self.previous,
            nonce: nonce.as_deref(),
            checkpoint: self.checkpoint.as_deref(),
            at: &at.to_string(),
            stealth: self.stealth,
            since: (self.since.0, &self.since.1),
        };
        let full = kind != Kind::Unchanged;
        let payload = if full { &pen.full } else { &pen.unchanged }.fill(&values)?;
        let message = pae(&payload);
        let signature = self.key.sign(&message)?;
        self.previous = hex(&sha256(&message));
        if full {
            self.since = (self.sequence, self.previous.clone());
        }
        Ok(Envelope { payload, keyid: self.keyid.clone(), signature })
    }

    /// Takes nonce and checkpoint from a receipt.
    pub(super) fn learn(&mut self, receipt: &[u8], with_nonce: bool) -> anyhow::Result<()> {
        let receipt: Receipt<'_> = serde_json::from_slice(receipt).context("not a receipt")?;
        if with_nonce {
            self.nonce = Some(receipt.nonce.into_owned());
        }
        if let Some(log) = receipt.log {
            self.checkpoint = Some(checkpoint(&log.checkpoint)?);
        }
        Ok(())
    }
}

/// A checkpoint's note as reports carry it.
fn checkpoint(note: &str) -> anyhow::Result<String> {
    let mut lines = note.lines();
    let mut line = || lines.next().context("a checkpoint that ends early");
    let (origin, size, root) = (line()?, line()?, line()?);
    let size: u64 = size.parse().context("a checkpoint without a size")?;
    ensure!(!root.contains(['"', '\\']) && !origin.contains(['"', '\\']), "an odd checkpoint");
    Ok(format!(r#"{{"origin":"{origin}","root":"{root}","size":{size}}}"#))
}

/// A whole request with one report.
pub(super) fn request(envelope: &Envelope) -> Vec<u8> {
    post("/v1/attestations", MEDIA_REPORT, envelope.to_json().as_bytes())
}

/// A whole request with several reports.
pub(super) fn batch(envelopes: &[Envelope]) -> Vec<u8> {
    let mut lines = String::new();
    for envelope in envelopes {
        lines.push_str(&envelope.to_json());
        lines.push('\n');
    }
    post("/v1/attestations/batch", MEDIA_REPORTS, lines.as_bytes())
}

/// A whole request.
pub(super) fn post(path: &str, media: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Looks as random as the ids that the collector gives.
fn device_id(number: usize) -> String {
    let digits = hex(&sha256(&number.to_be_bytes()));
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

#[cfg(test)]
mod tests {
    use shared::keys::{PublicKey, Signer as _};

    use super::{checkpoint, key};

    #[test]
    fn a_fleet_has_the_same_keys_again_and_every_mac_another_one() {
        let spki = |seed, number| key(seed, number).unwrap().spki().to_vec();
        assert_eq!(spki("a", 7), spki("a", 7));
        assert_ne!(spki("a", 7), spki("a", 8));
        assert_ne!(spki("a", 7), spki("b", 7));
    }

    #[test]
    fn a_derived_key_signs_what_its_public_key_verifies() {
        let key = key("a", 1).unwrap();
        let public = PublicKey::from_spki(key.spki()).unwrap();
        assert!(public.verifies(b"report", &key.sign(b"report").unwrap()));
    }

    #[test]
    fn a_checkpoint_is_read_from_its_note() {
        let note = "m.example/log\n7\nAAAA\n\n\u{2014} m.example/log sig\n";
        let expected = r#"{"origin":"m.example/log","root":"AAAA","size":7}"#;
        assert_eq!(checkpoint(note).unwrap(), expected);
        assert!(checkpoint("m.example/log\nseven\nAAAA\n").is_err());
        assert!(checkpoint("").is_err());
    }
}
