//! Lists of system extensions, whole and broken.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, observed, plist, unknown};
use crate::host::FileAnswer;

const FALCON: (&str, &str, &str) = ("X9E956P446", "com.crowdstrike.falcon.Agent", SECURITY);
const SANTA: (&str, &str, &str) = ("ZMCG7MLDV9", "com.northpolesec.santa.daemon", SECURITY);
const OLD_SANTA: (&str, &str, &str) = ("EQHXZ8M8AV", "com.google.santa.daemon", SECURITY);
const LULU: (&str, &str, &str) = ("VBG97UB4TA", "com.objective-see.lulu.extension", NETWORK);
const CISCO: (&str, &str, &str) = ("DE8Y96K9QP", "com.cisco.anyconnect.macos.acsockext", NETWORK);
const OTHER: (&str, &str, &str) = ("ABCDEFGHIJ", "com.example.secret", NETWORK);
const OTHER_WATCH: (&str, &str, &str) = ("ABCDEFGHIJ", "com.example.watch", SECURITY);

fn entry((team, identifier, category): (&str, &str, &str), state: &str) -> String {
    format!(
        "<dict><key>categories</key><array><string>{category}</string></array>\
         <key>identifier</key><string>{identifier}</string>\
         <key>state</key><string>{state}</string>\
         <key>teamID</key><string>{team}</string></dict>"
    )
}

fn list(entries: &[String]) -> Mac {
    let keys = format!("<key>extensions</key><array>{}</array>", entries.concat());
    Mac::new().holds_plist(LIST, &plist(&keys))
}

fn active(all: &[(&str, &str, &str)]) -> Mac {
    list(&all.iter().map(|one| entry(*one, ACTIVE)).collect::<Vec<_>>())
}

pub(super) fn full() -> Vec<Mac> {
    vec![active(&[FALCON, CISCO])]
}

#[test]
fn active_extensions_are_counted_and_known_ones_named() {
    for (all, shown) in [
        (
            &[FALCON, CISCO][..],
            "network_unknown=0 security_active=1 security_inactive=0 \
             security_products=CrowdStrike Falcon vpn_active=1 vpn_products=Cisco Secure Client",
        ),
        (&[], "network_unknown=0 security_active=0 security_inactive=0 vpn_active=0"),
        (&[LULU], "network_unknown=0 security_active=0 security_inactive=0 vpn_active=0"),
        (&[OTHER], "network_unknown=1 security_active=0 security_inactive=0 vpn_active=0"),
        (&[OTHER_WATCH], "network_unknown=0 security_active=1 security_inactive=0 vpn_active=0"),
        (
            &[SANTA, OLD_SANTA],
            "network_unknown=0 security_active=2 security_inactive=0 security_products=Santa vpn_active=0",
        ),
    ] {
        assert_eq!(observed(&CHECK, &active(all)), shown);
    }
}

/// What waits for consent or for a restart watches nothing.
#[test]
fn only_active_extensions_count() {
    for state in [
        "activated_waiting_for_user",
        "activated_disabled",
        "terminated_waiting_to_uninstall_on_reboot",
        "enabled",
        "",
    ] {
        assert_eq!(
            observed(&CHECK, &list(&[entry(FALCON, state), entry(CISCO, state)])),
            "network_unknown=0 security_active=0 security_inactive=1 vpn_active=0",
            "{state}"
        );
    }
    let updated =
        [entry(FALCON, "terminated_waiting_to_uninstall_on_reboot"), entry(FALCON, ACTIVE)];
    let shown = "network_unknown=0 security_active=1 security_inactive=0 \
        security_products=CrowdStrike Falcon vpn_active=0";
    assert_eq!(observed(&CHECK, &list(&updated)), shown);
    let [old, new] = updated;
    assert_eq!(observed(&CHECK, &list(&[new, old])), shown);
}

#[test]
fn a_makers_name_needs_its_team_and_its_identifier() {
    let count_alone = "network_unknown=0 security_active=1 security_inactive=0 vpn_active=0";
    for one in [
        ("ABCDEFGHIJ", FALCON.1, SECURITY),
        (FALCON.0, "com.example.falcon", SECURITY),
        (LULU.0, LULU.1, SECURITY),
    ] {
        assert_eq!(observed(&CHECK, &active(&[one])), count_alone, "{one:?}");
    }
    let without_team = entry(FALCON, ACTIVE).replace("teamID", "team");
    assert_eq!(observed(&CHECK, &list(&[without_team])), count_alone);
    let driver =
        ("ABCDEFGHIJ", "com.example.driver", "com.apple.system_extension.driver_extension");
    let none = "network_unknown=0 security_active=0 security_inactive=0 vpn_active=0";
    assert_eq!(observed(&CHECK, &active(&[driver])), none);
}

/// Every Mac that ever had an extension has it; without it nothing is proven.
#[test]
fn an_absent_file_is_unknown() {
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
    assert_eq!(unknown(&CHECK, &Mac::new().holds(LIST, FileAnswer::Refused)), "permission-denied");
}

#[test]
fn an_absent_key_is_unknown() {
    for keys in ["", "<key>version</key><integer>1</integer>", "<key>extensions</key><dict/>"] {
        let mac = Mac::new().holds_plist(LIST, &plist(keys));
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{keys}");
    }
    for key in ["categories", "identifier", "state"] {
        let broken = entry(LULU, ACTIVE).replace(&format!("<key>{key}<"), "<key>x<");
        let mac = list(&[entry(FALCON, ACTIVE), broken]);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{key}");
    }
    for odd in ["", "not a plist", "bplist00", "{}", "<plist><true/></plist>"] {
        let mac = Mac::new().holds_plist(LIST, odd);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{odd}");
    }
    let numbers = entry(FALCON, ACTIVE)
        .replace(&format!("<string>{SECURITY}</string>"), "<integer>1</integer>");
    assert_eq!(unknown(&CHECK, &list(&[numbers])), "not-understood");
}

#[test]
fn what_is_not_in_the_table_is_never_named() {
    let sent = serde_json::to_string(&CHECK.run(&active(&[OTHER, OTHER_WATCH, FALCON]))).unwrap();
    assert!(!sent.contains("example") && !sent.contains("ABCDEFGHIJ"), "{sent}");
}

proptest! {
    #[test]
    fn the_number_of_active_ones_is_exact(states in prop::collection::vec(
        prop::sample::select(vec![ACTIVE, "activated_waiting_for_user", "activated_enabled_not", ""]), 0..6)
    ) {
        let entries: Vec<String> = states.iter().enumerate().map(|(number, state)| {
            entry(("ABCDEFGHIJ", &format!("com.example.n{number}"), SECURITY), state)
        }).collect();
        let reading = CHECK.run(&list(&entries));
        let count = states.iter().filter(|state| **state == "activated_enabled").count();
        let seen = reading.fields.get("security_active").cloned();
        prop_assert_eq!(seen, Some(FieldValue::Integer(count.try_into().unwrap())));
    }
}
