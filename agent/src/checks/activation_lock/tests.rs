//! Find My and the lock, from both sources.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, observed, plist, unknown};
use crate::host::{Answer, FileAnswer};

const ASKED: &str = "/usr/sbin/system_profiler -json SPHardwareDataType";

fn with(keys: &str) -> Mac {
    Mac::new().holds_plist(FIND_MY, &plist(keys))
}

fn profiler(status: &str) -> String {
    format!(
        "{{\"SPHardwareDataType\": [{{\"_name\": \"hardware_overview\", \
         \"activation_lock_status\": \"{status}\", \"serial_number\": \"ZZDEV00001\"}}]}}\n"
    )
}

pub(super) fn full() -> Vec<Mac> {
    vec![
        with(""),
        with("<key>FMMEnabled</key><integer>1</integer>"),
        Mac::new().says(ASKED, &profiler("activation_lock_enabled")),
    ]
}

#[test]
fn find_my_tells_first() {
    for (keys, shown) in [
        ("<key>FMMEnabled</key><integer>1</integer>", "on=true source=find_my"),
        ("<key>FMMEnabled</key><true/>", "on=true source=find_my"),
        ("<key>FMMEnabled</key><integer>0</integer>", "on=false source=find_my"),
    ] {
        let mac = with(keys).says(ASKED, "odd");
        assert_eq!(observed(&CHECK, &mac), shown, "{keys}");
    }
}

#[test]
fn an_absent_key_is_off_by_default() {
    assert_eq!(observed(&CHECK, &with("")), "on=false source=default");
}

#[test]
fn an_absent_file_leaves_it_to_the_profiler() {
    for (status, is_on) in [("activation_lock_enabled", true), ("activation_lock_disabled", false)]
    {
        let mac = Mac::new().says(ASKED, &profiler(status));
        assert_eq!(observed(&CHECK, &mac), format!("on={is_on} source=system_profiler"));
        assert_eq!(evidence(&CHECK.run(&mac)), ["(not there)", status]);
    }
    assert_eq!(unknown(&CHECK, &Mac::new()), "missing");
}

#[test]
fn what_is_not_known_is_unknown() {
    for odd in ["", "not a plist", "bplist00", "{}", "<plist><true/></plist>"] {
        let mac = Mac::new().holds_plist(FIND_MY, odd);
        assert_eq!(unknown(&CHECK, &mac), "not-understood", "{odd}");
    }
    let odd = with("<key>FMMEnabled</key><string>vielleicht</string>");
    assert_eq!(unknown(&CHECK, &odd), "not-understood");
    let refused = Mac::new().holds(FIND_MY, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
    for answer in [
        String::new(),
        "{}".to_owned(),
        "{\"SPHardwareDataType\": []}".to_owned(),
        // As with `-detailLevel mini`.
        "{\"SPHardwareDataType\": [{\"_name\": \"hardware_overview\"}]}".to_owned(),
        profiler("Enabled"),
        profiler("activation_lock_new"),
        profiler("activation_lock_enabled")[..60].to_owned(),
    ] {
        let mac = Mac::new().says(ASKED, &answer);
        assert_eq!(unknown(&CHECK, &mac), "missing", "{answer}");
    }
    let failed = Mac::new().ends(ASKED, 1, &profiler("activation_lock_disabled"));
    assert_eq!(unknown(&CHECK, &failed), "missing");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(ASKED, Answer::TimedOut)), "missing");
}

proptest! {
    #[test]
    fn only_the_exact_words_decide(status in "(activation_lock_)?(enabled|disabled|[a-z]{0,8})") {
        let reading = CHECK.run(&Mac::new().says(ASKED, &profiler(&status)));
        let seen = reading.fields.get("on").cloned();
        let should = match status.as_str() {
            "activation_lock_enabled" => Some(FieldValue::Flag(true)),
            "activation_lock_disabled" => Some(FieldValue::Flag(false)),
            _ => None,
        };
        prop_assert_eq!(seen, should);
    }
}
