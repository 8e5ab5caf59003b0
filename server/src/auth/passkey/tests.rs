//! What a passkey proves, and the answers that prove nothing.

use serde_json::Value;
use uuid::Uuid;

use super::device::{Device, GOOD, Says};
use super::{Holder, Made, PasskeyError, RelyingParty};

const HOLDER: Holder<'_> =
    Holder { account: Uuid::from_u128(7), email: "kim@company.example", name: "Kim Roe" };

fn party() -> RelyingParty {
    RelyingParty::at("https://muster.example").unwrap()
}

fn added() -> (Device, Made) {
    let mut device = Device::new();
    let asked = party().ask_for_new(HOLDER, &[]).unwrap();
    let answer = device.make(&asked, GOOD);
    (device, party().made(&asked.state, &answer).unwrap())
}

/// Signs in with what a device says; what is kept afterwards.
fn enter(device: &Device, credential: &str, says: Says) -> Result<String, PasskeyError> {
    let asked = party().ask_for_any().unwrap();
    let claim = party().claim(&device.answer(&asked, says))?;
    party().prove(&claim, &asked.state, credential)
}

fn counting(counter: u32) -> Says {
    Says { counter, ..GOOD }
}

#[test]
fn a_passkey_signs_in_whose_it_is() {
    let (device, made) = added();
    let asked = party().ask_for_any().unwrap();
    let claim = party().claim(&device.answer(&asked, counting(2))).unwrap();
    assert_eq!((claim.account, claim.id.as_str()), (HOLDER.account, made.id.as_str()));
    party().prove(&claim, &asked.state, &made.credential).unwrap();
}

#[test]
fn browsers_are_asked_for_one_that_is_found_without_a_name_and_verifies_its_holder() {
    let known = added().1.id;
    let asked = party().ask_for_new(HOLDER, std::slice::from_ref(&known)).unwrap();
    let options = &asked.options["publicKey"];
    assert_eq!(options["rp"]["id"], "muster.example");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"][0]["id"], Value::from(known));
    let asked = party().ask_for_any().unwrap();
    let options = &asked.options["publicKey"];
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"], Value::Array(Vec::new()));
    assert_eq!(asked.options.get("mediation"), None);
}

#[test]
fn an_address_without_a_name_has_no_passkeys() {
    assert!(RelyingParty::at("http://localhost:8080").is_some());
    for url in ["https://127.0.0.1:8443", "https://[::1]:9", "nonsense"] {
        assert!(RelyingParty::at(url).is_none(), "{url}");
    }
}

#[test]
fn a_page_of_another_name_can_neither_make_nor_use_one() {
    let (device, made) = added();
    for says in [
        Says { origin: "https://muster.example.evil", ..GOOD },
        Says { origin: "http://muster.example", ..GOOD },
        Says { origin: "https://muster.example:444", ..GOOD },
        Says { host: "evil.example", ..GOOD },
    ] {
        let says = Says { counter: 9, ..says };
        let asked = party().ask_for_new(HOLDER, &[]).unwrap();
        let answer = Device::new().make(&asked, says);
        assert!(
            matches!(party().made(&asked.state, &answer), Err(PasskeyError::Refused(_))),
            "{says:?}"
        );
        let entered = enter(&device, &made.credential, says);
        assert!(matches!(entered, Err(PasskeyError::Refused(_))), "{says:?}");
    }
}

#[test]
fn a_device_that_did_not_verify_its_holder_is_refused() {
    let unverified = Says { verified: false, counter: 9, ..GOOD };
    let asked = party().ask_for_new(HOLDER, &[]).unwrap();
    let answer = Device::new().make(&asked, unverified);
    let error = party().made(&asked.state, &answer).unwrap_err();
    assert!(error.to_string().contains("verified"), "{error}");
    let (device, made) = added();
    let error = enter(&device, &made.credential, unverified).unwrap_err();
    assert!(error.to_string().contains("verified"), "{error}");
}

#[test]
fn an_answer_fits_what_was_asked_and_nothing_else() {
    let (device, made) = added();
    let (asked, other) = (party().ask_for_any().unwrap(), party().ask_for_any().unwrap());
    let claim = party().claim(&device.answer(&asked, counting(2))).unwrap();
    let proven = party().prove(&claim, &other.state, &made.credential);
    assert!(matches!(proven, Err(PasskeyError::Refused(_))));
    // Another device signs under the name of this passkey.
    let mut stranger = Device::new();
    stranger.make(&party().ask_for_new(HOLDER, &[]).unwrap(), GOOD);
    stranger.id.clone_from(&device.id);
    assert!(matches!(
        enter(&stranger, &made.credential, counting(9)),
        Err(PasskeyError::Refused(_))
    ));
    for nonsense in ["", "{}", "null", &"x".repeat(70_000)] {
        assert!(matches!(party().claim(nonsense), Err(PasskeyError::NotUnderstood)));
        assert!(party().made(&asked.state, nonsense).is_err());
    }
}

#[test]
fn a_counter_may_only_grow() {
    let (device, made) = added();
    let kept = enter(&device, &made.credential, counting(5)).unwrap();
    let kept = enter(&device, &kept, counting(6)).unwrap();
    for counter in [6, 5, 0] {
        let entered = enter(&device, &kept, counting(counter));
        assert!(matches!(entered, Err(PasskeyError::WentBack)), "{counter}");
    }
    enter(&device, &kept, counting(7)).unwrap();
    // Passkeys that are copied between devices count nothing, ever.
    let mut device = Device::new();
    let asked = party().ask_for_new(HOLDER, &[]).unwrap();
    let answer = device.make(&asked, counting(0));
    let made = party().made(&asked.state, &answer).unwrap();
    let kept = enter(&device, &made.credential, counting(0)).unwrap();
    enter(&device, &kept, counting(0)).unwrap();
}
