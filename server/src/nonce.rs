//! Nonces without a table: issue time, random bytes and a MAC.
//!
//! 32 bytes in standard base64: 8 bytes of milliseconds since 1970, 8 random
//! bytes, 16 bytes of HMAC-SHA-256 over the device id and the former. Valid
//! for 26 hours; used once, because a device's next one must be newer.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use crate::clock::from_ms;

/// How long a nonce is valid.
const VALID: SignedDuration = SignedDuration::from_hours(26);

/// Issues nonces and knows its own again.
#[derive(Clone)]
pub struct Nonces {
    key: hmac::Key,
}

impl Nonces {
    /// Nonces under this secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// A nonce for a device.
    pub fn issue(&self, device_id: &str, now: Timestamp) -> String {
        let mut random = [0; 8];
        // Without random bytes the nonce is still authentic and dated.
        let _ = SystemRandom::new().fill(&mut random);
        let mut bytes = now.as_millisecond().to_be_bytes().to_vec();
        bytes.extend_from_slice(&random);
        let tag = self.tag(device_id, &bytes);
        bytes.extend_from_slice(&tag);
        STANDARD.encode(bytes)
    }

    /// When `nonce` was issued to this device, if it was and is still valid.
    pub fn issued_at(&self, nonce: &str, device_id: &str, now: Timestamp) -> Option<Timestamp> {
        let bytes: [u8; 32] = STANDARD.decode(nonce).ok()?.try_into().ok()?;
        let (signed, tag) = bytes.split_at(16);
        if aws_lc_rs::constant_time::verify_slices_are_equal(&self.tag(device_id, signed), tag)
            .is_err()
        {
            return None;
        }
        let ms = i64::from_be_bytes(*signed.first_chunk()?);
        let issued_at = from_ms(ms);
        let age = now.duration_since(issued_at);
        (age >= SignedDuration::ZERO && age <= VALID).then_some(issued_at)
    }

    fn tag(&self, device_id: &str, signed: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(device_id.as_bytes());
        context.update(&[0]);
        context.update(signed);
        let mut tag = [0; 16];
        for (to, from) in tag.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::Nonces;

    #[test]
    fn a_nonce_is_known_again_by_its_device_for_26_hours() {
        let nonces = Nonces::new(&[1; 32]);
        let at = |text: &str| text.parse().unwrap();
        let issued = at("2026-08-23T09:00:00Z");
        let nonce = nonces.issue("one", issued);
        assert_eq!(nonces.issued_at(&nonce, "one", at("2026-08-24T11:00:00Z")), Some(issued));
        for (text, device, now) in [
            (nonce.as_str(), "one", "2026-08-24T11:00:00.001Z"),
            (nonce.as_str(), "one", "2026-08-23T08:59:59Z"),
            (nonce.as_str(), "other", "2026-08-23T09:00:00Z"),
            ("AAAA", "one", "2026-08-23T09:00:00Z"),
            ("", "one", "2026-08-23T09:00:00Z"),
        ] {
            assert_eq!(nonces.issued_at(text, device, at(now)), None, "{text} {device} {now}");
        }
        assert_eq!(Nonces::new(&[2; 32]).issued_at(&nonce, "one", issued), None);
    }
}
